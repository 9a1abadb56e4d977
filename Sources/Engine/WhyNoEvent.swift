import Basics
import ControllerRuntime
import KubeAPI
import SimulationKernel

extension World {
  /// Why kubectl shows no Event about an object. Events are written on the side, by whoever
  /// noticed something: nobody waits for them, a writer that reaches no API server gives each up
  /// after 12 tries, and none lives longer than the API server's `--event-ttl`.
  func whyNoEvent(_ object: ObjectReference) -> WhyNot {
    var chain = RequirementChain("why is there no Event about \(object.text)?")
    let events = allEvents(about: object.kind, object.key)
    guard events.isEmpty else {
      chain.require("there are Events: \(events.count)", true)
      return chain.answer(nil)
    }
    // What the trace holds of it: Events once written, and what was noticed or decided.
    let prefix = object.key.name + "."
    let written = trace.newest(1, scanning: .max) { entry in
      let note = entry.record.note
      return note.kind == .write && note.subject?.kind == .event
        && note.subject?.key.name.hasPrefix(prefix) == true
    }.first
    let said = trace.newest(1, scanning: .max) { entry in
      let note = entry.record.note
      return note.subject == object && note.kind != .write && note.kind != .input
    }.first
    let reporters = self.reporters(of: object)
    chain.require(
      said.map { "something was noticed about it: at \($0.at.clock) \($0.record.note.message)" }
        ?? "something was noticed about it, or decided", said != nil || written != nil)
    guard said != nil || written != nil else {
      return chain.answer(
        WhyNot.Waiter(
          nil,
          "Events tell of what \(reporters.map(\.role.name).joined(separator: ", ")) notice or "
            + "decide: so far nothing, or so long ago that the trace has dropped it"))
    }
    if let written {
      let ttl = spec.duration("kube-apiserver", "event-ttl") ?? .hours(1)
      let isOver = now - written.at > ttl
      chain.require(
        "less than \(ttl.brief) has passed since one was written (event-ttl): "
          + "\((now - written.at).brief)", !isOver)
      return chain.answer(
        WhyNot.Waiter(
          nil,
          isOver
            ? "the API server wrote it with a lease of \(ttl.brief), and etcd removed it with that: "
              + "only something new makes a new one"
            : "it was deleted, or its namespace was"))
    }
    let down = reporters.filter { !$0.isRunning }
    chain.require(
      "who would write it runs: \(reporters.map { name(of: $0.id) }.joined(separator: ", "))",
      down.isEmpty, down.map(state))
    let writes = whyNotCommitted()
    chain.require(
      "the API server carries writes out", writes.unmet == nil,
      writes.unmet == nil ? [] : writes.lines(3))
    if !down.isEmpty || writes.unmet != nil {
      let start = next { item in
        item.topic == .start && down.contains { $0.id == item.process }
      }
      return chain.answer(
        start.map { WhyNot.Waiter($0, suppressor: down.compactMap(suppressor).first) }
          ?? WhyNot.Waiter(
            nil,
            "what a writer had not posted when it died is not written later, nor what an API "
              + "server refused",
            suppressor: down.compactMap(suppressor).first ?? writes.waiter?.suppressor))
    }
    for reporter in reporters {
      let held = heldEvents(reporter)
      guard held.failures > 0 else { continue }
      chain.require(
        "its writer reaches an API server: \(held.count) Events wait, the first was tried "
          + "\(held.failures) of 12 times, 10s apart", false)
      let retry = next { $0.process == reporter.id && $0.topic == .retry }
      return chain.answer(
        retry.map { WhyNot.Waiter($0) }
          ?? WhyNot.Waiter(name(of: reporter.id), "waits for the answer to the Event in hand"))
    }
    if let held = reporters.compactMap({ eventsHeldUntil($0, about: object) }).max() {
      chain.require(
        "its writer's spam filter lets it pass (25 about one object, then one in 5m)", false)
      return chain.answer(
        WhyNot.Waiter(
          reporters.first.map { name(of: $0.id) }, "may write the next one", earliest: held))
    }
    chain.require("what was noticed is worth an Event", false)
    let message = next { $0.kind == .message && $0.subject?.kind == .event }
    return chain.answer(
      message.map { WhyNot.Waiter($0) }
        ?? WhyNot.Waiter(
          nil,
          "not everything is: Events tell people of placing, pulling, starting, killing, "
            + "failing, scaling"))
  }

  /// Who writes Events about an object of this kind.
  private func reporters(of object: ObjectReference) -> [Process] {
    func leader(_ role: Process.Role) -> Process? {
      let candidates = processes.filter { $0.role == role }
      return candidates.first { $0.isRunning && believesToLead($0) } ?? candidates.first
    }
    func kubelet(_ node: String) -> Process? {
      host(named: node).flatMap { process(.kubelet, on: $0.id) }
    }
    switch object.kind {
    case .pod:
      let pod = self.object(.pod, object.key)?.pod
      let own = pod.flatMap { $0.spec.nodeName.isEmpty ? nil : kubelet($0.spec.nodeName) }
      return own.map { [$0] } ?? [leader(.scheduler)].compactMap { $0 }
    case .node: return [kubelet(object.key.name), leader(.controllerManager)].compactMap { $0 }
    case .service: return [leader(.cloudControllerManager)].compactMap { $0 }
    default: return [leader(.controllerManager)].compactMap { $0 }
    }
  }

  /// How many Events a process has not got rid of, and how often one was tried in vain.
  private func heldEvents(_ process: Process) -> (count: Int, failures: Int) {
    switch process.role {
    case .kubelet: kubelets[process.index].heldEvents
    case .scheduler: schedulers[process.index].heldEvents
    case .controllerManager: controllerManagers[process.index].heldEvents
    case .cloudControllerManager: cloudControllerManagers[process.index].heldEvents
    default: (0, 0)
    }
  }

  /// Until when a process' spam filter swallows what it says about an object; nil where it does not.
  private func eventsHeldUntil(_ process: Process, about object: ObjectReference) -> Tick? {
    guard let current = self.object(object.kind, object.key) else { return nil }
    let local = time(of: process.id).monotonic
    let next: Tick?
    switch process.role {
    case .kubelet: next = kubelets[process.index].eventsHeldUntil(about: current, at: local)
    case .controllerManager:
      next = controllerManagers[process.index].eventsHeldUntil(about: current, at: local)
    case .cloudControllerManager:
      next = cloudControllerManagers[process.index].eventsHeldUntil(about: current, at: local)
    default: next = nil
    }
    return next.map { now + ($0 - local) }
  }
}
