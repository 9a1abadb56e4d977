// Metadata (apimachinery/pkg/api/validation/objectmeta.go).

extension ResourceKind {
  /// What is wrong with `name` for an object of this kind.
  func nameProblems(_ name: String) -> [String] {
    switch self {
    // Services too, since RelaxedServiceNameValidation (beta and on in 1.36).
    case .namespace, .service: NameRules.dns1123Label(name)
    default: NameRules.dns1123Subdomain(name)
    }
  }
}

extension Validator {
  mutating func metadata(_ metadata: ObjectMeta, _ kind: ResourceKind) {
    if !metadata.generateName.isEmpty {
      // A prefix may end in the hyphen that a whole name may not.
      var prefix = metadata.generateName
      if prefix.utf8.count > 1, prefix.hasSuffix("-") { prefix = prefix.dropLast() + "a" }
      check("metadata.generateName", metadata.generateName, kind.nameProblems(prefix))
    }
    if metadata.name.isEmpty {
      required("metadata.name", "name or generateName is required")
    } else {
      check("metadata.name", metadata.name, kind.nameProblems(metadata.name))
    }
    if !kind.isNamespaced {
      if !metadata.namespace.isEmpty {
        forbidden("metadata.namespace", "not allowed on this type")
      }
    } else if metadata.namespace.isEmpty {
      required("metadata.namespace")
    } else {
      check(
        "metadata.namespace", metadata.namespace, NameRules.dns1123Label(metadata.namespace))
    }
    nonNegative("metadata.generation", metadata.generation)
    labels("metadata.labels", metadata.labels)
    annotations({ "metadata.annotations" }, metadata.annotations)
    owners(metadata.ownerReferences)
    finalizers(metadata.finalizers)
  }

  mutating func metadataUpdate(_ new: ObjectMeta, _ old: ObjectMeta) {
    if old.deletionTimestamp != nil {
      let added = new.finalizers.filter { !old.finalizers.contains($0) }
      if !added.isEmpty {
        let list = added.sorted().map { $0.json.text() }.joined(separator: ", ")
        forbidden(
          "metadata.finalizers",
          "no new finalizers can be added if the object is being deleted, found new finalizers "
            + "[]string{\(list)}")
      }
    }
    if new.generation < old.generation {
      invalid("metadata.generation", new.generation.json, "must not be decremented")
    }
    immutable("metadata.name", new.name, old.name)
    immutable("metadata.namespace", new.namespace, old.namespace)
    immutable("metadata.uid", new.uid, old.uid)
    immutable("metadata.creationTimestamp", new.creationTimestamp, old.creationTimestamp)
    immutable("metadata.deletionTimestamp", new.deletionTimestamp, old.deletionTimestamp)
    immutable(
      "metadata.deletionGracePeriodSeconds", new.deletionGracePeriodSeconds,
      old.deletionGracePeriodSeconds)
    labels("metadata.labels", new.labels)
    annotations({ "metadata.annotations" }, new.annotations)
    owners(new.ownerReferences)
    finalizers(new.finalizers)
  }

  mutating func annotations(_ path: Path, _ annotations: StringMap) {
    var size = 0
    for entry in annotations.entries {
      let problems = NameRules.labelKey(entry.key)
      // Annotations' keys may be in any case where labels' prefixes may not.
      if !problems.isEmpty {
        check(path(), entry.key, NameRules.labelKey(entry.key.lowercased()))
      }
      size += entry.key.utf8.count + entry.value.utf8.count
    }
    if size > 256 << 10 { tooLong(path(), bytes: 256 << 10) }
  }

  private mutating func owners(_ owners: [OwnerReference]) {
    var controller: OwnerReference?
    for owner in owners {
      if owner.apiVersion.isEmpty || owner.apiVersion.hasSuffix("/") {
        invalid(
          "metadata.ownerReferences.apiVersion", owner.apiVersion.json,
          "version must not be empty")
      }
      for (name, value) in [("kind", owner.kind), ("name", owner.name)] where value.isEmpty {
        invalid("metadata.ownerReferences.\(name)", value.json, "must not be empty")
      }
      if owner.uid.isNone {
        invalid("metadata.ownerReferences.uid", "".json, "must not be empty")
      }
      if owner.controller == true {
        if let first = controller {
          invalid(
            "metadata.ownerReferences", owners.json,
            "Only one reference can have Controller set to true. Found \"true\" in references for "
              + "\(first.kind)/\(first.name) and \(owner.kind)/\(owner.name)")
        } else {
          controller = owner
        }
      }
    }
  }

  private mutating func finalizers(_ finalizers: [String]) {
    for finalizer in finalizers {
      check("metadata.finalizers", finalizer, NameRules.labelKey(finalizer))
    }
    if finalizers.contains("orphan"), finalizers.contains("foregroundDeletion") {
      invalid(
        "metadata.finalizers", finalizers.json,
        "finalizer orphan and foregroundDeletion cannot be both set")
    }
  }
}
