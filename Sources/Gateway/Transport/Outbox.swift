#if Doors
  import MVCC
  import NIOCore
  import NIOHTTP2
  import Synchronization

  /// Where the world's answers to the quick calls of an event loop's connections gather, until it
  /// comes by: it is woken for the first, and takes as many as there are by then.
  final class Outbox: Sendable {
    struct Reply: Sendable {
      let connection: NIOLoopBound<DoorConnection>
      let stream: HTTP2StreamID
      let result: Result<[UInt8], EtcdError>
    }

    private let replies = Mutex<[Reply]>([])
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func put(_ reply: Reply) {
      let isFirst = replies.withLock {
        $0.append(reply)
        return $0.count == 1
      }
      if isFirst { loop.execute { self.empty() } }
    }

    private func empty() {
      let taken = replies.withLock { replies in
        var taken: [Reply] = []
        swap(&taken, &replies)
        return taken
      }
      var unsent: [DoorConnection] = []
      for reply in taken {
        let connection = reply.connection.value
        if connection.answer(reply.stream, reply.result) { unsent.append(connection) }
      }
      for connection in unsent { connection.send() }
    }
  }
#endif
