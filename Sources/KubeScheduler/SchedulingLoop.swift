import Basics
import ControllerRuntime
import KubeAPI

/// The loop: one pod after another through a scheduling cycle, and its binding
/// (`pkg/scheduler/schedule_one.go`).
extension SchedulerProcess {
  /// Runs cycles while there are pods and the loop is not busy with the last one.
  mutating func runCycles(at time: HostTime, into effects: inout Effects) {
    guard isLeading else { return }
    let now = time.monotonic
    while now >= busyUntil, let pod = queue.pop() {
      busyUntil = now + config.cycleTime
      scheduleOne(pod, at: time, into: &effects)
    }
  }

  mutating func armQueueTimers(at time: HostTime, into effects: inout Effects) {
    let now = time.monotonic
    if isLeading, queue.hasNext, !isCycleArmed {
      isCycleArmed = true
      effects.arm(TimerID(tag: TimerTag.cycle), after: busyUntil - now)
    }
    if let due = queue.nextBackoffFlush(after: now), due < backoffArmedFor ?? .distantFuture {
      backoffArmedFor = due
      effects.arm(TimerID(tag: TimerTag.backoff), after: due - now)
    }
    if queue.unschedulableCount > 0, !isUnschedulableFlushArmed {
      isUnschedulableFlushArmed = true
      effects.arm(TimerID(tag: TimerTag.unschedulable), after: .seconds(30))
    }
  }

  private mutating func scheduleOne(
    _ queued: QueuedPod, at time: HostTime, into effects: inout Effects
  ) {
    let info = queued.info
    if queued.cause != .none { effects.because(queued.cause) }
    if info.isTerminating {
      record(
        info, type: "Warning", reason: "FailedScheduling", action: "Scheduling",
        message: "skip schedule deleting pod: \(info.namespace)/\(info.key.name)", at: time,
        into: &effects)
      return
    }
    // Bound while it waited, by this scheduler or another.
    if cache.pod(info.uid) != nil { return }

    cache.refresh()
    var state = CycleState(info, &cache)
    var luck = luck(of: queued)
    let outcome = algorithm.run(&state, &cache, nominator, prng: &luck)
    lastCycle = LastCycle(pod: info, node: nil, message: "", at: time.monotonic)
    switch outcome {
    case .fits(let slot, let total):
      let node = cache.details[Int(slot)].name
      bind(queued, to: node, total, state, at: time, into: &effects)
    case .noNodes:
      fail(
        queued, rejectors: [], message: FitError.noNodes, nomination: "", at: time,
        into: &effects)
    case .rejected(let plugin, let reason):
      let message = FitError(nodeCount: cache.nodeCount).message(
        preFilter: reason, postFilter: "not found")
      fail(
        queued, rejectors: PluginSet(plugin), message: message, nomination: nil, at: time,
        into: &effects)
    case .unschedulable: preempt(queued, &state, at: time, into: &effects)
    }
  }

  /// Each try of each pod has its own: that another pod was there does not shift it.
  private func luck(of queued: QueuedPod) -> PRNG {
    var digest = Digest()
    digest.combine(queued.info.key.namespace)
    digest.combine(queued.info.key.name)
    return PRNG(seed: seed ^ digest.value, stream: UInt64(queued.attempts))
  }

  /// No node fits: looks for pods to remove, and says why none took the pod.
  private mutating func preempt(
    _ queued: QueuedPod, _ state: inout CycleState, at time: HostTime, into effects: inout Effects
  ) {
    var rejectors: PluginSet = []
    for slot in cache.tree.order {
      if let plugin = algorithm.table.verdicts[Int(slot)].plugin { rejectors.insert(plugin) }
    }
    if case .names = NodeAffinity.narrowing(queued.info.pod.spec) {
      rejectors.insert(.nodeAffinity)
    }
    let basis = refusalBasis(state)
    var luck = luck(of: queued)
    let result = DefaultPreemption(budgets: [], now: time.wall).run(
      &state, algorithm, &cache, nominator, prng: &luck)
    let message = FitError(algorithm.table, state, cache).message(postFilter: result.message)
    lastCycle?.preemption = Decision.Preemption(result, cache)
    if let best = result.best.first {
      let node = cache.details[Int(best.slot)].name
      evict(best.victims, for: queued.info, on: node, at: time, into: &effects)
      fail(
        queued, rejectors: rejectors, message: message, nomination: node, basis: basis, at: time,
        into: &effects)
    } else {
      // Not eligible keeps the nomination; eligible but nobody to remove takes it back.
      fail(
        queued, rejectors: rejectors, message: message,
        nomination: result.ineligible == nil ? "" : nil, basis: basis, at: time, into: &effects)
    }
  }

