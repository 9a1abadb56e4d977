#if Doors
  import GRPCCore
  import NIOCore
  import NIOHTTP2
  import NIOPosix
  import NIOSSL
  import Synchronization

  /// A door's place in the network: listens, and has a `DoorConnection` for each client.
  final class DoorTransport: ServerTransport {
    typealias Bytes = [UInt8]

    private struct State {
      var listener: (any Channel)?
      var connections: [UInt64: NIOLoopBound<DoorConnection>] = [:]
      var next: UInt64 = 0
      var isShut = false
      /// Whoever waits for the last connection's end.
      var onEmpty: CheckedContinuation<Void, Never>?
    }

    /// All doors share one thread: a second one waits for the same locks and cores (measured on two
    /// cores, a hundred clients on ten connections: a tenth fewer puts a second).
    private static let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()

    private let listening: Listening
    private let port: Int
    private let quickCalls: [String: QuickCall]
    private let mailbox: Mailbox
    private let outbox = Outbox(DoorTransport.loop)
    private let state = Mutex(State())
    private let bound: EventLoopPromise<Int>

    init(
      _ listening: Listening, port: Int, quickCalls: [String: QuickCall], mailbox: Mailbox
    ) {
      self.listening = listening
      self.port = port
      self.quickCalls = quickCalls
      self.mailbox = mailbox
      bound = Self.loop.makePromise(of: Int.self)
    }

    /// The port, once it listens; throws where it can't.
    var listeningPort: Int {
      get async throws { try await bound.futureResult.get() }
    }

    func listen(
      streamHandler:
        @escaping @Sendable (RPCStream<Inbound, Outbound>, ServerContext) async -> Void
    ) async throws {
      let channel: any Channel
      do {
        channel = try await bind(streamHandler)
      } catch {
        bound.fail(error)
        throw error
      }
      let isShut = state.withLock { state in
        state.listener = channel
        return state.isShut
      }
      bound.succeed(channel.localAddress?.port ?? port)
      if isShut { channel.close(promise: nil) }
      try await channel.closeFuture.get()
      await allClosed()
    }

    func beginGracefulShutdown() {
      let (listener, connections) = state.withLock { state in
        state.isShut = true
        return (state.listener, state.connections)
      }
      listener?.close(promise: nil)
      for connection in connections.values {
        connection.eventLoop.execute { connection.value.beginShutdown() }
      }
    }

    private func bind(_ serve: @escaping DoorConnection.Serve) async throws -> any Channel {
      let tls = try TLS.context(listening)
      return try await ServerBootstrap(group: Self.loop)
        .serverChannelOption(.backlog, value: 256)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
        // A second read would mostly find nothing; what it misses is there at the next turn.
        .childChannelOption(.maxMessagesPerRead, value: 1)
        .childChannelInitializer { [self] channel in
          channel.eventLoop.makeCompletedFuture {
            if let tls {
              try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
            }
            let number = state.withLock { state in
              state.next += 1
              return state.next
            }
            let connection = DoorConnection(
              quickCalls: quickCalls, mailbox: mailbox, outbox: outbox, serve: serve
            ) { [self] in closed(number) }
            let isShut = state.withLock { state in
              state.connections[number] = NIOLoopBound(connection, eventLoop: channel.eventLoop)
              return state.isShut
            }
            try channel.pipeline.syncOperations.addHandlers(
              WriteGatherer(),
              NIOHTTP2Handler(
                mode: .server, initialSettings: DoorConnection.settings,
                // `CallHead` looks at each header anyway.
                headerBlockValidation: .disabled, contentLengthValidation: .disabled),
              connection)
            if isShut { connection.beginShutdown() }
          }
        }
        .bind(to: SocketAddress(ipAddress: listening.host, port: port)).get()
    }

    private func closed(_ number: UInt64) {
      let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
        state.connections[number] = nil
        guard state.connections.isEmpty else { return nil }
        defer { state.onEmpty = nil }
        return state.onEmpty
      }
      waiter?.resume()
    }

    private func allClosed() async {
      await withCheckedContinuation { continuation in
        let isEmpty = state.withLock { state in
          if !state.connections.isEmpty { state.onEmpty = continuation }
          return state.connections.isEmpty
        }
        if isEmpty { continuation.resume() }
      }
    }
  }

  /// The doors' TLS, as etcd's: with an authority given, clients must have a certificate of it.
  private enum TLS {
    static func context(_ listening: Listening) throws -> NIOSSLContext? {
      guard let certFile = listening.certFile, let keyFile = listening.keyFile else { return nil }
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: try NIOSSLCertificate.fromPEMFile(certFile).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem)))
      configuration.applicationProtocols = ["h2"]
      configuration.minimumTLSVersion = .tlsv12
      if let trustedCAFile = listening.trustedCAFile {
        configuration.trustRoots = .file(trustedCAFile)
        configuration.certificateVerification = .noHostnameVerification
      }
      return try NIOSSLContext(configuration: configuration)
    }
  }
#endif
