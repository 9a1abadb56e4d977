#if Doors
  import Basics
  import Dispatch
  import Engine
  import Foundation
  import GRPCCore
  import GRPCNIOTransportHTTP2Posix
  import GRPCProtobuf
  import Synchronization

  /// A load for measuring a door: clients in this process that put through gRPC, each waiting for
  /// its answer before the next, into a world whose time passes only as far as the answers need.
  public struct DoorLoad: Sendable {
    public struct Result: Sendable {
      public let puts: Int
      public let failures: Int
      public let putsPerSecond: Double
      public let virtualSeconds: Double
    }

    let members: Int
    let clients: Int
    let puts: Int
    let valueBytes: Int
    /// Connections that the clients share: as many as etcd's own benchmark is told to open.
    private static let connections = 10

    public init(members: Int, clients: Int, puts: Int, valueBytes: Int) {
      self.members = members
      self.clients = clients
      self.puts = puts
      self.valueBytes = valueBytes
    }

    /// The same load on a server of the library's that answers at once, with no world behind it: what
    /// the door's packages alone can do here.
    public func runWithoutWorld() -> Result {
      let shared = Outcome()
      let done = DispatchSemaphore(value: 0)
      Task {
        let server = GRPCServer(
          transport: HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: 0), transportSecurity: .plaintext),
          services: [ReadyAnswer()])
        let serving = Task { try await server.serve() }
        if let port = try? await server.transport.listeningAddress.ipv4?.port {
          let start = DispatchTime.now().uptimeNanoseconds
          let failures = (try? await drive(port: port)) ?? puts
          shared.set(failures, Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9)
        }
        server.beginGracefulShutdown()
        try? await serving.value
        done.signal()
      }
      done.wait()
      let (failures, seconds) = shared.value ?? (puts, 1)
      return Result(
        puts: puts, failures: failures, putsPerSecond: Double(puts - failures) / seconds,
        virtualSeconds: 0)
    }

    private struct ReadyAnswer: RegistrableRPCService {
      func registerMethods<Transport>(with router: inout RPCRouter<Transport>) {
        router.unary(ServiceName.kv, "Put") { (_: WirePutRequest, _) in WirePutResponse() }
      }
    }

    /// Runs it; all failures where the door can't be opened.
    public func run() -> Result {
      let spec = ClusterSpec(masters: 0, workers: 0, etcd: .external, etcdMembers: members)
      var world = World(spec)
      world.powerOn()
      world.advance(to: world.now + .seconds(10))
      let names = spec.etcdMachines.map(\.name)
      let mailbox = Mailbox()
      guard
        let doors = try? EtcdDoors.openWaiting(
          members: names, at: Listening(port: 0), mailbox: mailbox)
      else { return Result(puts: 0, failures: puts, putsPerSecond: 0, virtualSeconds: 0) }
      defer { doors.close() }
      // At the leader's door, as it is what a client library finds out to be the fastest.
      let leader = names.firstIndex { world.etcdLeads($0) } ?? 0
      let port =
        doors.endpoints[leader].address.split(separator: ":").last.flatMap { Int($0) } ?? 0

      let shared = Outcome()
      Task {
        let start = DispatchTime.now().uptimeNanoseconds
        let failures = (try? await drive(port: port)) ?? puts
        shared.set(
          failures, Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9)
        mailbox.wake()
      }
      var loop = ServeLoop(
        Timeline(world), desk: EtcdDesk(members: names, mailbox: mailbox), mailbox: mailbox,
        perMille: 1000, isPaused: true)
      loop.run(clock: { DispatchTime.now().uptimeNanoseconds / 1000 }) { shared.value != nil }
      let (failures, seconds) = shared.value ?? (puts, 1)
      let virtual = loop.timeline.now - world.now
      return Result(
        puts: puts, failures: failures, putsPerSecond: Double(puts - failures) / seconds,
        virtualSeconds: Double(virtual.microseconds) / 1e6)
    }

    private final class Outcome: Sendable {
      private let result = Mutex<(Int, Double)?>(nil)
      var value: (Int, Double)? { result.withLock { $0 } }
      func set(_ failures: Int, _ seconds: Double) {
        result.withLock { $0 = (failures, seconds) }
      }
    }

    /// Puts until all are done; how many failed.
    private func drive(port: Int) async throws -> Int {
      try await withThrowingTaskGroup(of: Int.self) { group in
        for connection in 0..<Self.connections {
          group.addTask {
            let transport = try HTTP2ClientTransport.Posix(
              target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext)
            return try await withGRPCClient(transport: transport) { client in
              try await drive(client, connection: connection)
            }
          }
        }
        return try await group.reduce(0, +)
      }
    }

    private func drive(
      _ client: GRPCClient<HTTP2ClientTransport.Posix>, connection: Int
    ) async throws -> Int {
      let share = clients / Self.connections
      let each = puts / clients
      return await withTaskGroup(of: Int.self) { group in
        for number in 0..<share {
          group.addTask {
            var failures = 0
            var request = WirePutRequest()
            request.value = Data(repeating: UInt8(ascii: "v"), count: valueBytes)
            for count in 0..<each {
              // Few keys written again and again would be a smaller tree than a store has.
              request.key = Data("load/\(connection)/\(number)/\(count)".utf8)
              do {
                try await put(request, client)
              } catch {
                failures += 1
              }
            }
            return failures
          }
        }
        return await group.reduce(0, +)
      }
    }

    private func put(
      _ request: WirePutRequest, _ client: GRPCClient<HTTP2ClientTransport.Posix>
    ) async throws {
      try await client.unary(
        request: ClientRequest(message: request),
        descriptor: MethodDescriptor(fullyQualifiedService: ServiceName.kv, method: "Put"),
        serializer: ProtobufSerializer<WirePutRequest>(),
        deserializer: ProtobufDeserializer<WirePutResponse>(), options: .defaults
      ) { _ = try $0.message }
    }
  }
#endif
