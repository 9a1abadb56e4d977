import APIServer
import Basics
import ControllerRuntime
import KubeAPI
import KubeProxy
import Kubelet
import SimulationKernel

/// The place of something in the queue of all that will happen. It stays the same until then.
public struct DeliveryID: Hashable, Sendable, Comparable {
  public let due: Tick
  /// Counts what is due at the same tick.
  public let order: Int
  /// For whom it is; a check that the queue is the one the place was read from.
  public let process: ProcessID

  public init(due: Tick, order: Int, process: ProcessID) {
    self.due = due
    self.order = order
    self.process = process
  }

  public static func < (a: DeliveryID, b: DeliveryID) -> Bool {
    (a.due, a.order) < (b.due, b.order)
  }
}

/// Something that will happen: a timer, a message under way, or a time that a component keeps in
/// mind.
public struct PendingItem: Sendable {
  public enum Kind: Sendable, Equatable {
    case timer
    case message
    /// Kept in mind by a component, without an entry of its own in the queue.
    case deadline
    /// A message that a person holds back.
    case held
  }

  public let kind: Kind
  public let topic: Deadline.Topic
  /// When it happens; for a held message, when it would have come.
  public let due: Tick
  /// What to deliver, hold or drop it by; nil for a deadline.
  public internal(set) var id: DeliveryID?
  public let process: ProcessID
  /// `kubelet@worker-2`.
  public let owner: String
  /// A message's sender, and when it sent it.
  public let from: ProcessID?
  public let sentAt: Tick?
  public let subject: ObjectReference?
  /// What happens, in the field's words.
  public let words: String
  public let cause: TraceID
  /// It comes round again and again while all is well.
  public let isRoutine: Bool
  /// How many of its topic it stands for, when folded.
  public internal(set) var count = 1
  /// There may be more of them: not all of a big queue was looked at.
  public internal(set) var isCountPartial = false
}

extension World {
  /// What will happen, the soonest first: timers and messages in the queue, and the times that
  /// components keep in mind. What they will ignore when it comes is left out.
  ///
  /// With `folding`, the routine of one topic is one item, the next of them, with its `count`.
  ///
  /// - Parameter scanning: how many of what is in the queue are looked at, the soonest first.
  public func pending(
    limit: Int = 200, folding: Bool = true, scanning: Int = .max
  ) -> [PendingItem] {
    let kept = deadlines(folding: folding) + heldItems()
    var queued: [PendingItem] = []
    var plain = 0
    var routine = [Int](repeating: 0, count: Deadline.Topic.allCases.count)
    let (standing, isWhole) = wheel.walk(
      classes: routine.count, scanning: scanning,
      // Of the standing timers of thousands of nodes only the first is looked at closely.
      classOf: { folding ? standingTopic(of: $0).map { Int($0.rawValue) } : nil }
    ) { tick, delivery, order in
      guard var item = item(delivery, at: tick, order: 0) else { return true }
      if item.isRoutine && folding {
        routine[Int(item.topic.rawValue)] += 1
        // Only the first of a topic is kept; the rest is counted.
        if routine[Int(item.topic.rawValue)] > 1 { return true }
      } else {
        plain += 1
      }
      item.id = DeliveryID(due: tick, order: order(), process: item.process)
      queued.append(item)
      return plain < limit
    }
    let all = Self.merged(kept, queued)
    guard folding else { return Array(all.prefix(limit)) }
    // The first of those that stand was met as well.
    for topic in routine.indices where standing[topic] > 0 { routine[topic] += standing[topic] - 1 }
    return fold(all, counted: routine, limit, isPartial: !isWhole)
  }

  /// By when they are due; the queue is in that order already.
  private static func merged(_ kept: [PendingItem], _ queued: [PendingItem]) -> [PendingItem] {
    let order = kept.indices.sorted { (kept[$0].due, $0) < (kept[$1].due, $1) }
    var all: [PendingItem] = []
    all.reserveCapacity(kept.count + queued.count)
    var next = 0
    for at in order {
      while next < queued.count, queued[next].due < kept[at].due {
        all.append(queued[next])
        next += 1
      }
      all.append(kept[at])
    }
    return all + queued[next...]
  }

