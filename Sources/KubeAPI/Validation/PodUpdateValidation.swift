// What an update of a pod may change (ValidatePodUpdate).

extension Validator {
  mutating func podUpdate(_ new: Pod, _ old: Pod) {
    metadataUpdate(new.metadata, old.metadata)
    // Most updates touch metadata or status alone: the spec is then the very same box.
    if new.$spec.isIdentical(to: old.$spec) { return }
    podSpec({ "spec" }, new.spec)
    for (name, a, b) in [
      ("containers", new.spec.containers, old.spec.containers),
      ("initContainers", new.spec.initContainers, old.spec.initContainers),
    ] where a.count != b.count {
      forbidden("spec.\(name)", "pod updates may not add or remove containers")
      return
    }
    guard activeDeadlineUpdate(new.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds)
    else { return }
    addedTolerations(new.spec.tolerations, old.spec.tolerations)
    for (index, gate) in new.spec.schedulingGates.enumerated()
    where !old.spec.schedulingGates.contains(gate) {
      forbidden(
        "spec.schedulingGates[\(index)].name",
        "only deletion is allowed, but found new scheduling gate '\(gate)'")
    }
    if new.spec != old.spec { fixedFields(new.spec, old.spec) }
  }

  /// False where nothing more is to be said.
  private mutating func activeDeadlineUpdate(_ new: Int64?, _ old: Int64?) -> Bool {
    switch (new, old) {
    case (let new?, let old?) where old < new:
      invalid(
        "spec.activeDeadlineSeconds", new.json,
        "must be less than or equal to previous value")
      return false
    case (nil, _?):
      invalid(
        "spec.activeDeadlineSeconds", .null,
        "must not update from a positive integer to nil value")
      return true
    default: return true
    }
  }

  private mutating func addedTolerations(_ new: [Toleration], _ old: [Toleration]) {
    for toleration in old {
      let isKept = new.contains {
        var copy = toleration
        copy.tolerationSeconds = $0.tolerationSeconds
        return copy == $0
      }
      if isKept { continue }
      forbidden(
        "spec.tolerations",
        "existing toleration can not be modified except its tolerationSeconds")
      return
    }
  }

  /// Sets what may change back to what it was; anything that still differs may not.
  private mutating func fixedFields(_ new: PodSpec, _ old: PodSpec) {
    var munged = new
    for index in munged.containers.indices {
      munged.containers[index].image = old.containers[index].image
    }
    for index in munged.initContainers.indices {
      munged.initContainers[index].image = old.initContainers[index].image
    }
    munged.activeDeadlineSeconds = old.activeDeadlineSeconds
    munged.schedulingGates = old.schedulingGates
    munged.tolerations = old.tolerations
    if let seconds = old.terminationGracePeriodSeconds, seconds < 0,
      munged.terminationGracePeriodSeconds == 1
    {
      munged.terminationGracePeriodSeconds = seconds
    }
    if !old.schedulingGates.isEmpty {
      // A pod behind a gate may still be told where to go.
      munged.nodeSelector = old.nodeSelector
      if munged.affinity != nil { munged.affinity?.nodeAffinity = old.affinity?.nodeAffinity }
    }
    guard munged != old else { return }
    let differences = old.json.differences(to: munged.json)
      .map { "  spec.\($0.path): \($0.old.text()) -> \($0.new.text())" }
      .joined(separator: "\n")
    forbidden(
      "spec",
      "pod updates may not change fields other than `spec.containers[*].image`,"
        + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` "
        + "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow "
        + "it to be set to 1 if it was previously negative)\n" + differences)
  }
}

extension JSONValue {
  struct Difference: Equatable {
    var path: FieldPath
    var old: JSONValue
    var new: JSONValue
  }

  /// The innermost places at which `other` differs; absent is null.
  func differences(to other: JSONValue, at path: FieldPath = FieldPath()) -> [Difference] {
    if self == other { return [] }
    switch (self, other) {
    case (.object(let a), .object(let b)):
      let keys = a.fields.map(\.key) + b.fields.map(\.key).filter { a[$0] == nil }
      return keys.sorted().flatMap { key in
        (a[key] ?? .null).differences(to: b[key] ?? .null, at: path + .key(key))
      }
    case (.array(let a), .array(let b)):
      return (0..<max(a.count, b.count)).flatMap { index in
        (index < a.count ? a[index] : .null).differences(
          to: index < b.count ? b[index] : .null, at: path + .index(index))
      }
    default: return [Difference(path: path, old: self, new: other)]
    }
  }
}
