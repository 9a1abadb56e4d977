#if Doors
  import Foundation
  import NIOCore
  import NIOHPACK
  import NIOHTTP2

  /// A connection of a load: some clients on it, each of which puts, waits for its answer and puts
  /// again. It spends little, so that what is measured is the door.
  final class LoadConnection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private static let headers = HPACKHeaders([
      (":method", "POST"), (":scheme", "http"), (":path", "/\(ServiceName.kv)/Put"),
      (":authority", "127.0.0.1"), ("content-type", "application/grpc"), ("te", "trailers"),
    ])
    /// The client takes so much in before it lets the server send more.
    private static let replenish = 16_384

    private let number: Int
    private let clients: Int
    private let puts: Int
    private let done: EventLoopPromise<Int>
    private var request = WirePutRequest()
    private var begun = 0
    private var answered = 0
    private var failures = 0
    private var taken = 0

    /// - Parameters:
    ///   - number: of the connection, a part of its keys.
    ///   - puts: of all its clients together.
    ///   - done: gets how many failed.
    init(number: Int, clients: Int, puts: Int, valueBytes: Int, done: EventLoopPromise<Int>) {
      self.number = number
      self.clients = clients
      self.puts = puts
      self.done = done
      request.value = Data(repeating: UInt8(ascii: "v"), count: valueBytes)
    }

    func channelActive(context: ChannelHandlerContext) {
      for _ in 0..<min(clients, puts) { put(context) }
      context.flush()
      context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let frame = unwrapInboundIn(data)
      switch frame.payload {
      case .data(let data):
        taken += data.data.readableBytes
        if taken >= Self.replenish {
          write(context, .rootStream, .windowUpdate(windowSizeIncrement: taken))
          taken = 0
        }
      case .headers(let headers) where headers.endStream:
        answer(context, isFailed: headers.headers["grpc-status"] != ["0"])
      case .rstStream: answer(context, isFailed: true)
      default: break
      }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
      context.flush()
      context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
      done.succeed(failures + puts - answered)
      context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }

    private func answer(_ context: ChannelHandlerContext, isFailed: Bool) {
      answered += 1
      if isFailed { failures += 1 }
      if begun < puts { put(context) }
      if answered == puts { done.succeed(failures) }
    }

    private func put(_ context: ChannelHandlerContext) {
      // Few keys written again and again would be a smaller tree than a store has.
      request.key = Data("load/\(number)/\(begun)".utf8)
      let stream = HTTP2StreamID(2 * begun + 1)
      begun += 1
      guard let bytes: [UInt8] = try? request.serializedBytes() else {
        return answer(context, isFailed: true)
      }
      var buffer = context.channel.allocator.buffer(capacity: bytes.count + 5)
      buffer.writeInteger(0 as UInt8)
      buffer.writeInteger(UInt32(bytes.count))
      buffer.writeBytes(bytes)
      write(context, stream, .headers(.init(headers: Self.headers)))
      write(context, stream, .data(.init(data: .byteBuffer(buffer), endStream: true)))
    }

    private func write(
      _ context: ChannelHandlerContext, _ stream: HTTP2StreamID,
      _ payload: HTTP2Frame.FramePayload
    ) {
      context.write(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: nil)
    }
  }
#endif
