import Basics
import Controllers
import KubeAPI
import KubeScheduler
import Kubelet
import SimulationKernel

/// The requirement chains of pods.
extension World {
  private func requirement(
    _ words: String, _ isMet: Bool, _ details: [String] = []
  ) -> WhyNot.Requirement {
    WhyNot.Requirement(words: words, isMet: isMet, details: details)
  }

  func whyNotRunning(_ key: ObjectKey) -> WhyNot {
    let runs = object(.pod, key)?.pod?.status.phase == "Running"
    let question = "why is pod \(key.text) not \(runs ? "ready" : "running")?"
    func answer(_ list: [WhyNot.Requirement], _ waiter: WhyNot.Waiter?) -> WhyNot {
      WhyNot(question: question, requirements: list, waiter: waiter)
    }
    guard let pod = object(.pod, key)?.pod else {
      return answer(
        [requirement("there is such a pod", false)],
        WhyNot.Waiter(nil, "nobody is asked to create it"))
    }
    var list = [requirement("there is such a pod", true)]
    if pod.metadata.deletionTimestamp != nil {
      list.append(requirement("it is not being deleted", false))
      return answer(list, whyNotGone(key).waiter)
    }
    let isBound = !pod.spec.nodeName.isEmpty
    guard isBound else {
      let (more, waiter) = whyUnbound(pod)
      return answer(list + more, waiter)
    }
    list.append(requirement("it is bound to a node: \(pod.spec.nodeName)", true))
    let (more, waiter) = whyNotStarted(pod)
    return answer(list + more, waiter)
  }

  /// From the scheduler's leader to the verdict on every node.
  private func whyUnbound(_ pod: Pod) -> ([WhyNot.Requirement], WhyNot.Waiter?) {
    guard let leader = leaders(of: "kube-scheduler").first, let host = host(named: leader),
      let process = process(.scheduler, on: host.id)
    else {
      let election = whyNoLeader("kube-scheduler")
      return (
        [requirement("a scheduler leads", false, election.lines(4))], election.waiter
      )
    }
    var list = [requirement("a scheduler leads: \(leader)", true)]
    let scheduler = schedulers[process.index]
    guard let waiting = scheduler.waiting(pod.metadata.uid) else {
      list.append(requirement("the scheduler has it in its queue", false))
      let message = next {
        $0.process == process.id && ($0.subject == pod.reference || $0.topic == .watch)
      }
      return (
        list,
        message.map { WhyNot.Waiter($0) }
          ?? WhyNot.Waiter(name(of: process.id), "hears of the pod, or its binding is under way")
      )
    }
    if let gate = waiting.gate {
      list.append(requirement("no scheduling gate: \(gate)", false))
      return (
        list, WhyNot.Waiter(nil, "until somebody takes the gate off, or its victims are gone")
      )
    }
    let verdict = scheduler.verdicts(for: pod.key)
    let nodes = verdict?.nodes ?? []
    let fits = nodes.filter(\.isFeasible)
    list.append(
      requirement(
        "some node passes every filter: \(fits.count) of \(nodes.count)", !fits.isEmpty,
        refusals(nodes, of: pod)))
    let retry = next { $0.process == process.id && $0.subject == pod.reference }
    let cycle = next { $0.process == process.id && $0.topic == .scheduling && $0.kind == .timer }
    if !fits.isEmpty {
      list.append(requirement("its turn has come", false))
      return (list, (retry ?? cycle).map { WhyNot.Waiter($0) })
    }
    let names = waiting.rejectors.map(\.name).joined(separator: ", ")
    let evidence =
      "a change that may help \(names.isEmpty ? "it" : names): a node added or changed, a pod gone"
    guard let retry else { return (list, WhyNot.Waiter(name(of: process.id), evidence)) }
    return (
      list,
      WhyNot.Waiter(
        who: retry.owner, evidence: evidence + "; without one, " + retry.words,
        earliest: retry.due, item: retry, suppressor: nil)
    )
  }

