import Basics
import ControllerRuntime
import KubeAPI

/// The victims of one preemption that are not on their way out yet.
struct Preemption: Sendable {
  var preemptor: UID
  var victims: [UID]
}

/// Carrying a preemption out: mark each victim, delete it, and keep the preemptor out of the queue
/// until all are on their way (`framework/preemption/executor.go`).
extension SchedulerProcess {
  mutating func evict(
    _ victims: [PodInfo], for preemptor: PodInfo, on node: String, at time: HostTime,
    into effects: inout Effects
  ) {
    clearNominations(below: preemptor, on: node, at: time, into: &effects)
    let living = victims.filter { !$0.isTerminating }
    if living.isEmpty { return }
    effects.note(
      .decision, preemptor.reference,
      "preempting \(living.map(\.key.text).joined(separator: ", ")) on \(node) for "
        + "pod \(preemptor.key.text)")
    preemptions.append(Preemption(preemptor: preemptor.uid, victims: living.map(\.uid)))
    queue.beginPreemption(preemptor.uid)
    for victim in living {
      let condition = JSONObject([
        ("type", .string("DisruptionTarget")), ("status", .string("True")),
        ("reason", .string("PreemptionByScheduler")),
        (
          "message",
          .string("\(Self.schedulerName): preempting to accommodate a higher priority pod")
        ),
        ("lastProbeTime", .null), ("lastTransitionTime", .string(time.wall.rfc3339)),
      ])
      patch(
        victim, status: JSONObject([("conditions", .array([.object(condition)]))]),
        tag: .markVictim(victim: victim, preemptor: preemptor, node: node), at: time,
        into: &effects)
    }
  }

  /// Pods of lower priority that wait for the same node look elsewhere.
  private mutating func clearNominations(
    below preemptor: PodInfo, on node: String, at time: HostTime, into effects: inout Effects
  ) {
    for pod in nominator.pods(on: node)
    where pod.priority < preemptor.priority && !pod.nominatedNodeName.isEmpty {
      patch(
        pod, status: JSONObject([("nominatedNodeName", .null)]), tag: .setStatus, at: time,
        into: &effects)
    }
  }

  mutating func victimMarked(
    _ victim: PodInfo, _ preemptor: PodInfo, _ node: String, _ response: APIResponse,
    at time: HostTime, into effects: inout Effects
  ) {
    if case .status(let status) = response, status.code == 0 || status.code >= 300 {
      victimRefused(victim, preemptor.uid, status, into: &effects)
      return
    }
    var request = APIRequest(
      .delete, .pod, namespace: victim.namespace, name: victim.key.name)
    request.options.preconditionUID = victim.uid
    client.call(
      request, tag: .deleteVictim(victim: victim, preemptor: preemptor, node: node),
      now: time.monotonic, into: &effects)
  }

  mutating func victimDeleted(
    _ victim: PodInfo, _ preemptor: PodInfo, _ node: String, _ response: APIResponse,
    at time: HostTime, into effects: inout Effects
  ) {
    if case .status(let status) = response, status.code == 0 || status.code >= 300 {
      victimRefused(victim, preemptor.uid, status, into: &effects)
      return
    }
    victimIsGoing(victim.uid)
    record(
      victim, related: preemptor, type: "Normal", reason: "Preempted", action: "Preempting",
      message: "Preempted by pod \(preemptor.uid.text) on node \(node)", at: time, into: &effects)
  }

  /// A victim that is gone already is as good as deleted; other failures let the preemptor try anew.
  private mutating func victimRefused(
    _ victim: PodInfo, _ preemptor: UID, _ status: APIStatus, into effects: inout Effects
  ) {
    victimIsGoing(victim.uid)
    if status.isNotFound { return }
    effects.note(.failure, victim.reference, "could not be preempted: \(status.message)")
    finish(preemptor)
    queue.activate(preemptor, cause: effects.cause)
  }

  /// A pod is deleted or about to be: those who wait for that wait no longer.
  mutating func victimIsGoing(_ uid: UID) {
    if preemptions.isEmpty { return }
    for index in preemptions.indices { preemptions[index].victims.removeAll { $0 == uid } }
    for preemption in preemptions where preemption.victims.isEmpty {
      queue.endPreemption(preemption.preemptor)
    }
    preemptions.removeAll { $0.victims.isEmpty }
  }

  private mutating func finish(_ preemptor: UID) {
    preemptions.removeAll { $0.preemptor == preemptor }
    queue.endPreemption(preemptor)
  }
}
