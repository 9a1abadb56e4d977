import Basics
import Etcd
import MVCC
import Raft
import Testing

@Suite struct EtcdMemberTests {
  private func message(_ response: EtcdResponse?) -> String {
    guard let response else { return "no answer" }
    if case .failure(let error) = response { return error.message }
    return "ok"
  }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func aFreshClusterElectsFast(seed: UInt64) throws {
    let cluster = Cluster(seed: seed)
    let leader = try #require(cluster.elect())
    // With the election time fast-forwarded the first time-out is at most 1.1 s away; a split vote
    // costs another.
    #expect(cluster.now <= .zero + .seconds(5))
    let status = try #require(cluster.view(leader))
    #expect(status.term >= 2)
    cluster.run(for: .seconds(3))
    #expect(cluster.leader == leader)
    // Everybody told its name through the log.
    for id in cluster.ids {
      #expect(cluster.view(id)?.members.map(\.name) == ["etcd-1", "etcd-2", "etcd-3"])
    }
    #expect(cluster.exits.isEmpty)
    cluster.checkInvariants()
  }

  @Test func aClusterOfOne() throws {
    let cluster = Cluster(1, seed: 4)
    #expect(cluster.elect() == 1)
    #expect(cluster.now <= .zero + .milliseconds(1200))
    #expect(cluster.put("k", "v", at: 1) == 2)
    cluster.kill(1)
    cluster.start(1)
    // What waits for the leader's word when one is found is refused, even here.
    #expect(message(cluster.ask(.range(RangeRequest(key: "k")), of: 1)).contains("leader changed"))
    #expect(cluster.get("k", at: 1) == "v")
  }

