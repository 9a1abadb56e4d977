import Basics
import Etcd
import KubeAPI
import SimulationKernel

/// Inputs: everything that comes into the world from outside.
public enum Input: Sendable {
  // Boxed where the payload is large: a timeline keeps every input it was given.
  /// A person's request, as from kubectl.
  indirect case request(APIRequest)
  indirect case fail(Fault)
  /// Undo the faults of a target.
  indirect case heal(Fault.Target)
  case healAll
  /// A process is killed once; its supervisor starts it again.
  case kill(host: String, process: String)
  /// A client outside the cluster turns to the etcd member on a host; answered with its number.
  case etcdOpen(member: String)
  /// It asks something; answered with the request's number. See `takeEtcdEvents`.
  case etcdRequest(client: UInt64, EtcdRequest)
  /// It hangs up: its watches end.
  case etcdClose(client: UInt64)
  /// A message under way, or one held back, arrives now.
  case deliver(DeliveryID)
  /// A message under way is held back until it is delivered or dropped.
  case hold(DeliveryID)
  /// A message is lost.
  case drop(DeliveryID)
  /// A member is stopped, its data directory replaced by one made of a snapshot, and it is started
  /// again: `etcdutl snapshot restore` on its host.
  indirect case etcdRestore(EtcdRestore)
  /// The etcd of a host is started anew with an empty data directory and
  /// `--initial-cluster-state existing`: it joins a cluster that has added it.
  case etcdJoin(host: String)
}

extension Input {
  /// The same with its target under its one name.
  fileprivate var canonical: Input {
    switch self {
    case .fail(let fault): .fail(Fault(fault.target.canonical, fault.effect))
    case .heal(let target): .heal(target.canonical)
    default: self
    }
  }
}

extension World {
  /// Applies an input now. The number of a request is what `takeAnswer` wants; that of an etcd
  /// client or of its request is found in its events.
  @discardableResult
  public mutating func apply(_ input: Input) throws(FaultProblem) -> UInt64? {
    let input = input.canonical
    let before = trace.total
    let answer = try carryOut(input)
    // What made no record, as a read, is nobody's cause.
    for entry in trace.after(TraceID(before)) where entry.record.note.kind == .input {
      deeds.append(Deed(record: entry.id, at: now, input: input))
      break
    }
    return answer
  }

  private mutating func carryOut(_ input: Input) throws(FaultProblem) -> UInt64? {
    switch input {
    case .request(let request): return submit(request)
    case .fail(let fault): try fail(fault)
    case .heal(let target): try heal(target)
    case .healAll: while let fault = activeFaults.last { try heal(fault.target) }
    case .kill(let host, let name):
      let process = try process(name, on: host)
      let note = Note(.input, nil, "\(name) on \(host) is killed")
      kill(process, cause: record(note, by: nil, cause: .none))
    case .etcdOpen(let member): return try openEtcd(member)
    case .etcdRequest(let client, let request): return try requestEtcd(client, request)
    case .etcdClose(let client): try closeEtcd(client)
    case .deliver(let id): try deliver(id)
    case .hold(let id): try hold(id)
    case .drop(let id): try drop(id)
    case .etcdRestore(let restore): try restoreEtcd(restore)
    case .etcdJoin(let host): try joinEtcd(host)
    }
    return nil
  }

  /// Sends a person's request through the load balancer.
  mutating func submit(_ request: APIRequest) -> UInt64 {
    let id = user.begin(request, at: now)
    var request = request
    if request.user.isEmpty { request.user = "kubernetes-admin" }
    let words = "\(request.verb.rawValue) \(request.path)"
    let cause =
      request.isMutating
      ? record(
        Note(.input, ObjectReference(request.kind, request.key), "kubectl: \(words)"), by: nil,
        cause: .none)
      : TraceID.none
    sendToServer(userProcess, .apiRequest(0, id, request), cause: cause)
    return id
  }

  /// The answer to a request of `apply`, once it is there.
  public mutating func takeAnswer(_ id: UInt64) -> APIResponse? { user.take(id) }
  /// What a watch of `apply` brought since the last time; nil once its end was told.
  public mutating func takeNews(_ id: UInt64) -> WatchNews? { user.takeNews(id) }
  public func hasAnswer(_ id: UInt64) -> Bool { user.hasAnswer(id) }

  /// True when this target suffers from a fault now.
  public func isFailed(_ target: Fault.Target) -> Bool {
    activeFaults.contains { $0.target == target.canonical }
  }

