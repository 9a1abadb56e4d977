import Basics
import KubeAPI
import PersistentCollections

/// The pods that wait for a node (`backend/queue`): ready ones in order, those that back off, and
/// those for which an event must come first.
struct SchedulingQueue: Sendable {
  /// Back-off of a pod that was refused: 1 s × 2ⁿ, at most 10 s, in windows of 1 s.
  static let initialBackoff = Span.seconds(1)
  static let maxBackoff = Span.seconds(10)
  static let window = Span.seconds(1)
  /// After this long in the unschedulable pods one is tried again whatever happens.
  static let maxInUnschedulablePods = Span.minutes(5)

  private var pods = PersistentMap<UID, QueuedPod>()
  private var active = PersistentMap<ActiveKey, UID>()
  private var backoff = PersistentMap<BackoffKey, UID>()
  private var errorBackoff = PersistentMap<BackoffKey, UID>()
  private var unschedulable = PersistentMap<UInt64, UID>()
  /// How many unschedulable pods each plugin refused: events that none of these wants are cheap.
  private var rejections = [Int](repeating: 0, count: Plugin.allCases.count)
  /// The pods whose victims are being removed: DefaultPreemption gates them.
  private var preempting = LookupSet<UID>()
  private var sequence: UInt64 = 0

  init() {}

  // MARK: Reading

  var activeCount: Int { active.count }
  var backoffCount: Int { backoff.count + errorBackoff.count }
  var unschedulableCount: Int { unschedulable.count }
  var count: Int { pods.count }
  /// True when `pop` would give a pod.
  var hasNext: Bool { !active.isEmpty || !backoff.isEmpty }
  func contains(_ uid: UID) -> Bool { pods.contains(uid) }
  subscript(uid: UID) -> QueuedPod? { pods[uid] }

  /// The first pods of one place, in order.
  func list(_ place: QueuedPod.Place, limit: Int) -> [QueuedPod] {
    var found: [QueuedPod] = []
    func take(_ uid: UID) -> Bool {
      guard found.count < limit else { return false }
      if let pod = pods[uid] { found.append(pod) }
      return true
    }
    switch place {
    case .active: for (_, uid) in active where !take(uid) { break }
    case .backoff: for (_, uid) in backoff where !take(uid) { break }
    case .errorBackoff: for (_, uid) in errorBackoff where !take(uid) { break }
    case .unschedulable: for (_, uid) in unschedulable where !take(uid) { break }
    }
    return found
  }

  /// When the earliest back-off is over for good; nil where nobody backs off.
  func nextBackoffFlush(after now: Tick) -> Tick? {
    guard
      let first = [backoff.first?.key.until, errorBackoff.first?.key.until].compactMap({ $0 })
        .min()
    else { return nil }
    // A pod still backs off in the window in which its time ends.
    return max(Self.aligned(first) + Self.window, Self.aligned(now) + Self.window)
  }

  // MARK: Changes

  /// A pod that is new, or no longer on its way.
  mutating func add(_ info: PodInfo, now: Tick, cause: TraceID) {
    sequence += 1
    let pod = QueuedPod(info, timestamp: now, sequence: sequence, cause: cause)
    moveToActive(pod)
  }

  /// A newer state of a pod that waits. True where it moved nearer to a try.
  mutating func update(from old: PodInfo, to new: PodInfo, now: Tick, cause: TraceID) {
    guard var pod = pods[new.uid] else {
      add(new, now: now, cause: cause)
      return
    }
    take(pod)
    pod.info = new
    if pod.place != .unschedulable {
      put(pod)
      return
    }
    let event = ClusterEvent.podUpdated(old: old, new: new, PodChange(from: old, to: new))
    if pod.gate != nil && pod.gate != .schedulingGates || !isWorthRequeuing(pod, event) {
      put(pod)
      return
    }
    pod.cause = cause
    requeue(pod, now: now)
  }

  mutating func delete(_ uid: UID) {
    if let pod = pods[uid] { take(pod) }
    preempting.remove(uid)
  }

  /// Takes the next pod to try: from the active queue, or if that is empty from those that back off
  /// (`SchedulerPopFromBackoffQ`).
  mutating func pop() -> QueuedPod? {
    guard let uid = active.first?.value ?? backoff.first?.value, var pod = pods[uid] else {
      return nil
    }
    take(pod)
    pod.attempts += 1
    pod.backoffUntil = nil
    return pod
  }

  /// A pod that was tried in vain comes back. `rejectors` are the plugins that refused it; none
  /// means that something went wrong.
  mutating func addUnschedulable(_ tried: QueuedPod, rejectors: PluginSet, now: Tick) {
    precondition(!pods.contains(tried.info.uid), "\(tried.info.key.text) waits already")
    var pod = tried
    pod.rejectors = rejectors
    pod.timestamp = now
    pod.backoffUntil = nil
    if rejectors.isEmpty {
      pod.consecutiveErrors += 1
      requeue(pod, now: now)
    } else {
      pod.unschedulableCount += 1
      pod.consecutiveErrors = 0
      pod.place = .unschedulable
      put(pod)
    }
  }

  /// Tries again the unschedulable pods that an event may help. `isAllowed` narrows them down.
  mutating func move(
    _ event: ClusterEvent, now: Tick, cause: TraceID,
    where isAllowed: (PodInfo) -> Bool = { _ in true }
  ) {
    guard wants(event) else { return }
    for (_, uid) in unschedulable {
      guard var pod = pods[uid], isAllowed(pod.info) else { continue }
      if let gate = pod.gate, !event.interest.contains(gate) { continue }
      guard isWorthRequeuing(pod, event) else { continue }
      take(pod)
      pod.cause = cause
      requeue(pod, now: now)
    }
  }