  @Test func writesAndReadsThroughAnyMember() throws {
    let cluster = Cluster(seed: 1)
    cluster.elect()
    let follower = cluster.followers[0]
    #expect(cluster.put("k", "1", at: follower) == 2)
    for id in cluster.ids { #expect(cluster.get("k", at: id) == "1") }
    let txn = TxnRequest(
      compare: [Compare(key: "k", .equal, .mod(2))],
      success: [.put(PutRequest(key: "k", value: Blob("2")))],
      failure: [.range(RangeRequest(key: "k"))])
    guard case .txn(let first) = cluster.ask(.txn(txn), of: cluster.followers[1]),
      case .txn(let second) = cluster.ask(.txn(txn), of: follower)
    else {
      Issue.record("no answer")
      return
    }
    #expect(first.succeeded && first.revision == 3)
    #expect(!second.succeeded && second.revision == 3)
    #expect(message(cluster.ask(.put(PutRequest(key: "", value: .empty)), of: 1)).contains("key"))
    let deleted = cluster.ask(.deleteRange(DeleteRangeRequest(key: "k")), of: 2)
    guard case .deleteRange(let answer) = deleted else {
      Issue.record("no answer")
      return
    }
    #expect(answer.deleted == 1 && answer.revision == 4)
    cluster.run(for: .seconds(1))
    #expect(Set(cluster.ids.map { cluster.digest($0) }).count == 1)
  }

  @Test func aWriteTakesOneRoundAndTwoSyncs() throws {
    let cluster = Cluster(seed: 2)
    let leader = try #require(cluster.elect())
    cluster.run(for: .seconds(1))
    let before = cluster.now
    _ = cluster.put("k", "v", at: leader)
    // 0.2 to 1 ms each way, 0.4 to 1.2 ms for the follower's sync.
    #expect(cluster.now - before < .milliseconds(4))
    #expect(cluster.now - before > .microseconds(800))
  }

  @Test func everythingIsThereAfterAllAreKilled() throws {
    let cluster = Cluster(seed: 3)
    cluster.elect()
    for i in 0..<30 { #expect(cluster.put(Key("k\(i % 7)"), "\(i)", at: 1) != nil) }
    cluster.run(for: .seconds(1))
    let before = cluster.digest(1)
    for id in cluster.ids { cluster.kill(id) }
    for id in cluster.ids { cluster.start(id) }
    #expect(cluster.elect() != nil)
    #expect(cluster.get("k1", at: 2) == "29")
    cluster.run(for: .seconds(1))
    for id in cluster.ids { #expect(cluster.digest(id) == before) }
    cluster.checkInvariants()
  }

  @Test(arguments: 0..<6 as Range<UInt64>)
  func aLostLeaderIsReplaced(seed: UInt64) throws {
    let cluster = Cluster(seed: seed)
    let old = try #require(cluster.elect())
    #expect(cluster.put("k", "1", at: old) == 2)
    let killed = cluster.now
    cluster.kill(old)
    cluster.run(until: cluster.now + .seconds(10)) { cluster.leader == nil }
    let new = try #require(cluster.leader)
    #expect(new != old)
    // At least an election time-out of silence, and rarely more than two elections.
    #expect(cluster.now - killed >= .milliseconds(900))
    #expect(cluster.now - killed <= .seconds(6))
    #expect(cluster.put("k", "2", at: new) == 3)
    cluster.start(old)
    cluster.run(for: .seconds(2))
    #expect(cluster.leader == new)
    #expect(cluster.get("k", at: old, serializable: true) == "2")
  }

  @Test func withoutAQuorumWritesTimeOutAndSerializableReadsWork() throws {
    let cluster = Cluster(seed: 5)
    let leader = try #require(cluster.elect())
    #expect(cluster.put("k", "1", at: leader) == 2)
    let dead = cluster.followers
    for id in dead { cluster.kill(id) }
    let start = cluster.now
    let write = cluster.send(.put(PutRequest(key: "k", value: Blob("2"))), to: leader)
    let read = cluster.send(.range(RangeRequest(key: "k")), to: leader)
    let local = cluster.send(.range(RangeRequest(key: "k", serializable: true)), to: leader)
    #expect(cluster.answeredAt[local] == start)
    cluster.run(for: .seconds(8))
    #expect(
      message(cluster.responses[write]).hasPrefix("etcdserver: request timed out"))
    #expect(message(cluster.responses[read]) == "etcdserver: request timed out")
    let waited = try #require(cluster.answeredAt[write]) - start
    #expect(waited >= .seconds(7) && waited <= .milliseconds(7_200))
    // CheckQuorum: it does not lead any more, and says so.
    #expect(cluster.view(leader)?.role != .leader)
    guard case .status(let status) = cluster.ask(.status, of: leader) else {
      Issue.record("no status")
      return
    }
    #expect(status.errors == ["etcdserver: no leader"])
    for id in dead { cluster.start(id) }
    #expect(cluster.elect() != nil)
    // It was in the leader's log, and may come through or not; but a new one does.
    #expect(cluster.put("k", "3", at: leader) != nil)
    #expect(cluster.get("k", at: leader) == "3")
  }

  @Test func aProposalMadeDuringAnElectionWaitsForTheLeader() throws {
    let cluster = Cluster(seed: 6)
    let old = try #require(cluster.elect())
    cluster.kill(old)
    let survivor = cluster.followers.first { $0 != old } ?? 0
    cluster.run(until: cluster.now + .seconds(5)) { cluster.view(survivor)?.leader != 0 }
    #expect(cluster.leader == nil)
    #expect(cluster.put("k", "v", at: survivor) == 2)
  }

  @Test func readsOfACutOffLeaderAreRefusedOrFresh() throws {
    let cluster = Cluster(seed: 7)
    let old = try #require(cluster.elect())
    #expect(cluster.put("k", "1", at: old) == 2)
    cluster.isolate(old)
    let read = cluster.send(.range(RangeRequest(key: "k")), to: old)
    cluster.run(until: cluster.now + .seconds(10)) {
      cluster.leader == old || cluster.leader == nil
    }
    let new = try #require(cluster.leader)
    #expect(cluster.put("k", "2", at: new) == 3)
    cluster.heal()
    cluster.run(for: .seconds(8))
    #expect(
      ["etcdserver: leader changed", "etcdserver: request timed out"]
        .contains(message(cluster.responses[read])))
    #expect(cluster.get("k", at: old) == "2")
  }

  @Test func watchesFollowAndEnd() throws {
    let cluster = Cluster(seed: 8)
    let leader = try #require(cluster.elect())
    let follower = cluster.followers[0]
    let request = WatchRequest(prefix: "/pods/", previousKV: true)
    _ = cluster.ask(.watchCreate(id: 1, request, requireLeader: true), of: follower, token: 9)
    for i in 0..<3 { _ = cluster.put("/pods/a", "\(i)", at: leader) }
    _ = cluster.put("/nodes/a", "x", at: leader)
    cluster.run(for: .seconds(1))
    #expect(cluster.watched.map(\.revision) == [2, 3, 4])
    #expect(cluster.watched.map { $0.events.first?.previous?.modRevision } == [nil, 2, 3])
    // From the past, and from what is compacted.
    _ = cluster.ask(.compact(revision: 3), of: leader)
    for (id, start) in [(2, 3), (3, 2)] as [(Int64, Int64)] {
      let past = WatchRequest(prefix: "/pods/", startRevision: start)
      _ = cluster.ask(.watchCreate(id: id, past, requireLeader: false), of: leader, token: 9)
    }
    cluster.run(for: .milliseconds(300))
    #expect(cluster.watched.last?.events.map(\.kv.modRevision) == [3, 4])
    #expect(cluster.canceled.map(\.0.id) == [3])
    #expect(cluster.canceled.first?.1 == .compacted && cluster.canceled.first?.2 == 3)
    // No leader for three election time-outs.
    cluster.isolate(follower)
    cluster.run(for: .seconds(7))
    #expect(cluster.canceled.map(\.0.id) == [3, 1])
    #expect(cluster.canceled.last?.1.message == "etcdserver: no leader")
  }

  @Test func aFollowerFarBehindGetsASnapshot() throws {
    let cluster = Cluster(seed: 9) {
      $0.snapshotCount = 200
      $0.snapshotCatchUpEntries = 50
    }
    let leader = try #require(cluster.elect())
    let lagging = cluster.followers[0]
    let watch = WatchRequest(prefix: "k")
    _ = cluster.ask(.watchCreate(id: 1, watch, requireLeader: false), of: lagging, token: 5)
    cluster.isolate(lagging)
    for i in 0..<700 { #expect(cluster.put(Key("k\(i % 50)"), "\(i)", at: leader) != nil) }
    cluster.heal()
    cluster.run(for: .seconds(5))
    #expect(
      cluster.notes.contains {
        if case .snapshotInstalled = $0.1 { return $0.0 == lagging }
        return false
      })
    #expect(Set(cluster.ids.map { cluster.digest($0) }).count == 1)
    // Its watch goes on from where it stood, from the snapshot's history.
    let seen = cluster.watched.flatMap { $0.events.map(\.kv.modRevision) }
    #expect(seen == Array(2...701))
    // And it starts again from that snapshot.
    cluster.kill(lagging)
    cluster.start(lagging)
    cluster.run(for: .seconds(5))
    #expect(Set(cluster.ids.map { cluster.digest($0) }).count == 1)
    cluster.checkInvariants()
  }

  @Test func aRestartedMemberGoesOnFromItsOwnSnapshot() throws {
    let cluster = Cluster(seed: 10) {
      $0.snapshotCount = 100
      $0.snapshotCatchUpEntries = 20
    }
    let leader = try #require(cluster.elect())
    for i in 0..<400 { _ = cluster.put(Key("k\(i % 50)"), "\(i)", at: leader) }
    for id in cluster.ids { #expect(cluster.view(id)?.snapshotIndex ?? 0 >= 100) }
    let dead = cluster.followers[0]
    cluster.kill(dead)
    cluster.run(for: .seconds(1))
    cluster.start(dead)
    cluster.run(for: .seconds(3))
    #expect(cluster.digest(dead) == cluster.digest(leader))
  }

  @Test func aMemberWhoseDiskWasLostStopsAndIsReplaced() throws {
    let cluster = Cluster(seed: 19) {
      $0.snapshotCount = 100
      $0.snapshotCatchUpEntries = 20
    }
    let leader = try #require(cluster.elect())
    for i in 0..<400 { _ = cluster.put(Key("k\(i % 50)"), "\(i)", at: leader) }
    let dead = cluster.followers[0]
    cluster.wipe(dead)
    cluster.start(dead)
    cluster.run(for: .seconds(6))
    // Raft finds that what it once confirmed is not there: going on could break every promise.
    #expect(cluster.exits.map(\.0) == [dead])
    #expect(cluster.exits.first?.1.contains("corrupted, truncated, or lost") == true)
    #expect(message(cluster.ask(.memberRemove(id: dead), of: leader)) == "ok")
    cluster.run(for: .seconds(6))
    let newcomer = Cluster.member(4, isLearner: true)
    #expect(message(cluster.ask(.memberAdd(newcomer), of: leader)) == "ok")
    cluster.join(4, seed: 19)
    cluster.run(for: .seconds(3))
    #expect(message(cluster.ask(.memberPromote(id: 4), of: leader)) == "ok")
    cluster.run(for: .seconds(1))
    #expect(cluster.digest(4) == cluster.digest(leader))
    #expect(cluster.view(4)?.members.map(\.id) == cluster.ids.filter { $0 != dead } + [4])
  }

  @Test func theLogOnDiskIsReleased() throws {
    let cluster = Cluster(seed: 11) { $0.snapshotCount = 500 }
    let leader = try #require(cluster.elect())
    for i in 0..<3000 { _ = cluster.put(Key("k\(i % 50)"), "\(i)", at: leader) }
    cluster.run(for: .seconds(1))
    for id in cluster.ids {
      #expect(cluster.disks[id]?.firstRecord ?? 0 > 1000)
      #expect(cluster.disks[id]?.durable.count ?? 0 < 5000)
    }
    let before = cluster.digest(leader)
    for id in cluster.ids { cluster.kill(id) }
    for id in cluster.ids { cluster.start(id) }
    cluster.elect()
    cluster.run(for: .seconds(1))
    for id in cluster.ids { #expect(cluster.digest(id) == before) }
  }

  @Test func leasesRunOutAndAreKeptAlive() throws {
    let cluster = Cluster(seed: 12)
    let leader = try #require(cluster.elect())
    let follower = cluster.followers[0]
    cluster.run(for: .seconds(1))
    guard
      case .leaseGrant(let id, let ttl) = cluster.ask(
        .leaseGrant(id: 0, ttl: 1), of: follower)
    else {
      Issue.record("no lease")
      return
    }
    // No lease is shorter than one and a half election time-outs.
    #expect(ttl == 2)
    _ = cluster.ask(.put(PutRequest(key: "k", value: .empty, lease: id)), of: leader)
    for _ in 0..<6 {
      cluster.run(for: .seconds(1))
      guard case .leaseKeepAlive(_, let left) = cluster.ask(.leaseKeepAlive(id: id), of: follower)
      else {
        Issue.record("no answer")
        return
      }
      #expect(left == 2)
    }
    #expect(cluster.get("k", at: follower) == "")
    cluster.run(for: .seconds(4))
    #expect(cluster.get("k", at: follower) == nil)
    guard case .leaseKeepAlive(_, 0) = cluster.ask(.leaseKeepAlive(id: id), of: follower),
      case .leaseTimeToLive(_, -1, _, _) = cluster.ask(
        .leaseTimeToLive(id: id, keys: true), of: leader)
    else {
      Issue.record("the lease lives")
      return
    }
    #expect(
      message(cluster.ask(.leaseRevoke(id: id), of: leader))
        == "etcdserver: requested lease not found")
  }

  @Test func aNewLeaderGivesLeasesTheirWholeTimeAgain() throws {
    let cluster = Cluster(seed: 13)
    let old = try #require(cluster.elect())
    cluster.run(for: .seconds(1))
    _ = cluster.ask(.leaseGrant(id: 7, ttl: 6), of: old)
    _ = cluster.ask(.put(PutRequest(key: "k", value: .empty, lease: 7)), of: old)
    cluster.run(for: .seconds(4))
    cluster.kill(old)
    cluster.run(for: .seconds(4))
    let new = try #require(cluster.leader)
    #expect(new != old)
    #expect(cluster.get("k", at: new) == "")
    cluster.run(for: .seconds(8))
    #expect(cluster.get("k", at: new) == nil)
  }

  @Test func leadershipIsHandedOver() throws {
    let cluster = Cluster(seed: 14)
    let old = try #require(cluster.elect())
    cluster.run(for: .seconds(6))
    let target = cluster.followers[1]
    #expect(
      message(cluster.ask(.moveLeader(to: old), of: target)) == "etcdserver: not leader")
    #expect(
      message(cluster.ask(.moveLeader(to: 77), of: old)) == "etcdserver: bad leader transferee")
    let before = cluster.now
    #expect(message(cluster.ask(.moveLeader(to: target), of: old)) == "ok")
    #expect(cluster.leader == target)
    #expect(cluster.now - before < .milliseconds(300))
    #expect(cluster.members[target]?.transferTarget != nil)
  }

