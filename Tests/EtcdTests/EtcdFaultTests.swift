import Basics
import Etcd
import MVCC
import Testing

/// Clusters under random faults: what was acknowledged stays, reads are not stale, members agree.
@Suite struct EtcdFaultTests {
  /// Clients that write and read one register while members are killed and links cut.
  private final class Drill {
    let cluster: Cluster
    var random: PRNG
    /// Requests sent and not looked at: writes with their value, reads with the newest revision
    /// acknowledged before they were sent.
    var writes: [UInt64: String] = [:]
    var reads: [UInt64: Int64] = [:]
    var acknowledged: [Int64: String] = [:]
    var newest: Int64 = 0
    var down: UInt64?
    var step = 0

    init(seed: UInt64, lossPerMille: UInt64) {
      random = PRNG(seed: seed, stream: 7)
      cluster = Cluster(seed: seed) {
        $0.snapshotCount = 150
        $0.snapshotCatchUpEntries = 40
      }
      cluster.lossPerMille = lossPerMille
    }

    func member() -> UInt64 { cluster.ids[random.index(below: cluster.ids.count)] }

    func act() {
      step += 1
      switch random.below(100) {
      case 0..<50:
        let value = "v\(step)"
        let put = PutRequest(key: Key("r\(random.below(3))"), value: Blob(value))
        writes[cluster.send(.put(put), to: member())] = value
      case 50..<80:
        let read = RangeRequest(key: "r", rangeEnd: Key("r").prefixEnd)
        reads[cluster.send(.range(read), to: member())] = newest
      case 80..<84: break
      case 84..<87 where down == nil:
        let victim = member()
        cluster.kill(victim)
        down = victim
      case 87..<92:
        if let victim = down { cluster.start(victim) }
        down = nil
      case 92..<95 where down == nil: cluster.isolate(member())
      case 95..<97: cluster.heal()
      default:
        // The power is out for all of them, amid writes that are just being answered.
        for i in 0..<6 {
          let put = PutRequest(key: "r0", value: Blob("v\(step).\(i)"))
          writes[cluster.send(.put(put), to: member())] = "v\(step).\(i)"
          cluster.run(for: .microseconds(random.index(below: 900)))
        }
        for id in cluster.ids { cluster.kill(id) }
        for id in cluster.ids { cluster.start(id) }
        down = nil
      }
      cluster.run(for: .milliseconds(random.index(below: 120)))
      look()
    }

    func look() {
      for (request, value) in writes {
        guard let response = cluster.responses[request] else { continue }
        writes[request] = nil
        guard case .put(let put) = response else { continue }
        #expect(acknowledged[put.revision] == nil, "revision \(put.revision) twice")
        acknowledged[put.revision] = value
        newest = max(newest, put.revision)
      }
      for (request, floor) in reads {
        guard let response = cluster.responses[request] else { continue }
        reads[request] = nil
        guard case .range(let range) = response else { continue }
        #expect(range.revision >= floor, "a read of \(range.revision) after \(floor)")
      }
    }

    func settle() {
      cluster.heal()
      cluster.lossPerMille = 0
      for id in cluster.ids { cluster.start(id) }
      cluster.run(for: .seconds(15))
      look()
    }
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func acknowledgedWritesSurviveAndReadsAreFresh(seed: UInt64) throws {
    let drill = Drill(seed: seed, lossPerMille: seed % 3 == 0 ? 30 : 0)
    let cluster = drill.cluster
    cluster.elect()
    for _ in 0..<700 { drill.act() }
    drill.settle()
    #expect(cluster.exits.isEmpty, "\(cluster.exits)")
    #expect(cluster.leader != nil)
    #expect(drill.acknowledged.count > 50)
    cluster.checkInvariants()
    let digests = cluster.ids.map { cluster.digest($0) }
    #expect(Set(digests).count == 1 && digests[0] != nil)
    let store = try #require(cluster.members[1]?.store)
    var held: [Int64: String] = [:]
    for event in store.history {
      held[event.kv.modRevision] = String(decoding: event.kv.value.encoded(), as: UTF8.self)
    }
    for (revision, value) in drill.acknowledged { #expect(held[revision] == value) }
  }

  @Test func theSameSeedGivesTheSameWorld() {
    func digest(_ seed: UInt64) -> UInt64 {
      let drill = Drill(seed: seed, lossPerMille: 10)
      for _ in 0..<200 { drill.act() }
      return drill.cluster.worldDigest
    }
    #expect(digest(1) == digest(1))
    #expect(digest(1) != digest(2))
  }
}
