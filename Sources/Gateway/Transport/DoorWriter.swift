#if Doors
  import GRPCCore
  import NIOCore
  import NIOHTTP2

  /// The way from gRPC's machinery to a connection. A message counts as written once the client's
  /// window has let it through, so that nobody writes faster than the client reads.
  struct DoorWriter: ClosableRPCWriterProtocol {
    typealias Element = RPCResponsePart<[UInt8]>

    let connection: NIOLoopBound<DoorConnection>
    let loop: any EventLoop
    let stream: HTTP2StreamID

    func write(_ element: Element) async throws {
      try await withCheckedThrowingContinuation { sent in
        loop.execute { connection.value.write(element, on: stream, sent) }
      }
    }

    func write(contentsOf elements: some Sequence<Element>) async throws {
      for element in elements { try await write(element) }
    }

    /// The status has ended the call; without one it is broken off.
    func finish() async { loop.execute { connection.value.abandon(stream) } }
    func finish(throwing error: any Error) async { await finish() }
  }
#endif
