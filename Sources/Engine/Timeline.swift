import Basics
import KubeAPI

/// A world with its past and its other futures: the inputs it was given, and copies of it to go
/// back to.
///
/// Any past state is the nearest keyframe before it, advanced by replay of the inputs. An input at
/// exactly a keyframe's tick comes after the keyframe. Acting in the past begins a branch; the old
/// future is kept, can be compared, and can be returned to.
public struct Timeline: Sendable {
  public struct Recorded: Sendable {
    public let at: Tick
    /// How many deliveries had happened: at one tick there may be some before and some after.
    public let events: UInt64
    public let input: Input
  }

  /// The state shown now.
  public private(set) var world: World
  var futures: [Future]
  /// The place of the branch shown.
  private(set) var current = 0
  /// How many of the branch's inputs the shown world has seen.
  private(set) var seen = 0
  private var nextID = 1
  public let interval: Span
  public let eventLimit: UInt64
  private let limit: Int

  /// A keyframe is taken after `interval` of time or `eventLimit` deliveries, whichever comes
  /// first: what is between two keyframes bounds the time of a rewind, and 6,000 deliveries take 50
  /// to 100 ms at the worst (`orrery bench timeline`). Of more than `limit` on a
  /// branch the older ones are thinned out, the older the sparser; without one, of more than
  /// `defaultLimit`.
  public init(
    _ world: World, interval: Span = .seconds(60), eventLimit: UInt64 = 6_000, limit: Int? = nil
  ) {
    let limit = limit ?? Self.defaultLimit(machines: world.hosts.count)
    precondition(interval > .zero && limit >= 8 && eventLimit > 0, "keyframes too dense or too few")
    self.world = world
    self.interval = interval
    self.eventLimit = eventLimit
    self.limit = limit
    futures = [Future(id: 0, name: "main", parent: nil, forkedAt: world.now, from: world)]
  }

  /// How many keyframes of a branch take about 2 GiB, a quarter of a laptop's 8: what changes within
  /// one takes about 0.9 kB a machine (`orrery bench timeline`, 1,000 nodes with 3,000 pods). 64 at
  /// least, so that thinning leaves something to go back to; 2048 at most, as a small world needs no
  /// more.
  public static func defaultLimit(machines: Int) -> Int {
    min(2048, max(64, 2 << 30 / (900 * max(1, machines))))
  }

  public var now: Tick { world.now }
  /// The first moment that can be gone back to.
  public var start: Tick { future.keyframes[0].world.now }
  /// How far this branch has ever come.
  public var end: Tick { future.end }
  /// All inputs of this branch, in order; those after the present are the future that `advance`
  /// replays.
  public var inputs: [Recorded] { future.inputs }
  /// True while what is shown is not the newest that happened.
  public var isInPast: Bool { world.now < future.end || seen < future.inputs.count }
  public var keyframeCount: Int { future.keyframes.count }

  var future: Future {
    _read { yield futures[current] }
    _modify { yield &futures[current] }
  }

  /// Applies an input at the present. In the past that begins a branch.
  @discardableResult
  public mutating func apply(_ input: Input) throws(FaultProblem) -> UInt64? {
    let answer = try world.apply(input)
    if isInPast { fork() }
    future.inputs.append(Recorded(at: world.now, events: world.events, input: input))
    seen = future.inputs.count
    future.end = world.now
    return answer
  }

  /// The present becomes the end of a new branch; what came after it stays on the old one.
  private mutating func fork() {
    let old = future
    var branch = Future(
      id: nextID, name: "branch \(nextID)", parent: old.id, forkedAt: world.now,
      inputs: Array(old.inputs[..<seen]),
      keyframes: old.keyframes.filter {
        $0.inputs <= seen && $0.world.events <= world.events && $0.world.now <= world.now
      })
    branch.shared = branch.keyframes.count
    branch.end = world.now
    nextID += 1
    futures.append(branch)
    current = futures.count - 1
    limitMemory()
  }

  /// Shows another world from its beginning, as a branch on which these inputs are still to come.
  mutating func add(
    _ start: World, _ inputs: [Recorded], name: String, until end: Tick
  ) -> BranchID {
    var branch = Future(
      id: nextID, name: name, parent: future.id, forkedAt: start.now, inputs: inputs,
      keyframes: [Keyframe(world: start, inputs: 0)])
    branch.end = end
    nextID += 1
    futures.append(branch)
    current = futures.count - 1
    world = start
    seen = 0
    limitMemory()
    return branch.id
  }

  /// Takes the answer to a request, once it is there.
  public mutating func takeAnswer(_ id: UInt64) -> APIResponse? { world.takeAnswer(id) }

  /// Takes what a watch brought since the last time; nil once its end was told.
  public mutating func takeNews(_ id: UInt64) -> WatchNews? { world.takeNews(id) }

