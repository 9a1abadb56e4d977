import Basics
import ControllerRuntime
import KubeAPI

extension KubeletWork {
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
    let turn = events.record(
      worker.object, fieldPath: fieldPath, type: type, reason: reason, message: message,
      at: step.time, because: step.effects.cause)
    send(turn, &step)
  }

  /// Sends an Event that is due.
  mutating func send(_ turn: EventTurn?, _ step: inout Step) {
    guard let turn else { return }
    eventClient.call(
      turn.request, tag: .event, because: turn.cause, now: step.now, into: &step.effects)
  }

  mutating func eventAnswered(_ response: APIResponse, _ step: inout Step) {
    switch events.answered(response, at: step.now, luck: config.seed) {
    case .nothing: break
    case .send(let turn): send(turn, &step)
    case .wait(let span): step.effects.arm(TimerID(tag: Timer.eventRetry), after: span)
    }
  }
}