  /// Each reason once with the nodes that have it, that of the most nodes first.
  private func refusals(_ nodes: [Decision.NodeVerdict], of pod: Pod) -> [String] {
    var groups: [(words: String, nodes: [String])] = []
    for node in nodes where !node.isFeasible {
      let words =
        "\(node.plugin?.name ?? "PreFilter"): " + node.reasons.joined(separator: ", ")
        + (node.plugin == .taintToleration ? untolerated(by: pod, on: node.name) : "")
      if let at = groups.firstIndex(where: { $0.words == words }) {
        groups[at].nodes.append(node.name)
      } else {
        groups.append((words, [node.name]))
      }
    }
    let order = groups.indices.sorted { a, b in
      (-groups[a].nodes.count, a) < (-groups[b].nodes.count, b)
    }
    return order.map { at in
      let names = groups[at].nodes
      let few = names.prefix(3).joined(separator: ", ")
      return "\(names.count == 1 ? "" : "\(names.count) nodes, ")"
        + "\(few)\(names.count > 3 ? ", …" : ""): \(groups[at].words)"
    }
  }

  /// The taint that turns the pod away, as `kubectl taint` writes it: the scheduler's own words only
  /// say that there is one.
  private func untolerated(by pod: Pod, on node: String) -> String {
    let taints = object(.node, ObjectKey(name: node))?.node?.spec.taints ?? []
    let first = TaintToleration.firstUntolerated(pod.spec.tolerations, taints)
    return first.map { " (\($0.text))" } ?? ""
  }

  /// From the node to the container.
  private func whyNotStarted(_ pod: Pod) -> ([WhyNot.Requirement], WhyNot.Waiter?) {
    var list: [WhyNot.Requirement] = []
    guard let host = host(named: pod.spec.nodeName), let kubelet = process(.kubelet, on: host.id)
    else {
      return (
        [requirement("there is a machine \(pod.spec.nodeName)", false)],
        WhyNot.Waiter(nil, "no kubelet of that name exists")
      )
    }
    guard kubelet.isRunning else {
      let struck = suppressor(of: kubelet)
      list.append(requirement("its kubelet runs", false, [state(of: kubelet)]))
      let start = next { $0.topic == .start && $0.process == kubelet.id }
      let eviction = whyNotEvicted(pod.key).waiter
      return (
        list,
        start.map { WhyNot.Waiter($0, suppressor: struck) }
          ?? WhyNot.Waiter(
            who: eviction?.who, evidence: eviction?.evidence ?? "until its node is back",
            earliest: eviction?.earliest, item: eviction?.item, suppressor: struck)
      )
    }
    list.append(requirement("its kubelet runs", true))
    let view = kubelets[kubelet.index].view(at: time(of: kubelet.id).monotonic)
    guard let worker = view.pods.first(where: { $0.uid == pod.metadata.uid }) else {
      list.append(requirement("its kubelet has heard of it", false))
      let message = next { $0.process == kubelet.id && $0.subject == pod.reference }
      return (
        list,
        message.map { WhyNot.Waiter($0) }
          ?? WhyNot.Waiter(
            name(of: kubelet.id), "a watch event with the pod",
            suppressor: suppressors(of: kubelet, from: now, to: now).first)
      )
    }
    list.append(requirement("its kubelet has heard of it", true))
    let broken = worker.containers.filter { !$0.isReady }
    list.append(
      requirement(
        broken.isEmpty ? "all its containers run and are ready" : "all its containers are ready",
        broken.isEmpty,
        broken.map { "container \($0.name): \(Self.words($0))" }
          + (worker.operation.isEmpty ? [] : ["its worker is \(worker.operation)"])))
    let status = pod.status.conditions.isTrue("Ready")
    list.append(requirement("the API has been told", status))
    let step = next { item in
      item.subject == pod.reference && !item.isRoutine
        && (item.process == kubelet.id || processes[item.process].host == host.id)
    }
    let isImage = worker.operation == "pulling image"
    let pull = isImage ? next { $0.topic == .image && processes[$0.process].host == host.id } : nil
    guard broken.isEmpty && status else {
      return (
        list,
        (step ?? pull).map { WhyNot.Waiter($0) }
          ?? WhyNot.Waiter(
            name(of: kubelet.id),
            worker.operation.isEmpty
              ? "its probes, or a change of its containers" : "its worker is \(worker.operation)")
      )
    }
    return (list, nil)
  }

  private static func words(_ container: KubeletView.Container) -> String {
    switch container.state {
    case .waiting(let reason, let message):
      return message.isEmpty ? reason : "\(reason): \(message)"
    case .terminated(let end): return "exited with code \(end.exitCode) (\(end.reason))"
    case .running: return "running, its readiness probe has not passed"
    default: return "not made yet"
    }
  }

  // MARK: Leaving

