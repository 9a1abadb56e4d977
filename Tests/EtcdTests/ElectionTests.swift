import Basics
import Etcd
import Testing

/// How long a cluster is without a leader after its leader was killed, with etcd's own timings:
/// a heartbeat every 100 ms, and an election time-out of one second and up to as much again.
@Suite struct ElectionTests {
  /// From the kill to the next leader.
  static func election(seed: UInt64) throws -> Span {
    let cluster = Cluster(seed: seed)
    // Machines don't start at the same millisecond, nor do their ticks come together.
    for id in cluster.ids {
      cluster.run(for: .microseconds(cluster.random.index(below: 400_000)))
      cluster.kill(id)
      cluster.start(id)
    }
    let old = try #require(cluster.elect())
    cluster.run(for: .seconds(2) + .microseconds(cluster.random.index(below: 1_000_000)))
    try #require(cluster.leader == old)
    let killed = cluster.now
    cluster.kill(old)
    cluster.run(until: killed + .seconds(10)) { cluster.leader == nil }
    try #require(cluster.leader != nil)
    return cluster.now - killed
  }

  @Test func `A killed leader is replaced in little more than a second`() throws {
    var spans: [Span] = []
    for seed in 1...400 as ClosedRange<UInt64> { spans.append(try Self.election(seed: seed)) }
    spans.sort()
    let median = spans[spans.count / 2]
    let longest = spans[spans.count - 1]
    print("elections: \(spans[0].seconds) s, median \(median.seconds) s, \(longest.seconds) s")
    #expect(median >= .milliseconds(1000) && median <= .milliseconds(1400), "\(median.seconds) s")
    #expect(longest < .seconds(2), "\(spans.suffix(5).map(\.seconds)) s")
  }
}
