#if Doors
  import Etcd
  import GRPCCore
  import MVCC
  import NIOCore
  import NIOHPACK

  /// A client's connection: HTTP/2 with gRPC's calls on it, and nothing that gRPC does not need.
  ///
  /// A member is asked tens of thousands of times a second, each time with one small message. What
  /// general transports spend on a call (a channel, a task, a pipeline) is many times what the world
  /// needs to answer it, so frames are read here as they come: a quick call goes straight to the
  /// mailbox, any other to gRPC's machinery.
  final class DoorConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    typealias Serve =
      @Sendable (
        RPCStream<DoorTransport.Inbound, DoorTransport.Outbound>, ServerContext
      ) async -> Void

    enum Limit {
      /// 512 KiB more than the 1.5 MiB that a member accepts, so that it refuses it in its own words.
      static let message = 1_572_864 + 512 * 1024
      static let frame = 16_384
      static let headerBlock = 65_536
      static let streams = 10_000
      /// What a client may send ahead, on a stream and on all of them.
      static let streamWindow = 4 << 20
      static let connectionWindow = 16 << 20
      /// Taken in so much, the client is told that it may send as much more.
      static let replenish = 1 << 20
      static let window = 0x7FFF_FFFF
    }

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private let quickCalls: [String: QuickCall]
    private let serve: Serve
    private let onClose: @Sendable () -> Void
    private var context: ChannelHandlerContext?
    private var outbox: Outbox?
    private var peer = (remote: "", local: "")

    private var isGreeted = false
    private var inbound = ByteBuffer()
    private var outbound = ByteBuffer()
    private var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
    /// A header block whose end has not come yet.
    private var block: (stream: UInt32, endsStream: Bool, bytes: ByteBuffer)?

    private var streams: [UInt32: DoorStream] = [:]
    private var lastStream: UInt32 = 0
    private var taken = 0
    private var window = 65_535
    private var initialWindow = 65_535
    private var maxFrame = Limit.frame
    /// Streams that wait for the connection's window, in order.
    private var blocked: [UInt32] = []
    private var isEnding = false

    init(
      quickCalls: [String: QuickCall], serve: @escaping Serve,
      onClose: @escaping @Sendable () -> Void
    ) {
      self.quickCalls = quickCalls
      self.serve = serve
      self.onClose = onClose
    }

    // MARK: The channel

    func handlerAdded(context: ChannelHandlerContext) {
      self.context = context
      outbox = Outbox(NIOLoopBound(self, eventLoop: context.eventLoop), context.eventLoop)
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
      peer = (
        "\(context.remoteAddress?.description ?? "unknown")",
        "\(context.localAddress?.description ?? "unknown")"
      )
      let settings: [(UInt16, UInt32)] = [
        (3, UInt32(Limit.streams)), (4, UInt32(Limit.streamWindow)),
      ]
      outbound.writeFrameHead(.settings, stream: 0, length: 6 * settings.count)
      for (name, value) in settings {
        outbound.writeInteger(name)
        outbound.writeInteger(value)
      }
      outbound.writeWindowUpdate(0, by: Limit.connectionWindow - 65_535)
      flush()
      context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var incoming = unwrapInboundIn(data)
      if inbound.readableBytes == 0 {
        inbound = incoming
      } else {
        inbound.writeBuffer(&incoming)
      }
      do throws(ConnectionProblem) {
        try parse()
      } catch {
        end(error.code)
      }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
      flush()
      context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      for id in streams.keys.sorted() { streams[id]?.abandon() }
      streams = [:]
      outbox = nil
      onClose()
      context.fireChannelInactive()
    }

    private func flush() {
      guard outbound.readableBytes > 0, let context else { return }
      let bytes = outbound
      outbound = context.channel.allocator.buffer(capacity: 4096)
      context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    /// Says good-bye and hangs up.
    private func end(_ code: HTTP2Code) {
      writeGoAway(code)
      flush()
      context?.close(promise: nil)
    }

    /// No new calls; hangs up when those under way are over.
    func beginShutdown() {
      guard !isEnding else { return }
      isEnding = true
      writeGoAway(.noError)
      flush()
      if streams.isEmpty { context?.close(promise: nil) }
    }

    private func writeGoAway(_ code: HTTP2Code) {
      outbound.writeFrameHead(.goAway, stream: 0, length: 8)
      outbound.writeInteger(lastStream)
      outbound.writeInteger(code.rawValue)
    }

    // MARK: Frames in

    private func parse() throws(ConnectionProblem) {
      if !isGreeted {
        guard inbound.readableBytes >= Self.preface.count else { return }
        guard inbound.readBytes(length: Self.preface.count) == Self.preface else {
          throw ConnectionProblem(code: .protocolError)
        }
        isGreeted = true
      }
      while let head = inbound.peekFrameHead() {
        guard head.length <= Limit.frame else { throw ConnectionProblem(code: .frameSizeError) }
        guard inbound.readableBytes >= FrameHead.bytes + head.length else { return }
        inbound.moveReaderIndex(forwardBy: FrameHead.bytes)
        guard let payload = inbound.readSlice(length: head.length) else { return }
        if let block, head.type != .continuation || head.stream != block.stream {
          throw ConnectionProblem(code: .protocolError)
        }
        try take(head, payload)
      }
    }

    private func take(_ head: FrameHead, _ payload: ByteBuffer) throws(ConnectionProblem) {
      var payload = payload
      switch head.type {
      case .data: try takeData(head, &payload)
      case .headers: try takeHeaders(head, &payload)
      case .continuation: try takeContinuation(head, &payload)
      case .resetStream:
        guard head.stream != 0 else { throw ConnectionProblem(code: .protocolError) }
        if let stream = streams[head.stream] { abandon(stream) }
      case .settings: try takeSettings(head, &payload)
      case .ping:
        guard head.length == 8 else { throw ConnectionProblem(code: .frameSizeError) }
        if !head.has(FrameFlag.ack) {
          outbound.writeFrameHead(.ping, flags: FrameFlag.ack, stream: 0, length: 8)
          outbound.writeBuffer(&payload)
        }
      case .windowUpdate: try takeWindowUpdate(head, &payload)
      case .pushPromise: throw ConnectionProblem(code: .protocolError)
      case .priority, .goAway, nil: break
      }
    }

    private func takeSettings(
      _ head: FrameHead, _ payload: inout ByteBuffer
    ) throws(ConnectionProblem) {
      guard head.stream == 0 else { throw ConnectionProblem(code: .protocolError) }
      if head.has(FrameFlag.ack) { return }
      guard head.length % 6 == 0 else { throw ConnectionProblem(code: .frameSizeError) }
      while let name: UInt16 = payload.readInteger(), let value: UInt32 = payload.readInteger() {
        switch name {
        case 4:
          guard value <= Limit.window else { throw ConnectionProblem(code: .flowControlError) }
          let change = Int(value) - initialWindow
          initialWindow = Int(value)
          for stream in streams.values { stream.window += change }
        case 5:
          guard (16_384...16_777_215).contains(value) else {
            throw ConnectionProblem(code: .protocolError)
          }
          // Larger frames than by default would only be harder to interleave.
          maxFrame = Limit.frame
        default: break
        }
      }
      outbound.writeFrameHead(.settings, flags: FrameFlag.ack, stream: 0, length: 0)
      for id in streams.keys.sorted() { if let stream = streams[id] { drain(stream) } }
    }

    private func takeWindowUpdate(
      _ head: FrameHead, _ payload: inout ByteBuffer
    ) throws(ConnectionProblem) {
      guard head.length == 4, let bytes: UInt32 = payload.readInteger() else {
        throw ConnectionProblem(code: .frameSizeError)
      }
      let more = Int(bytes & 0x7FFF_FFFF)
      if head.stream == 0 {
        guard more > 0 else { throw ConnectionProblem(code: .protocolError) }
        window += more
        guard window <= Limit.window else { throw ConnectionProblem(code: .flowControlError) }
        let ready = blocked
        blocked = []
        for id in ready { if let stream = streams[id] { drain(stream) } }
      } else if let stream = streams[head.stream] {
        stream.window += more
        guard more > 0, stream.window <= Limit.window else {
          outbound.writeReset(stream.id, more == 0 ? .protocolError : .flowControlError)
          return abandon(stream)
        }
        drain(stream)
      }
    }

    // MARK: Header blocks

    private func takeHeaders(
      _ head: FrameHead, _ payload: inout ByteBuffer
    ) throws(ConnectionProblem) {
      guard head.stream % 2 == 1 else { throw ConnectionProblem(code: .protocolError) }
      try removePadding(head, &payload)
      if head.has(FrameFlag.priority) {
        guard payload.readableBytes >= 5 else { throw ConnectionProblem(code: .frameSizeError) }
        payload.moveReaderIndex(forwardBy: 5)
      }
      let endsStream = head.has(FrameFlag.endStream)
      guard head.has(FrameFlag.endHeaders) else {
        block = (head.stream, endsStream, payload)
        return
      }
      try takeBlock(head.stream, endsStream: endsStream, &payload)
    }

    private func takeContinuation(
      _ head: FrameHead, _ payload: inout ByteBuffer
    ) throws(ConnectionProblem) {
      guard let (stream, endsStream, begun) = block else {
        throw ConnectionProblem(code: .protocolError)
      }
      block = nil
      var bytes = begun
      bytes.writeBuffer(&payload)
      guard bytes.readableBytes <= Limit.headerBlock else {
        throw ConnectionProblem(code: .enhanceYourCalm)
      }
      if head.has(FrameFlag.endHeaders) {
        try takeBlock(stream, endsStream: endsStream, &bytes)
      } else {
        block = (stream, endsStream, bytes)
      }
    }

    private func removePadding(
      _ head: FrameHead, _ payload: inout ByteBuffer
    ) throws(ConnectionProblem) {
      guard head.has(FrameFlag.padded) else { return }
      guard let padding: UInt8 = payload.readInteger(),
        let content = payload.readSlice(length: payload.readableBytes - Int(padding))
      else { throw ConnectionProblem(code: .protocolError) }
      payload = content
    }

    private func takeBlock(
      _ id: UInt32, endsStream: Bool, _ bytes: inout ByteBuffer
    ) throws(ConnectionProblem) {
      // Decoded in any case: the table that both sides keep must stay the same.
      let headers: HPACKHeaders
      do {
        headers = try decoder.decodeHeaders(from: &bytes)
      } catch {
        throw ConnectionProblem(code: .compressionError)
      }
      if let stream = streams[id] {
        if endsStream { try heardAll(stream) }
        return
      }
      guard id > lastStream else { return }
      lastStream = id
      guard !isEnding, streams.count < Limit.streams else {
        return outbound.writeReset(id, .refusedStream)
      }
      let stream = DoorStream(id: id, kind: .refused, window: initialWindow)
      stream.isHeard = endsStream
      streams[id] = stream
      begin(CallHead(headers), stream)
      if endsStream { try heardAll(stream) }
    }

    private func begin(_ head: CallHead, _ stream: DoorStream) {
      guard head.isGRPC else {
        stream.isHeadSent = true
        stream.trailers = ResponseHeaders.unsupportedMediaType
        return drain(stream)
      }
      guard head.isPlain else {
        return finish(
          stream, .unimplemented, "grpc: Decompressor is not installed for grpc-encoding")
      }
      if let call = quickCalls[head.path] {
        stream.kind = .quick(call, requiresLeader: head.requiresLeader)
      } else if let context, let method = head.method {
        open(stream, method, head.metadata, context.eventLoop)
      } else {
        finish(stream, .unimplemented, "malformed method name: \(head.path)")
      }
    }

    /// Hands a call to gRPC's machinery, on a task of its own.
    private func open(
      _ stream: DoorStream, _ method: MethodDescriptor, _ metadata: Metadata,
      _ loop: any EventLoop
    ) {
      let (requests, continuation) = AsyncThrowingStream<RPCRequestPart<[UInt8]>, any Error>
        .makeStream(bufferingPolicy: .bufferingOldest(1024))
      continuation.yield(.metadata(metadata))
      stream.kind = .open(continuation)
      let bound = NIOLoopBound(self, eventLoop: loop)
      let writer = DoorWriter(connection: bound, loop: loop, stream: stream.id)
      let (serve, peer, id) = (serve, peer, stream.id)
      Task {
        await withServerContextRPCCancellationHandle { cancellation in
          loop.execute { bound.value.attach(cancellation, to: id) }
          await serve(
            RPCStream(
              descriptor: method, inbound: RPCAsyncSequence(wrapping: requests),
              outbound: RPCWriter.Closable(wrapping: writer)),
            ServerContext(
              descriptor: method, remotePeer: peer.remote, localPeer: peer.local,
              cancellation: cancellation))
        }
      }
    }

    private func attach(_ cancellation: ServerContext.RPCCancellationHandle, to id: UInt32) {
      guard let stream = streams[id] else { return cancellation.cancel() }
      stream.cancellation = cancellation
    }

    // MARK: Messages in

    private func takeData(
      _ head: FrameHead, _ payload: inout ByteBuffer
    ) throws(ConnectionProblem) {
      guard head.stream != 0 else { throw ConnectionProblem(code: .protocolError) }
      taken += head.length
      if taken >= Limit.replenish {
        outbound.writeWindowUpdate(0, by: taken)
        taken = 0
      }
      guard let stream = streams[head.stream] else {
        // Of a call that is over: it may have been on its way.
        if head.stream > lastStream { throw ConnectionProblem(code: .protocolError) }
        return
      }
      guard !stream.isHeard else { throw ConnectionProblem(code: .streamClosed) }
      stream.taken += head.length
      if stream.taken >= Limit.replenish {
        outbound.writeWindowUpdate(stream.id, by: stream.taken)
        stream.taken = 0
      }
      try removePadding(head, &payload)
      if case .refused = stream.kind {} else { stream.received.writeBuffer(&payload) }
      takeMessages(stream)
      if head.has(FrameFlag.endStream), streams[stream.id] != nil { try heardAll(stream) }
    }

    /// Takes whole messages out of what a stream has received.
    private func takeMessages(_ stream: DoorStream) {
      while streams[stream.id] != nil, stream.received.readableBytes >= 5,
        let flag: UInt8 = stream.received.getInteger(at: stream.received.readerIndex),
        let length: UInt32 = stream.received.getInteger(at: stream.received.readerIndex + 1)
      {
        guard flag == 0 else {
          return finish(
            stream, .internalError, "grpc: compressed flag set with identity or empty encoding")
        }
        guard length <= Limit.message else {
          return finish(
            stream, .resourceExhausted,
            "grpc: received message larger than max (\(length) vs. \(Limit.message))")
        }
        guard stream.received.readableBytes >= 5 + Int(length) else { return }
        stream.received.moveReaderIndex(forwardBy: 5)
        guard let message = stream.received.readBytes(length: Int(length)) else { return }
        take(message, stream)
      }
    }

    private func take(_ message: [UInt8], _ stream: DoorStream) {
      switch stream.kind {
      case .quick(let call, let requiresLeader):
        guard stream.ticket == nil, let outbox else {
          return finish(stream, .internalError, "a second message of a call that has one")
        }
        let id = stream.id
        do throws(EtcdError) {
          stream.ticket = try call.ask(message, requiresLeader) { outbox.put(id, $0) }
        } catch {
          finish(stream, Status(error))
        }
      case .open(let requests):
        if case .dropped = requests.yield(.message(message)) {
          outbound.writeReset(stream.id, .enhanceYourCalm)
          abandon(stream)
        }
      case .refused: break
      }
    }

    private func heardAll(_ stream: DoorStream) throws(ConnectionProblem) {
      stream.isHeard = true
      switch stream.kind {
      case .quick where stream.ticket == nil && stream.trailers == nil:
        finish(stream, .internalError, "a call without a message")
      case .open(let requests): requests.finish()
      case .quick, .refused: break
      }
    }

    // MARK: Out

    /// What the world answered to quick calls, all that has gathered.
    func answer(_ replies: [Outbox.Reply]) {
      for reply in replies {
        guard let stream = streams[reply.stream], case .quick(let call, _) = stream.kind else {
          continue
        }
        do throws(EtcdError) {
          send(try call.encode(reply.result.get()), on: stream, nil)
          stream.trailers = ResponseHeaders.ok
          drain(stream)
        } catch {
          finish(stream, Status(error))
        }
      }
      flush()
    }

    /// A part of an answer from gRPC's machinery; `sent` goes on once it is on its way.
    func write(
      _ part: RPCResponsePart<[UInt8]>, on id: UInt32, _ sent: CheckedContinuation<Void, any Error>
    ) {
      guard let stream = streams[id], stream.trailers == nil else {
        return sent.resume(throwing: RPCError(.canceled))
      }
      switch part {
      case .metadata:
        writeHead(stream)
        sent.resume()
      case .message(let bytes):
        send(bytes, on: stream, sent)
        drain(stream)
      case .status(let status, let metadata):
        finish(stream, status, metadata)
        sent.resume()
      }
      flush()
    }

    /// A call whose handler gave up.
    func abandon(_ id: UInt32) {
      guard let stream = streams[id], stream.trailers == nil else { return }
      outbound.writeReset(id, .internalError)
      abandon(stream)
      flush()
    }

    private func send(
      _ message: [UInt8], on stream: DoorStream, _ sent: CheckedContinuation<Void, any Error>?
    ) {
      var bytes = ByteBuffer()
      bytes.reserveCapacity(5 + message.count)
      bytes.writeInteger(0 as UInt8)
      bytes.writeInteger(UInt32(message.count))
      bytes.writeBytes(message)
      stream.waiting.append((bytes, sent))
    }

    private func finish(_ stream: DoorStream, _ code: Status.Code, _ words: String) {
      finish(stream, Status(code: code, message: words))
    }

    private func finish(_ stream: DoorStream, _ status: Status, _ metadata: Metadata = [:]) {
      stream.trailers = ResponseHeaders.trailers(status, metadata)
      if case .quick = stream.kind { stream.kind = .refused }
      drain(stream)
    }

    private func writeHead(_ stream: DoorStream) {
      guard !stream.isHeadSent else { return }
      stream.isHeadSent = true
      outbound.writeFrameHead(
        .headers, flags: FrameFlag.endHeaders, stream: stream.id,
        length: ResponseHeaders.head.readableBytes)
      outbound.writeImmutableBuffer(ResponseHeaders.head)
    }

    /// Sends what the windows let through.
    private func drain(_ stream: DoorStream) {
      if !stream.waiting.isEmpty { writeHead(stream) }
      while let first = stream.waiting.first {
        let count = min(first.bytes.readableBytes, stream.window, window, maxFrame)
        guard count > 0 else {
          if window <= 0, !blocked.contains(stream.id) { blocked.append(stream.id) }
          return
        }
        stream.window -= count
        window -= count
        outbound.writeFrameHead(.data, stream: stream.id, length: count)
        if count == first.bytes.readableBytes {
          outbound.writeImmutableBuffer(first.bytes)
          stream.waiting.removeFirst()
          first.sent?.resume()
        } else if let piece = stream.waiting[stream.waiting.startIndex].bytes.readSlice(
          length: count)
        {
          outbound.writeImmutableBuffer(piece)
        }
      }
      guard var trailers = stream.trailers else { return }
      if !stream.isHeadSent {
        var block = ResponseHeaders.head
        block.writeBuffer(&trailers)
        trailers = block
      }
      outbound.writeFrameHead(
        .headers, flags: FrameFlag.endHeaders | FrameFlag.endStream, stream: stream.id,
        length: trailers.readableBytes)
      outbound.writeImmutableBuffer(trailers)
      // A client that still speaks need not any more.
      if !stream.isHeard { outbound.writeReset(stream.id, .noError) }
      if case .open(let requests) = stream.kind { requests.finish() }
      forget(stream)
    }

    private func abandon(_ stream: DoorStream) {
      stream.abandon()
      forget(stream)
    }

    private func forget(_ stream: DoorStream) {
      streams[stream.id] = nil
      if isEnding, streams.isEmpty {
        flush()
        context?.close(promise: nil)
      }
    }
  }
#endif
