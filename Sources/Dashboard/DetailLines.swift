import Basics
import Engine
import KubeAPI
import Manifests
import TerminalCore

/// What Enter shows of a row: its fields, what runs on it, its events, its YAML.
extension AppState {
  func title(of row: RowID) -> String {
    switch row {
    case .node(let name): name
    case .pod(let uid): observation.pods[uid]?.key.text ?? "a pod that is gone"
    case .member(let name): "etcd on \(name)"
    case .control(let role, let host): "\(role.name) on \(host)"
    case .action(let id):
      timeline.world.trace[id].map { $0.record.note.message }
        ?? "what is no longer known"
    case .group(let name), .host(let name), .key(let name), .pending(let name): name
    case .object(let kind, let key): "\(kind.singular) \(key.text)"
    case .controller(_, let name): name
    }
  }

  func detailLines(of row: RowID) -> [SheetLine] {
    switch row {
    case .node(let name): nodeLines(name)
    case .pod(let uid):
      podLines(uid)
        + (observation.pods[uid].map { objectLines(.pod, $0.key) } ?? [])
    case .member(let name): memberLines(name)
    case .control(let role, let host): processLines(role, host)
    case .action(let id): whyLines(from: id)
    case .object(let kind, let key): objectLines(kind, key)
    case .key(let key): keyLines(key)
    case .host(let name): outsiderLines(name)
    case .controller(let process, let name): controllerLines(process, name)
    case .group, .pending: []
    }
  }

  // MARK: Nodes

  private func nodeLines(_ name: String) -> [SheetLine] {
    guard let node = observation.nodes.first(where: { $0.name == name }) else {
      return [SheetLine("no such node", .dim)]
    }
    let object = timeline.world.object(.node, ObjectKey(name: name))?.node
    var lines: [SheetLine] = [
      .field("Machine", node.isPowered ? "powered on" : "no power", node.isPowered ? .ok : .error),
      .field("API says", node.status, node.ready == "True" ? .ok : .error),
    ]
    if let age = node.heartbeatAge {
      lines.append(.field("Heartbeat", "\(age.humanDuration) ago (lease, renewed every 10 s)"))
    }
    lines += [
      .field("Roles", node.roles), .field("Address", node.ip), .field("Zone", node.zone),
      .field("Pods", "\(node.pods)"),
      .field(
        "CPU", "\(coresText(node.cpuRequested)) of \(coresText(node.cpuAllocatable)) requested"),
      .field(
        "Memory",
        "\(bytesText(node.memoryRequested)) of \(bytesText(node.memoryAllocatable)) requested"
      ),
    ]
    for fault in node.faults { lines.append(.field("Fault", fault.text, .error)) }
    lines += [SheetLine(""), .heading("Processes (j/k select, f stops or starts one)")]
    lines += processTable(on: node.host)
    if let object {
      lines += [SheetLine(""), .heading("Conditions")]
      for condition in object.status.conditions { lines.append(Self.line(of: condition)) }
      lines += [SheetLine(""), .heading("Taints")]
      if object.spec.taints.isEmpty { lines.append(SheetLine("  none", .dim)) }
      for taint in object.spec.taints {
        lines.append(
          SheetLine(
            "  \(taint.text)", .warn))
      }
    }
    let pods = observation.pods.pods(on: name, limit: 200)
    lines += [SheetLine(""), .heading("Pods on it")]
    if pods.isEmpty { lines.append(SheetLine("  none", .dim)) }
    for pod in pods {
      lines.append(
        SheetLine(
          [Ink("  \(pod.key.text)  "), Ink(pod.summary.status, pod.role)],
          opens: .row(.pod(pod.uid))))
    }
    return lines + objectLines(.node, ObjectKey(name: name))
  }

  func processTable(on host: Int) -> [SheetLine] {
    let machine = timeline.world.hosts[host]
    return machine.processes.map { id in
      let process = timeline.world.processes[id]
      let name = process.role.name
      let pad = String(repeating: " ", count: max(26 - name.count, 1))
      let target = Fault.Target.process(host: machine.name, name: name)
      let isLeader = process.isRunning && timeline.world.believesToLead(process)
      var ink = [
        Ink("  "), Ink(name), Ink(pad),
        Ink(process.state.word, process.state == .running ? .ok : .error),
      ]
      if isLeader { ink.append(Ink("  leader", .leader)) }
      if process.restarts > 0 {
        ink.append(Ink("  \(process.restarts) restart\(process.restarts == 1 ? "" : "s")", .dim))
      }
      if process.isHeldDown { ink.append(Ink("  held down by you", .warn)) }
      return SheetLine(ink, target: target)
    }
  }