  /// True where some unschedulable pod was refused by a plugin that wants to hear of the event.
  private func wants(_ event: ClusterEvent) -> Bool {
    if unschedulable.isEmpty { return false }
    let interest = event.interest
    if interest.isEmpty { return false }
    for plugin in Plugin.allCases
    where rejections[Int(plugin.rawValue)] > 0 && interest.contains(plugin) { return true }
    return false
  }

  private func isWorthRequeuing(_ pod: QueuedPod, _ event: ClusterEvent) -> Bool {
    if pod.rejectors.isEmpty { return true }
    let asked = pod.rejectors.intersection(event.interest)
    if asked.isEmpty { return false }
    return Plugin.allCases.contains {
      asked.contains($0) && QueueingHint.isWorthIt($0, pod.info, event)
    }
  }

  /// Moves to the active queue at once, as after a preemption that failed.
  mutating func activate(_ uid: UID, cause: TraceID) {
    guard var pod = pods[uid], pod.place != .active else { return }
    take(pod)
    pod.cause = cause
    moveToActive(pod)
  }

  /// The pods whose back-off is over become ready.
  mutating func flushBackoff(now: Tick) {
    let window = Self.aligned(now)
    while let (key, uid) = backoff.first, key.until < window, let pod = pods[uid] {
      take(pod)
      moveToActive(pod)
    }
    while let (key, uid) = errorBackoff.first, key.until < window, let pod = pods[uid] {
      take(pod)
      moveToActive(pod)
    }
  }

  /// The pods that have been unschedulable for five minutes are tried again.
  mutating func flushUnschedulable(now: Tick) {
    for (_, uid) in unschedulable {
      guard let pod = pods[uid], now - pod.timestamp > Self.maxInUnschedulablePods else { continue }
      if let gate = pod.gate, gate != .defaultPreemption { continue }
      take(pod)
      requeue(pod, now: now)
    }
  }

  // MARK: Preemption

  /// Keeps a pod out while its victims are being removed.
  mutating func beginPreemption(_ uid: UID) { preempting.insert(uid) }
  mutating func endPreemption(_ uid: UID) { preempting.remove(uid) }

  // MARK: Places

  /// Back-off first where it is due, else the active queue.
  private mutating func requeue(_ pod: QueuedPod, now: Tick) {
    var pod = pod
    guard let until = backoffTime(of: &pod), until >= Self.aligned(now) else {
      moveToActive(pod)
      return
    }
    runPreEnqueue(&pod)
    pod.place =
      pod.gate != nil ? .unschedulable : pod.rejectors.isEmpty ? .errorBackoff : .backoff
    put(pod)
  }

  private mutating func moveToActive(_ pod: QueuedPod) {
    var pod = pod
    runPreEnqueue(&pod)
    pod.place = pod.gate != nil ? .unschedulable : .active
    put(pod)
  }

  /// The PreEnqueue plugins: scheduling gates, and preemption that is under way.
  private func runPreEnqueue(_ pod: inout QueuedPod) {
    pod.gate = nil
    if !pod.info.pod.spec.schedulingGates.isEmpty {
      pod.gate = .schedulingGates
    } else if preempting.contains(pod.info.uid) {
      pod.gate = .defaultPreemption
    }
    if let gate = pod.gate { pod.rejectors.insert(gate) }
  }

  /// When the pod's back-off ends; nil for one that has not been tried in vain.
  private func backoffTime(of pod: inout QueuedPod) -> Tick? {
    let count = pod.consecutiveErrors > 0 ? pod.consecutiveErrors : pod.unschedulableCount
    guard count > 0 else { return nil }
    if let until = pod.backoffUntil { return until }
    let shift = min(count - 1, 20)
    let wait = min(Self.maxBackoff, Self.initialBackoff * (1 << shift))
    let until = Self.aligned(pod.timestamp + wait)
    pod.backoffUntil = until
    return until
  }

  private static func aligned(_ tick: Tick) -> Tick {
    let window = UInt64(Self.window.microseconds)
    return Tick(microseconds: tick.microseconds / window * window)
  }

  private func backoffKey(_ pod: QueuedPod) -> BackoffKey {
    BackoffKey(until: pod.backoffUntil ?? pod.timestamp, active: ActiveKey(pod))
  }

  private mutating func put(_ pod: QueuedPod) {
    let uid = pod.info.uid
    pods[uid] = pod
    switch pod.place {
    case .active: active[ActiveKey(pod)] = uid
    case .backoff: backoff[backoffKey(pod)] = uid
    case .errorBackoff: errorBackoff[backoffKey(pod)] = uid
    case .unschedulable:
      unschedulable[pod.sequence] = uid
      count(pod.rejectors, by: 1)
    }
  }

  private mutating func take(_ pod: QueuedPod) {
    pods[pod.info.uid] = nil
    switch pod.place {
    case .active: active[ActiveKey(pod)] = nil
    case .backoff: backoff[backoffKey(pod)] = nil
    case .errorBackoff: errorBackoff[backoffKey(pod)] = nil
    case .unschedulable:
      unschedulable[pod.sequence] = nil
      count(pod.rejectors, by: -1)
    }
  }

  private mutating func count(_ plugins: PluginSet, by amount: Int) {
    for plugin in Plugin.allCases where plugins.contains(plugin) {
      rejections[Int(plugin.rawValue)] += amount
    }
  }
}

extension SchedulingQueue: Digestible {
  func digest(into digest: inout Digest) {
    digest.combine(sequence)
    for (uid, pod) in pods {
      digest.combine(uid.high)
      digest.combine(uid.low)
      digest.combine(pod.timestamp)
      digest.combine(UInt64(pod.place.rawValue))
      digest.combine(pod.attempts)
      digest.combine(UInt64(pod.rejectors.rawValue))
    }
  }
}
