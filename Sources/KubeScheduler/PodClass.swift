import Basics
import KubeAPI

/// Pods that selectors cannot tell apart: one namespace, the same labels, the same affinity terms,
/// as the replicas of one template are. Spreading and affinity ask a class once, not each pod.
struct PodClass: Sendable {
  struct Placement: Sendable, Equatable {
    var slot: Int32
    /// Pods that are not marked for deletion, and those that are.
    var live: Int32
    var terminating: Int32
  }

  var namespace: String
  var labels: StringMap
  var terms: AffinityTerms
  /// Where the pods are, by slot.
  var placements: [Placement] = []

  mutating func change(_ slot: Int32, live: Int32, terminating: Int32) {
    let at = lowerBound(slot)
    if at < placements.count, placements[at].slot == slot {
      placements[at].live += live
      placements[at].terminating += terminating
      assert(placements[at].live >= 0 && placements[at].terminating >= 0)
      if placements[at].live == 0 && placements[at].terminating == 0 { placements.remove(at: at) }
    } else {
      precondition(live >= 0 && terminating >= 0, "no pod of this class is on slot \(slot)")
      placements.insert(Placement(slot: slot, live: live, terminating: terminating), at: at)
    }
  }

  /// The live pods on one node.
  func live(on slot: Int32) -> Int32 {
    let at = lowerBound(slot)
    return at < placements.count && placements[at].slot == slot ? placements[at].live : 0
  }

  private func lowerBound(_ slot: Int32) -> Int {
    var low = 0
    var high = placements.count
    while low < high {
      let middle = (low + high) / 2
      if placements[middle].slot < slot { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// The classes of the pods that have a node, by number.
struct PodClassTable: Sendable {
  private struct Key: Hashable, Sendable {
    var namespace: String
    var labels: StringMap
  }

  private(set) var classes: [PodClass] = []
  private var free: [Int32] = []
  private var numbers = LookupTable<Key, [Int32]>()
  private var byNamespace = LookupTable<String, [Int32]>()
  /// The classes with any affinity term, and those with a required anti-affinity term.
  private(set) var withTerms: [Int32] = []
  private(set) var withRequiredAntiAffinity: [Int32] = []

  subscript(number: Int32) -> PodClass { classes[Int(number)] }

  func inNamespace(_ name: String) -> [Int32] { byNamespace[name] ?? [] }

  /// The class of a pod, made where it has none yet.
  mutating func number(of info: PodInfo) -> Int32 {
    let key = Key(namespace: info.namespace, labels: info.labels)
    for number in numbers[key] ?? [] where classes[Int(number)].terms == info.terms {
      return number
    }
    let made = PodClass(namespace: info.namespace, labels: info.labels, terms: info.terms)
    let number: Int32
    if let reused = free.popLast() {
      number = reused
      classes[Int(number)] = made
    } else {
      number = Int32(classes.count)
      classes.append(made)
    }
    numbers[key, default: []].append(number)
    byNamespace[key.namespace, default: []].append(number)
    if !info.terms.isEmpty { withTerms.append(number) }
    if !info.terms.requiredAntiAffinity.isEmpty { withRequiredAntiAffinity.append(number) }
    return number
  }

  mutating func change(_ number: Int32, slot: Int32, by sign: Int32, isTerminating: Bool) {
    classes[Int(number)].change(
      slot, live: isTerminating ? 0 : sign, terminating: isTerminating ? sign : 0)
    if classes[Int(number)].placements.isEmpty { drop(number) }
  }

  private mutating func drop(_ number: Int32) {
    let gone = classes[Int(number)]
    let key = Key(namespace: gone.namespace, labels: gone.labels)
    numbers[key]?.removeAll { $0 == number }
    if numbers[key]?.isEmpty == true { numbers.removeValue(forKey: key) }
    byNamespace[gone.namespace]?.removeAll { $0 == number }
    withTerms.removeAll { $0 == number }
    withRequiredAntiAffinity.removeAll { $0 == number }
    free.append(number)
  }
}
