import KubeAPI

/// Refuses nodes that the pod's node selector or required node affinity does not match, and prefers
/// those that its preferred terms match.
struct NodeAffinity: FilterPlugin {
  static let reason = "node(s) didn't match Pod's node affinity/selector"
  static let conflict = "pod affinity terms conflict"
  private let required: RequiredNodeAffinity

  /// Nil (Skip) where the pod asks nothing of nodes' labels.
  init?(_ info: PodInfo) {
    let required = RequiredNodeAffinity(info.pod.spec)
    if required.isEmpty { return nil }
    self.required = required
  }

  func filter(_ slot: Int, _ cache: SchedulerCache) -> Verdict {
    let detail = cache.details[slot]
    return required.matches(detail.labels, name: detail.name)
      ? .feasible : Verdict(.nodeAffinity, isResolvable: false)
  }

  /// What PreFilter makes of affinity to nodes by name.
  enum Narrowing: Equatable {
    case allNodes
    case names([String])
    /// The terms want different names at once.
    case conflict
  }

  static func narrowing(_ spec: PodSpec) -> Narrowing {
    guard let terms = spec.affinity?.nodeAffinity?.required, !terms.isEmpty else {
      return .allNodes
    }
    var union: [String] = []
    for term in terms {
      var names: [String]?
      for field in term.matchFields
      where field.key == "metadata.name" && field.operatorName == "In" {
        names = names.map { $0.filter(field.values.contains) } ?? field.values
      }
      guard let names else { return .allNodes }
      for name in names where !union.contains(name) { union.append(name) }
    }
    return union.isEmpty ? .conflict : .names(union.sorted())
  }
}

/// The preferred terms of a pod, which score.
struct PreferredNodeAffinity {
  private let terms: [(weight: Int64, term: ParsedNodeSelectorTerm)]

  /// Nil (Skip) where the pod has none.
  init?(_ info: PodInfo) {
    guard let preferred = info.pod.spec.affinity?.nodeAffinity?.preferred, !preferred.isEmpty
    else { return nil }
    terms = preferred.compactMap { item in
      guard item.weight != 0, let term = ParsedNodeSelectorTerm(item.preference) else { return nil }
      return (Int64(item.weight), term)
    }
  }

  func score(_ nodes: [Int32], _ cache: SchedulerCache, into raw: inout [Int64]) {
    for slot in nodes {
      let detail = cache.details[Int(slot)]
      var sum: Int64 = 0
      for (weight, term) in terms where term.matches(detail.labels, name: detail.name) {
        sum += weight
      }
      raw.append(sum)
    }
  }
}

/// A pod's node selector and required node affinity together (`nodeaffinity.RequiredNodeAffinity`).
struct RequiredNodeAffinity {
  private let selector: StringMap
  /// Nil where there is no affinity; any one term must match.
  private let terms: [ParsedNodeSelectorTerm]?

  init(_ spec: PodSpec) {
    selector = spec.nodeSelector
    terms = spec.affinity?.nodeAffinity?.required.map { $0.compactMap(ParsedNodeSelectorTerm.init) }
  }

  var isEmpty: Bool { selector.isEmpty && terms == nil }

  func matches(_ labels: StringMap, name: String) -> Bool {
    guard selector.isSubset(of: labels) else { return false }
    return terms?.contains { $0.matches(labels, name: name) } ?? true
  }
}

/// A node selector term that is well formed; one that is not matches nothing.
struct ParsedNodeSelectorTerm {
  private let expressions: [SelectorRequirement]
  private let fields: [SelectorRequirement]

  /// Nil for an empty term and one with a requirement that no parser takes.
  init?(_ term: NodeSelectorTerm) {
    if term.matchExpressions.isEmpty && term.matchFields.isEmpty { return nil }
    guard term.matchExpressions.allSatisfy(Self.isValid),
      term.matchFields.allSatisfy({
        ($0.operatorName == "In" || $0.operatorName == "NotIn") && $0.values.count == 1
      })
    else { return nil }
    expressions = term.matchExpressions
    fields = term.matchFields
  }

  private static func isValid(_ requirement: SelectorRequirement) -> Bool {
    switch requirement.operatorName {
    case "In", "NotIn": !requirement.values.isEmpty
    case "Exists", "DoesNotExist": requirement.values.isEmpty
    case "Gt", "Lt": requirement.values.count == 1 && Int64(requirement.values[0]) != nil
    default: false
    }
  }

  func matches(_ labels: StringMap, name: String) -> Bool {
    for expression in expressions where !expression.matches(labels) { return false }
    for field in fields {
      let value = field.key == "metadata.name" ? name : ""
      if (value == field.values[0]) != (field.operatorName == "In") { return false }
    }
    return true
  }
}
