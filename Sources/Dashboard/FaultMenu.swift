import Basics
import Engine
import KubeAPI

/// What the fault menu is about.
enum FaultSubject: Sendable, Hashable {
  case host(String)
  case process(host: String, name: String)
  case pod(UID)
  case link(String, String)

  func title(_ state: AppState) -> String {
    switch self {
    case .host(let name): name
    case .process(let host, let name): "\(name) on \(host)"
    case .pod(let uid): state.observation.pods[uid]?.key.text ?? "a pod"
    case .link(let a, let b): "the link \(a) - \(b)"
    }
  }
}

extension AppState {
  /// What `F` is about: the marked line of a popup, or the selected row.
  var faultSubject: FaultSubject? {
    var row = selectedRow
    if case .sheet(let sheet) = overlays.last {
      if let target = sheet.selectedTarget, let subject = Self.subject(of: target) {
        return subject
      }
      guard case .details(let about) = sheet.content else { return nil }
      row = about
    }
    guard let row else { return nil }
    if case .pod(let uid) = row { return .pod(uid) }
    return Self.target(of: row).flatMap(Self.subject)
  }

  private static func subject(of target: Fault.Target) -> FaultSubject? {
    switch target {
    case .host(let name), .disk(let name), .clock(let name), .cloud(let name): .host(name)
    case .process(let host, let name): .process(host: host, name: name)
    case .link(let from, let to, _): .link(from, to)
    case .zone, .container: nil
    }
  }

  mutating func openFaultMenu() {
    guard let subject = faultSubject else {
      return say("select a node, a pod, a member or a process first", .warn)
    }
    open(.faults(subject))
  }

  func faultItems(_ subject: FaultSubject) -> [MenuItem] {
    switch subject {
    case .host(let name): hostItems(name)
    case .process(let host, let name): processItems(host, name)
    case .pod(let uid): podItems(uid)
    case .link(let a, let b): linkItems(a, b)
    }
  }

  /// A fault as a line: what is healed where it is there already.
  private func item(
    _ key: Unicode.Scalar, _ title: String, _ fault: Fault, heal: String = "Undo it"
  ) -> MenuItem {
    let isThere = observation.faults.contains {
      $0.target == fault.target && $0.effect.words.first == fault.effect.words.first
    }
    if isThere {
      return MenuItem(
        key, "\(heal) (\(title.lowercased()))",
        .input(.heal(fault.target), said: "\(fault.target.text) is healed"))
    }
    let cost = cost(of: fault)
    return MenuItem(
      key, title, cost, warning: warning(before: fault) ?? "", .fault(fault))
  }

  // MARK: Machines

  private func hostItems(_ name: String) -> [MenuItem] {
    guard let host = timeline.world.host(named: name) else { return [] }
    let isNode = host.role == .master || host.role == .worker
    var items = [MenuItem.heading("Power")]
    if host.isPowered {
      items += [
        item("o", "Power off", Fault(.host(name))),
        item("s", "Shut down (stop gracefully)", Fault(.host(name), .shutdown)),
      ]
    } else {
      items.append(
        MenuItem(
          "o", "Power on (start)", .input(.heal(.host(name)), said: "\(name) is powered on")))
    }
    items += [
      .heading("Network"), item("c", "Cut off from everybody", Fault(.host(name), .cut)),
      MenuItem("l", "A link to another machine", "cut, delay, loss, flap", .menu(.linkTo(name))),
    ]
    items += diskItems(name)
    items += clockItems(name)
    if isNode { items += nodeItems(name, host) }
    items.append(.heading("Processes"))
    let keys = Array("1234567890".unicodeScalars)
    for (index, id) in host.processes.prefix(10).enumerated() {
      let process = timeline.world.processes[id]
      let role = process.role.name
      items.append(
        MenuItem(
          keys[index], role, process.state.word, .menu(.faults(.process(host: name, name: role)))))
    }
    return items
  }

