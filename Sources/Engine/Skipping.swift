import Basics
import KubeAPI

/// A long wait that was passed over: from when to when, and what it was for.
public struct Skip: Sendable {
  public let from: Tick
  public let to: Tick
  public let item: PendingItem

  /// `skipped 243s: taint-eviction-controller deletes …`.
  public var text: String { "skipped \((to - from).brief): \(item.words)" }
}

extension World {
  /// The next thing to happen that is more than a heartbeat or a periodic look; nil in a world that
  /// is quiescent.
  public var nextEvent: PendingItem? { next { !$0.isRoutine && $0.due > now } }
}

extension Timeline {
  /// Lets time pass to just before the next thing that is more than a heartbeat or a periodic look,
  /// when that is at least `least` away, and at most to `deadline`; says what was passed over.
  public mutating func skip(
    least: Span = .seconds(1), through deadline: Tick = .distantFuture
  ) -> Skip? {
    let from = now
    guard let item = world.nextEvent, item.due - from >= least else { return nil }
    let to = min(item.due - .microseconds(1), deadline)
    guard to > from else { return nil }
    advance(to: to)
    return Skip(from: from, to: to, item: item)
  }
}
