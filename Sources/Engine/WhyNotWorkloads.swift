import Basics
import ControllerRuntime
import KubeAPI
import SimulationKernel

/// The requirement chains of those who work: a rollout, and a controller that does nothing.
extension World {
  // MARK: Rollouts

  func whyNotRolledOut(_ key: ObjectKey) -> WhyNot {
    var chain = RequirementChain("why is the rollout of deployment \(key.text) not done?")
    let found = object(.deployment, key)?.deployment
    chain.require("there is such a deployment", found != nil)
    guard let deployment = found else {
      return chain.answer(WhyNot.Waiter(nil, "nobody is asked to create it"))
    }
    chain.require("it is not paused", !deployment.spec.paused)
    if deployment.spec.paused {
      return chain.answer(WhyNot.Waiter(nil, "until somebody resumes it (spec.paused)"))
    }
    let election = whyNoLeader("kube-controller-manager")
    chain.require(
      "a controller manager leads", election.unmet == nil,
      election.unmet == nil ? [] : election.lines(4))
    guard election.unmet == nil else { return chain.answer(election.waiter) }
    let status = deployment.status
    let generation = deployment.metadata.generation
    chain.require(
      "its controller has seen the newest spec: generation \(status.observedGeneration) of "
        + "\(generation)", status.observedGeneration >= generation)
    let work = next { $0.words.contains("deployment-controller") }
    guard status.observedGeneration >= generation else {
      return chain.answer(
        work.map { WhyNot.Waiter($0) }
          ?? WhyNot.Waiter("deployment-controller", "a watch event with the deployment"))
    }
    let wanted = Int(deployment.spec.replicas ?? 1)
    let sets = objects(.replicaSet).compactMap(\.replicaSet).filter {
      $0.metadata.controller?.uid == deployment.metadata.uid
    }
    func revision(_ set: ReplicaSet) -> Int64 { set.metadata.deploymentRevision ?? 0 }
    let newest = sets.max { revision($0) < revision($1) }
    let pods = objects(.pod).compactMap(\.pod).filter { $0.metadata.namespace == key.namespace }
    let updated = pods.filter { pod in
      pod.metadata.deletionTimestamp == nil
        && newest != nil && pod.metadata.controller?.uid == newest?.metadata.uid
    }
    let waiting = updated.filter { !$0.status.conditions.isTrue("Ready") }
    let limits =
      "maxUnavailable \(deployment.spec.maxUnavailable?.text ?? "25%"), "
      + "maxSurge \(deployment.spec.maxSurge?.text ?? "25%")"
    chain.require(
      "the pods of the newest template are ready: \(updated.count - waiting.count) of "
        + "\(updated.count)", waiting.isEmpty,
      waiting.prefix(4).map { pod in
        "\(pod.metadata.name): "
          + (whyNotRunning(pod.key).unmet.map { "missing: \($0.words)" } ?? "ready any moment")
      })
    chain.require(
      "all \(wanted) are of the newest template: \(updated.count) (\(limits))",
      updated.count >= wanted)
    if let first = waiting.first {
      let waiter = whyNotRunning(first.key).waiter
      return chain.answer(
        WhyNot.Waiter(
          who: waiter?.who,
          evidence: "pod \(first.metadata.name): " + (waiter?.evidence ?? "becomes ready"),
          earliest: waiter?.earliest, item: waiter?.item, suppressor: waiter?.suppressor))
    }
    let old = pods.filter { pod in
      sets.contains {
        $0.metadata.uid != newest?.metadata.uid && pod.metadata.controller?.uid == $0.metadata.uid
      }
    }
    chain.require(
      "no pod of an old template is left: \(old.count)", old.isEmpty,
      old.prefix(4).map { pod in
        pod.metadata.name
          + (pod.metadata.deletionTimestamp == nil
            ? ": not asked to leave yet"
            : ": " + (whyNotGone(pod.key).unmet.map { "missing: \($0.words)" } ?? "leaves"))
      })
    guard updated.count < wanted || !old.isEmpty else { return chain.answer(nil) }
    let leaving = old.first { $0.metadata.deletionTimestamp != nil }
    let busy = work ?? next { $0.words.contains("replicaset-controller") }
    return chain.answer(
      busy.map { WhyNot.Waiter($0) } ?? leaving.flatMap { whyNotGone($0.key).waiter }
        ?? WhyNot.Waiter("deployment-controller", "a watch event with a pod or replica set"))
  }

