#if Doors
  import Basics
  import Dispatch
  import Engine
  import Foundation
  import GRPCCore
  import Synchronization

  @testable import Gateway

  /// A world with its doors open, run by a thread of its own until it is closed.
  final class DoorUnderTest: Sendable {
    let endpoints: [EtcdDoors.Endpoint]
    private let doors: EtcdDoors
    private let mailbox: Mailbox
    private let isOver: Flag
    /// Ends when the loop has.
    private let finished: AsyncStream<Never>

    /// One bit that a thread sets and another reads.
    final class Flag: Sendable {
      private let bit = Atomic(false)
      var isSet: Bool { bit.load(ordering: .relaxed) }
      func set() { bit.store(true, ordering: .relaxed) }
    }

    /// - Parameters:
    ///   - perMille: virtual microseconds per 1000 real ones; nil while paused.
    ///   - prepare: what happens to the world before the doors open.
    init(
      spec: ClusterSpec, perMille: Int? = nil, at listening: Listening = Listening(port: 0),
      prepare: (inout World) throws -> Void = { _ in }
    ) async throws {
      var world = World(spec)
      world.powerOn()
      // Its machines boot, and members count as healthy to one another five seconds after they met.
      world.advance(to: world.now + .seconds(30))
      try prepare(&world)
      let members = spec.etcdMachines.map(\.name)
      let mailbox = Mailbox()
      let isOver = Flag()
      self.mailbox = mailbox
      self.isOver = isOver
      doors = try await EtcdDoors.open(members: members, at: listening, mailbox: mailbox)
      endpoints = doors.endpoints
      let loop = ServeLoop(
        Timeline(world), desk: EtcdDesk(members: members, mailbox: mailbox), mailbox: mailbox,
        perMille: perMille ?? 1000, isPaused: perMille == nil)
      let (finished, continuation) = AsyncStream<Never>.makeStream()
      self.finished = finished
      let thread = Thread {
        var loop = loop
        loop.run(clock: { DispatchTime.now().uptimeNanoseconds / 1000 }) { isOver.isSet }
        continuation.finish()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }

    /// All the members' addresses, as `--endpoints` takes them.
    var addresses: String { endpoints.map(\.address).joined(separator: ",") }

    func port(_ index: Int) -> Int {
      Int(endpoints[index].address.split(separator: ":").last ?? "") ?? 0
    }

    func close() async {
      isOver.set()
      mailbox.wake()
      for await _ in finished {}
      doors.close()
    }

    /// Runs `body` with the doors open and closes them after it.
    static func with(
      spec: ClusterSpec, perMille: Int? = nil, at listening: Listening = Listening(port: 0),
      prepare: (inout World) throws -> Void = { _ in },
      _ body: (DoorUnderTest) async throws -> Void
    ) async throws {
      let door = try await DoorUnderTest(
        spec: spec, perMille: perMille, at: listening, prepare: prepare)
      do {
        try await body(door)
      } catch {
        await door.close()
        throw error
      }
      await door.close()
    }
  }

  extension ClusterSpec {
    /// etcd and nothing else: nobody writes but the test.
    static func etcdOnly(members: Int, seed: UInt64 = 1) -> ClusterSpec {
      ClusterSpec(masters: 0, workers: 0, etcd: .external, etcdMembers: members, seed: seed)
    }
  }
#endif
