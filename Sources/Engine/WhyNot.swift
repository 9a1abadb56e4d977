import Basics
import KubeAPI
import KubeScheduler
import Kubelet
import SimulationKernel

/// What can be asked "why not?" of.
public enum WhyNotGoal: Sendable, Hashable {
  /// The pod is not running and ready.
  case running(ObjectKey)
  /// The pod is not evicted from its node.
  case evicted(ObjectKey)
  /// The pod that is being deleted is still there.
  case gone(ObjectKey)
  /// The pod is not back on the node it once was on.
  case rescheduled(ObjectKey)
  /// Nobody leads, by the binary's name.
  case leader(String)
  /// Writes are not carried out.
  case committed
  /// Nodes still send a service's connections to an address.
  case unrouted(service: ObjectKey, address: String)
  /// Nothing happens.
  case anything
  /// The load balancer sends nothing to the API server on a host.
  case balanced(String)
  /// kubectl's request is not answered yet.
  case answered
  /// A node's drain does not end.
  case drained(String)
  /// There is no Event about an object.
  case event(ObjectReference)
  /// A restore did not bring an object.
  case restored(ObjectReference)
  /// A deployment's rollout is not done.
  case rolledOut(ObjectKey)
  /// A service has no endpoint.
  case endpoints(ObjectKey)
  /// A controller, by its name, does nothing.
  case acting(String)
}

/// An answer to "why not?": what the goal requires, in order, the first thing that is missing, and
/// who would do something about it, on what evidence, and when at the earliest.
public struct WhyNot: Sendable {
  public struct Requirement: Sendable {
    public let words: String
    public let isMet: Bool
    /// One line each: nodes and what refused them, members and what struck them.
    public var details: [String] = []
  }

  /// Who would act next.
  public struct Waiter: Sendable {
    /// `taint-eviction-controller@master-2`; nil where no component is responsible.
    public let who: String?
    /// On what it would act.
    public let evidence: String
    /// The earliest it can be; nil where it waits for an event and not for a time.
    public let earliest: Tick?
    /// The timer or message it would come with.
    public let item: PendingItem?
    /// What stands in the way.
    public let suppressor: Deed?
  }

  public let question: String
  public let requirements: [Requirement]
  public let waiter: Waiter?

  /// The first thing missing; nil where all is there.
  public var unmet: Requirement? { requirements.first { !$0.isMet } }

  /// A line for people, and what it says of the goal.
  public struct Line: Sendable {
    /// What holds, the first thing that does not and what is known of it, the deed that keeps it
    /// away, and who acts next.
    public enum Part: Sendable { case met, missing, detail, heldUp, next }
    public let part: Part
    /// Its words, with the mark of its part before them.
    public let text: String
  }

  /// At most `limit` lines for people.
  public func answer(_ limit: Int = 6) -> [Line] {
    var lines: [Line] = []
    let met = requirements.prefix { $0.isMet }.map(\.words)
    if !met.isEmpty {
      lines.append(Line(part: .met, text: "ok: " + met.joined(separator: "; ")))
    }
    if let unmet {
      lines.append(Line(part: .missing, text: "missing: " + unmet.words))
      lines += unmet.details.prefix(max(1, limit - lines.count - 2)).map {
        Line(part: .detail, text: "  " + $0)
      }
    }
    guard let waiter else { return Array(lines.prefix(limit)) }
    if let deed = waiter.suppressor {
      lines = Array(lines.prefix(limit - 2))
      lines.append(
        Line(part: .heldUp, text: "held up by: \(deed.at.clock) \(waiter.suppressedBy)"))
    }
    lines = Array(lines.prefix(limit - 1))
    var last = waiter.who.map { "next: \($0): " } ?? "nobody acts: "
    last += waiter.evidence
    if let at = waiter.earliest { last += ", at the earliest \(at.clock)" }
    return lines + [Line(part: .next, text: last)]
  }

  /// The same as text alone.
  public func lines(_ limit: Int = 6) -> [String] { answer(limit).map(\.text) }
}

extension WhyNot.Waiter {
  fileprivate var suppressedBy: String {
    switch suppressor?.input {
    case .fail(let fault): "FAULT \(fault.text)"
    case .kill(let host, let process): "FAULT \(process) on \(host) is killed"
    default: "an input"
    }
  }