  // MARK: Controllers

  /// The component that runs a controller: its role.
  private func component(of controller: String) -> Process.Role? {
    let roles: [(Process.Role, [ControllerHostView.Controller])] = [
      (.controllerManager, controllerManagers.first?.view.controllers ?? []),
      (.cloudControllerManager, cloudControllerManagers.first?.view.controllers ?? []),
    ]
    return roles.first { $0.1.contains { $0.name == controller } }?.0
  }

  /// The names of all controllers, in the order of their managers.
  public var controllerNames: [String] {
    (controllerManagers.first?.view.controllers ?? []).map(\.name)
      + (cloudControllerManagers.first?.view.controllers ?? []).map(\.name)
  }

  func whyNotActing(_ controller: String) -> WhyNot {
    var chain = RequirementChain("why does \(controller) do nothing?")
    guard let role = component(of: controller) else {
      chain.require("there is such a controller", false, controllerNames)
      return chain.answer(WhyNot.Waiter(nil, "no process runs it"))
    }
    let election = whyNoLeader(role.name)
    guard election.unmet == nil, let leader = leaders(of: role.name).first,
      let host = host(named: leader), let process = process(role, on: host.id),
      let view = role == .controllerManager
        ? controllerManagerView(on: host.id) : cloudControllerManagerView(on: host.id),
      let lane = view.controllers.first(where: { $0.name == controller })
    else {
      chain.require("its \(role.name) holds the lease", false, election.lines(4))
      return chain.answer(election.waiter)
    }
    chain.require("\(name(of: process.id)) holds the lease", true)
    let unsynced = view.caches.filter { !$0.hasSynced }
    chain.require(
      "the caches it reads have synced", lane.isStarted,
      unsynced.map { "\($0.kind.plural): \($0.phase)" })
    guard lane.isStarted else {
      let sync = next { $0.process == process.id && !$0.isRoutine }
      return chain.answer(sync.map { WhyNot.Waiter($0) })
    }
    let lagging = view.caches.filter { cache in
      (objects(cache.kind).map(\.resourceVersion).max() ?? 0) > cache.resourceVersion
    }
    chain.require(
      "its caches are as new as etcd", lagging.isEmpty,
      lagging.map { cache in
        let newest = objects(cache.kind).map(\.resourceVersion).max() ?? 0
        return "\(cache.kind.plural): revision \(cache.resourceVersion), etcd has \(newest)"
      })
    guard lagging.isEmpty else {
      let event = next { $0.process == process.id && $0.topic == .watch }
      return chain.answer(
        event.map { WhyNot.Waiter($0) }
          ?? WhyNot.Waiter(
            name(of: process.id), "a watch event from its API server",
            suppressor: suppressors(of: process, from: now, to: now).first))
    }
    chain.require(
      "its client's rate limit holds nothing back: \(lane.heldBack)", lane.heldBack == 0)
    let own = next { $0.process == process.id && $0.words.contains(controller) }
    guard lane.heldBack == 0 else {
      let token = next { $0.process == process.id && $0.topic == .rateLimit }
      return chain.answer((token ?? own).map { WhyNot.Waiter($0) })
    }
    let busy = lane.queued + lane.inWork
    chain.require(
      busy + lane.delayed == 0
        ? "something is in its queue: nothing is, what it looks after is as it should be"
        : "something is in its queue: \(lane.queued) in line, \(lane.inWork) in work, "
          + "\(lane.delayed) waiting for their time", busy > 0,
      lane.lastDecision.isEmpty
        ? [] : ["its last decision, at \(lane.lastDecisionAt.clock): \(lane.lastDecision)"])
    return chain.answer(
      own.map { WhyNot.Waiter($0) }
        ?? WhyNot.Waiter(name(of: process.id), "a watch event with something it looks after"))
  }
}
