#if Doors
  import Basics
  import Engine

  /// The main loop without a screen: lets virtual time pass and serves the doors, on one thread.
  public struct ServeLoop: Sendable {
    public private(set) var timeline: Timeline
    private var desk: EtcdDesk
    private let mailbox: Mailbox
    /// Virtual microseconds per 1000 real ones; nil for as fast as it goes.
    private let perMille: Int?
    /// Time passes only as far as a question needs it.
    private let isPaused: Bool
    /// Virtual time owed, in thousandths of a microsecond below one.
    private var remainder: UInt64 = 0
    private var lastLetIn = Tick.zero

    /// Where the machine falls behind, no more than this of real time is made up for.
    private static let mostBehind: UInt64 = 250_000
    /// A member that is well answers within this: some fsyncs and the way there and back.
    private static let promptly = Span.milliseconds(50)
    /// Real microseconds between two looks while nothing is asked.
    private static let idleWait = 10_000

    public init(
      _ timeline: Timeline, desk: EtcdDesk, mailbox: Mailbox, perMille: Int?, isPaused: Bool
    ) {
      self.timeline = timeline
      self.desk = desk
      self.mailbox = mailbox
      self.perMille = perMille
      self.isPaused = isPaused
    }

    /// Runs until `isOver`, then ends what is under way.
    ///
    /// - Parameters:
    ///   - clock: real microseconds.
    ///   - isOver: looked at between any two turns; whoever makes it true calls `Mailbox.wake`.
    public mutating func run(clock: () -> UInt64, until isOver: () -> Bool) {
      var last = clock()
      while !isOver() {
        if isPaused {
          answer(isOver)
          mailbox.wait(microseconds: 500_000)
          continue
        }
        let now = clock()
        advance(min(now - min(last, now), Self.mostBehind), clock, isOver)
        last = now
        if perMille != nil { mailbox.wait(microseconds: pause) }
      }
      desk.shut()
    }

    /// Paused: every question is given as much virtual time as its answer takes.
    private mutating func answer(_ isOver: () -> Bool) {
      var steps = 0
      repeat {
        letIn()
        while desk.isWaiting(at: timeline.now) {
          timeline.step(through: timeline.now + .seconds(1))
          steps += 1
          if desk.handOutMany(&timeline) || steps % 16 == 0 { letIn() }
          if steps % 1024 == 0, isOver() { return }
        }
      } while !mailbox.isEmpty && !isOver()
    }

    /// Lets questions in by the handful, so that the world and the network's thread work at the same
    /// time. Where answers fail to come, more are let in all the same.
    private mutating func letIn() {
      let isAnswering =
        desk.isWaiting(at: timeline.now) && timeline.now <= lastLetIn + Self.promptly
      let room = isAnswering ? EtcdDesk.handful - desk.openCount : EtcdDesk.handful
      if room > 0, desk.takeIn(&timeline, atMost: room) { lastLetIn = timeline.now }
    }

    private mutating func advance(_ elapsed: UInt64, _ clock: () -> UInt64, _ isOver: () -> Bool) {
      let deadline: Tick
      if let perMille {
        let owed = elapsed * UInt64(perMille) + remainder
        remainder = owed % 1000
        deadline = timeline.now + Span(microseconds: Int64(owed / 1000))
      } else {
        deadline = timeline.now + .milliseconds(100)
      }
      let start = clock()
      while timeline.now < deadline {
        let slice: Span =
          desk.isWaiting(at: timeline.now) ? Span(microseconds: 500) : .milliseconds(10)
        timeline.advance(to: min(deadline, timeline.now + slice))
        desk.handOut(&timeline)
        desk.takeIn(&timeline)
        if isOver() || clock() > start + Self.mostBehind { break }
      }
      // What came meanwhile enters at the present.
      desk.takeIn(&timeline)
    }

    /// Real microseconds until it is worth looking again.
    private var pause: Int {
      guard desk.isWaiting(at: timeline.now), let perMille, let next = timeline.nextTick
      else { return Self.idleWait }
      let wait = (next - timeline.now).microseconds * 1000 / Int64(max(1, perMille))
      return Int(min(max(wait, 100), 5_000))
    }
  }
#endif