  private static func line(of condition: Condition) -> SheetLine {
    let isBad = (condition.status == "True") != (condition.type == "Ready")
    let pad = String(repeating: " ", count: max(20 - condition.type.count, 1))
    return SheetLine([
      Ink("  \(condition.type)\(pad)", .dim),
      Ink(condition.status, condition.status == "Unknown" || isBad ? .error : .ok),
      Ink("  \(condition.reason)  "), Ink(condition.message, .dim),
    ])
  }

  // MARK: Pods

  func podLines(_ uid: UID) -> [SheetLine] {
    guard let pod = observation.pods[uid] else {
      return [SheetLine("This pod is gone.", .dim)]
    }
    let object = timeline.world.object(.pod, pod.key)?.pod
    var lines: [SheetLine] = [
      .field("Status", pod.summary.status, pod.role),
      .field(
        "Ready", "\(pod.summary.readyContainers) of \(pod.summary.totalContainers) containers"),
      .field("Restarts", "\(pod.summary.restarts)"),
      .field("Node", pod.node.isEmpty ? "none yet" : pod.node),
      .field("IP", pod.ip.isEmpty ? "none yet" : pod.ip), .field("Age", pod.age.humanDuration),
    ]
    if !pod.isReady, !pod.isTerminating,
      let waiter = timeline.world.whyNot(.running(pod.key)).waiter
    {
      let due = waiter.earliest.map { ", in \(max(.zero, $0 - timeline.now).brief)" } ?? ""
      lines.append(.field("Waits for", waiter.evidence + due, .warn))
    }
    if let owner = object?.metadata.controller {
      lines.append(.field("Owner", "\(owner.kind) \(owner.name)"))
    }
    if let object {
      for container in object.spec.containers {
        lines.append(.field("Container", "\(container.name): \(container.image)"))
      }
      lines += [SheetLine(""), .heading("Conditions")]
      for condition in object.status.conditions {
        lines.append(
          SheetLine([
            Ink("  " + padded(condition.type, 26), .dim),
            Ink("  \(condition.status)", condition.status == "True" ? .ok : .warn),
            Ink("  \(condition.reason)  \(condition.message)", .dim),
          ]))
      }
    }
    return lines
  }

  /// The newest events about an object.
  func eventLines(of row: RowID) -> [SheetLine] {
    switch row {
    case .node(let name): eventLines(.node, ObjectKey(name: name))
    case .pod(let uid):
      observation.pods[uid].map { eventLines(.pod, $0.key) } ?? []
    case .object(let kind, let key): eventLines(kind, key)
    default: []
    }
  }

  // MARK: Processes

  private func memberLines(_ name: String) -> [SheetLine] {
    guard let member = observation.members.first(where: { $0.name == name }) else {
      return [SheetLine("no such member", .dim)]
    }
    var lines: [SheetLine] = [
      .field("State", member.state.word, member.state == .running ? .ok : .error),
      .field("Role", member.state == .running ? EtcdPane.word(member) : "-"),
      .field("Term", "\(member.term)"),
      .field("Leader", member.leader.isEmpty ? "none known" : member.leader),
      .field(
        "Log", "up to \(member.lastIndex), committed \(member.commit), applied \(member.applied)"),
      .field("Revision", "\(member.revision)"), .field("Data", bytesText(Int64(member.dbSize))),
      .field("Quorum", quorumText, observation.hasQuorum ? .text : .error),
      SheetLine(""), .heading("Processes on \(name) (j/k select, f stops or starts one)"),
    ]
    if let host = timeline.world.host(named: name) { lines += processTable(on: host.id) }
    return lines + recordLines(of: .etcd, on: name)
  }

  private func processLines(_ role: Process.Role, _ host: String) -> [SheetLine] {
    guard let machine = timeline.world.host(named: host),
      let process = timeline.world.process(role, on: machine.id)
    else { return [SheetLine("no such process", .dim)] }
    var lines: [SheetLine] = [
      .field("State", process.state.word, process.state == .running ? .ok : .error),
      .field("Up since", process.state == .running ? clockText(process.startedAt) : "-"),
      .field("Restarts", "\(process.restarts)"),
    ]
    if let lease = observation.leases.first(where: { $0.lease == role.name }) {
      lines += [
        .field("Lease", "held by \(lease.holderHost), renewed \(lease.renewAge.humanDuration) ago"),
        .field("Transitions", "\(lease.transitions)"),
      ]
    }
    lines += [SheetLine(""), .heading("Processes on \(host) (j/k select, f stops or starts one)")]
    return lines + processTable(on: machine.id) + recordLines(of: role, on: host)
  }

  /// What a process said last.
  private func recordLines(of role: Process.Role, on host: String) -> [SheetLine] {
    let who = "\(role.name)@\(host)"
    let records = snapshot.actions.map(\.action).filter { $0.who == who }.suffix(12)
    guard !records.isEmpty else { return [] }
    return [SheetLine(""), .heading("Its newest records")]
      + records.reversed().map { Self.line(of: $0) }
  }