  func hostID(_ name: String) throws(FaultProblem) -> HostID {
    if let host = host(named: name) { return host.id }
    let known = hosts.filter { $0.role != .cloud && $0.role != .laptop }.map(\.name)
    throw FaultProblem(
      message: "no host \"\(name)\"; there are \(known.prefix(12).joined(separator: ", "))")
  }

  private func process(_ name: String, on host: String) throws(FaultProblem) -> ProcessID {
    let id = try hostID(host)
    if let process = process(named: name, on: id) { return process.id }
    let known = hosts[id].processes.map { processes[$0].role.name }
    throw FaultProblem(
      message: "no process \"\(name)\" on \(host); it runs \(known.joined(separator: ", "))")
  }

  private mutating func fail(_ fault: Fault) throws(FaultProblem) {
    // What it names must be there before anything is changed.
    switch fault.target {
    case .host(let name), .disk(let name), .clock(let name), .cloud(let name):
      _ = try hostID(name)
    case .process(let host, let name): _ = try process(name, on: host)
    case .link(let from, let to, _):
      guard try hostID(from) != hostID(to) else {
        throw FaultProblem(message: "a link needs two hosts, not \"\(from)\" twice")
      }
    case .zone(let name):
      guard hosts.contains(where: { $0.zone == name }) else {
        throw FaultProblem(message: "no zone \"\(name)\"")
      }
    case .container(let pod, let name): _ = try runtime(of: pod, container: name)
    }
    let cause = record(Note(.input, subject(of: fault), fault.text), by: nil, cause: .none)
    switch (fault.target, fault.effect) {
    case (.host(let name), .powerOff): powerOff(try hostID(name), cause: cause)
    case (.host(let name), .cut):
      network.setIsolated(true, host: try hostID(name))
      reviewConnections()
      etcdServersReview()
    case (.host(let name), .shutdown): shutDown(try hostID(name), cause: cause)
    case (.zone(let name), .powerOff):
      for host in hosts where host.zone == name { powerOff(host.id, cause: cause) }
    case (.zone(let name), .cut): setZone(name, isCut: true)
    case (.cloud(let name), .powerOff):
      cloud.terminate(name)
      powerOff(try hostID(name), cause: cause)
    case (.process(let host, let name), .stop):
      let id = try process(name, on: host)
      processes[id].isHeldDown = true
      if processes[id].state == .starting { endLife(of: id) }
      kill(id, cause: cause)
      processes[id].state = .stopped
    case (.process(let host, let name), .terminate):
      terminate(try process(name, on: host), cause: cause)
    case (.process(let host, let name), .pause): pause(try process(name, on: host))
    case (.process(let host, let name), .overload(let span)):
      try overload(try process(name, on: host), by: span)
    case (.container(let pod, let name), let effect):
      try inflict(effect, on: pod, container: name, cause: cause)
    case (.link(let from, let to, let isOneWay), .flap(let up, let down)):
      try flap(
        from: try hostID(from), to: try hostID(to), isOneWay: isOneWay, up: up, down: down)
    case (.link(let from, let to, let isOneWay), let effect):
      let a = try hostID(from)
      let b = try hostID(to)
      try change(effect, from: a, to: b)
      if !isOneWay { try change(effect, from: b, to: a) }
      reviewConnections()
      etcdServersReview()
    case (.disk(let name), .slow(let span)): disks[try disk(name)].delay = span
    case (.disk(let name), .full): disks[try disk(name)].isFull = true
    case (.disk(let name), .unsynced): loseUnsynced(try disk(name), cause: cause)
    case (.disk(let name), .lost): loseDisk(try disk(name), cause: cause)
    case (.disk(let name), .corruptLog):
      let log = disks[try disk(name)].durable
      disks[try disk(name)].corrupt((log.startIndex + log.endIndex) / 2)
    case (.disk(let name), .corruptValue):
      guard let key = etcdMembers[try disk(name)].corruptValue() else {
        throw FaultProblem(message: "etcd on \(name) does not run, or holds no key")
      }
      _ = record(
        Note(.observation, nil, "on \(name) alone, \(key) is not what was written"), by: nil,
        cause: cause)
    case (.clock(let name), .offset(let span)):
      hosts[try hostID(name)].clock.setOffset(span)
    case (.clock(let name), .rate(let rate)):
      guard rate > 0 else { throw FaultProblem(message: "a clock's rate must be above 0") }
      hosts[try hostID(name)].clock.setRate(perMillion: Int64(rate), at: now)
    case (.clock(let name), .jump(let span)):
      let id = try hostID(name)
      hosts[id].clock.setOffset(hosts[id].clock.offset + span)
      return list(Fault(fault.target, .offset(hosts[id].clock.offset)))
    default:
      throw FaultProblem(message: "\(fault.target.text) can't suffer that")
    }
    if !fault.isMomentary { list(fault) }
  }

