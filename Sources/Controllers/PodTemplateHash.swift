import KubeAPI

/// The value of the label `pod-template-hash`: FNV-1a of the template and the collision count, in
/// the alphabet that `rand.SafeEncodeString` writes numbers in.
///
/// The real hash is of a Go dump of the template, which cannot be reproduced; ours covers what
/// makes templates differ. Two templates that still collide are told apart by the collision count.
struct PodTemplateHash {
  private var state: UInt32 = 0x811C_9DC5

  static func label(of template: PodTemplateSpec, collisions: Int32?) -> String {
    var hash = PodTemplateHash()
    hash.add(template)
    if let collisions { hash.add(String(collisions)) }
    let alphabet = NameSuffix.alphabet
    let encoded = String(hash.state).utf8.map { alphabet[Int($0) % alphabet.count] }
    return String(decoding: encoded, as: UTF8.self)
  }

  private mutating func add(_ text: String) {
    for byte in text.utf8 { state = (state ^ UInt32(byte)) &* 0x0100_0193 }
    state = (state ^ 0xFF) &* 0x0100_0193
  }

  private mutating func add(_ map: StringMap) {
    for entry in map.entries {
      add(entry.key)
      add(entry.value)
    }
  }

  private mutating func add(_ list: ResourceList) {
    for entry in list.entries {
      add(entry.name)
      add(String(entry.quantity.milliValue))
    }
  }

  private mutating func add(_ template: PodTemplateSpec) {
    add(template.metadata.labels)
    add(template.metadata.annotations)
    let spec = template.spec
    for text in [spec.nodeName, spec.schedulerName, spec.restartPolicy, spec.serviceAccountName] {
      add(text)
    }
    add(spec.priorityClassName)
    add(String(spec.terminationGracePeriodSeconds ?? -1))
    add(spec.nodeSelector)
    for toleration in spec.tolerations {
      add(toleration.key + toleration.operatorName + toleration.value + toleration.effect)
      add(String(toleration.tolerationSeconds ?? -1))
    }
    for constraint in spec.topologySpreadConstraints {
      add(constraint.topologyKey + constraint.whenUnsatisfiable + String(constraint.maxSkew))
    }
    if let affinity = spec.affinity { add(String(describing: affinity)) }
    for container in spec.initContainers + spec.containers { add(container) }
    for volume in spec.volumes {
      add(volume.name)
      add(.object(volume.carried.object))
    }
    add(.object(spec.carried.object))
  }

  private mutating func add(_ container: Container) {
    add(container.name)
    add(container.image)
    add(container.imagePullPolicy)
    for text in container.command + container.args { add(text) }
    for port in container.ports {
      add(port.name + ":" + String(port.containerPort) + port.protocolName)
    }
    add(container.resources.requests)
    add(container.resources.limits)
    for probe in [container.livenessProbe, container.readinessProbe, container.startupProbe] {
      guard let probe else {
        add("")
        continue
      }
      for number in [
        probe.initialDelaySeconds, probe.timeoutSeconds, probe.periodSeconds,
        probe.successThreshold, probe.failureThreshold,
      ] { add(String(number)) }
      add(.object(probe.carried.object))
    }
    add(.object(container.carried.object))
  }

  private mutating func add(_ value: JSONValue) {
    switch value {
    case .null: add("null")
    case .bool(let flag): add(flag ? "true" : "false")
    case .integer(let number): add(String(number))
    case .number(let text), .string(let text): add(text)
    case .array(let elements):
      for element in elements { add(element) }
      add("]")
    case .object(let object):
      for field in object.fields {
        add(field.key)
        add(field.value)
      }
      add("}")
    }
  }
}
