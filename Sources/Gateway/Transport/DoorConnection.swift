#if Doors
  import GRPCCore
  import MVCC
  import NIOCore
  import NIOHPACK
  import NIOHTTP2

  /// A client's connection, behind NIO's HTTP/2: gRPC's calls in the frames of all its streams.
  ///
  /// A member is asked tens of thousands of times a second, each time with one small message. A
  /// channel and a task for each call cost many times what the world needs to answer it, so the
  /// frames are looked at here as they come: a quick call goes straight to the mailbox, any other to
  /// gRPC's machinery.
  final class DoorConnection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame
    typealias Serve =
      @Sendable (
        RPCStream<DoorTransport.Inbound, DoorTransport.Outbound>, ServerContext
      ) async -> Void

    enum Limit {
      /// 512 KiB more than the 1.5 MiB that a member accepts (etcd's `grpcOverheadBytes`), so that it
      /// refuses what is too large in its own words.
      static let message = 1_572_864 + 512 * 1024
      /// Calls under way at once; a client with more of them waits, as HTTP/2 has it.
      static let streams = 10_000
      /// What a client may send ahead, on a stream and on all of them.
      static let streamWindow = 4 << 20
      static let connectionWindow = 16 << 20
      /// Taken in so much, the client is told that it may send as much more.
      static let replenish = 1 << 20
    }

    /// What the door says of itself when a client comes.
    static let settings: HTTP2Settings = [
      HTTP2Setting(parameter: .maxConcurrentStreams, value: Limit.streams),
      HTTP2Setting(parameter: .initialWindowSize, value: Limit.streamWindow),
    ]

    private let quickCalls: [String: QuickCall]
    private let mailbox: Mailbox
    private let outbox: Outbox
    private let serve: Serve
    private let onClose: @Sendable () -> Void
    private var context: ChannelHandlerContext?
    /// What was asked in the bytes that are being read.
    private var asked: [(post: Post, ticket: Ticket)] = []
    /// Written something since it was last sent off.
    private var isUnsent = false
    private var peer = (remote: "", local: "")
    private var streams: [HTTP2StreamID: DoorStream] = [:]
    private var taken = 0
    private var isEnding = false

    init(
      quickCalls: [String: QuickCall], mailbox: Mailbox, outbox: Outbox, serve: @escaping Serve,
      onClose: @escaping @Sendable () -> Void
    ) {
      self.quickCalls = quickCalls
      self.mailbox = mailbox
      self.outbox = outbox
      self.serve = serve
      self.onClose = onClose
    }

    // MARK: The channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
      peer = (
        "\(context.remoteAddress?.description ?? "unknown")",
        "\(context.localAddress?.description ?? "unknown")"
      )
      // The window of a connection begins at 65,535, whatever the settings say.
      write(.rootStream, .windowUpdate(windowSizeIncrement: Limit.connectionWindow - 65_535))
      context.flush()
      context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let frame = unwrapInboundIn(data)
      switch frame.payload {
      case .headers(let headers): take(headers, on: frame.streamID)
      case .data(let data): take(data, on: frame.streamID)
      case .rstStream: streams[frame.streamID].map(abandon)
      default: break
      }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
      ask()
      context.flush()
      context.fireChannelReadComplete()
    }

    /// That a stream has begun, ended or may be sent more is told by its frames.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {}

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      // A mistake on one stream has been answered on it.
      if let error = error as? NIOHTTP2Errors.StreamError {
        streams[error.streamID].map(abandon)
        return
      }
      context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      for id in streams.keys.sorted() { streams[id]?.abandon() }
      streams = [:]
      onClose()
      context.fireChannelInactive()
    }

    /// No new calls; hangs up when those under way are over.
    func beginShutdown() {
      guard !isEnding, let context else { return }
      isEnding = true
      write(.rootStream, .goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil))
      context.flush()
      if streams.isEmpty { context.close(promise: nil) }
    }

    // MARK: In

    private func take(_ headers: HTTP2Frame.FramePayload.Headers, on id: HTTP2StreamID) {
      if let stream = streams[id] {
        if headers.endStream { heardAll(stream) }
        return
      }
      guard !isEnding else { return write(id, .rstStream(.refusedStream)) }
      let stream = DoorStream(id: id, kind: .refused)
      stream.isHeard = headers.endStream
      streams[id] = stream
      begin(CallHead(headers.headers), stream)
      if headers.endStream, !stream.isOver { heardAll(stream) }
    }

    private func begin(_ head: CallHead, _ stream: DoorStream) {
      guard head.isWellFormed else {
        write(stream.id, .rstStream(.protocolError))
        return forget(stream)
      }
      guard head.isGRPC else {
        // A peer that does not speak gRPC is told so in HTTP's words.
        write(
          stream.id,
          .headers(.init(headers: HPACKHeaders([(":status", "415")]), endStream: true)))
        return forget(stream)
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

    private func attach(_ cancellation: ServerContext.RPCCancellationHandle, to id: HTTP2StreamID) {
      guard let stream = streams[id] else { return cancellation.cancel() }
      stream.cancellation = cancellation
    }

    private func take(_ data: HTTP2Frame.FramePayload.Data, on id: HTTP2StreamID) {
      guard case .byteBuffer(var bytes) = data.data else { return }
      let length = bytes.readableBytes + (data.paddingBytes.map { $0 + 1 } ?? 0)
      taken += length
      if taken >= Limit.replenish {
        write(.rootStream, .windowUpdate(windowSizeIncrement: taken))
        taken = 0
      }
      // Of a call that is over it may have been on its way.
      guard let stream = streams[id] else { return }
      stream.taken += length
      if stream.taken >= Limit.replenish, !data.endStream {
        write(id, .windowUpdate(windowSizeIncrement: stream.taken))
        stream.taken = 0
      }
      if case .refused = stream.kind {
      } else if stream.received.readableBytes == 0 {
        stream.received = bytes
      } else {
        stream.received.writeBuffer(&bytes)
      }
      takeMessages(stream)
      if data.endStream, !stream.isOver { heardAll(stream) }
    }

    /// Takes whole messages out of what a stream has received.
    private func takeMessages(_ stream: DoorStream) {
      while !stream.isOver, stream.received.readableBytes >= 5,
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
        // Or the buffer it came in could not be used again until the call is over.
        if stream.received.readableBytes == 0 { stream.received = ByteBuffer() }
        take(message, stream)
      }
    }

    private func take(_ message: [UInt8], _ stream: DoorStream) {
      switch stream.kind {
      case .quick:
        guard stream.question == nil else {
          return finish(stream, .internalError, "a second message of a call that has one")
        }
        stream.question = message
      case .open(let requests):
        if case .dropped = requests.yield(.message(message)) {
          write(stream.id, .rstStream(.enhanceYourCalm))
          abandon(stream)
        }
      case .refused: break
      }
    }

    private func heardAll(_ stream: DoorStream) {
      stream.isHeard = true
      switch stream.kind {
      case .quick(let call, let requiresLeader): ask(call, requiresLeader, stream)
      case .open(let requests): requests.finish()
      case .refused: break
      }
    }

    /// A client that is answered before it has said that it has no more to say may take that for a
    /// failure: so it is heard out first.
    private func ask(_ call: QuickCall, _ requiresLeader: Bool, _ stream: DoorStream) {
      guard let question = stream.question, let context else {
        return finish(stream, .internalError, "a call without a message")
      }
      let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
      let (outbox, id) = (outbox, stream.id)
      let (post, ticket) = call.post(question, requiresLeader: requiresLeader) {
        outbox.put(Outbox.Reply(connection: bound, stream: id, result: $0))
      }
      stream.ticket = ticket
      asked.append((post, ticket))
    }

    /// Puts what came together into the mailbox together: each by itself would wake the main loop.
    private func ask() {
      guard !asked.isEmpty else { return }
      let taken = mailbox.post(asked.map(\.post))
      for refused in asked.dropFirst(taken) { refused.ticket.resolve(.failure(.tooManyRequests)) }
      asked.removeAll(keepingCapacity: true)
    }

    // MARK: Out

    private func write(
      _ id: HTTP2StreamID, _ payload: HTTP2Frame.FramePayload,
      promise: EventLoopPromise<Void>? = nil
    ) {
      guard let context else { return promise?.fail(ChannelError.ioOnClosedChannel) ?? () }
      context.write(
        wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: promise)
    }

    /// What the world answered to a quick call. True where something is to be sent off that was not
    /// before.
    func answer(_ id: HTTP2StreamID, _ result: Result<[UInt8], EtcdError>) -> Bool {
      guard let stream = streams[id], case .quick = stream.kind else { return false }
      switch result {
      case .failure(let error): finish(stream, Status(error))
      case .success(let bytes):
        writeHead(stream)
        write(stream.id, .data(.init(data: .byteBuffer(message(bytes)))))
        end(stream, ResponseHeaders.ok)
      }
      defer { isUnsent = true }
      return !isUnsent
    }

    func send() {
      isUnsent = false
      context?.flush()
    }

    /// A part of an answer from gRPC's machinery; `sent` goes on once it is on its way.
    func write(
      _ part: RPCResponsePart<[UInt8]>, on id: HTTP2StreamID,
      _ sent: CheckedContinuation<Void, any Error>
    ) {
      guard let stream = streams[id], let context else {
        return sent.resume(throwing: RPCError(.canceled))
      }
      switch part {
      case .metadata:
        writeHead(stream)
        sent.resume()
      case .message(let bytes):
        writeHead(stream)
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { result in
          switch result {
          case .success: sent.resume()
          case .failure: sent.resume(throwing: RPCError(.canceled))
          }
        }
        write(id, .data(.init(data: .byteBuffer(message(bytes)))), promise: promise)
      case .status(let status, let metadata):
        finish(stream, status, metadata)
        sent.resume()
      }
      context.flush()
    }

    /// A call whose handler gave up.
    func abandon(_ id: HTTP2StreamID) {
      guard let stream = streams[id] else { return }
      write(id, .rstStream(.internalError))
      abandon(stream)
      context?.flush()
    }

    private func message(_ bytes: [UInt8]) -> ByteBuffer {
      var buffer =
        context?.channel.allocator.buffer(capacity: 5 + bytes.count) ?? ByteBuffer()
      buffer.writeInteger(0 as UInt8)
      buffer.writeInteger(UInt32(bytes.count))
      buffer.writeBytes(bytes)
      return buffer
    }

    private func writeHead(_ stream: DoorStream) {
      guard !stream.isHeadSent else { return }
      stream.isHeadSent = true
      write(stream.id, .headers(.init(headers: ResponseHeaders.head)))
    }

    private func finish(_ stream: DoorStream, _ code: Status.Code, _ words: String) {
      finish(stream, Status(code: code, message: words))
    }

    private func finish(_ stream: DoorStream, _ status: Status, _ metadata: Metadata = [:]) {
      end(stream, ResponseHeaders.trailers(status, metadata))
    }

    private func end(_ stream: DoorStream, _ trailers: HPACKHeaders) {
      var block = trailers
      if !stream.isHeadSent { block = ResponseHeaders.head + trailers }
      write(stream.id, .headers(.init(headers: block, endStream: true)))
      // A client that still speaks need not any more.
      if !stream.isHeard { write(stream.id, .rstStream(.noError)) }
      if case .open(let requests) = stream.kind { requests.finish() }
      forget(stream)
    }

    private func abandon(_ stream: DoorStream) {
      stream.abandon()
      forget(stream)
    }

    private func forget(_ stream: DoorStream) {
      streams[stream.id] = nil
      stream.isOver = true
      guard isEnding, streams.isEmpty else { return }
      context?.flush()
      context?.close(promise: nil)
    }
  }
#endif
