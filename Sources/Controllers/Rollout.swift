import Basics
import KubeAPI

/// One sync of a deployment: the deployment and its replica sets as cached, and what is to become
/// of them. It decides and changes copies; the controller writes what changed.
struct Rollout {
  /// A replica set that got another size, for the event and the trace.
  struct Scaling: Equatable {
    var name: String
    var from: Int32
    var to: Int32
    var why: String
  }

  /// As on record, and as it shall be.
  let original: Deployment
  var deployment: Deployment
  /// All replica sets of the deployment, oldest first.
  var sets: [ReplicaSet]
  /// The one with the deployment's template.
  let current: Int?
  /// The others.
  let old: [Int]
  /// Changed sets, in the order they changed.
  private(set) var changed: [Int] = []
  private(set) var scalings: [Scaling] = []
  let now: Timestamp

  init(_ deployment: Deployment, _ sets: [ReplicaSet], now: Timestamp) {
    original = deployment
    self.deployment = deployment
    let ordered = sets.sorted(by: ReplicaSet.isOlder)
    self.sets = ordered
    current = ordered.firstIndex { deployment.spec.template.isSame(as: $0.spec.template) }
    let at = current
    old = ordered.indices.filter { $0 != at }
    self.now = now
  }

  // MARK: Counting

  var specTotal: Int32 { sets.reduce(0) { $0 + $1.wanted } }
  private var oldSpecTotal: Int32 { old.reduce(0) { $0 + sets[$1].wanted } }
  var availableTotal: Int32 { sets.reduce(0) { $0 + $1.status.availableReplicas } }

  /// The replica sets that want pods.
  private var active: [Int] { sets.indices.filter { sets[$0].wanted > 0 } }

  /// The size a new replica set may have now (`NewRSNewReplicas`).
  func newSize(_ have: Int32) -> Int32 {
    guard deployment.isRollingUpdate else { return deployment.wanted }
    let most = deployment.wanted + deployment.maxSurge
    let room = most - specTotal
    guard room > 0 else { return have }
    return have + min(room, deployment.wanted - have)
  }

  // MARK: Changing

  mutating func markChanged(_ at: Int) {
    if !changed.contains(at) { changed.append(at) }
  }

  /// Gives a set another size; with `force`, its annotations are brought up to date even where the
  /// size is right (`scaleReplicaSet`). True when the size changed.
  @discardableResult
  mutating func scale(_ at: Int, to size: Int32, force: Bool = false, why: String) -> Bool {
    let from = sets[at].wanted
    if !force && from == size { return false }
    let annotated = sets[at].setReplicasAnnotations(deployment)
    guard from != size || annotated else { return false }
    sets[at].spec.replicas = size
    markChanged(at)
    guard from != size else { return false }
    scalings.append(Scaling(name: sets[at].metadata.name, from: from, to: size, why: why))
    return true
  }

  /// Brings annotations, revision and minReadySeconds of the current set up to date, and the
  /// deployment's revision with it (the first half of `getNewReplicaSet`).
  mutating func syncRevision() {
    guard let current else { return }
    let newRevision = (old.map { sets[$0].revision }.max() ?? 0) + 1
    var isChanged = copyAnnotations(to: current)
    let before = sets[current].metadata.annotations[DeploymentAnnotation.revision]
    if sets[current].revision < newRevision {
      sets[current].metadata.annotations[DeploymentAnnotation.revision] = String(newRevision)
      isChanged = true
      if let before { addHistory(before, to: current) }
    }
    if sets[current].spec.minReadySeconds != deployment.spec.minReadySeconds {
      sets[current].spec.minReadySeconds = deployment.spec.minReadySeconds
      isChanged = true
    }
    if isChanged { markChanged(current) }
    let revision = sets[current].metadata.annotations[DeploymentAnnotation.revision]
    deployment.metadata.annotations[DeploymentAnnotation.revision] = revision
    if deployment.progressDeadline != nil, deployment.status.conditions["Progressing"] == nil {
      let name = sets[current].metadata.name
      deployment.status.conditions.setDeployment(
        Condition(
          type: "Progressing", status: "True", reason: "FoundNewReplicaSet",
          message: "Found new replica set \"\(name)\""), now: now)
    }
  }

