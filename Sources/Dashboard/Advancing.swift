import Basics
import Engine

/// Time: how the world moves on between two frames.
extension AppState {
  /// Lets virtual time pass for what of real time has passed, as long as `hasTime` says so.
  ///
  /// - Parameter now: real microseconds.
  public mutating func advance(now: UInt64, hasTime: () -> Bool) {
    let elapsed = realNow == 0 ? 0 : min(now - min(realNow, now), 250_000)
    realNow = max(now, 1)
    if let notice, isBusy, now > notice.since + 10_000_000 { self.notice = nil }
    let before = timeline.now
    if isBooting {
      boot(hasTime)
    } else if pursuit != nil {
      pursue(hasTime)
    } else if isRunning {
      run(elapsed, hasTime)
      meter.add(real: elapsed, virtual: UInt64(max((timeline.now - before).microseconds, 0)))
    } else if command?.isAwaited ?? false {
      answer(hasTime)
    }
    if timeline.now != before || snapshot.isStale(timeline.world) { afterTime() }
  }

  /// Reads the world again where it has changed; a big one at most four times a second.
  mutating func afterTime() {
    pump()
    let isBig = observation.pods.count > 600
    // Views show etcd's members as they are now: the line that counts them must not lag behind.
    let isDue =
      !isBig || !isRunning || realNow >= lastRefresh + 250_000
      || timeline.world.etcdHealth.healthy != observation.healthyMembers
    if isDue { refresh() }
  }

  mutating func refresh() {
    lastRefresh = realNow
    if snapshot.isStale(timeline.world) || snapshot.observation.now != timeline.now {
      snapshot.refresh(timeline.world, branch: timeline.branch.id)
      noteMoment()
      if setup == nil { guide?.poll(timeline.world) }
      updateSheets()
      readModel()
      settleCursors()
    }
  }

  /// Sends and hears for the command under way, and for the setup.
  mutating func pump() {
    if let run = command, !run.isFinished {
      command?.pump(&timeline)
      updateSheets(isForced: command?.isFinished ?? false)
    }
    if stream != nil {
      stream?.pump(&timeline)
      updateSheets(isForced: !isRunning)
    }
    if setup != nil { pollSetup() }
  }

  private mutating func pollSetup() {
    setup?.poll(&timeline)
    guard let done = setup, done.stage == .done else { return }
    setup = nil
    openedAt = timeline.now
    if done.isFast {
      isRunning = !startsPaused
      meter.restart()
      startFresh()
    }
    if let problem = done.problem { say(problem, .error) }
  }

  private mutating func boot(_ hasTime: () -> Bool) {
    repeat {
      timeline.advance(to: timeline.now + .milliseconds(100))
      pollSetup()
    } while isBooting && hasTime()
  }

  private mutating func run(_ elapsed: UInt64, _ hasTime: () -> Bool) {
    if slowMotion != nil { return runWithSlowMotion(elapsed, hasTime) }
    let slice: TimeSpan = command == nil ? .milliseconds(100) : .milliseconds(5)
    let deadline: Tick
    if let perMille = speed.perMille {
      let owed = elapsed * UInt64(perMille) + remainder
      remainder = owed % 1000
      deadline = timeline.now + TimeSpan(microseconds: Int64(owed / 1000))
    } else {
      deadline = timeline.now + .seconds(60)
    }
    while timeline.now < deadline {
      timeline.advance(to: upToGuide(min(deadline, timeline.now + slice)))
      pump()
      if pausesForGuide() { return }
      if !hasTime() {
        fellShort = timeline.now < deadline
        return
      }
    }
    fellShort = speed.perMille == nil
  }

  /// A tick, or the end of a scenario's wait where that comes sooner: what is checked behind it is
  /// checked at that moment.
  func upToGuide(_ tick: Tick) -> Tick {
    guard setup == nil, let end = guide?.waitEnd, end > timeline.now else { return tick }
    return min(tick, end)
  }

