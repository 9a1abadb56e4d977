import Basics
import KubeAPI

/// The blocks of `describe` that tell of containers, in pods and in pod templates.
extension DescriptionText {
  /// - Parameters:
  ///   - pod: whose containers they are; nil for a template.
  ///   - indent: two blanks in a template.
  mutating func containers(
    _ title: String, _ containers: [Container], _ statuses: [ContainerStatus], of pod: Pod?,
    indent: String
  ) {
    line(0, indent + title + ":" + (containers.isEmpty ? " <none>" : ""))
    for container in containers {
      let status = statuses.first { $0.name == container.name }
      line(1, (indent.isEmpty ? "" : " ") + container.name + ":")
      head(container, status)
      command("Command", container.command)
      command("Args", container.args)
      if let status { state(status) }
      quantities("Limits", container.resources.limits)
      quantities("Requests", container.resources.requests)
      for (name, probe) in [
        ("Liveness", container.livenessProbe), ("Readiness", container.readinessProbe),
        ("Startup", container.startupProbe),
      ] {
        if let probe { field(name, probe.words, depth: 2) }
      }
      environment(container, pod)
      mounts(container)
    }
  }

  private mutating func head(_ container: Container, _ status: ContainerStatus?) {
    if let status { field("Container ID", status.containerID, depth: 2) }
    field("Image", container.image, depth: 2)
    if let status { field("Image ID", status.imageID, depth: 2) }
    for (name, number) in [("Port", \ContainerPort.containerPort), ("Host Port", \.hostPort)] {
      let ports = container.ports.map { port in
        "\(port[keyPath: number])/\(port.protocolName)"
          + (port.name.isEmpty ? "" : " (\(port.name))")
      }
      let words = ports.isEmpty ? "<none>" : ports.joined(separator: ", ")
      field(ports.count > 1 ? name + "s" : name, words, depth: 2)
    }
  }

  private mutating func command(_ title: String, _ words: [String]) {
    guard !words.isEmpty else { return }
    line(2, title + ":")
    for word in words {
      for part in word.split(separator: "\n", omittingEmptySubsequences: false) {
        line(3, String(part))
      }
    }
  }

  private mutating func quantities(_ title: String, _ list: ResourceList) {
    guard !list.isEmpty else { return }
    line(2, title + ":")
    for entry in list.entries { field(entry.name, entry.quantity.text, depth: 3) }
  }

  private mutating func state(_ status: ContainerStatus) {
    state("State", status.state)
    if case .terminated = status.lastState { state("Last State", status.lastState) }
    field("Ready", status.ready ? "True" : "False", depth: 2)
    field("Restart Count", String(status.restartCount), depth: 2)
  }

  private mutating func state(_ title: String, _ state: ContainerState) {
    switch state {
    case .none: field(title, "Waiting", depth: 2)
    case .waiting(let reason, _):
      field(title, "Waiting", depth: 2)
      if !reason.isEmpty { field("Reason", reason, depth: 3) }
    case .running(let started):
      field(title, "Running", depth: 2)
      field("Started", started.rfc1123Z, depth: 3)
    case .terminated(let end):
      field(title, "Terminated", depth: 2)
      if !end.reason.isEmpty { field("Reason", end.reason, depth: 3) }
      if !end.message.isEmpty { field("Message", end.message, depth: 3) }
      field("Exit Code", String(end.exitCode), depth: 3)
      if end.signal > 0 { field("Signal", String(end.signal), depth: 3) }
      field("Started", end.startedAt.rfc1123Z, depth: 3)
      field("Finished", end.finishedAt.rfc1123Z, depth: 3)
    }
  }

  // MARK: Environment

