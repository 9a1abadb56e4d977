import Basics
import KubeAPI
import Testing

@testable import Engine

/// A member of etcd that is stopped (SIGSTOP) while its disk works hears of the fsync when it goes
/// on, after all that came before it, at whatever instant that is.
struct PausedDiskTests {
  /// When the member goes on, seen from the fsync that is under way as it is stopped.
  enum Moment: CaseIterable {
    /// In its microsecond, before and after its word has come.
    case before, after
    /// A second later.
    case later
  }

  @Test(arguments: Moment.allCases)
  func goesOn(_ moment: Moment) throws {
    var world = try World.booted()
    let host = try #require(world.host(named: "master-2"))
    let member = try #require(world.process(.etcd, on: host.id))
    try world.create(yaml: World.web(replicas: 3))
    for _ in 0..<20 {
      // Stop it in the middle of a write, and see in a copy of the world when that would be done.
      while world.disks[member.index].pendingWrites == 0, world.step() {}
      var copy = world
      while copy.disks[member.index].pendingWrites > 0, copy.step() {}
      let done = copy.now
      let target = Fault.Target.process(host: "master-2", name: "etcd")
      try world.apply(.fail(Fault(target, .pause)))
      while let next = world.nextTick, next < done { world.step() }
      switch moment {
      case .before: world.now = done
      case .after: world.advance(to: done)
      case .later: world.advance(to: done + .seconds(1))
      }
      let held = world.processes[member.id].backlog.count
      let events = world.events
      try world.apply(.heal(target))
      // What was held has been handled, before anything that is due at this very instant.
      #expect(world.processes[member.id].backlog.isEmpty)
      #expect(world.events == events + UInt64(held))
      world.advance(to: world.now + .milliseconds(50))
      #expect(world.processes[member.id].isRunning)
    }
    #expect(world.monitor.violations == [])
    let isConverged = world.converge(deadline: world.now + .minutes(5))
    #expect(isConverged)
  }
}