  /// Goes on in a scenario whose wait is over; time stands where a check does not hold.
  mutating func pausesForGuide() -> Bool {
    guard setup == nil, let end = guide?.waitEnd, timeline.now >= end else { return false }
    guide?.poll(timeline.world)
    guard case .expect? = guide?.current?.action else { return false }
    isRunning = false
    meter.restart()
    doStep()
    return true
  }

  /// While paused, an answer takes only as much virtual time as it needs.
  private mutating func answer(_ hasTime: () -> Bool) {
    repeat {
      guard let run = command, run.isAwaited else { return }
      guard timeline.now < run.heardAt + CommandRun.patience else {
        say("no answer within \(CommandRun.patience.humanDuration) of virtual time", .error)
        dropCommand()
        return
      }
      for _ in 0..<64 {
        guard let waiting = command, waiting.isAwaited else { return answered(run) }
        timeline.step(through: waiting.horizon(timeline.now))
        command?.pump(&timeline)
      }
    } while hasTime()
  }

  /// Time stood still: who sees the clock elsewhere is told why.
  private mutating func answered(_ run: CommandRun) {
    if stream != nil {
      // What it prints comes with the answer or just after.
      timeline.advance(to: timeline.now + .milliseconds(20))
      pump()
    }
    updateSheets(isForced: true)
    let waited = timeline.now - run.startedAt
    guard waited >= .seconds(1) else { return }
    say("the answer took \(waited.humanDuration): the clock went on by as much, and stands again")
  }

  // MARK: Pursuits

  /// A search is given up after so much virtual time.
  private static let horizon = TimeSpan.minutes(30)

  private mutating func pursue(_ hasTime: () -> Bool) {
    switch pursuit {
    case .time(let tick):
      repeat {
        timeline.advance(to: min(tick, timeline.now + .milliseconds(100)))
        pump()
      } while timeline.now < tick && hasTime()
      if timeline.now >= tick { pursuit = nil }
    case .write(let after): seekWrite(after, hasTime)
    case .moment(let baseline, let since): seekMoment(baseline, since, hasTime)
    case nil: break
    }
  }

  private mutating func seekWrite(_ after: TraceID, _ hasTime: () -> Bool) {
    var seen = after
    repeat {
      for _ in 0..<256 {
        guard timeline.step() else {
          pursuit = nil
          return say("nothing will happen any more", .warn)
        }
        let total = timeline.world.trace.total
        guard total > seen.rawValue else { continue }
        let found = timeline.world.trace.after(seen).contains {
          $0.record.note.kind == .write && !$0.record.note.isRoutine
        }
        seen = TraceID(total)
        pump()
        if found {
          pursuit = nil
          cursors[Pane.actions.rawValue].id = nil
          return
        }
      }
    } while hasTime()
    pursuit = .write(after: seen)
  }

  private mutating func seekMoment(_ baseline: Moments, _ since: Tick, _ hasTime: () -> Bool) {
    var seen = TraceID(timeline.world.trace.total)
    repeat {
      for _ in 0..<256 {
        guard timeline.now < since + Self.horizon, timeline.step() else {
          pursuit = nil
          return say(
            "nothing of interest in \(Self.horizon.humanDuration): [ goes back to the last change",
            .info)
        }
        // Only a record that is no heartbeat can make a moment: looking costs a walk over all.
        guard timeline.world.trace.total > seen.rawValue else { continue }
        let isWorthALook = timeline.world.trace.after(seen).contains { !$0.record.note.isRoutine }
        seen = TraceID(timeline.world.trace.total)
        pump()
        guard isWorthALook else { continue }
        if let change = Moments(timeline.world.observe()).change(since: baseline) {
          pursuit = nil
          let waited = (timeline.now - since).humanDuration
          let isLong = timeline.now - since >= .seconds(1)
          return say("\(isLong ? "skipped" : "after") \(waited): \(change)", .changed)
        }
        // In a big cluster a look takes as long as a frame.
        if !hasTime() { return }
      }
    } while hasTime()
  }
}
