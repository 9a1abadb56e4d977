#if Doors
  import Dispatch
  import GRPCCore
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

    private typealias Server = GRPCServer<DoorTransport>

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
        let caller = Caller(member: index, mailbox: mailbox, addresses: addresses)
        let server = Server(
          transport: DoorTransport(
            listening, port: port, quickCalls: KVService(caller: caller).quickCalls,
            mailbox: mailbox),
          services: services(caller))
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
        if let port = try? await server.transport.listeningPort {
          continuation.yield(.success(port))
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