  init(_ item: PendingItem, suppressor: Deed? = nil) {
    self.init(
      who: item.owner, evidence: item.words, earliest: item.due, item: item,
      suppressor: suppressor)
  }

  init(
    _ who: String?, _ evidence: String, earliest: Tick? = nil, suppressor: Deed? = nil
  ) {
    self.init(
      who: who, evidence: evidence, earliest: earliest, item: nil, suppressor: suppressor)
  }
}

extension World {
  /// Why a goal is not reached now. Read off the present state: nothing is changed.
  public func whyNot(_ goal: WhyNotGoal) -> WhyNot {
    switch goal {
    case .running(let key): return whyNotRunning(key)
    case .evicted(let key): return whyNotEvicted(key)
    case .gone(let key): return whyNotGone(key)
    case .rescheduled(let key): return whyNotRescheduled(key)
    case .leader(let component):
      return component == "etcd" ? whyNoEtcdLeader() : whyNoLeader(component)
    case .committed: return whyNotCommitted()
    case .unrouted(let service, let address): return whyStillRouted(service, address)
    case .anything: return whyNothing()
    case .balanced(let host): return whyNotBalanced(host)
    case .answered: return whyNotAnswered()
    case .drained(let node): return whyNotDrained(node)
    case .event(let object): return whyNoEvent(object)
    case .restored(let object): return whyNotRestored(object)
    case .rolledOut(let deployment): return whyNotRolledOut(deployment)
    case .endpoints(let service): return whyNoEndpoints(service)
    case .acting(let controller): return whyNotActing(controller)
    }
  }

  // MARK: Helpers

  /// The first thing that will happen of those wanted.
  func next(_ isWanted: (PendingItem) -> Bool) -> PendingItem? {
    let kept = deadlines().filter(isWanted).min { $0.due < $1.due }
    var queued: PendingItem?
    wheel.walk { tick, order, delivery in
      if let kept, kept.due <= tick { return false }
      guard let item = item(delivery, at: tick, order: order), isWanted(item) else { return true }
      queued = item
      return false
    }
    return queued ?? kept
  }

  /// The deed that keeps a process from working now.
  func suppressor(of process: Process) -> Deed? {
    suppressors(of: process, from: now, to: now).first { strikes($0, process) }
  }

  /// `etcd@master-1: FAULT master-1 loses power`.
  func state(of process: Process) -> String {
    let name = self.name(of: process.id)
    if let deed = suppressor(of: process) { return "\(name): \(deed.text(in: self))" }
    switch process.state {
    case .running: return "\(name): running"
    case .paused: return "\(name): paused"
    case .starting: return "\(name): being started"
    case .stopped: return "\(name): stopped"
    }
  }

  // MARK: Etcd

  func whyNoEtcdLeader() -> WhyNot {
    let question = "why does no etcd member lead?"
    let members = etcdProcesses.map { processes[$0] }
    let voters = etcdVoters
    let quorum = voters / 2 + 1
    var majority = WhyNot.Requirement(
      words: "a majority (\(quorum) of \(voters)) runs and reaches one another: "
        + "\(healthyMembers())", isMet: healthyMembers() >= quorum)
    majority.details = members.map(state)
    let leaders = self.leaders(of: "etcd")
    let leads = WhyNot.Requirement(
      words: "a member leads" + (leaders.isEmpty ? "" : ": " + leaders.joined(separator: ", ")),
      isMet: !leaders.isEmpty)
    guard majority.isMet else {
      let struck = members.compactMap(suppressor).first
      let restart = next { item in
        item.topic == .start && members.contains { $0.id == item.process }
      }
      return WhyNot(
        question: question, requirements: [majority, leads],
        waiter: restart.map { WhyNot.Waiter($0, suppressor: struck) }
          ?? WhyNot.Waiter(
            nil, "\(quorum - healthyMembers()) more members must come back", suppressor: struck))
    }
    guard leaders.isEmpty else {
      return WhyNot(question: question, requirements: [majority, leads], waiter: nil)
    }
    let election = next { item in
      item.topic == .election && members.contains { $0.id == item.process }
    }
    return WhyNot(
      question: question, requirements: [majority, leads],
      waiter: election.map { WhyNot.Waiter($0) })
  }