  private func fold(
    _ items: [PendingItem], counted: [Int], _ limit: Int, isPartial: Bool
  ) -> [PendingItem] {
    // What is an item of its own is counted with the items.
    var counts = counted.map { max(0, $0 - 1) }
    var first = [Int?](repeating: nil, count: counts.count)
    var folded: [PendingItem] = []
    for item in items {
      let topic = Int(item.topic.rawValue)
      if item.isRoutine {
        counts[topic] += item.count
        if first[topic] != nil { continue }
      }
      if folded.count >= limit { continue }
      if item.isRoutine { first[topic] = folded.count }
      folded.append(item)
    }
    for (topic, at) in first.enumerated() {
      guard let at else { continue }
      folded[at].count = counts[topic]
      folded[at].isCountPartial = isPartial && counted[topic] > 0
    }
    return folded
  }

  /// The messages under way, the soonest first; those that arrive later than `horizon` are left out.
  public func messagesInFlight(
    limit: Int = 500, through horizon: Tick = .distantFuture
  ) -> [PendingItem] {
    var all: [PendingItem] = []
    wheel.walk { tick, order, delivery in
      guard tick <= horizon else { return false }
      if case .parcel = delivery.payload, let item = item(delivery, at: tick, order: order) {
        all.append(item)
      }
      return all.count < limit
    }
    return all
  }

  /// `kube-scheduler@master-2`; `you` for the people outside.
  public func name(of process: ProcessID?) -> String {
    guard let process, processes.indices.contains(process) else { return "you" }
    let role = processes[process].role
    return role == .user ? "you" : "\(role.name)@\(hosts[processes[process].host].name)"
  }

  func item(_ delivery: Delivery, at tick: Tick, order: Int) -> PendingItem? {
    let id = ProcessID(delivery.target)
    let isCurrent = processes[id].incarnation == delivery.incarnation
    let place = DeliveryID(due: tick, order: order, process: id)
    func make(
      _ kind: PendingItem.Kind, _ topic: Deadline.Topic, _ words: String,
      _ subject: ObjectReference? = nil, isRoutine: Bool = false, from: ProcessID? = nil,
      sentAt: Tick? = nil
    ) -> PendingItem {
      PendingItem(
        kind: kind, topic: topic, due: tick, id: place, process: id, owner: name(of: id),
        from: from, sentAt: sentAt, subject: subject, words: words, cause: delivery.cause,
        isRoutine: isRoutine)
    }
    switch delivery.payload {
    case .timer(let raw):
      guard isCurrent, let purpose = purpose(of: raw, for: id) else { return nil }
      return make(
        .timer, purpose.topic, purpose.words, purpose.subject, isRoutine: purpose.isRoutine)
    case .parcel(let parcel):
      guard isCurrent else { return nil }
      let view = view(of: parcel, to: id)
      return make(
        .message, view.topic, view.words, view.subject, isRoutine: view.isRoutine,
        from: view.from, sentAt: parcel.sentAt == .zero ? nil : parcel.sentAt)
    case .diskDone:
      guard isCurrent else { return nil }
      return make(.timer, .disk, "fsync of the write-ahead log is done", isRoutine: true)
    case .control(let control):
      guard isCurrent || control.outlivesProcess else { return nil }
      switch control {
      case .start:
        let name = processes[id].role.name
        let words =
          processes[id].backoff > .zero
          ? "\(name) is started again (back-off \(processes[id].backoff.brief))"
          : "\(name) is started"
        return make(.timer, .start, words)
      case .dialFailed:
        return make(.timer, .connection, "its dial fails: \(dialFailures[id] ?? "refused")")
      case .connectionSilent(let connection):
        guard connections[Int(connection)]?.silentSince != nil else { return nil }
        return make(
          .timer, .connection,
          "gives up its silent connection (ReadIdleTimeout 30s, PingTimeout 15s)")
      case .powerOn(let host):
        return make(.timer, .start, "\(hosts[HostID(host)].name) is powered on")
      case .shutdownOver(let host):
        return make(
          .timer, .timeout, "\(hosts[HostID(host)].name) loses its power: the shutdown had its time"
        )
      case .flap:
        return make(.timer, .connection, "a flapping link changes its state")
      case .healthCheck:
        return make(.timer, .poll, "load balancer checks its backends", isRoutine: true)
      }
    }
  }

