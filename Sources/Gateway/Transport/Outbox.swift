#if Doors
  import Etcd
  import MVCC
  import NIOCore
  import NIOHTTP2
  import Synchronization

  /// Where the world's answers to a connection's quick calls gather, until its event loop comes by:
  /// it is woken for the first, and takes as many as there are by then.
  final class Outbox: Sendable {
    struct Reply: Sendable {
      let stream: HTTP2StreamID
      let result: Result<Answer, EtcdError>
    }

    private let replies = Mutex<[Reply]>([])
    private let connection: NIOLoopBound<DoorConnection>
    private let loop: any EventLoop

    init(_ connection: NIOLoopBound<DoorConnection>, _ loop: any EventLoop) {
      self.connection = connection
      self.loop = loop
    }

    func put(_ stream: HTTP2StreamID, _ result: Result<Answer, EtcdError>) {
      let isFirst = replies.withLock {
        $0.append(Reply(stream: stream, result: result))
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
      connection.value.answer(taken)
    }
  }
#endif
