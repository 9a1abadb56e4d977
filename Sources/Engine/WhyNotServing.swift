import Basics
import KubeAPI
import SimulationKernel

/// The requirement chains of what is between a client and its answer: the load balancer before the
/// API servers, a request under way, a service's endpoints.
extension World {
  // MARK: The load balancer

  func whyNotBalanced(_ place: String) -> WhyNot {
    let question = "why does the load balancer send nothing to kube-apiserver on \(place)?"
    guard let host = host(named: place), let server = process(.apiServer, on: host.id),
      let backend = loadBalancer.backends.first(where: { $0.server == server.id }),
      let balancer = process(.loadBalancer, on: 0)
    else {
      let names = loadBalancer.backends.map { hosts[processes[$0.server].host].name }
      return WhyNot(
        question: question, requirements: [WhyNot.Requirement("it is one of its backends", false)],
        waiter: WhyNot.Waiter(nil, "the backends are \(names.joined(separator: ", "))"))
    }
    let runs = hosts[0].isPowered && balancer.isRunning
    var chain = RequirementChain(question)
    chain.require("the load balancer runs", runs, [state(of: balancer)])
    guard runs else {
      let start = next { $0.topic == .start && $0.process == balancer.id }
      let struck = suppressor(of: balancer)
      return chain.answer(
        start.map { WhyNot.Waiter($0, suppressor: struck) }
          ?? WhyNot.Waiter(nil, "until the load balancer is back", suppressor: struck))
    }
    let check = next { $0.kind == .timer && $0.topic == .poll && $0.process == balancer.id }
    let interval = LoadBalancer.interval
    if backend.isUp {
      let failed = backend.failures
      chain.require(
        failed == 0
          ? "it is in turn: its last check passed"
          : "it is in turn still: \(failed) of \(LoadBalancer.fall) checks in a row have failed",
        true)
      guard failed > 0, let due = check?.due else { return chain.answer(nil) }
      return chain.answer(
        WhyNot.Waiter(
          name(of: balancer.id),
          "takes it out after \(LoadBalancer.fall) failed checks in a row, one each "
            + interval.brief, earliest: due + interval * (LoadBalancer.fall - failed - 1)))
    }
    let struck = suppressor(of: server) ?? suppressor(of: balancer)
    let reaches = host.isPowered && isOpen(0, host.id)
    chain.require("its checks reach \(place)", reaches, [state(of: server)])
    chain.require(
      "kube-apiserver accepts connections there", server.isRunning, [state(of: server)])
    let passed = min(backend.successes, LoadBalancer.rise)
    chain.require(
      "\(LoadBalancer.rise) checks in a row have passed: \(passed)", passed >= LoadBalancer.rise)
    guard reaches, server.isRunning else {
      let start = next { $0.topic == .start && $0.process == server.id }
      let after = "; then \(LoadBalancer.rise) checks must pass, one each \(interval.brief)"
      return chain.answer(
        start.map {
          WhyNot.Waiter(
            who: $0.owner, evidence: $0.words + after, earliest: $0.due, item: $0,
            suppressor: struck)
        } ?? WhyNot.Waiter(nil, "until it is there again" + after, suppressor: struck))
    }
    return chain.answer(
      WhyNot.Waiter(
        who: name(of: balancer.id),
        evidence: "takes it back after \(LoadBalancer.rise) checks in a row, one each "
          + interval.brief,
        earliest: check.map { $0.due + interval * max(0, LoadBalancer.rise - passed - 1) },
        item: check, suppressor: nil))
  }

  // MARK: A request