  @Test func aMemberJoinsAsLearnerIsPromotedAndAnotherRemoved() throws {
    let cluster = Cluster(seed: 15)
    let leader = try #require(cluster.elect())
    cluster.run(for: .seconds(6))
    for i in 0..<20 { _ = cluster.put(Key("k\(i)"), "\(i)", at: leader) }
    let learner = Cluster.member(4, isLearner: true)
    #expect(message(cluster.ask(.memberAdd(learner), of: leader)) == "ok")
    #expect(
      message(cluster.ask(.memberAdd(Cluster.member(5, isLearner: true)), of: leader))
        == "etcdserver: too many learner members in cluster")
    #expect(
      message(cluster.ask(.memberPromote(id: 4), of: leader))
        == "etcdserver: can only promote a learner member which is in sync with leader")
    cluster.join(4, seed: 15)
    cluster.run(for: .seconds(3))
    #expect(cluster.view(4)?.isLearner == true)
    #expect(
      message(cluster.ask(.range(RangeRequest(key: "k1")), of: 4))
        == "etcdserver: rpc not supported for learner")
    #expect(cluster.get("k1", at: 4, serializable: true) == "1")
    #expect(message(cluster.ask(.memberPromote(id: 4), of: cluster.followers[0])) == "ok")
    cluster.run(for: .seconds(2))
    #expect(cluster.view(4)?.isLearner == false)
    #expect(cluster.view(leader)?.members.map(\.name).last == "etcd-4")
    let removed = cluster.followers[0]
    #expect(message(cluster.ask(.memberRemove(id: removed), of: leader)) == "ok")
    cluster.run(for: .seconds(2))
    #expect(cluster.view(removed) == nil)
    #expect(cluster.view(4)?.members.count == 3)
    #expect(cluster.put("k", "v", at: 4) != nil)
    #expect(
      message(cluster.ask(.memberRemove(id: removed), of: leader))
        == "etcdserver: member not found")
  }

  @Test func aFullDatabaseRaisesTheAlarm() throws {
    let cluster = Cluster(seed: 16) { $0.quotaBackendBytes = 64 * 1024 }
    let leader = try #require(cluster.elect())
    let big = Blob(String(repeating: "x", count: 9000))
    func put(_ i: Int) -> String {
      message(cluster.ask(.put(PutRequest(key: Key("k\(i)"), value: big)), of: leader))
    }
    for i in 0..<4 { #expect(put(i) == "ok") }
    #expect(put(4) == "etcdserver: mvcc: database space exceeded")
    cluster.run(for: .seconds(1))
    for id in cluster.ids { #expect(cluster.view(id)?.alarms.count == 1) }
    let small = EtcdRequest.put(PutRequest(key: "s", value: .empty))
    #expect(message(cluster.ask(small, of: leader)) == "etcdserver: mvcc: database space exceeded")
    // Deleting, compacting and defragmenting make room; the alarm must be disarmed by hand.
    let all = DeleteRangeRequest(key: "k", rangeEnd: Key("k").prefixEnd)
    #expect(message(cluster.ask(.deleteRange(all), of: leader)) == "ok")
    let revision = cluster.view(leader)?.revision ?? 0
    #expect(message(cluster.ask(.compact(revision: revision), of: leader)) == "ok")
    for id in cluster.ids { #expect(message(cluster.ask(.defragment, of: id)) == "ok") }
    #expect(message(cluster.ask(small, of: leader)) == "etcdserver: mvcc: database space exceeded")
    #expect(message(cluster.ask(.alarmDisarm, of: leader)) == "ok")
    #expect(message(cluster.ask(small, of: leader)) == "ok")
  }

  @Test func aSlowDiskIsNotedAndAFullOneEndsTheProcess() throws {
    let cluster = Cluster(seed: 17)
    let leader = try #require(cluster.elect())
    let slow = cluster.followers[0]
    cluster.slow(slow, .milliseconds(1500))
    #expect(cluster.put("k", "v", at: leader) != nil)
    cluster.run(for: .seconds(3))
    #expect(
      cluster.notes.contains {
        if case .slowFsync(let took) = $0.1 { return $0.0 == slow && took > .seconds(1) }
        return false
      })
    // The quorum does not wait for it.
    let before = cluster.now
    _ = cluster.put("k", "w", at: leader)
    #expect(cluster.now - before < .milliseconds(10))
    cluster.run(for: .milliseconds(10))
    cluster.fillDisk(slow)
    #expect(cluster.exits.map(\.1) == ["failed to save Raft hard state and entries"])
    #expect(cluster.view(slow) == nil)
  }

  @Test func aStoppedLeaderHandsOverFirst() throws {
    let cluster = Cluster(seed: 18)
    let old = try #require(cluster.elect())
    cluster.run(for: .seconds(1))
    let before = cluster.now
    cluster.stop(old)
    #expect(message(cluster.ask(.status, of: old)) == "etcdserver: server stopped")
    cluster.run(until: cluster.now + .seconds(10)) { cluster.stopped.isEmpty }
    // No election time-out passes: the successor campaigns at once.
    #expect(cluster.stopped == [old] && cluster.now - before < .milliseconds(300))
    #expect(cluster.leader != nil && cluster.leader != old)
    let follower = cluster.followers.first { $0 != old } ?? 0
    cluster.stop(follower)
    #expect(cluster.stopped == [old, follower])
  }
}