  func whyNotEvicted(_ key: ObjectKey) -> WhyNot {
    let question = "why is pod \(key.text) not evicted yet?"
    func answer(_ list: [WhyNot.Requirement], _ waiter: WhyNot.Waiter?) -> WhyNot {
      WhyNot(question: question, requirements: list, waiter: waiter)
    }
    guard let pod = object(.pod, key)?.pod, !pod.spec.nodeName.isEmpty,
      let node = object(.node, ObjectKey(name: pod.spec.nodeName))?.node
    else {
      return answer(
        [requirement("it is bound to a node", false)], WhyNot.Waiter(nil, "it is on no node"))
    }
    var list = [requirement("it is bound to a node: \(pod.spec.nodeName)", true)]
    if pod.metadata.deletionTimestamp != nil {
      list.append(requirement("its deletion is under way", true))
      return answer(list, whyNotGone(key).waiter)
    }
    let election = whyNoLeader("kube-controller-manager")
    guard election.unmet == nil else {
      list.append(requirement("a controller manager leads", false, election.lines(4)))
      return answer(list, election.waiter)
    }
    let ready = node.status.conditions["Ready"]?.status ?? "Unknown"
    let taints = node.spec.taints.filter { $0.effect == "NoExecute" }
    if taints.isEmpty, ready == "True" {
      list.append(requirement("its node is known to be not ready: Ready=\(ready)", false))
      let grace = next { $0.topic == .grace && $0.subject == node.reference }
      let host = host(named: pod.spec.nodeName)
      let kubelet = host.flatMap { process(.kubelet, on: $0.id) }
      let struck = kubelet.flatMap { suppressor(of: $0) }
      return answer(
        list,
        struck == nil
          ? WhyNot.Waiter(nil, "its node is well: nothing evicts it")
          : grace.map { WhyNot.Waiter($0) })
    }
    list.append(requirement("its node is known to be not ready: Ready=\(ready)", true))
    guard !taints.isEmpty else {
      let own = NodeZone.name(of: node.metadata.labels)
      let zones = zoneStates.filter { zone in
        zone.state != .normal && zone.state != .initial && zone.name == own
      }
      list.append(
        requirement(
          "its node has a NoExecute taint", false,
          zones.map { "zone \"\($0.name)\" is in state \($0.state.rawValue)" }))
      let interval = leadingControllerManager?.config.nodeLifecycle.evictionInterval
      let taint = next { $0.topic == .taint || $0.words.contains("NoExecute") }
      return answer(
        list,
        taint.map { WhyNot.Waiter($0) }
          ?? (zones.isEmpty && interval != nil
            ? WhyNot.Waiter(
              "node-lifecycle-controller@\(leaders(of: "kube-controller-manager").first ?? "")",
              "has noticed, and taints it next (node-eviction-rate: one each "
                + "\((interval ?? .zero).brief))")
            : WhyNot.Waiter(nil, "its zone's rate lets no node be tainted")))
    }
    list.append(
      requirement(
        "its node has a NoExecute taint: \(taints.map(\.key).joined(separator: ", "))", true))
    let due = next { $0.topic == .toleration && $0.subject == pod.reference }
    let seconds = pod.spec.tolerations.filter { toleration in
      taints.contains { toleration.tolerates($0) }
    }.compactMap(\.tolerationSeconds).min()
    list.append(
      requirement(
        "its toleration has run out"
          + (seconds.map { " (tolerationSeconds \($0))" } ?? " (it tolerates for ever)"), false))
    return answer(
      list,
      due.map { WhyNot.Waiter($0) } ?? WhyNot.Waiter(nil, "it tolerates the taint for ever"))
  }