  func whyNotAnswered() -> WhyNot {
    guard let (id, asked) = user.waiting.first else {
      return WhyNot(
        question: "why is a request not answered?",
        requirements: [WhyNot.Requirement("a request waits for its answer", false)],
        waiter: WhyNot.Waiter(nil, "every request has had its answer"))
    }
    let question =
      "why is kubectl: \(asked.words) not answered, after \((now - asked.at).brief)?"
    var chain = RequirementChain(question)
    let between = processes.filter { $0.role == .apiServer || $0.role == .loadBalancer }
    let way = processes[userProcess].connection
    guard way != 0, let connection = connections[Int(way)] else {
      chain.require(
        "kubectl is connected to an API server", false,
        (dialFailures[userProcess].map { [$0] } ?? []) + between.map(state))
      let dial = next { $0.process == userProcess && $0.topic == .connection }
      let struck = between.compactMap(suppressor).first
      return chain.answer(
        dial.map { WhyNot.Waiter($0, suppressor: struck) }
          ?? WhyNot.Waiter(nil, "kubectl does not dial again by itself", suppressor: struck))
    }
    let server = processes[connection.server]
    let place = hosts[server.host].name
    chain.require("kubectl is connected to kube-apiserver on \(place)", true)
    let view =
      server.isAlive ? apiServers[server.index].call(of: way, request: id) : nil
    let message = next { item in
      item.kind == .message && item.subject == asked.subject
        && (item.process == server.id || item.process == userProcess)
    }
    guard let view else {
      let isSilent = connection.silentSince != nil
      chain.require(
        "the request or its answer gets through", !isSilent && message != nil,
        [state(of: server)])
      return chain.answer(
        message.map { WhyNot.Waiter($0) }
          ?? next { $0.process == userProcess && $0.topic == .connection }.map {
            WhyNot.Waiter($0, suppressor: suppressor(of: server))
          } ?? WhyNot.Waiter(nil, "nothing is under way", suppressor: suppressor(of: server)))
    }
    chain.require("the API server works on it: \(view.stage)", true)
    let writes = whyNotCommitted()
    chain.require("etcd carries writes out", writes.unmet == nil, writes.lines(3))
    let left = view.deadline - time(of: server.id).monotonic
    let limit = "the client is told 504 when the request is \(view.timeout.brief) old"
    let struck = writes.waiter?.suppressor ?? suppressor(of: server)
    let fsync = next { $0.topic == .disk || $0.topic == .etcd }
    return chain.answer(
      WhyNot.Waiter(
        who: writes.unmet == nil ? "etcd" : writes.waiter?.who,
        evidence: (writes.unmet == nil ? "answers the API server" : writes.waiter?.evidence ?? "")
          + "; \(limit), at \((now + left).clock)",
        earliest: writes.unmet == nil ? fsync?.due : writes.waiter?.earliest,
        item: writes.unmet == nil ? fsync : writes.waiter?.item, suppressor: struck))
  }

  // MARK: Endpoints

  func whyNoEndpoints(_ key: ObjectKey) -> WhyNot {
    var chain = RequirementChain("why has service \(key.text) no endpoint?")
    let service = object(.service, key)?.service
    chain.require("there is such a service", service != nil)
    guard let spec = service?.spec else {
      return chain.answer(WhyNot.Waiter(nil, "nobody is asked to create it"))
    }
    let selector = spec.selector.entries.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    chain.require(
      selector.isEmpty ? "it has a selector" : "it has a selector: \(selector)",
      !spec.selector.isEmpty)
    guard !spec.selector.isEmpty else {
      return chain.answer(
        WhyNot.Waiter(nil, "without a selector, people write the endpoint slices themselves"))
    }
    let pods = objects(.pod).compactMap(\.pod).filter {
      $0.metadata.namespace == key.namespace && !["Succeeded", "Failed"].contains($0.status.phase)
    }
    let chosen = pods.filter { spec.selector.isSubset(of: $0.metadata.labels) }
    chain.require(
      "pods in \(key.namespace) have these labels: \(chosen.count) of \(pods.count)",
      !chosen.isEmpty,
      pods.prefix(4).map { pod in
        let labels = pod.metadata.labels.entries.map { "\($0.key)=\($0.value)" }
        return "\(pod.metadata.name): "
          + (labels.isEmpty ? "none" : labels.joined(separator: ","))
      })
    guard !chosen.isEmpty else {
      return chain.answer(
        WhyNot.Waiter(nil, "until the selector or the labels of pods are changed, or pods come"))
    }
    let ready = chosen.filter {
      $0.metadata.deletionTimestamp == nil && $0.status.conditions.isTrue("Ready")
        && !$0.status.podIP.isEmpty
    }
    let waiting = chosen.filter { pod in !ready.contains { $0.key == pod.key } }
    chain.require(
      "one of them is ready and is not being deleted: \(ready.count) of \(chosen.count)",
      !ready.isEmpty || spec.publishNotReadyAddresses,
      waiting.prefix(4).map { pod in
        "\(pod.metadata.name): "
          + (whyNotRunning(pod.key).unmet.map { "missing: \($0.words)" } ?? "ready any moment")
      })
    if ready.isEmpty, !spec.publishNotReadyAddresses {
      return chain.answer(waiting.first.flatMap { whyNotRunning($0.key).waiter })
    }
    let election = whyNoLeader("kube-controller-manager")
    chain.require(
      "a controller manager leads", election.unmet == nil,
      election.unmet == nil ? [] : election.lines(4))
    guard election.unmet == nil else { return chain.answer(election.waiter) }
    let listed = objects(.endpointSlice).compactMap(\.endpointSlice).filter {
      $0.metadata.namespace == key.namespace
        && $0.metadata.labels["kubernetes.io/service-name"] == key.name
    }.flatMap(\.endpoints).filter { $0.ready ?? true }
    chain.require(
      "an endpoint slice of it says so: \(listed.count) addresses", !listed.isEmpty)
    guard listed.isEmpty else { return chain.answer(nil) }
    let work = next { $0.words.contains("endpointslice-controller") }
    return chain.answer(
      work.map { WhyNot.Waiter($0) }
        ?? WhyNot.Waiter("endpointslice-controller", "a watch event with a pod or the service"))
  }
}
