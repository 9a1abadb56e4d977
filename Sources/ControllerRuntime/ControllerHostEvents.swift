import Basics
import KubeAPI

// The Events of a process and of its controllers, each of which has a broadcaster of its own.
extension ControllerHost {
  /// The payload of the retry timer of the process' own Events; otherwise it is the lane.
  static let ownEvents = UInt64.max

  /// Sends an Event of the process itself.
  mutating func send(_ turn: EventTurn?) {
    guard let turn else { return }
    base.call(
      turn.request, tag: .event, because: turn.cause, now: context.now, into: &context.effects)
  }

  mutating func ownEventAnswered(_ response: APIResponse) {
    switch events.answered(response, at: context.now, luck: config.seed) {
    case .nothing: break
    case .send(let turn): send(turn)
    case .wait(let span): armRetry(Self.ownEvents, after: span)
    }
  }

  mutating func eventAnswered(_ lane: Int, _ response: APIResponse) {
    let luck = config.seed ^ UInt64(lane)
    switch context.lanes[lane].events.answered(response, at: context.now, luck: luck) {
    case .nothing: break
    case .send(let turn): context.send(turn, of: lane)
    case .wait(let span): armRetry(UInt64(lane), after: span)
    }
  }

  private mutating func armRetry(_ whose: UInt64, after span: Span) {
    context.effects.arm(TimerID(tag: Self.eventRetryTag, payload: whose), after: span)
  }

  mutating func retryEvent(_ timer: TimerID) {
    guard timer.payload != Self.ownEvents else { return send(events.retry()) }
    let lane = Int(timer.payload)
    context.send(context.lanes[lane].events.retry(), of: lane)
  }
}
