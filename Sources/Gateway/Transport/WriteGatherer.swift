#if Doors
  import NIOCore

  /// Gathers what HTTP/2 writes frame by frame, four small pieces for an answer, into one for the
  /// socket: each piece by itself would be allocated, queued and completed on its own.
  final class WriteGatherer: ChannelOutboundHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = ByteBuffer

    /// With so much gathered it is passed on unasked, so that the channel counts it.
    private static let limit = 64 * 1024

    private var gathered = ByteBuffer()
    private var promise: EventLoopPromise<Void>?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
      guard case .byteBuffer(var bytes) = unwrapOutboundIn(data) else {
        passOn(context)
        return context.write(data, promise: promise)
      }
      gathered.writeBuffer(&bytes)
      if let promise {
        if let first = self.promise {
          first.futureResult.cascade(to: promise)
        } else {
          self.promise = promise
        }
      }
      if gathered.readableBytes >= Self.limit { passOn(context) }
    }

    func flush(context: ChannelHandlerContext) {
      passOn(context)
      context.flush()
    }

    private func passOn(_ context: ChannelHandlerContext) {
      guard gathered.readableBytes > 0 else { return }
      context.write(wrapOutboundOut(gathered), promise: promise)
      gathered = context.channel.allocator.buffer(capacity: 4096)
      promise = nil
    }

    func handlerRemoved(context: ChannelHandlerContext) {
      promise?.fail(ChannelError.ioOnClosedChannel)
    }
  }
#endif
