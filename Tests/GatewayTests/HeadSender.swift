#if Doors
  import NIOCore
  import NIOHPACK
  import NIOHTTP2
  import NIOPosix

  /// A client that sends heads of calls as they are given, right or wrong, each on a stream of its
  /// own, and learns how each stream ends.
  final class HeadSender: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    enum End: Equatable {
      case reset(HTTP2ErrorCode)
      /// With gRPC's status.
      case status(String)
      case none
    }

    private let heads: [HPACKHeaders]
    private let done: EventLoopPromise<[End]>
    private var ends: [End]

    private init(_ heads: [HPACKHeaders], _ done: EventLoopPromise<[End]>) {
      self.heads = heads
      self.done = done
      ends = heads.map { _ in .none }
    }

    static func send(_ heads: [[(String, String)]], to port: Int) async throws -> [End] {
      let loop = MultiThreadedEventLoopGroup.singletonMultiThreadedEventLoopGroup.next()
      let done = loop.makePromise(of: [End].self)
      let channel = try await ClientBootstrap(group: loop).channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers(
            NIOHTTP2Handler(
              mode: .client, headerBlockValidation: .disabled, contentLengthValidation: .disabled),
            HeadSender(heads.map { HPACKHeaders($0) }, done))
        }
      }.connect(host: "127.0.0.1", port: port).get()
      let ends = try await done.futureResult.get()
      try? await channel.close()
      return ends
    }

    func channelActive(context: ChannelHandlerContext) {
      for (place, head) in heads.enumerated() {
        let payload = HTTP2Frame.FramePayload.headers(.init(headers: head, endStream: true))
        context.write(
          wrapOutboundOut(HTTP2Frame(streamID: HTTP2StreamID(2 * place + 1), payload: payload)),
          promise: nil)
      }
      context.flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let frame = unwrapInboundIn(data)
      let place = (Int(frame.streamID) - 1) / 2
      switch frame.payload {
      case .rstStream(let code): ends[place] = .reset(code)
      case .headers(let headers) where headers.endStream:
        ends[place] = .status(headers.headers["grpc-status"].first ?? "")
      default: return
      }
      if !ends.contains(.none) { done.succeed(ends) }
    }

    func channelInactive(context: ChannelHandlerContext) { done.succeed(ends) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
  }
#endif