  private mutating func environment(_ container: Container, _ pod: Pod?) {
    if let sources = container.carried["envFrom"]?.arrayValue, !sources.isEmpty {
      line(2, "Environment Variables from:")
      for source in sources { line(3, Self.words(ofSource: source)) }
    }
    let variables = container.carried["env"]?.arrayValue ?? []
    line(2, "Environment:" + (variables.isEmpty ? "\t<none>" : ""))
    for variable in variables {
      let name = variable["name"]?.stringValue ?? ""
      guard let source = variable["valueFrom"] else {
        let value = variable["value"]?.stringValue ?? ""
        let parts = value.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
          line(3, (index == 0 ? name + ":" : "") + "\t" + part)
        }
        continue
      }
      if let words = Self.words(of: source, in: pod) { field(name, words, depth: 3) }
    }
  }

  private static func words(of source: JSONValue, in pod: Pod?) -> String? {
    if let reference = source["fieldRef"] {
      let path = reference["fieldPath"]?.stringValue ?? ""
      let version = reference["apiVersion"]?.stringValue ?? "v1"
      return (pod.map { value(path, of: $0) } ?? "") + " (\(version):\(path))"
    }
    if let reference = source["resourceFieldRef"] {
      return " (\(reference["resource"]?.stringValue ?? ""))"
    }
    for (field, sign) in [
      ("secretKeyRef", "in secret"), ("configMapKeyRef", "of config map"),
    ] {
      guard let reference = source[field] else { continue }
      return "<set to the key '\(reference["key"]?.stringValue ?? "")' \(sign) "
        + "'\(reference["name"]?.stringValue ?? "")'>\tOptional: "
        + "\(reference["optional"]?.boolValue ?? false)"
    }
    return nil
  }

  private static func words(ofSource source: JSONValue) -> String {
    let isMap = source["configMapRef"] != nil
    let reference = source["configMapRef"] ?? source["secretRef"]
    let prefix = source["prefix"]?.stringValue ?? ""
    return (reference?["name"]?.stringValue ?? "") + "\t" + (isMap ? "ConfigMap" : "Secret")
      + (prefix.isEmpty ? "" : " with prefix '\(prefix)'")
      + "\tOptional: \(reference?["optional"]?.boolValue ?? false)"
  }

  /// What a field of the downward API is in this pod.
  private static func value(_ path: String, of pod: Pod) -> String {
    switch path {
    case "metadata.name": pod.metadata.name
    case "metadata.namespace": pod.metadata.namespace
    case "metadata.uid": pod.metadata.uid.text
    case "spec.nodeName": pod.spec.nodeName
    case "spec.serviceAccountName": pod.spec.serviceAccountName
    case "status.hostIP": pod.status.hostIP
    case "status.podIP": pod.status.podIP
    default: ""
    }
  }

  private mutating func mounts(_ container: Container) {
    let mounts = container.carried["volumeMounts"]?.arrayValue ?? []
    line(2, "Mounts:" + (mounts.isEmpty ? "\t<none>" : ""))
    func path(_ mount: JSONValue) -> String { mount["mountPath"]?.stringValue ?? "" }
    for mount in mounts.sorted(by: { path($0) < path($1) }) {
      var flags = mount["readOnly"]?.boolValue == true ? "ro" : "rw"
      if let part = mount["subPath"]?.stringValue, !part.isEmpty { flags += ",path=\"\(part)\"" }
      line(3, "\(path(mount)) from \(mount["name"]?.stringValue ?? "") (\(flags))")
    }
  }
}

extension Probe {
  /// The probe in one line, as `describe` has it.
  var words: String {
    let figures =
      "delay=\(initialDelaySeconds)s timeout=\(timeoutSeconds)s period=\(periodSeconds)s "
      + "#success=\(successThreshold) #failure=\(failureThreshold)"
    func text(_ value: JSONValue?) -> String {
      value?.stringValue ?? value?.integerValue.map { String($0) } ?? ""
    }
    if let exec = carried["exec"] {
      let words = exec["command"]?.arrayValue?.map { text($0) } ?? []
      return "exec [\(words.joined(separator: " "))] \(figures)"
    }
    if let http = carried["httpGet"] {
      let path = text(http["path"])
      let scheme = http["scheme"]?.stringValue?.lowercased() ?? "http"
      return "http-get \(scheme)://\(text(http["host"])):\(text(http["port"]))"
        + (path.isEmpty || path.hasPrefix("/") ? path : "/" + path) + " \(figures)"
    }
    if let tcp = carried["tcpSocket"] {
      return "tcp-socket \(text(tcp["host"])):\(text(tcp["port"])) \(figures)"
    }
    if let grpc = carried["grpc"] {
      return "grpc <pod>:\(text(grpc["port"])) \(text(grpc["service"])) \(figures)"
    }
    return "unknown \(figures)"
  }
}
