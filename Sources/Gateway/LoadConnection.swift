#if Doors
  import Foundation
  import NIOCore
  import NIOHPACK

  /// A connection of the load: HTTP/2 as a Go client writes it (its headers once, then by their
  /// places in the table), with the answer's status and message looked at.
  final class LoadConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let number: Int
    private let clients: Int
    private let puts: Int
    private let valueBytes: Int
    private let done: EventLoopPromise<Int>
    private var begun = 0
    private var ended = 0
    private var failures = 0
    private var inbound = ByteBuffer()
    private var outbound = ByteBuffer()
    private var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
    /// Calls whose message has come and was an answer to a put.
    private var answered: Set<UInt32> = []
    private var taken = 0
    /// What the server lets be sent; the load is smaller than its window, if it replenishes it.
    private var window = 65_535
    private var isOver = false

    init(number: Int, clients: Int, puts: Int, valueBytes: Int, done: EventLoopPromise<Int>) {
      self.number = number
      self.clients = clients
      self.puts = puts
      self.valueBytes = valueBytes
      self.done = done
    }

    func channelActive(context: ChannelHandlerContext) {
      outbound.writeString("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
      outbound.writeFrameHead(.settings, stream: 0, length: 0)
      outbound.writeWindowUpdate(0, by: 8 << 20)
      begin()
      flush(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
      finish(failures: failures + puts - ended)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }

    private func finish(failures: Int) {
      guard !isOver else { return }
      isOver = true
      done.succeed(failures)
    }

    private func flush(_ context: ChannelHandlerContext) {
      guard outbound.readableBytes > 0 else { return }
      let bytes = outbound
      outbound = context.channel.allocator.buffer(capacity: 16_384)
      context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    // MARK: Out

    /// Begins a put for every client that has none under way.
    private func begin() {
      while begun < puts, begun - ended < clients {
        var put = WirePutRequest()
        // Few keys written again and again would be a smaller tree than a store has.
        put.key = Data("load/\\(number)/\\(begun)".utf8)
        put.value = Data(repeating: UInt8(ascii: "v"), count: valueBytes)
        guard let message: [UInt8] = try? put.serializedBytes(), window > message.count + 5 else {
          return
        }
        let stream = UInt32(2 * begun + 1)
        let head = begun == 0 ? Self.firstHead : Self.head
        outbound.writeFrameHead(
          .headers, flags: FrameFlag.endHeaders, stream: stream, length: head.readableBytes)
        outbound.writeImmutableBuffer(head)
        outbound.writeFrameHead(
          .data, flags: FrameFlag.endStream, stream: stream, length: message.count + 5)
        outbound.writeInteger(0 as UInt8)
        outbound.writeInteger(UInt32(message.count))
        outbound.writeBytes(message)
        window -= message.count + 5
        begun += 1
      }
    }

    /// POST and http by their places in the static table, the rest to be remembered (RFC 7541, 6.2.1).
    private static let firstHead: ByteBuffer = {
      var block = ByteBuffer(bytes: [0x83, 0x86])
      for (place, text) in [
        (0x44, "/etcdserverpb.KV/Put"), (0x41, "127.0.0.1"), (0x5F, "application/grpc"),
        (0x7A, "orrery-bench"),
      ] {
        block.writeInteger(UInt8(place))
        block.writeInteger(UInt8(text.utf8.count))
        block.writeString(text)
      }
      return block
    }()

    /// The same from the table, where the newest is 62.
    private static let head = ByteBuffer(bytes: [0x83, 0x86, 0xC1, 0xC0, 0xBF, 0xBE])

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var incoming = unwrapInboundIn(data)
      if inbound.readableBytes == 0 {
        inbound = incoming
      } else {
        inbound.writeBuffer(&incoming)
      }
      while let head = inbound.peekFrameHead(),
        inbound.readableBytes >= FrameHead.bytes + head.length
      {
        inbound.moveReaderIndex(forwardBy: FrameHead.bytes)
        guard var payload = inbound.readSlice(length: head.length) else { break }
        take(head, &payload)
      }
      begin()
      flush(context)
      if ended == puts { finish(failures: failures) }
    }

    private func take(_ head: FrameHead, _ payload: inout ByteBuffer) {
      switch head.type {
      case .settings where !head.has(FrameFlag.ack):
        outbound.writeFrameHead(.settings, flags: FrameFlag.ack, stream: 0, length: 0)
      case .windowUpdate where head.stream == 0:
        if let more: UInt32 = payload.readInteger() { window += Int(more) }
      case .data:
        taken += head.length
        if taken >= 1 << 20 {
          outbound.writeWindowUpdate(0, by: taken)
          taken = 0
        }
        payload.moveReaderIndex(forwardBy: min(5, payload.readableBytes))
        let message = payload.readBytes(length: payload.readableBytes) ?? []
        if let put = try? WirePutResponse(serializedBytes: message), put.header.revision > 0 {
          answered.insert(head.stream)
        }
      case .headers:
        let headers = try? decoder.decodeHeaders(from: &payload)
        guard head.has(FrameFlag.endStream) else { return }
        let isGood = headers?.first(name: "grpc-status") == "0"
        if !isGood || answered.remove(head.stream) == nil { failures += 1 }
        ended += 1
      case .resetStream:
        failures += 1
        ended += 1
      default: break
      }
    }
  }
#endif
