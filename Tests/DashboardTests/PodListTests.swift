import Basics
import Engine
import KubeAPI
import Kubectl
import Testing

@testable import Dashboard

/// The pods' view brought up to date pod by pod shows what one that is read anew would.
@Suite struct PodListTests {
  private func texts(_ list: PodList) -> [String] {
    (0..<(list.count(.pods) ?? 0)).map { row in
      switch list.entry(row) {
      case .heading(let heading): "\(heading.name) \(heading.ready)/\(heading.pods)"
      case .pod(let pod): "\(pod.key.text) \(pod.summary.status) \(pod.age)"
      case nil: "nothing"
      }
    }
  }

  private static var arrangements: [(PodArrangement, String)] {
    var all: [(PodArrangement, String)] = []
    for sort in PodColumn.sortable {
      for group in PodArrangement.Group.allCases {
        var arrangement = PodArrangement()
        arrangement.sort = sort
        arrangement.group = group
        arrangement.isDescending = sort == .age || sort == .name
        arrangement.folded = ["worker-2"]
        all.append((arrangement, group == .owner ? "web" : ""))
      }
    }
    return all
  }

  @Test func followsPodsThatComeAndGo() {
    var world = World(ClusterSpec(masters: 1, workers: 2, seed: 3))
    world.powerOn()
    world.advance(to: .zero + .seconds(40))
    var seen = world.observe()
    var lists = Self.arrangements.map { PodList(seen.pods, $0, $1) }
    for line in [
      "create deployment web --image=nginx:1.27 --replicas=5",
      "create deployment api --image=nginx:1.27 --replicas=2", "scale deployment web --replicas=2",
    ] {
      var invocation = KubectlInvocation(line: line)
      world.run(&invocation, for: .seconds(10))
      for _ in 0..<6 {
        world.advance(to: world.now + .milliseconds(700))
        world.update(&seen)
        for (at, (arrangement, filter)) in Self.arrangements.enumerated() {
          lists[at] = PodList(seen.pods, arrangement, filter, after: lists[at])
          let fresh = PodList(world.observe().pods, arrangement, filter)
          #expect(texts(lists[at]) == texts(fresh), "\(arrangement)")
          #expect(lists[at].shown == fresh.shown)
          #expect(lists[at].counts.map(\.count) == fresh.counts.map(\.count))
          for row in 0..<(lists[at].count(.pods) ?? 0) {
            let id = lists[at].row(.pods, row)
            #expect(id.flatMap { lists[at].index(of: $0, in: .pods) } == row)
          }
        }
      }
    }
    #expect(seen.pods.count == 4)
    #expect(seen.pods.readyCount == seen.pods.count { $0.isReady })
    for node in ["worker-1", "worker-2"] {
      let there = seen.pods.filter { $0.node == node }.map(\.uid)
      #expect(seen.pods.pods(on: node).map(\.uid) == there)
      #expect(seen.pods.count(on: node) == there.count)
    }
  }
}
