import Basics
import KubeAPI

/// Which domain of one topology key each node is in, as small numbers: `topology.kubernetes.io/zone`
/// by slot is 0, 1, 0, 2, … with −1 for a node without the label.
struct TopologyColumn: Sendable {
  let key: String
  /// By slot.
  private(set) var domains: [Int32]
  /// How many domains there ever were.
  private(set) var domainCount = 0
  private var numbers = LookupTable<String, Int32>()

  init(key: String, slots: Int) {
    self.key = key
    domains = Array(repeating: -1, count: slots)
  }

  mutating func set(_ slot: Int, _ labels: StringMap) {
    while domains.count <= slot { domains.append(-1) }
    guard let value = labels[key] else {
      domains[slot] = -1
      return
    }
    if let number = numbers[value] {
      domains[slot] = number
    } else {
      domains[slot] = Int32(domainCount)
      numbers[value] = Int32(domainCount)
      domainCount += 1
    }
  }

  mutating func clear(_ slot: Int) {
    if slot < domains.count { domains[slot] = -1 }
  }
}