  // MARK: Binding

  private mutating func bind(
    _ queued: QueuedPod, to node: String, _ total: Int64, _ state: CycleState,
    at time: HostTime, into effects: inout Effects
  ) {
    let info = queued.info
    lastCycle?.node = node
    cache.assume(info, on: node)
    nominator.remove(info.uid)
    bindings[info.uid] = Binding(pod: queued, node: node)
    effects.note(
      Note(
        .decision, info.reference, bindingText(info, node, total),
        basis: bindingBasis(node, total, state))
    )
    var request = APIRequest(
      .create, .pod, namespace: info.namespace, name: info.key.name)
    request.subresource = .binding
    request.body = .binding(node: node, uid: info.uid)
    client.call(request, tag: .bind(info.uid), now: time.monotonic, into: &effects)
  }

  /// The node taken, the best of the others, and who refused the rest. In a large cluster the
  /// refusals are left out: all verdicts can be had again by re-execution.
  private func bindingBasis(_ node: String, _ total: Int64, _ state: CycleState) -> Basis {
    let table = algorithm.table
    var others: [(total: Int64, slot: Int)] = []
    for (position, slot) in table.feasible.enumerated()
    where position < table.totals.count && cache.details[Int(slot)].name != node {
      let score = table.totals[position]
      if others.count == 4, let last = others.last, last.total >= score { continue }
      let at = others.firstIndex { $0.total < score } ?? others.count
      others.insert((score, Int(slot)), at: at)
      if others.count > 4 { others.removeLast() }
    }
    let drawn = table.best.count > 1 ? ", drawn from \(table.best.count)" : ""
    var alternatives = [
      Basis.Alternative(node, isChosen: true, by: "Score", "total \(total)\(drawn)")
    ]
    for other in others {
      alternatives.append(
        Basis.Alternative(cache.details[other.slot].name, by: "Score", "total \(other.total)"))
    }
    if cache.nodeCount <= 100 { alternatives += refusals(state) }
    return Basis("schedulingCycle", alternatives: alternatives)
  }

  private func refusalBasis(_ state: CycleState) -> Basis {
    Basis("schedulingCycle", alternatives: refusals(state))
  }

  /// Each refusal and on how many nodes.
  private func refusals(_ state: CycleState) -> [Basis.Alternative] {
    let table = algorithm.table
    var words: [(verdict: Verdict, count: Int, first: Int)] = []
    for slot in cache.tree.order where table.verdicts[Int(slot)].isRefusal {
      let verdict = table.verdicts[Int(slot)]
      if let at = words.firstIndex(where: { $0.verdict == verdict }) {
        words[at].count += 1
      } else if words.count < 8 {
        words.append((verdict, 1, Int(slot)))
      }
    }
    return words.map { word in
      Basis.Alternative(
        word.count == 1 ? cache.details[word.first].name : "\(word.count) nodes",
        by: word.verdict.plugin.map { "\($0)" } ?? "PreFilter",
        state.texts(word.verdict).joined(separator: ", "))
    }
  }

  private func bindingText(_ info: PodInfo, _ node: String, _ total: Int64) -> String {
    let table = algorithm.table
    var text =
      "bound pod \(info.key.text) to \(node): \(table.feasible.count) of \(cache.nodeCount) "
      + "nodes feasible"
    if table.nominatedNodeUsed {
      text += ", it was nominated there"
    } else if table.feasible.count > 1 {
      text += ", score \(total)"
      if table.best.count > 1 { text += ", drawn from \(table.best.count) with that score" }
    }
    if table.evaluated < cache.nodeCount && !table.nominatedNodeUsed {
      text += " (\(table.evaluated) looked at)"
    }
    return text
  }