  /// Keeps a fault until it is healed; a newer one of its kind takes its place.
  private mutating func list(_ fault: Fault) {
    activeFaults.removeAll {
      $0.target == fault.target && $0.effect.words.first == fault.effect.words.first
    }
    activeFaults.append(fault)
  }

  /// The process goes down with its files; what starts again finds an empty directory.
  private mutating func loseDisk(_ index: Int, cause: TraceID) {
    let process = etcdProcesses[index]
    if processes[process].isAlive {
      exit(process, code: 1, reason: "failed to sync WAL: input/output error", cause: cause)
    }
    disks[index].erase()
  }

  /// As a power loss for the log, and for etcd as a crash: it starts again from what was synced.
  private mutating func loseUnsynced(_ index: Int, cause: TraceID) {
    let process = etcdProcesses[index]
    var draws = draws(.power, process)
    disks[index].losePower(draws: &draws)
    if processes[process].isAlive { kill(process, cause: cause) }
  }

  private mutating func change(
    _ effect: Fault.Effect, from: HostID, to: HostID
  ) throws(FaultProblem) {
    var state = network.fault(from: from, to: to)
    switch effect {
    case .cut: state.isCut = true
    case .delay(let span): state.delay = span
    case .loss(let percent):
      guard (0...100).contains(percent) else {
        throw FaultProblem(message: "a loss is 0 to 100 percent")
      }
      state.lossPercent = UInt64(percent)
    default: throw FaultProblem(message: "a link can be cut, delayed or lossy")
    }
    network.setFault(state, from: from, to: to)
  }

  private func disk(_ name: String) throws(FaultProblem) -> Int {
    let id = try hostID(name)
    guard let etcd = process(.etcd, on: id) else {
      throw FaultProblem(message: "\(name) has no etcd member whose disk could fail")
    }
    return etcd.index
  }

  private mutating func heal(_ target: Fault.Target) throws(FaultProblem) {
    let cause = record(Note(.input, nil, "\(target.text) is healed"), by: nil, cause: .none)
    activeFaults.removeAll { $0.target == target }
    switch target {
    case .host(let name):
      let id = try hostID(name)
      network.setIsolated(false, host: id)
      // Switched on again before it was down: it begins anew.
      if hosts[id].isShuttingDown { powerOff(id, cause: cause) }
      powerOn(id, cause: cause)
      reviewConnections()
    case .container(let pod, let name): heal(container: name, of: pod, cause: cause)
    case .zone(let name):
      setZone(name, isCut: false)
      for host in hosts where host.zone == name { powerOn(host.id, cause: cause) }
    case .cloud(let name):
      launch(try hostID(name))
      powerOn(try hostID(name), cause: cause)
    case .process(let host, let name):
      let id = try process(name, on: host)
      unpause(id)
      serverLoads.removeValue(forKey: id)
      if processes[id].isHeldDown {
        processes[id].isHeldDown = false
        processes[id].backoff = .zero
        if hosts[processes[id].host].isPowered, processes[id].state == .stopped {
          processes[id].state = .starting
          let delay = Process.bootDelay(processes[id].role, isFirst: false)
          var draws = draws(.boot, id)
          let at = now + draws.span(delay.low, delay.high)
          schedule(.control(.start), to: id, at: at, cause: cause)
        }
      }
    case .link(let from, let to, let isOneWay):
      let a = try hostID(from)
      let b = try hostID(to)
      stopFlapping(from: a, to: b)
      network.setFault(Network.Fault(), from: a, to: b)
      if !isOneWay { network.setFault(Network.Fault(), from: b, to: a) }
      reviewConnections()
    case .disk(let name):
      let disk = try disk(name)
      disks[disk].delay = .zero
      disks[disk].isFull = false
    case .clock(let name):
      let id = try hostID(name)
      hosts[id].clock.setOffset(.zero)
      hosts[id].clock.setRate(perMillion: 1_000_000, at: now)
    }
    etcdServersReview()
  }

  private func subject(of fault: Fault) -> ObjectReference? {
    switch fault.target {
    case .host(let name), .disk(let name), .clock(let name), .cloud(let name):
      ObjectReference(.node, ObjectKey(name: name))
    case .container(let pod, _): ObjectReference(.pod, pod)
    default: nil
    }
  }
}
