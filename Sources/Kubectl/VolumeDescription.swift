import KubeAPI

/// The block of `describe` that tells of volumes.
extension DescriptionText {
  mutating func volumes(_ volumes: [Volume], indent: String) {
    guard !volumes.isEmpty else { return line(0, indent + "Volumes:\t<none>") }
    line(0, indent + "Volumes:")
    for volume in volumes {
      line(1, (indent.isEmpty ? "" : " ") + volume.name + ":")
      source(volume)
    }
  }

  private mutating func source(_ volume: Volume) {
    func text(_ value: JSONValue?, _ other: String = "") -> String { value?.stringValue ?? other }
    func isOptional(_ value: JSONValue) -> String {
      value["optional"]?.boolValue == true ? "true" : "false"
    }
    if let path = volume.carried["hostPath"] {
      field("Type", "HostPath (bare host directory volume)", depth: 2)
      field("Path", text(path["path"]), depth: 2)
      field("HostPathType", text(path["type"], "<none>"), depth: 2)
    } else if let directory = volume.carried["emptyDir"] {
      field("Type", "EmptyDir (a temporary directory that shares a pod's lifetime)", depth: 2)
      field("Medium", text(directory["medium"]), depth: 2)
      field("SizeLimit", text(directory["sizeLimit"], "<unset>"), depth: 2)
    } else if let secret = volume.carried["secret"] {
      field("Type", "Secret (a volume populated by a Secret)", depth: 2)
      field("SecretName", text(secret["secretName"]), depth: 2)
      field("Optional", isOptional(secret), depth: 2)
    } else if let map = volume.carried["configMap"] {
      field("Type", "ConfigMap (a volume populated by a ConfigMap)", depth: 2)
      field("Name", text(map["name"]), depth: 2)
      field("Optional", isOptional(map), depth: 2)
    } else if let claim = volume.carried["persistentVolumeClaim"] {
      field(
        "Type",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        depth: 2)
      field("ClaimName", text(claim["claimName"]), depth: 2)
      field("ReadOnly", claim["readOnly"]?.boolValue == true ? "true" : "false", depth: 2)
    } else if let projected = volume.carried["projected"] {
      field(
        "Type", "Projected (a volume that contains injected data from multiple sources)", depth: 2)
      for part in projected["sources"]?.arrayValue ?? [] { self.projected(part) }
    } else {
      line(1, "<unknown>")
    }
  }

  private mutating func projected(_ part: JSONValue) {
    for (source, name) in [("secret", "SecretName"), ("configMap", "ConfigMapName")] {
      guard let from = part[source] else { continue }
      field(name, from["name"]?.stringValue ?? "", depth: 2)
      return field(
        "Optional", from["optional"]?.boolValue == true ? "true" : "false", depth: 2)
    }
    if part["downwardAPI"] != nil { return field("DownwardAPI", "true", depth: 2) }
    if let token = part["serviceAccountToken"] {
      let seconds = token["expirationSeconds"]?.integerValue ?? 3600
      field("TokenExpirationSeconds", String(seconds), depth: 2)
    }
  }
}
