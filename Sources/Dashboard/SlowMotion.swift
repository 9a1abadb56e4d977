import Basics
import Engine
import KubeAPI

/// The way time passes by itself: as fast as it goes while nothing of interest happens, a tenth of
/// real time while something does.
struct SlowMotion: Sendable {
  /// Real microseconds of slow motion that are left.
  var left: UInt64 = 0
  /// When the wait began that is being skipped.
  var waitingSince: Tick
  /// The newest record that was looked at.
  var seen: TraceID
  /// Thousandths of a virtual microsecond owed.
  var remainder: UInt64 = 0

  /// How long a moment is shown.
  static let length: UInt64 = 1_500_000
  /// A tenth of real time, in thousandths.
  static let perMille: UInt64 = 100

  var label: String { left > 0 ? "slow motion" : "skipping" }
}

extension AppState {
  mutating func toggleSlowMotion() {
    guard slowMotion == nil else {
      slowMotion = nil
      return say("speed \(speed.text)")
    }
    slowMotion = SlowMotion(
      waitingSince: timeline.now, seen: TraceID(timeline.world.trace.total))
    say("waits are skipped, moments are slow: a ends it")
  }

  mutating func runWithSlowMotion(_ elapsed: UInt64, _ hasTime: () -> Bool) {
    guard var motion = slowMotion else { return }
    defer { slowMotion = motion }
    if motion.seen.rawValue > timeline.world.trace.total {
      motion.seen = TraceID(timeline.world.trace.total)
    }
    if motion.left > 0 {
      motion.left -= min(motion.left, max(elapsed, 1))
      let owed = elapsed * SlowMotion.perMille + motion.remainder
      motion.remainder = owed % 1000
      timeline.advance(
        to: upToGuide(timeline.now + TimeSpan(microseconds: Int64(owed / 1000))))
      pump()
      if pausesForGuide() { return }
      if let what = news(since: &motion.seen) {
        motion.left = SlowMotion.length
        say(what, .changed)
      }
      motion.waitingSince = timeline.now
      fellShort = false
      return
    }
    fellShort = true
    repeat {
      // Single deliveries, so that it stops at the moment and not after it.
      for _ in 0..<64 {
        let isDelivery = timeline.step(through: upToGuide(timeline.now + .seconds(1)))
        if pausesForGuide() { return }
        guard isDelivery else { continue }
        pump()
        guard let what = news(since: &motion.seen) else { continue }
        let waited = timeline.now - motion.waitingSince
        motion.left = SlowMotion.length
        say(waited >= .seconds(2) ? "skipped \(waited.wholeSeconds) s: \(what)" : what, .changed)
        return
      }
    } while hasTime()
  }

  /// The first record since then that is worth a look: a decision, a leader, a life, a failure.
  private func news(since seen: inout TraceID) -> String? {
    let world = timeline.world
    guard world.trace.total > seen.rawValue else { return nil }
    let new = world.trace.after(seen)
    seen = TraceID(world.trace.total)
    for entry in new {
      switch entry.record.note.kind {
      case .decision, .leadership, .lifecycle, .failure, .input:
        return ActionText(world.action(entry)).text
      case .write, .observation: continue
      }
    }
    return nil
  }
}
