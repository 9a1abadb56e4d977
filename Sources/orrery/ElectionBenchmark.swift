import Basics
import Engine
import KubeAPI

extension Benchmark {
  /// Three members in a world, their leader killed: virtual time until another leads, over seeds.
  static let etcdElection = Benchmark(name: "etcd-election") {
    let stopwatch = Stopwatch()
    let seeds = 400
    var spans: [Span] = []
    for seed in 1...UInt64(seeds) {
      if let span = electionTime(seed: seed) { spans.append(span) }
    }
    spans.sort()
    func seconds(_ span: Span?) -> JSONValue {
      .number(decimal(Double((span ?? .zero).microseconds) / 1e6))
    }
    return figures(
      "etcd-election", stopwatch,
      [
        ("seeds", .integer(Int64(seeds))), ("elected", .integer(Int64(spans.count))),
        ("shortestSeconds", seconds(spans.first)),
        ("medianSeconds", seconds(spans.isEmpty ? nil : spans[spans.count / 2])),
        ("longestSeconds", seconds(spans.last)),
      ])
  }

  /// Nil where nobody leads before or within ten seconds after.
  private static func electionTime(seed: UInt64) -> Span? {
    var world = World(
      ClusterSpec(masters: 0, workers: 0, etcd: .external, etcdMembers: 3, seed: seed))
    world.powerOn()
    // At any moment of the leader's heartbeats.
    let part = Int64(seed * 37 % 1000)
    world.advance(to: world.now + Span(microseconds: 25_000_000 + part * 1000))
    let members = world.etcdHosts
    guard let old = members.first(where: { world.etcdLeads($0) }) else { return nil }
    let killed = world.now
    do { try world.apply(.fail(Fault(.process(host: old, name: "etcd")))) } catch { return nil }
    let others = members.filter { $0 != old }
    let found = world.advance(to: killed + .seconds(10), every: .milliseconds(1)) { world in
      others.contains { world.etcdLeads($0) }
    }
    return found ? world.now - killed : nil
  }
}
