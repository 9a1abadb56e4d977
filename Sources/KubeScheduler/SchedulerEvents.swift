import Basics
import ControllerRuntime
import KubeAPI

/// What the scheduler tells people: of pods by `events.k8s.io/v1`, of its own leadership by the
/// older API, as the real one does.
extension SchedulerProcess {
  /// Makes an Event about a pod. `action` is what the scheduler was doing.
  mutating func record(
    _ info: PodInfo, related: PodInfo? = nil, type: String, reason: String, action: String,
    message: String, at time: HostTime, into effects: inout Effects
  ) {
    let turn = events.record(
      info.pod.boxed, related: related?.pod.boxed, type: type, reason: reason, action: action,
      message: message, at: time, because: effects.cause)
    send(turn, at: time, into: &effects)
  }

  mutating func recordLeadership(at time: HostTime, into effects: inout Effects) {
    var target = TargetReference()
    target.apiVersion = ResourceKind.lease.apiVersion
    target.kind = ResourceKind.lease.kind
    target.namespace = elector.config.namespace
    target.name = elector.config.leaseName
    let turn = leadershipEvents.record(
      target, reason: "LeaderElection", message: "\(config.identity) became leader", at: time,
      because: effects.cause)
    sendLeadership(turn, at: time, into: &effects)
  }

  mutating func startRecording(into effects: inout Effects) {
    effects.arm(
      TimerID(tag: TimerTag.finishSeries), after: EventSeriesBroadcaster.finishTime)
    effects.arm(
      TimerID(tag: TimerTag.refreshSeries), after: EventSeriesBroadcaster.refreshTime)
  }

  mutating func finishSeries(at time: HostTime, into effects: inout Effects) {
    for turn in events.finishSeries(at: time.wall, because: effects.cause) {
      send(turn, at: time, into: &effects)
    }
    effects.arm(
      TimerID(tag: TimerTag.finishSeries), after: EventSeriesBroadcaster.finishTime)
  }

  mutating func refreshSeries(at time: HostTime, into effects: inout Effects) {
    for turn in events.refreshSeries(because: effects.cause) {
      send(turn, at: time, into: &effects)
    }
    effects.arm(
      TimerID(tag: TimerTag.refreshSeries), after: EventSeriesBroadcaster.refreshTime)
  }

  mutating func eventAnswered(
    _ number: UInt64, _ response: APIResponse, at time: HostTime, into effects: inout Effects
  ) {
    switch events.answered(number, response, at: time.monotonic, luck: seed) {
    case .nothing: break
    case .send(let turn): send(turn, at: time, into: &effects)
    case .wait(let span):
      effects.arm(TimerID(tag: TimerTag.eventRetry, payload: number), after: span)
    }
  }

  mutating func leadershipAnswered(
    _ response: APIResponse, at time: HostTime, into effects: inout Effects
  ) {
    switch leadershipEvents.answered(response, at: time.monotonic, luck: seed) {
    case .nothing: break
    case .send(let turn): sendLeadership(turn, at: time, into: &effects)
    case .wait(let span): effects.arm(TimerID(tag: TimerTag.leadershipRetry), after: span)
    }
  }

  mutating func send(
    _ turn: EventTurn?, at time: HostTime, into effects: inout Effects
  ) {
    guard let turn else { return }
    eventClient.call(
      turn.request, tag: .recordEvent(turn.number), because: turn.cause, now: time.monotonic,
      into: &effects)
  }

  mutating func sendLeadership(
    _ turn: EventTurn?, at time: HostTime, into effects: inout Effects
  ) {
    guard let turn else { return }
    eventClient.call(
      turn.request, tag: .recordLeadership, because: turn.cause, now: time.monotonic,
      into: &effects)
  }

  /// How many Events it has not got rid of, and how often one of them was tried in vain.
  public var heldEvents: (count: Int, failures: Int) {
    (events.count + leadershipEvents.count, max(events.failures, leadershipEvents.failures))
  }
}
