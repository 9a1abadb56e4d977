import Basics
import Engine

/// Somebody from outside who asks the world things while it is shown: the doors.
public protocol DashboardVisitor {
  /// Gives the world what was asked since the last call; true where there was something.
  @discardableResult
  mutating func takeIn(_ timeline: inout Engine.Timeline) -> Bool
  /// Takes the world's answers; true where there was one.
  @discardableResult
  mutating func handOut(_ timeline: inout Engine.Timeline) -> Bool
  /// The same once it is worth waking those who wait. True where it did.
  mutating func handOutMany(_ timeline: inout Engine.Timeline) -> Bool
  /// Whether an answer is waited for that time may bring.
  func isWaiting(at now: Tick) -> Bool
  /// The end of the visit: what is under way is refused.
  mutating func shut()
}

extension AppState {
  /// Gives the world what was asked from outside; true while somebody waits for an answer.
  mutating func admit(_ visitor: inout (any DashboardVisitor)?) -> Bool {
    visitor?.takeIn(&timeline)
    return visitor?.isWaiting(at: timeline.now) ?? false
  }

  /// Hands out answers. While nothing runs, a question takes only as much virtual time as its answer
  /// needs.
  mutating func answer(_ visitor: inout (any DashboardVisitor)?, _ hasTime: () -> Bool) {
    guard var guest = visitor else { return }
    visitor = nil
    let before = timeline.now
    guest.handOut(&timeline)
    while !isBusy, guest.isWaiting(at: timeline.now), hasTime() {
      timeline.step(through: timeline.now + .seconds(1))
      if guest.handOutMany(&timeline) { guest.takeIn(&timeline) }
    }
    visitor = guest
    if timeline.now != before { afterTime() }
  }
}
