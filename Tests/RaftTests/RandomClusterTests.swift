import Basics
import Testing

@testable import Raft

/// Seeded histories of crashes, cuts and bad networks: safety always, progress once it is over.
struct RandomClusterTests {
  static let seeds: Range<UInt64> = 0..<300

  @Test func `Nothing committed is lost, and no term has two leaders`() throws {
    var commits: UInt64 = 0
    var terms: UInt64 = 0
    for seed in Self.seeds {
      var cluster = try RandomCluster(seed: seed)
      for _ in 0..<6 where cluster.checks.violations.isEmpty { cluster.run(rounds: 60) }
      #expect(cluster.checks.violations.isEmpty, "seed \(seed): \(cluster.checks.violations)")
      commits += cluster.checks.highestCommit
      terms += cluster.members.map(\.node.term).max() ?? 0
    }
    // The histories are worth something: much was committed, under many leaders.
    #expect(commits > 20 * Self.seeds.upperBound)
    #expect(terms > 5 * Self.seeds.upperBound)
  }

  @Test func `When the faults end, the group goes on`() throws {
    for seed in Self.seeds.prefix(100) {
      var cluster = try RandomCluster(seed: seed)
      cluster.run(rounds: 200)
      cluster.calm(rounds: 150)
      let before = cluster.checks.highestCommit
      cluster.calm(rounds: 50)
      #expect(cluster.checks.violations.isEmpty, "seed \(seed): \(cluster.checks.violations)")
      #expect(cluster.checks.highestCommit > before, "seed \(seed): nothing is committed any more")
      // Every voter has caught up with the leader, whatever it had missed.
      guard let leader = cluster.members.first(where: { $0.node.role == .leader }) else {
        Issue.record("seed \(seed): no leader")
        continue
      }
      for voter in leader.node.membership.voters.ids {
        let member = cluster.members[Int(voter) - 1]
        #expect(
          member.appliedIndex + 20 > leader.appliedIndex,
          "seed \(seed): \(voter) is at \(member.appliedIndex) of \(leader.appliedIndex)")
      }
    }
  }

  /// That the same seeds are clean without it is the first test's.
  @Test(arguments: PlantedBug.allCases) func `A planted bug is noticed`(bug: PlantedBug) throws {
    var others: [String] = []
    for seed in Self.seeds.prefix(200) {
      var cluster = try RandomCluster(seed: seed, plant: bug)
      for _ in 0..<6 where cluster.checks.violations.isEmpty { cluster.run(rounds: 60) }
      let found = cluster.checks.violations
      if found.contains(where: { text in bug.names.contains { text.contains($0) } }) {
        print("planted \(bug), seed \(seed): \(found)")
        return
      }
      if !found.isEmpty { others.append("seed \(seed): \(found[0])") }
    }
    Issue.record("\(bug): no history shows it; \(others.prefix(3))")
  }

  @Test func `A history replays to the digest`() throws {
    func digest(_ seed: UInt64) throws -> [UInt64] {
      var cluster = try RandomCluster(seed: seed)
      cluster.run(rounds: 150)
      return cluster.members.map { member in
        var digest = Digest()
        member.node.digest(into: &digest)
        return digest.value
      }
    }
    #expect(try digest(11) == digest(11))
    #expect(try digest(11) != digest(12))
  }
}