  private func diskItems(_ name: String) -> [MenuItem] {
    guard observation.members.contains(where: { $0.name == name }) else { return [] }
    var items = [MenuItem.heading("Disk of etcd")]
    let keys: [String: (Unicode.Scalar, String)] = [
      "slow": ("d", "Slow: fsync takes 500 ms more"), "full": ("f", "Full: no write succeeds"),
      "unsynced": ("u", "Unsynced writes lost: etcd crashes and misses its last ones"),
      "corrupt-log": ("b", "Rotten log: etcd refuses it at its next start"),
      "corrupt-value": ("v", "Rotten value: only a comparison of hashes finds it"),
      "lost": ("e", "Lost: an empty disk in its place"),
    ]
    for effect in Fault.Target.disk(name).effects {
      let word = effect.words.first ?? ""
      let (key, title) = keys[word] ?? ("-", word.prefix(1).uppercased() + word.dropFirst())
      items.append(item(key, title, Fault(.disk(name), effect)))
    }
    return items
  }

  private func clockItems(_ name: String) -> [MenuItem] {
    [
      .heading("Clock"), item("a", "Ahead by a minute", Fault(.clock(name), .offset(.seconds(60)))),
      MenuItem(
        "w", "Wall clock jumps back 30 s", .fault(Fault(.clock(name), .jump(.seconds(-30))))),
      item("r", "Runs 5 % fast", Fault(.clock(name), .rate(perMillion: 1_050_000))),
    ]
  }

  private func nodeItems(_ name: String, _ host: Host) -> [MenuItem] {
    let isCordoned =
      observation.nodes.first { $0.name == name }?.status.contains("SchedulingDisabled") ?? false
    let pods = observation.pods.states(on: name).count { !$0.isTerminating }
    return [
      .heading("As kubectl would"),
      MenuItem(
        "D", "Drain", "evicts \(pods) pod\(pods == 1 ? "" : "s")",
        .kubectl("drain \(name) --ignore-daemonsets --delete-emptydir-data")),
      isCordoned
        ? MenuItem("C", "Uncordon", "pods may come again", .kubectl("uncordon \(name)"))
        : MenuItem("C", "Cordon", "no new pods", .kubectl("cordon \(name)")),
      MenuItem(
        "T", "Taint", "NoExecute: pods without a toleration go",
        .kubectl("taint nodes \(name) experiment=yes:NoExecute")),
      .heading("Cloud and zone"), item("X", "Terminate the instance", Fault(.cloud(name))),
      item("Z", "Zone \(host.zone): power off", Fault(.zone(host.zone))),
      item("Y", "Zone \(host.zone): cut from the others", Fault(.zone(host.zone), .cut)),
    ]
  }

  // MARK: Processes

  private func processItems(_ host: String, _ name: String) -> [MenuItem] {
    guard let machine = timeline.world.host(named: host),
      let process = timeline.world.process(named: name, on: machine.id)
    else { return [] }
    let target = Fault.Target.process(host: host, name: name)
    var items: [MenuItem] = []
    switch process.state {
    case .stopped, .starting:
      items.append(
        MenuItem("s", "Start", .input(.heal(target), said: "\(name) on \(host) is started")))
      if process.state == .starting {
        items.append(item("h", "Stop (hold it down)", Fault(target, .stop)))
      }
    case .paused:
      items.append(
        MenuItem("p", "Continue (SIGCONT)", .input(.heal(target), said: "\(name) goes on")))
    case .running:
      items += [
        MenuItem(
          "x", "Kill (crash)", "its supervisor starts it again",
          .input(.kill(host: host, process: name), said: "\(name) on \(host) is killed")),
        item("h", "Stop at once", Fault(target, .stop)),
        item("g", "Stop gracefully", Fault(target, .terminate)),
        item("p", "Pause (SIGSTOP)", Fault(target, .pause)),
      ]
    }
    if name == Process.Role.apiServer.name {
      items.append(
        item("v", "Overload: 500 ms a request", Fault(target, .overload(.milliseconds(500)))))
    }
    if name == Process.Role.etcd.name {
      items += diskItems(host)
      items += [.heading("Links of \(host) to other members")]
      let keys = Array("123456".unicodeScalars)
      for (index, other) in observation.members.filter({ $0.name != host }).prefix(6).enumerated() {
        items.append(MenuItem(keys[index], other.name, .menu(.faults(.link(host, other.name)))))
      }
    }
    items += [
      .heading("Its machine"), MenuItem("m", host, .menu(.faults(.host(host)))),
    ]
    return items
  }

  // MARK: Links