  private mutating func copyAnnotations(to at: Int) -> Bool {
    var isChanged = false
    for entry in deployment.metadata.annotations.entries
    where !DeploymentAnnotation.notCopied.contains(entry.key) {
      guard sets[at].metadata.annotations[entry.key] != entry.value else { continue }
      sets[at].metadata.annotations[entry.key] = entry.value
      isChanged = true
    }
    return isChanged
  }

  /// Remembers which revisions a set had before it was rolled back to.
  private mutating func addHistory(_ revision: String, to at: Int) {
    let key = DeploymentAnnotation.revisionHistory
    let history = sets[at].metadata.annotations[key] ?? ""
    let text = history.isEmpty ? revision : history + "," + revision
    // `maxRevHistoryLengthInChars`
    if text.utf8.count <= 2000 { sets[at].metadata.annotations[key] = text }
  }

  /// The replica set to be made for the deployment's template.
  func newSet() -> ReplicaSet {
    let hash = PodTemplateHash.label(
      of: deployment.spec.template, collisions: deployment.status.collisionCount)
    // Names of objects have at most 253 characters.
    let prefix = String(deployment.metadata.name.prefix(253 - 1 - hash.utf8.count))
    var set = ReplicaSet(name: prefix + "-" + hash, namespace: deployment.metadata.namespace)
    var template = deployment.spec.template
    template.metadata.labels[PodTemplateSpec.hashLabel] = hash
    var selector = deployment.spec.selector ?? LabelSelector()
    selector.matchLabels[PodTemplateSpec.hashLabel] = hash
    set.metadata.labels = template.metadata.labels
    set.metadata.ownerReferences = [.controller(of: deployment)]
    for entry in deployment.metadata.annotations.entries
    where !DeploymentAnnotation.notCopied.contains(entry.key) {
      set.metadata.annotations[entry.key] = entry.value
    }
    let revision = (old.map { sets[$0].revision }.max() ?? 0) + 1
    set.metadata.annotations[DeploymentAnnotation.revision] = String(revision)
    set.spec.minReadySeconds = deployment.spec.minReadySeconds
    set.spec.selector = selector
    set.spec.template = template
    set.spec.replicas = newSize(0)
    _ = set.setReplicasAnnotations(deployment)
    return set
  }

  /// Whether somebody changed `spec.replicas` since the sets were last sized.
  var isScalingEvent: Bool {
    active.contains { at in
      guard
        let text = sets[at].metadata.annotations[DeploymentAnnotation.desiredReplicas],
        let desired = Int32(text), desired >= 0
      else { return false }
      return desired != deployment.wanted
    }
  }

  // MARK: Rolling update

  /// One step up or down (`rolloutRolling`). True when a size changed.
  mutating func roll() -> Bool {
    growCurrent() || shrinkOld()
  }

  private mutating func growCurrent() -> Bool {
    guard let current else { return false }
    let have = sets[current].wanted
    if have == deployment.wanted { return false }
    if have > deployment.wanted {
      return scale(current, to: deployment.wanted, why: "want \(deployment.wanted)")
    }
    return scale(
      current, to: newSize(have),
      why: "at most \(deployment.wanted + deployment.maxSurge) pods, have \(specTotal)")
  }

  private mutating func shrinkOld() -> Bool {
    guard oldSpecTotal > 0 else { return false }
    var newUnavailable: Int32 = 0
    if let current {
      newUnavailable = sets[current].wanted - sets[current].status.availableReplicas
    }
    let most = specTotal - deployment.minAvailable - newUnavailable
    guard most > 0 else { return false }
    let cleaned = cleanUnhealthy(most)
    let shrunk = shrinkAvailable()
    return cleaned + shrunk > 0
  }

  /// Pods of old sets that are not available go first: their going costs nothing.
  private mutating func cleanUnhealthy(_ most: Int32) -> Int32 {
    var total: Int32 = 0
    for at in old {
      if total >= most { break }
      let set = sets[at]
      guard set.wanted > 0, set.wanted != set.status.availableReplicas else { continue }
      let count = min(most - total, set.wanted - set.status.availableReplicas)
      guard count > 0 else { continue }
      scale(at, to: set.wanted - count, why: "\(counted(Int(count), "old pod")) not available")
      total += count
    }
    return total
  }

