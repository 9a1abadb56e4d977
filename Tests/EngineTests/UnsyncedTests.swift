import Basics
import Engine
import Etcd
import KubeAPI
import MVCC
import Testing

/// What a disk had not synced: kept where only etcd dies, lost where its machine does.
struct UnsyncedTests {
  /// One member whose disk takes two seconds more, and a write on its way there.
  private func written(_ fault: Input, seed: UInt64) throws -> (isKept: Bool, violations: Int) {
    var world = World(
      ClusterSpec(masters: 0, workers: 0, etcd: .external, etcdMembers: 1, seed: seed))
    world.powerOn()
    world.advance(to: world.now + .seconds(25))
    try world.apply(.fail(Fault(.disk("etcd-1"), .slow(.seconds(2)))))
    let client = try #require(try world.apply(.etcdOpen(member: "etcd-1")))
    let key = Key("/late")
    let put = PutRequest(key: key, value: .bytes([1]))
    _ = try world.apply(.etcdRequest(client: client, .put(put)))
    world.advance(to: world.now + .milliseconds(500))
    #expect(world.takeEtcdEvents(client).isEmpty)
    try world.apply(fault)
    try world.apply(.heal(.disk("etcd-1")))
    world.advance(to: world.now + .seconds(30))
    #expect(world.runningEtcdHosts == ["etcd-1"])
    let state = try #require(world.etcdState(on: "etcd-1"))
    return (state.store.get(key) != nil, world.monitor.violations.count)
  }

  @Test func `A crash of etcd loses nothing that was written`() throws {
    for seed in 1...4 as ClosedRange<UInt64> {
      let found = try written(.kill(host: "etcd-1", process: "etcd"), seed: seed)
      #expect(found.isKept && found.violations == 0)
    }
  }

  /// Of a write under way a part may have reached the disk: chance decides.
  @Test func `Unsynced writes can be lost, by a fault of their own`() throws {
    var lost = 0
    for seed in 1...8 as ClosedRange<UInt64> {
      let fault = try Fault(words: ["disk/etcd-1", "unsynced"])
      let found = try written(.fail(fault), seed: seed)
      if !found.isKept { lost += 1 }
      #expect(found.violations == 0)
    }
    #expect(lost > 0)
  }
}