  func linkItems(from host: String) -> [MenuItem] {
    timeline.world.hosts.filter { $0.name != host && $0.role != .cloud && $0.role != .laptop }
      .map { MenuItem(nil, $0.name, $0.ip, .menu(.faults(.link(host, $0.name)))) }
  }

  private func linkItems(_ a: String, _ b: String) -> [MenuItem] {
    let both = Fault.Target.link(from: a, to: b, isOneWay: false).canonical
    return [
      item("c", "Cut", Fault(both)),
      item("o", "Cut one way: \(a) to \(b)", Fault(.link(from: a, to: b, isOneWay: true))),
      item("i", "Cut one way: \(b) to \(a)", Fault(.link(from: b, to: a, isOneWay: true))),
      item("d", "Delay of 200 ms", Fault(both, .delay(.milliseconds(200)))),
      item("p", "Loss of 20 % of packets", Fault(both, .loss(percent: 20))),
      item("f", "Flap: 10 s up, 5 s down", Fault(both, .flap(up: .seconds(10), down: .seconds(5)))),
    ]
  }

  // MARK: Pods

  private func podItems(_ uid: UID) -> [MenuItem] {
    guard let seen = observation.pods[uid],
      let pod = timeline.world.object(.pod, seen.key)?.pod
    else { return [] }
    let place = pod.spec.containers.count > 1
    var items: [MenuItem] = []
    let letters = Array("abcdefghilmnoprstuvwxyz".unicodeScalars)
    var next = 0
    /// Letters run on over the containers of a pod.
    func letter(_ wanted: Unicode.Scalar) -> Unicode.Scalar {
      if !place { return wanted }
      defer { next += 1 }
      return letters[min(next, letters.count - 1)]
    }
    for container in pod.spec.containers {
      let target = Fault.Target.container(pod: seen.key, name: container.name)
      items.append(.heading("Container \(container.name)"))
      items += [
        MenuItem(letter("c"), "Crash", "exit code 1", .fault(Fault(target))),
        MenuItem(letter("o"), "Out of memory", "OOMKilled, 137", .fault(Fault(target, .oomKill))),
      ]
      let probes: [(Unicode.Scalar, String, Probe?, Fault.Effect)] = [
        ("r", "readiness", container.readinessProbe, .probes(.readiness)),
        ("l", "liveness", container.livenessProbe, .probes(.liveness)),
        ("s", "startup", container.startupProbe, .probes(.startup)),
      ]
      for (key, name, probe, effect) in probes {
        let fault = Fault(target, effect)
        if probe == nil {
          items.append(
            MenuItem(
              letter(key), "Failing \(name) probe", "it has none",
              warning: "\(container.name) has no \(name) probe that could fail", nil))
        } else {
          items.append(item(letter(key), "Failing \(name) probe", fault))
        }
      }
      items.append(badImage(pod, container, letter("i")))
    }
    items += [
      .heading("As kubectl would"),
      MenuItem("D", "Delete", "", .kubectl("delete pod \(pod.metadata.name)" + space(pod))),
      .heading("Its node"),
    ]
    if seen.node.isEmpty {
      items.append(MenuItem("n", "none yet", warning: "it is not bound to a node", nil))
    } else {
      items.append(MenuItem("n", seen.node, .menu(.faults(.host(seen.node)))))
    }
    return items
  }

  private func space(_ pod: Pod) -> String {
    pod.metadata.namespace == "default" ? "" : " -n " + pod.metadata.namespace
  }

  /// A tag that no registry has: for the pod's deployment where it has one, as people do it.
  private func badImage(_ pod: Pod, _ container: Container, _ key: Unicode.Scalar) -> MenuItem {
    let image = String(container.image.prefix { $0 != ":" && $0 != "@" }) + ":no-such-tag"
    var what = "pod/" + pod.metadata.name
    if let owner = pod.metadata.controller, owner.kind == "ReplicaSet" {
      let key = ObjectKey(namespace: pod.metadata.namespace, name: owner.name)
      what = "replicaset/" + owner.name
      if let set = timeline.world.object(.replicaSet, key)?.replicaSet,
        let above = set.metadata.controller, above.kind == "Deployment"
      {
        what = "deployment/" + above.name
      }
    }
    return MenuItem(
      key, "Bad image", "for \(what)",
      .kubectl("set image \(what) \(container.name)=\(image)" + space(pod)))
  }
}