  /// Takes what came for a client outside the cluster.
  public mutating func takeEtcdEvents(_ client: UInt64) -> [EtcdClientEvent] {
    world.takeEtcdEvents(client)
  }

  // MARK: Time

  /// Lets time pass up to `deadline`, replaying recorded inputs at their moments.
  public mutating func advance(to deadline: Tick) {
    while true {
      if seen < future.inputs.count, future.inputs[seen].at <= deadline {
        world.advance(to: future.inputs[seen])
        replay()
        continue
      }
      let last = future.keyframes[future.keyframes.count - 1].world
      let dueAt = last.now + interval
      let dueAfter = last.events + eventLimit
      let stop = min(deadline, max(dueAt, world.now))
      let room = dueAfter > world.events ? dueAfter - world.events : 1
      // Where the future is known, it has its keyframes.
      let isReplay = world.now < last.now || world.events < last.events
      _ = world.advance(to: stop, atMost: isReplay ? .max : room)
      takeKeyframe()
      if world.now >= deadline, (world.nextTick ?? .distantFuture) > deadline { break }
    }
    future.end = max(future.end, world.now)
  }

  /// Lets the next delivery happen, if it is due by `deadline`.
  @discardableResult
  public mutating func step(through deadline: Tick = .distantFuture) -> Bool {
    if seen < future.inputs.count {
      let input = future.inputs[seen]
      if world.events >= input.events || (world.nextTick ?? .distantFuture) > input.at {
        guard input.at <= deadline else { return false }
        world.advance(to: input)
        replay()
        return true
      }
    }
    let happened = world.step(through: deadline)
    takeKeyframe()
    future.end = max(future.end, world.now)
    return happened
  }

  /// Shows the world as it was at `tick`, on this branch.
  public mutating func rewind(to tick: Tick) {
    let tick = max(tick, start)
    (world, seen) = future.state(at: tick)
  }

  private mutating func replay() {
    // It was accepted once; in the same state it is accepted again.
    let recorded = future.inputs[seen]
    _ = try? world.apply(recorded.input)
    if recorded.events == .max {
      // Its place at its tick was not known before.
      future.inputs[seen] = Recorded(at: world.now, events: world.events, input: recorded.input)
    }
    seen += 1
  }

  private mutating func takeKeyframe() {
    let last = future.keyframes[future.keyframes.count - 1].world
    guard
      world.now >= last.now + interval
        || world.events >= last.events + eventLimit
          && world.now >= last.now
    else { return }
    world.releaseRoom()
    future.keyframes.append(Keyframe(world: world, inputs: seen))
    limitMemory()
  }

  /// Thins out what has too many keyframes: this branch first, then the one with most of its own.
  private mutating func limitMemory() {
    if future.keyframes.count > limit { future.thin() }
    let total = futures.reduce(0) { $0 + $1.ownKeyframes }
    guard total > limit + limit / 2,
      let most = futures.indices.filter({ $0 != current })
        .max(by: { futures[$0].ownKeyframes < futures[$1].ownKeyframes }),
      futures[most].ownKeyframes > 8
    else { return }
    futures[most].thin()
  }

  // MARK: Branches

  /// Shows another branch, at the present moment or as near to it as that branch comes.
  public mutating func `switch`(to id: BranchID, at tick: Tick? = nil) -> Bool {
    guard let place = futures.firstIndex(where: { $0.id == id }) else { return false }
    let wanted = tick ?? now
    current = place
    let end = future.end
    (world, seen) = future.state(at: min(max(wanted, start), end))
    return true
  }

  /// Names a branch; an empty name is refused.
  @discardableResult
  public mutating func rename(_ id: BranchID, to name: String) -> Bool {
    guard !name.isEmpty, let place = futures.firstIndex(where: { $0.id == id }) else {
      return false
    }
    futures[place].name = name
    return true
  }

  /// Forgets a branch that is not shown. What began on it stays.
  @discardableResult
  public mutating func forget(_ id: BranchID) -> Bool {
    guard futures[current].id != id, let place = futures.firstIndex(where: { $0.id == id }) else {
      return false
    }
    futures.remove(at: place)
    if place < current { current -= 1 }
    return true
  }
}

extension World {
  /// Lets at most `count` deliveries happen, up to `deadline`; false where that stopped it short.
  mutating func advance(to deadline: Tick, atMost count: UInt64) -> Bool {
    if count == .max {
      advance(to: deadline)
      return true
    }
    let last = events &+ count
    while events < last {
      guard step(through: deadline) else { return true }
    }
    return false
  }

  /// Goes on to the moment of an input: to its tick, and between the same deliveries.
  mutating func advance(to input: Timeline.Recorded) {
    while events < input.events, step(through: input.at) {}
    if let next = nextTick, next <= input.at, events < input.events { advance(to: input.at) }
    now = max(now, input.at)
  }
}
