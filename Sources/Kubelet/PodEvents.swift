import Basics
import ControllerRuntime
import KubeAPI

extension Kubelet {
  /// An event about a pod.
  mutating func record(
    _ worker: PodWorker, _ reason: String, _ message: String, type: String = "Normal",
    _ step: inout Step
  ) {
    record(worker, fieldPath: "", reason, message, type, &step)
  }

  /// An event about one container of a pod.
  mutating func record(
    _ worker: PodWorker, _ at: Int, _ reason: String, _ message: String, type: String = "Normal",
    _ step: inout Step
  ) {
    let field = at < worker.initCount ? "spec.initContainers{" : "spec.containers{"
    record(worker, fieldPath: field + worker.spec(at).name + "}", reason, message, type, &step)
  }

  private mutating func record(
    _ worker: PodWorker, fieldPath: String, _ reason: String, _ message: String, _ type: String,
    _ step: inout Step
  ) {
    // Nobody could be told about a pod the API no longer knows; real kubelets post these too.
    guard
      let request = recorder.record(
        worker.object, fieldPath: fieldPath, type: type, reason: reason, message: message,
        at: step.time)
    else { return }
    eventClient.call(request, tag: .event, now: step.now, into: &step.effects)
  }
}

extension Kubelet {
  /// Until when the spam filter swallows what this kubelet says about an object; nil where it lets
  /// it pass.
  public func eventsHeldUntil(about object: APIObject, at now: Tick) -> Tick? {
    recorder.heldUntil(about: object, at: now)
  }
}