  private mutating func shrinkAvailable() -> Int32 {
    let available = availableTotal
    let budget = available - deployment.minAvailable
    guard budget > 0 else { return 0 }
    var total: Int32 = 0
    for at in old {
      if total >= budget { break }
      let have = sets[at].wanted
      guard have > 0 else { continue }
      let count = min(have, budget - total)
      scale(
        at, to: have - count,
        why: "\(available) available, \(deployment.minAvailable) must stay")
      total += count
    }
    return total
  }

  // MARK: Recreate

  /// Takes all old sets to nothing. True when a size changed.
  mutating func shrinkAllOld() -> Bool {
    var isChanged = false
    for at in old where sets[at].wanted > 0 {
      if scale(at, to: 0, why: "strategy Recreate") { isChanged = true }
    }
    return isChanged
  }

  // MARK: Proportional scaling

  /// Shares a change of `spec.replicas` out among the sets that have pods (`scale`).
  mutating func scaleProportionally() {
    if sets.isEmpty { return }
    let active = active
    if active.count <= 1 {
      let latest = active.first ?? current ?? old.last
      if let latest { scale(latest, to: deployment.wanted, why: "want \(deployment.wanted)") }
      return
    }
    if isSaturated {
      for at in old where sets[at].wanted > 0 {
        scale(at, to: 0, why: "the new replica set is complete")
      }
      return
    }
    guard deployment.isRollingUpdate else { return }
    share(among: active)
  }

  private var isSaturated: Bool {
    guard let current,
      let text = sets[current].metadata.annotations[DeploymentAnnotation.desiredReplicas],
      let desired = Int32(text)
    else { return false }
    let set = sets[current]
    return set.wanted == deployment.wanted && desired == deployment.wanted
      && set.status.availableReplicas == deployment.wanted
  }

  private mutating func share(among active: [Int]) {
    let allowed = deployment.wanted > 0 ? deployment.wanted + deployment.maxSurge : 0
    let toAdd = allowed - active.reduce(0) { $0 + sets[$1].wanted }
    // Larger sets first; of equal ones the newer grow first and the older shrink first.
    let ordered = active.sorted { a, b in
      if sets[a].wanted != sets[b].wanted { return sets[a].wanted > sets[b].wanted }
      return toAdd > 0 ? a > b : a < b
    }
    var added: Int32 = 0
    var sizes = ordered.map { sets[$0].wanted }
    if toAdd != 0 {
      for (position, at) in ordered.enumerated() {
        let part = proportion(sets[at], toAdd: toAdd, added: added)
        sizes[position] += part
        added += part
      }
      sizes[0] = max(0, sizes[0] + toAdd - added)
    }
    for (position, at) in ordered.enumerated() {
      scale(
        at, to: sizes[position], force: true,
        why: "its share of \(toAdd > 0 ? "+" : "")\(toAdd) for want \(deployment.wanted)")
    }
  }

  private func proportion(_ set: ReplicaSet, toAdd: Int32, added: Int32) -> Int32 {
    guard set.wanted > 0, toAdd != added else { return 0 }
    let fraction = fraction(set)
    return toAdd > 0 ? min(fraction, toAdd - added) : max(fraction, toAdd - added)
  }

  /// By how much the set grows when it keeps its share of the deployment's greatest size.
  private func fraction(_ set: ReplicaSet) -> Int32 {
    if deployment.wanted == 0 { return -set.wanted }
    let most = Int64(deployment.wanted + deployment.maxSurge)
    var before =
      set.metadata.annotations[DeploymentAnnotation.maxReplicas].flatMap { Int64($0) } ?? 0
    if before <= 0 { before = Int64(deployment.status.replicas) }
    guard before > 0 else { return 0 }
    let product = Int64(set.wanted) * most
    // Rounded to the nearest, halves up.
    return Int32(clamping: (2 * product + before) / (2 * before)) - set.wanted
  }
}