  /// The answer to a binding.
  mutating func bound(
    _ uid: UID, _ response: APIResponse, at time: HostTime, into effects: inout Effects
  ) {
    guard let binding = bindings.removeValue(forKey: uid) else { return }
    let info = binding.pod.info
    if case .status(let status) = response, status.code == 0 || status.code >= 300 {
      bindingFailed(binding, status, at: time, into: &effects)
      return
    }
    boundCount += 1
    record(
      info, type: "Normal", reason: "Scheduled", action: "Binding",
      message: "Successfully assigned \(info.namespace)/\(info.key.name) to \(binding.node)",
      at: time, into: &effects)
  }

  private mutating func bindingFailed(
    _ binding: Binding, _ status: APIStatus, at time: HostTime, into effects: inout Effects
  ) {
    let info = binding.pod.info
    let message = "running Bind plugin \"DefaultBinder\": \(status.message)"
    forget(info.uid, now: time.monotonic, cause: effects.cause)
    var queued = binding.pod
    queued.cause = effects.cause
    fail(
      queued, rejectors: [], message: message, reason: "SchedulerError", nomination: "", at: time,
      into: &effects)
  }

  // MARK: Failure

  /// The pod goes back to the queue; event and condition say why. `nomination` nil leaves the
  /// nominated node as it is, empty takes it back (`handleSchedulingFailure`).
  private mutating func fail(
    _ queued: QueuedPod, rejectors: PluginSet, message: String, reason: String = "Unschedulable",
    nomination: String?, basis: Basis? = nil, at time: HostTime, into effects: inout Effects
  ) {
    failedCount += 1
    let uid = queued.info.uid
    lastCycle?.message = message
    effects.note(Note(.failure, queued.info.reference, message, basis: basis))
    var queued = queued
    let current = informers[InformerIndex.pods].store[queued.info.key]?.pod
    if let current, current.spec.nodeName.isEmpty {
      if current.metadata.uid != uid { return }
      queued.info = PodInfo(current, replacing: queued.info)
      if !queue.contains(uid) {
        queue.addUnschedulable(queued, rejectors: rejectors, now: time.monotonic)
      }
      let node = nomination ?? queued.info.nominatedNodeName
      if node.isEmpty { nominator.remove(uid) } else { nominator.add(queued.info, node: node) }
    }
    record(
      queued.info, type: "Warning", reason: "FailedScheduling", action: "Scheduling",
      message: Self.truncated(message),
      at: time, into: &effects)
    patchStatus(
      queued.info, reason: reason, message: message, nomination: nomination, at: time,
      into: &effects)
  }

  /// Events hold 1 KiB of text (`validation.NoteLengthLimit`).
  private static func truncated(_ message: String) -> String {
    guard message.utf8.count > 1024 else { return message }
    return String(decoding: Array(message.utf8.prefix(1020)), as: UTF8.self) + " ..."
  }

  /// PodScheduled=False and the nominated node, written only where they differ from what is there.
  private mutating func patchStatus(
    _ info: PodInfo, reason: String, message: String, nomination: String?, at time: HostTime,
    into effects: inout Effects
  ) {
    var fields: [(String, JSONValue)] = []
    let old = info.pod.status.conditions["PodScheduled"]
    if old?.status != "False" || old?.reason != reason || old?.message != message {
      var condition: [(String, JSONValue)] = [
        ("type", .string("PodScheduled")), ("status", .string("False")),
        ("reason", .string(reason)), ("message", .string(message)), ("lastProbeTime", .null),
      ]
      if old?.status != "False" {
        condition.append(("lastTransitionTime", .string(time.wall.rfc3339)))
      }
      let generation = info.pod.metadata.generation
      if generation > 0 { condition.append(("observedGeneration", .integer(generation))) }
      fields.append(("conditions", .array([.object(JSONObject(condition))])))
    }
    if let nomination, nomination != info.nominatedNodeName {
      fields.append(("nominatedNodeName", nomination.isEmpty ? .null : .string(nomination)))
    }
    if fields.isEmpty { return }
    patch(info, status: JSONObject(fields), tag: .setStatus, at: time, into: &effects)
  }

  mutating func patch(
    _ info: PodInfo, status: JSONObject, tag: Call, at time: HostTime, into effects: inout Effects
  ) {
    var request = APIRequest(.patch, .pod, namespace: info.namespace, name: info.key.name)
    request.subresource = .status
    let document = JSONObject([("status", .object(status))])
    request.body = .patch(Patch(.strategicMerge, .object(document)))
    client.call(request, tag: tag, now: time.monotonic, into: &effects)
  }
}
