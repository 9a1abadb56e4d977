import KubeAPI

/// A pod affinity term with its namespaces worked out (`framework.AffinityTerm`).
struct AffinityTerm: Sendable, Equatable {
  var namespaces: [String]
  /// Nil matches nothing, an empty one everything.
  var namespaceSelector: LabelSelector?
  /// Nil matches nothing.
  var selector: LabelSelector?
  var topologyKey: String
  /// 0 for a required term.
  var weight: Int64

  /// `namespace` is that of the pod which has the term.
  init(_ term: PodAffinityTerm, namespace: String, weight: Int32 = 0) {
    namespaces = term.namespaces
    if term.namespaces.isEmpty && term.namespaceSelector == nil { namespaces = [namespace] }
    namespaceSelector = term.namespaceSelector
    selector = term.labelSelector
    topologyKey = term.topologyKey
    self.weight = Int64(weight)
  }

  /// Whether a pod is meant by the term; `namespaceLabels` are those of the pod's namespace.
  func matches(namespace: String, labels: StringMap, namespaceLabels: StringMap) -> Bool {
    guard let selector else { return false }
    guard
      namespaces.contains(namespace) || namespaceSelector?.matches(namespaceLabels) ?? false
    else { return false }
    return selector.matches(labels)
  }

  /// The term with its namespace selector replaced by the names of the namespaces it selects, as
  /// is done with the terms of the pod that is being scheduled.
  func merged(with namespaces: NamespaceTable) -> AffinityTerm {
    guard let selector = namespaceSelector, !selector.isEmpty else { return self }
    var copy = self
    copy.namespaces += namespaces.names(matching: selector)
    copy.namespaceSelector = nil
    return copy
  }
}

extension [AffinityTerm] {
  /// Whether a pod is meant by all terms; no terms mean nobody.
  func allMatch(namespace: String, labels: StringMap, namespaceLabels: StringMap) -> Bool {
    !isEmpty
      && allSatisfy {
        $0.matches(namespace: namespace, labels: labels, namespaceLabels: namespaceLabels)
      }
  }
}

/// All pod affinity terms of a pod.
struct AffinityTerms: Sendable, Equatable {
  var requiredAffinity: [AffinityTerm] = []
  var requiredAntiAffinity: [AffinityTerm] = []
  var preferredAffinity: [AffinityTerm] = []
  var preferredAntiAffinity: [AffinityTerm] = []

  init() {}

  init(_ affinity: Affinity, namespace: String) {
    requiredAffinity = Self.required(affinity.podAffinity, namespace)
    requiredAntiAffinity = Self.required(affinity.podAntiAffinity, namespace)
    preferredAffinity = Self.preferred(affinity.podAffinity, namespace)
    preferredAntiAffinity = Self.preferred(affinity.podAntiAffinity, namespace)
  }

  /// True when the pod has no terms at all (it is not among `PodsWithAffinity`).
  var isEmpty: Bool {
    requiredAffinity.isEmpty && requiredAntiAffinity.isEmpty && preferredAffinity.isEmpty
      && preferredAntiAffinity.isEmpty
  }

  private static func required(_ affinity: PodAffinity?, _ namespace: String) -> [AffinityTerm] {
    affinity?.required.map { AffinityTerm($0, namespace: namespace) } ?? []
  }

  private static func preferred(_ affinity: PodAffinity?, _ namespace: String) -> [AffinityTerm] {
    affinity?.preferred.map {
      AffinityTerm($0.podAffinityTerm, namespace: namespace, weight: $0.weight)
    } ?? []
  }
}

/// The labels of the namespaces, by name.
struct NamespaceTable: Sendable {
  private struct Entry: Sendable {
    var name: String
    var labels: StringMap
  }
  private var entries: [Entry] = []

  init() {}

  func labels(of name: String) -> StringMap {
    entries.first { $0.name == name }?.labels ?? StringMap()
  }

  func names(matching selector: LabelSelector) -> [String] {
    entries.filter { selector.matches($0.labels) }.map(\.name)
  }

  mutating func set(_ name: String, _ labels: StringMap) {
    if let at = entries.firstIndex(where: { $0.name == name }) {
      entries[at].labels = labels
    } else {
      entries.append(Entry(name: name, labels: labels))
    }
  }

  mutating func remove(_ name: String) { entries.removeAll { $0.name == name } }
}