  static func line(of action: Observation.Action) -> SheetLine {
    let text = ActionText(action)
    return SheetLine([
      Ink("  \(preciseClockText(action.at))  ", .dim), Ink(text.text, action.note.role),
      Ink(text.tail.isEmpty ? "" : "  \(text.tail)", .dim),
    ])
  }

  // MARK: Events and YAML

  private func eventLines(_ kind: ResourceKind, _ key: ObjectKey) -> [SheetLine] {
    var lines: [SheetLine] = [SheetLine(""), .heading("Events")]
    let world = timeline.world
    // While the index is not complete, those that bear the object's name have to do.
    let events =
      (snapshot.events.isOf(world)
      ? snapshot.events.about(kind, key) : world.events(about: kind, key))
      .sorted { ($0.lastSeen ?? .powerOn) > ($1.lastSeen ?? .powerOn) }
    if events.isEmpty { lines.append(SheetLine("  none", .dim)) }
    for event in events.prefix(12) {
      let age = event.lastSeen.map { (timeline.world.wallClock - $0).humanDuration } ?? "?"
      lines.append(
        SheetLine([
          Ink("  \(age) ago  ", .dim), Ink(event.reason, event.type == "Warning" ? .warn : .text),
          Ink("  \(event.message)", .dim),
        ]))
    }
    return lines
  }

  private func objectLines(_ kind: ResourceKind, _ key: ObjectKey) -> [SheetLine] {
    let reference = ObjectReference(kind, key)
    var lines = ownerLines(reference) + eventLines(kind, key) + revisionLines(reference)
    guard let object = timeline.world.object(kind, key) else { return lines }
    lines += [SheetLine(""), .heading("YAML")]
    for line in object.json().yaml.split(separator: "\n", omittingEmptySubsequences: false) {
      lines.append(SheetLine("  " + line, .dim))
    }
    return lines
  }

  // MARK: Causes

  /// The chain of causes that ends in a record, first cause first.
  func whyLines(from id: TraceID) -> [SheetLine] {
    let world = timeline.world
    let chain = world.trace.chain(from: id).reversed().map { world.action($0) }
    guard !chain.isEmpty else {
      return [SheetLine("The trace no longer holds this record.", .dim)]
    }
    var lines: [SheetLine] = [
      SheetLine("First cause at the top; each line happened because of the one above it.", .dim),
      SheetLine(""),
    ]
    var last: Tick?
    for (depth, action) in chain.enumerated() {
      let text = ActionText(action)
      let since = last.map { Self.pause(action.at - $0) } ?? ""
      last = action.at
      lines.append(
        SheetLine([
          Ink(preciseClockText(action.at), .dim),
          Ink("  " + since + String(repeating: " ", count: max(9 - since.count, 0)), .accent3),
          Ink(text.text, depth == chain.count - 1 ? .title : action.note.role),
        ]))
      lines.append(
        SheetLine(
          "                       \(text.who)\(text.tail.isEmpty ? "" : ", \(text.tail)")", .dim))
    }
    return lines
  }

  private static func pause(_ span: TimeSpan) -> String {
    let milliseconds = span.microseconds / 1000
    if milliseconds < 1 { return "+<1 ms" }
    return milliseconds < 10_000 ? "+\(milliseconds) ms" : "+\(milliseconds / 1000) s"
  }

  /// `alarm NOSPACE`: nothing can be put while it is raised.
  var alarmText: String? {
    observation.alarms.first.map { "alarm " + $0.kind.name }
  }

  /// `3 members, 3 healthy, quorum 2, can lose 1 more`.
  var quorumText: String {
    let total = observation.voters
    let spare = observation.healthyMembers - observation.quorum
    let rest = alarmText ?? (spare >= 0 ? "can lose \(spare) more" : "QUORUM LOST")
    return
      "\(total) member\(total == 1 ? "" : "s"), \(observation.healthyMembers) healthy, quorum \(observation.quorum), \(rest)"
  }
}

extension PodState {
  /// What the state means.
  var role: Role {
    if isTerminating { return .terminating }
    switch status {
    case "Running": return isReady ? .ok : .warn
    case "Completed", "Succeeded": return .dim
    case "Pending", "ContainerCreating", "PodInitializing": return .pending
    default: return .error
    }
  }
}

extension Observation.Pod {
  var role: Role { PodState(self).role }
}

extension Note {
  var role: Role {
    switch kind {
    case .decision: .text
    case .observation: .info
    case .leadership: .leader
    case .lifecycle: .accent3
    case .failure: .warn
    case .write: .dim
    case .input: .changed
    }
  }
}
