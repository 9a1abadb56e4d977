#if Doors
  import Basics
  import Dispatch
  import Engine
  import Foundation
  import NIOCore
  import NIOHTTP2
  import NIOPosix
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
        for number in 0..<Self.connections {
          let share = puts / Self.connections
          let (clients, bytes) = (clients / Self.connections, valueBytes)
          group.addTask {
            let loop = MultiThreadedEventLoopGroup.singletonMultiThreadedEventLoopGroup.next()
            let done = loop.makePromise(of: Int.self)
            let channel = try await ClientBootstrap(group: loop).channelInitializer { channel in
              channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandlers(
                  NIOHTTP2Handler(
                    mode: .client, headerBlockValidation: .disabled,
                    contentLengthValidation: .disabled),
                  LoadConnection(
                    number: number, clients: clients, puts: share, valueBytes: bytes, done: done))
              }
            }.connect(host: "127.0.0.1", port: port).get()
            let failures = try await done.futureResult.get()
            try? await channel.close()
            return failures
          }
        }
        return try await group.reduce(0, +)
      }
    }
  }
#endif
