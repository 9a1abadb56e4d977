// The defaults of pods and pod templates (pkg/apis/core/v1/defaults.go). Each function says whether
// it changed anything, so that what is complete already keeps its shared storage.

extension Pod {
  /// Fills in what the API server does on every write of a pod.
  mutating func applyDefaults() -> Bool {
    var spec = spec
    var changed = spec.applyDefaults()
    if spec.applyPodDefaults() { changed = true }
    if changed { self.spec = spec }
    return changed
  }
}

extension PodSpec {
  /// What a pod and a pod template have in common.
  mutating func applyDefaults() -> Bool {
    var changed = restartPolicy.setIfEmpty("Always")
    if schedulerName.setIfEmpty("default-scheduler") { changed = true }
    if terminationGracePeriodSeconds.setIfNil(30) { changed = true }
    if initContainers.applyToEach({ $0.applyDefaults() }) { changed = true }
    if containers.applyToEach({ $0.applyDefaults() }) { changed = true }
    if volumes.applyToEach({ $0.applyDefaults() }) { changed = true }
    if overhead.roundUpToMilli() { changed = true }
    if carried.applyDefaults(CarriedDefaults.podSpec) { changed = true }
    return changed
  }

  /// What only a pod itself gets, not the template it was stamped from.
  fileprivate mutating func applyPodDefaults() -> Bool {
    let isHostNetwork = hostNetwork
    let complete = { (container: inout Container) in
      var changed = container.resources.defaultRequests()
      if isHostNetwork, container.ports.applyToEach({ $0.useSameHostPort() }) { changed = true }
      return changed
    }
    var changed = initContainers.applyToEach(complete)
    if containers.applyToEach(complete) { changed = true }
    if carried["enableServiceLinks"] == nil {
      carried["enableServiceLinks"] = .bool(true)
      changed = true
    }
    return changed
  }
}

extension Container {
  mutating func applyDefaults() -> Bool {
    var changed = false
    if imagePullPolicy.isEmpty {
      imagePullPolicy = Self.pullPolicy(image: image)
      changed = true
    }
    if ports.applyToEach({ $0.protocolName.setIfEmpty("TCP") }) { changed = true }
    if livenessProbe?.applyDefaults() == true { changed = true }
    if readinessProbe?.applyDefaults() == true { changed = true }
    if startupProbe?.applyDefaults() == true { changed = true }
    if resources.limits.roundUpToMilli() { changed = true }
    if resources.requests.roundUpToMilli() { changed = true }
    if carried.applyDefaults(CarriedDefaults.container) { changed = true }
    return changed
  }

  /// `Always` for the tag `latest`, said or implied; a digest without a tag implies none.
  static func pullPolicy(image: String) -> String {
    let digest = image.utf8.firstIndex(of: UInt8(ascii: "@"))
    let name = image.utf8[lastComponent(of: image)..<(digest ?? image.endIndex)]
    guard let colon = name.lastIndex(of: UInt8(ascii: ":")) else {
      return digest == nil ? "Always" : "IfNotPresent"
    }
    return name[name.index(after: colon)...].elementsEqual("latest".utf8)
      ? "Always" : "IfNotPresent"
  }

  private static func lastComponent(of image: String) -> String.Index {
    // A digest has no slash, so that the last one is before it.
    guard let slash = image.utf8.lastIndex(of: UInt8(ascii: "/")) else { return image.startIndex }
    return image.utf8.index(after: slash)
  }
}

extension ContainerPort {
  /// On the host's network a port is the host's.
  fileprivate mutating func useSameHostPort() -> Bool {
    guard hostPort == 0, containerPort != 0 else { return false }
    hostPort = containerPort
    return true
  }
}

extension Probe {
  mutating func applyDefaults() -> Bool {
    var changed = timeoutSeconds.setIfZero(1)
    if periodSeconds.setIfZero(10) { changed = true }
    if successThreshold.setIfZero(1) { changed = true }
    if failureThreshold.setIfZero(3) { changed = true }
    if carried.applyDefaults(CarriedDefaults.probe) { changed = true }
    return changed
  }
}

extension Volume {
  mutating func applyDefaults() -> Bool {
    if carried.isEmpty {
      carried["emptyDir"] = .object(JSONObject())
      return true
    }
    return carried.applyDefaults(CarriedDefaults.volume)
  }
}

extension ResourceRequirements {
  /// A limit without a request is the request too.
  fileprivate mutating func defaultRequests() -> Bool {
    var changed = false
    for entry in limits.entries where requests[entry.name] == nil {
      requests[entry.name] = entry.quantity
      changed = true
    }
    return changed
  }
}

extension ResourceList {
  /// Amounts finer than a thousandth are rounded up.
  mutating func roundUpToMilli() -> Bool {
    var changed = false
    for entry in entries where entry.quantity.isFinerThanMilli {
      self[entry.name] = Quantity(
        milliValue: entry.quantity.milliValue, format: entry.quantity.format)
      changed = true
    }
    return changed
  }
}