  func whyNotGone(_ key: ObjectKey) -> WhyNot {
    let question = "why is pod \(key.text) not gone?"
    func answer(_ list: [WhyNot.Requirement], _ waiter: WhyNot.Waiter?) -> WhyNot {
      WhyNot(question: question, requirements: list, waiter: waiter)
    }
    guard let pod = object(.pod, key)?.pod else {
      return answer([requirement("it is gone", true)], nil)
    }
    guard pod.metadata.deletionTimestamp != nil else {
      return answer(
        [requirement("somebody deleted it", false)], WhyNot.Waiter(nil, "nobody has deleted it"))
    }
    var list = [requirement("somebody deleted it", true)]
    if !pod.metadata.finalizers.isEmpty {
      list.append(
        requirement(
          "no finalizer is left: \(pod.metadata.finalizers.joined(separator: ", "))", false))
      return answer(list, WhyNot.Waiter(nil, "whoever set the finalizer must take it off"))
    }
    guard let host = host(named: pod.spec.nodeName), let kubelet = process(.kubelet, on: host.id)
    else {
      list.append(requirement("its node's kubelet can say that it ended", false))
      let gc = next { $0.words.hasPrefix("pod-garbage-collector") }
      return answer(
        list, gc.map { WhyNot.Waiter($0) } ?? WhyNot.Waiter(nil, "it is on no machine"))
    }
    guard kubelet.isRunning else {
      list.append(
        requirement("its node's kubelet can say that it ended", false, [state(of: kubelet)]))
      return answer(
        list,
        WhyNot.Waiter(
          nil, "only its kubelet, or who deletes the node or forces the pod, can finish it",
          suppressor: suppressor(of: kubelet)))
    }
    list.append(requirement("its node's kubelet can say that it ended", true))
    list.append(
      requirement(
        "its containers have ended (grace \(pod.metadata.deletionGracePeriodSeconds ?? 30)s)", false
      ))
    let step = next { $0.subject == pod.reference && processes[$0.process].host == host.id }
    return answer(
      list,
      step.map { WhyNot.Waiter($0) }
        ?? WhyNot.Waiter(name(of: kubelet.id), "hears of the deletion and stops its containers"))
  }

  func whyNotRescheduled(_ key: ObjectKey) -> WhyNot {
    let question = "why is pod \(key.text) not moved back?"
    guard let pod = object(.pod, key)?.pod else {
      return WhyNot(
        question: question, requirements: [requirement("there is such a pod", false)],
        waiter: WhyNot.Waiter(
          nil, "a pod that was deleted does not come back: its owner made others"))
    }
    let isBound = !pod.spec.nodeName.isEmpty
    return WhyNot(
      question: question,
      requirements: [
        requirement("there is such a pod", true),
        requirement(
          "it has no node: the scheduler places only pods without one"
            + (isBound ? ", this one is on \(pod.spec.nodeName)" : ""), !isBound),
      ],
      waiter: isBound
        ? WhyNot.Waiter(
          nil, "no component moves a running pod; delete or drain it, and its owner makes another")
        : whyNotRunning(key).waiter)
  }

  // MARK: Traffic

  func whyStillRouted(_ service: ObjectKey, _ address: String) -> WhyNot {
    let question = "why is service \(service.text) still sending to \(address)?"
    let slices = objects(.endpointSlice).compactMap(\.endpointSlice).filter {
      $0.metadata.namespace == service.namespace
        && $0.metadata.labels["kubernetes.io/service-name"] == service.name
    }
    let endpoint = slices.flatMap(\.endpoints).first { $0.addresses.contains(address) }
    let isReady = endpoint.map { $0.ready ?? true } ?? false
    let pod = objects(.pod).compactMap(\.pod).first { $0.status.podIP == address }
    var list = [
      requirement(
        "its pod is not ready any more, or gone",
        pod.map { !$0.status.conditions.isTrue("Ready") } ?? true,
        pod.map { ["pod \($0.key.text) on \($0.spec.nodeName) counts as ready"] } ?? [])
    ]
    if let pod, pod.status.conditions.isTrue("Ready") {
      let grace = whyNotEvicted(pod.key)
      return WhyNot(question: question, requirements: list, waiter: grace.waiter)
    }
    list.append(requirement("the endpoint slice says so", !isReady))
    if isReady {
      let work = next { $0.words.contains("endpointslice-controller") }
      return WhyNot(
        question: question, requirements: list,
        waiter: work.map { WhyNot.Waiter($0) }
          ?? WhyNot.Waiter("endpointslice-controller", "a watch event with the pod"))
    }
    let stale = processes.filter { process in
      process.role == .kubeProxy
        && proxies[process.index].rules.services[service]?.slices.contains { slice in
          slice.endpointSlice?.endpoints.contains {
            $0.addresses.contains(address) && ($0.ready ?? true)
          } == true
        } == true
    }
    list.append(
      requirement(
        "every node's rules say so: \(stale.count) do not", stale.isEmpty, stale.map(state)))
    let sync = next { item in stale.contains { $0.id == item.process } && !item.isRoutine }
    return WhyNot(
      question: question, requirements: list,
      waiter: stale.isEmpty
        ? nil
        : sync.map { WhyNot.Waiter($0, suppressor: stale.compactMap(suppressor).first) }
          ?? WhyNot.Waiter(
            nil, "their kube-proxies must hear of it",
            suppressor: stale.compactMap(suppressor).first))
  }
}