  func whyNotCommitted() -> WhyNot {
    let question = "why are writes not carried out?"
    let election = whyNoEtcdLeader()
    var requirements = election.requirements
    let alarms = etcdMembers.compactMap(\.view).flatMap(\.alarms)
    requirements.append(
      WhyNot.Requirement(
        words: "no alarm"
          + (alarms.isEmpty ? "" : ": \(alarms.map { "\($0.kind)" }.joined(separator: ", "))"),
        isMet: alarms.isEmpty))
    let servers = processes.filter { $0.role == .apiServer }
    var reach = WhyNot.Requirement(
      words: "an API server runs and the load balancer sends to it",
      isMet: loadBalancer.backends.contains { $0.isUp })
    reach.details = servers.map(state)
    requirements.append(reach)
    let slow = disks.indices.filter { disks[$0].delay > .zero || disks[$0].isFull }
    requirements.append(
      WhyNot.Requirement(
        words: slow.isEmpty
          ? "no disk is slow or full"
          : "disks are slow or full: "
            + slow.map { hosts[processes[etcdProcesses[$0]].host].name }.joined(separator: ", "),
        isMet: slow.isEmpty))
    if election.unmet != nil {
      return WhyNot(question: question, requirements: requirements, waiter: election.waiter)
    }
    guard let unmet = requirements.firstIndex(where: { !$0.isMet }) else {
      let open = user.waiting.first
      return WhyNot(
        question: question, requirements: requirements,
        waiter: open.map {
          WhyNot.Waiter(
            "etcd", "\($0.asked.words), asked \((now - $0.asked.at).brief) ago, is under way")
        })
    }
    let struck = deeds.reversed().first { $0.isFault && (end(of: $0) ?? .distantFuture) > now }
    let waiter =
      unmet == 3
      ? next { $0.topic == .start && processes[$0.process].role == .apiServer }.map {
        WhyNot.Waiter($0, suppressor: struck)
      } : nil
    return WhyNot(
      question: question, requirements: requirements,
      waiter: waiter
        ?? WhyNot.Waiter(nil, "until it is healed or repaired", suppressor: struck))
  }

  // MARK: Leader leases

  func whyNoLeader(_ component: String) -> WhyNot {
    let question = "why does no \(component) lead?"
    let candidates = processes.filter { $0.role.name == component }
    let running = candidates.filter(\.isRunning)
    var runs = WhyNot.Requirement(
      words: "one of \(candidates.count) runs: \(running.count)", isMet: !running.isEmpty)
    runs.details = candidates.map(state)
    let writes = whyNotCommitted()
    let carriesOut = WhyNot.Requirement(
      words: "writes to its lease are carried out", isMet: writes.unmet == nil,
      details: writes.lines(3))
    let leaders = self.leaders(of: component)
    let leads = WhyNot.Requirement(
      words: leaders.isEmpty
        ? "the lease is free, or was not renewed for its duration" : "\(leaders[0]) leads",
      isMet: !leaders.isEmpty)
    let requirements = [runs, carriesOut, leads]
    if !runs.isMet {
      let start = next { item in
        item.topic == .start && candidates.contains { $0.id == item.process }
      }
      let struck = candidates.compactMap(suppressor).first
      return WhyNot(
        question: question, requirements: requirements,
        waiter: start.map { WhyNot.Waiter($0, suppressor: struck) }
          ?? WhyNot.Waiter(nil, "none of them is to be started", suppressor: struck))
    }
    if !carriesOut.isMet {
      return WhyNot(question: question, requirements: requirements, waiter: writes.waiter)
    }
    guard leaders.isEmpty else {
      return WhyNot(question: question, requirements: requirements, waiter: nil)
    }
    let takeover = next { item in
      item.topic == .lease && item.kind == .deadline && running.contains { $0.id == item.process }
    }
    return WhyNot(
      question: question, requirements: requirements,
      waiter: takeover.map { WhyNot.Waiter($0) })
  }

  // MARK: Nothing

  func whyNothing() -> WhyNot {
    let plain = next { !$0.isRoutine && $0.due > now }
    let routine = pending(limit: 1, folding: true).first
    let quiet = WhyNot.Requirement(
      words: plain == nil
        ? "something but heartbeats and periodic looks is to come: nothing is, the cluster is "
          + "quiescent" : "something but heartbeats and periodic looks is to come",
      isMet: plain != nil)
    return WhyNot(
      question: "why does nothing happen?", requirements: [quiet],
      waiter: (plain ?? routine).map { WhyNot.Waiter($0) })
  }
}
