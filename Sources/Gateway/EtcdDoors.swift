#if Doors
  import Dispatch
  import GRPCCore
  import GRPCNIOTransportHTTP2Posix
  import Synchronization

  /// The network side of the etcd doors: one gRPC server per member, which put what comes into the
  /// mailbox and answer what the main loop says.
  public final class EtcdDoors: Sendable {
    /// A door that is open.
    public struct Endpoint: Sendable {
      /// The host of the member behind it.
      public let member: String
      /// As `--endpoints` of etcdctl takes it.
      public let address: String
      public let url: String
    }

    private typealias Server = GRPCServer<HTTP2ServerTransport.Posix>

    private let servers: [Server]
    public let endpoints: [Endpoint]

    private init(servers: [Server], endpoints: [Endpoint]) {
      self.servers = servers
      self.endpoints = endpoints
    }

    /// Opens a door for each of `members`, by the names of their hosts, on consecutive ports.
    /// Throws where an address is taken or a certificate can't be read; nothing is open then.
    public static func open(
      members: [String], at listening: Listening, mailbox: Mailbox
    ) async throws(Listening.Problem) -> EtcdDoors {
      let addresses = DoorAddresses()
      var servers: [Server] = []
      var endpoints: [Endpoint] = []
      for (index, member) in members.enumerated() {
        let port = listening.port == 0 ? 0 : listening.port + index
        guard port <= 65_535 else {
          throw Listening.Problem(description: "port \(port): there is none above 65535")
        }
        let server = Server(
          transport: transport(listening, port: port),
          services: services(
            Caller(member: index, mailbox: mailbox, addresses: addresses)))
        servers.append(server)
        switch await Self.start(server) {
        case .success(let port):
          let address = "\(listening.hostText):\(port)"
          endpoints.append(
            Endpoint(
              member: member, address: address, url: "\(listening.scheme)://\(address)"))
        case .failure(let problem):
          for server in servers { server.beginGracefulShutdown() }
          throw Listening.Problem(
            description: "\(listening.hostText):\(port): \(problem.description)")
        }
      }
      addresses.set(
        Dictionary(uniqueKeysWithValues: endpoints.map { ($0.member, $0.url) }))
      return EtcdDoors(servers: servers, endpoints: endpoints)
    }

    /// The same for a thread that may wait, as a program's own at its start; never one of the pool
    /// that tasks run on, for it is they that open the doors.
    public static func openWaiting(
      members: [String], at listening: Listening, mailbox: Mailbox
    ) throws(Listening.Problem) -> EtcdDoors {
      let outcome = Outcome()
      Task {
        do throws(Listening.Problem) {
          outcome.set(.success(try await open(members: members, at: listening, mailbox: mailbox)))
        } catch {
          outcome.set(.failure(error))
        }
      }
      return try outcome.wait().get()
    }

    /// Closes the doors; clients that are still connected are let finish.
    public func close() {
      for server in servers { server.beginGracefulShutdown() }
    }

    private static func services(_ caller: Caller) -> [any RegistrableRPCService] {
      [
        KVService(caller: caller), WatchService(caller: caller), LeaseService(caller: caller),
        ClusterService(caller: caller), MaintenanceService(caller: caller),
        SnapshotService(caller: caller),
        AuthService(caller: caller),
      ]
    }

    private static func transport(
      _ listening: Listening, port: Int
    ) -> HTTP2ServerTransport.Posix {
      var config = HTTP2ServerTransport.Posix.Config.defaults
      // As etcd's server: a client may ask every 5 s whether anybody is there, and a request may be
      // 512 KiB larger than the 1.5 MiB that are accepted, so that it is refused in etcd's words.
      config.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls = .seconds(5)
      config.rpc.maxRequestPayloadSize = 1_572_864 + 512 * 1024
      let address: SocketAddress =
        listening.host.contains(":")
        ? .ipv6(host: listening.host, port: port) : .ipv4(host: listening.host, port: port)
      return HTTP2ServerTransport.Posix(
        address: address, transportSecurity: security(listening), config: config)
    }

    private static func security(
      _ listening: Listening
    ) -> HTTP2ServerTransport.Posix.TransportSecurity {
      guard let certFile = listening.certFile, let keyFile = listening.keyFile else {
        return .plaintext
      }
      let chain = [TLSConfig.CertificateSource.file(path: certFile, format: .pem)]
      let key = TLSConfig.PrivateKeySource.file(path: keyFile, format: .pem)
      guard let trustedCAFile = listening.trustedCAFile else {
        return .tls(certificateChain: chain, privateKey: key)
      }
      return .mTLS(certificateChain: chain, privateKey: key) {
        $0.trustRoots = .certificates([.file(path: trustedCAFile, format: .pem)])
      }
    }

    private struct StartProblem: Error, CustomStringConvertible {
      let description: String
    }

    /// Starts a server and waits until it listens; its port, or why not.
    private static func start(_ server: Server) async -> Result<Int, StartProblem> {
      let (outcomes, continuation) = AsyncStream<Result<Int, StartProblem>>.makeStream()
      Task {
        do {
          try await server.serve()
          continuation.yield(.failure(StartProblem(description: "closed before it was open")))
        } catch {
          continuation.yield(.failure(StartProblem(description: words(error))))
        }
      }
      Task {
        // Where it can't listen, `serve` says why.
        if let address = try? await server.transport.listeningAddress {
          continuation.yield(.success(address.ipv4?.port ?? address.ipv6?.port ?? 0))
        }
      }
      // The first outcome, whoever tells it.
      for await outcome in outcomes { return outcome }
      return .failure(StartProblem(description: "cannot be opened"))
    }

    /// What a task hands to a thread that waits for it.
    private final class Outcome: Sendable {
      private let result = Mutex<Result<EtcdDoors, Listening.Problem>?>(nil)
      private let done = DispatchSemaphore(value: 0)

      func set(_ new: Result<EtcdDoors, Listening.Problem>) {
        result.withLock { $0 = new }
        done.signal()
      }

      func wait() -> Result<EtcdDoors, Listening.Problem> {
        done.wait()
        return result.withLock { $0 }
          ?? .failure(Listening.Problem(description: "the doors cannot be opened"))
      }
    }

    /// The innermost reason of an error, which says most.
    private static func words(_ error: any Error) -> String {
      var inner = error
      while let cause = (inner as? RuntimeError)?.cause { inner = cause }
      return "\(inner)"
    }
  }
#endif