  /// The topic of a timer that is in line all the time, without its words.
  private func standingTopic(of delivery: Delivery) -> Deadline.Topic? {
    guard case .timer(let raw) = delivery.payload else { return nil }
    let id = Int(delivery.target)
    guard lives[id].incarnation == delivery.incarnation else { return nil }
    switch lives[id].role {
    case .kubelet:
      let timer = timerID(raw)
      if let topic = Kubelet.standingTopic(of: timer) { return topic }
      return Kubelet.isTokenTimer(timer) && kubelets[Int(lives[id].index)].tokens == timer
        ? .token : nil
    case .kubeProxy: return KubeProxy.standingTopic(of: timerID(raw))
    default: return nil
    }
  }

  private func purpose(of raw: UInt64, for id: ProcessID) -> Deadline? {
    let index = processes[id].index
    switch processes[id].role {
    case .etcd: return Deadline(.poll, "Raft tick of 100ms", isRoutine: true)
    case .apiServer: return apiServers[index].purpose(of: APIServer.TimerID(rawValue: raw))
    case .scheduler: return schedulers[index].purpose(of: timerID(raw))
    case .controllerManager: return controllerManagers[index].purpose(of: timerID(raw))
    case .cloudControllerManager: return cloudControllerManagers[index].purpose(of: timerID(raw))
    case .containerRuntime: return runtimes[index].purpose(of: timerID(raw))
    case .kubelet: return kubelets[index].purpose(of: timerID(raw))
    case .kubeProxy: return proxies[index].purpose(of: timerID(raw))
    case .loadBalancer, .cloud, .user: return nil
    }
  }

  // MARK: What components keep in mind

  /// - Parameter folding: of a process's routine deadlines of one topic only the soonest, with how
  ///   many they are.
  func deadlines(folding: Bool = false) -> [PendingItem] {
    var all: [PendingItem] = []
    for host in hostIDs(.etcd) + hostIDs(.master) where hosts[host].isPowered {
      for id in hosts[host].processes where processes[id].isRunning {
        let index = processes[id].index
        switch processes[id].role {
        case .scheduler: add(schedulers[index].deadlines(), of: id, to: &all)
        case .controllerManager:
          add(controllerManagers[index].deadlines(folding: folding), of: id, to: &all)
        case .cloudControllerManager:
          add(cloudControllerManagers[index].deadlines(folding: folding), of: id, to: &all)
        case .etcd: add(etcdDeadlines(index, folding: folding), of: id, to: &all)
        default: break
        }
      }
    }
    return all
  }

  private func add(_ deadlines: [Deadline], of id: ProcessID, to all: inout [PendingItem]) {
    let clock = hosts[processes[id].host].clock
    let present = clock.read(at: now).monotonic
    for deadline in deadlines {
      let due = now + max(.zero, clock.worldSpan(deadline.due - present))
      all.append(
        PendingItem(
          kind: .deadline, topic: deadline.topic, due: due, id: nil, process: id,
          owner: name(of: id), from: nil, sentAt: nil, subject: deadline.subject,
          words: deadline.words, cause: deadline.cause, isRoutine: deadline.isRoutine,
          count: deadline.count))
    }
  }

  /// A member's election timer, its leader's check of the quorum, and the leases it counts.
  private func etcdDeadlines(_ index: Int, folding: Bool) -> [Deadline] {
    let member = etcdMembers[index]
    guard let view = member.view else { return [] }
    let present = time(of: etcdProcess(index)).monotonic
    let tick = member.config.tick
    var all = DeadlineList(folding: folding)
    if view.role == .leader {
      let left = member.config.electionTicks - view.electionElapsed
      all.add(
        Deadline(
          .election, due: present + tick * max(0, left),
          "steps down unless a majority was heard (CheckQuorum)", isRoutine: true))
    } else if !view.isLearner {
      let left = view.randomizedElectionTimeout - view.electionElapsed
      let isWaiting = view.leader == 0 || view.electionElapsed > 3
      let leader = view.leader == 0 ? "a leader" : memberName(view.leader)
      all.add(
        Deadline(
          .election, due: present + tick * max(0, left),
          "asks for pre-votes unless \(leader) is heard (election timeout "
            + "\((tick * view.randomizedElectionTimeout).brief))", isRoutine: !isWaiting))
    }
    for lease in member.leaseExpiries(20) {
      let keys = member.store?.leases[lease.id]?.keys.count ?? 0
      all.add(
        Deadline(
          .lease, due: lease.at,
          "revokes lease \(String(lease.id, radix: 16)) with \(keys) keys", isRoutine: true))
    }
    return all.items
  }
}
