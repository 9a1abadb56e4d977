import Basics
import KubeAPI

/// A world with its past: the inputs it was given, and copies of it to go back to.
///
/// Any past state is the nearest keyframe before it, advanced by replay of the inputs. An input at
/// exactly a keyframe's tick comes after the keyframe. Acting in the past cuts off the future; who
/// wants to keep it copies the timeline first, which is what a branch is.
public struct Timeline: Sendable {
  public struct Recorded: Sendable {
    public let at: Tick
    public let input: Input
  }

  struct Keyframe: Sendable {
    let world: World
    let inputs: Int
  }

  /// The state shown now.
  public private(set) var world: World
  /// All inputs, in order; those after the present are the future that `advance` replays.
  public private(set) var inputs: [Recorded] = []
  private var keyframes: [Keyframe]
  /// How many of `inputs` the shown world has seen.
  private var seen = 0
  /// How far this timeline has ever come.
  public private(set) var end: Tick
  public let interval: Span
  private let limit: Int

  /// Keyframes are taken every `interval`; more than `limit` of them are thinned out, the older
  /// the sparser.
  public init(_ world: World, interval: Span = .seconds(5), limit: Int = 120) {
    precondition(interval > .zero && limit >= 8, "keyframes too dense or too few")
    self.world = world
    self.interval = interval
    self.limit = limit
    keyframes = [Keyframe(world: world, inputs: 0)]
    end = world.now
  }

  public var now: Tick { world.now }
  /// The first moment that can be gone back to.
  public var start: Tick { keyframes[0].world.now }
  /// True while what is shown is not the newest that happened.
  public var isInPast: Bool { world.now < end || seen < inputs.count }
  public var keyframeCount: Int { keyframes.count }

  /// Applies an input at the present. In the past that cuts off the future.
  @discardableResult
  public mutating func apply(_ input: Input) throws(FaultProblem) -> UInt64? {
    let answer = try world.apply(input)
    if isInPast { cutFuture() }
    inputs.append(Recorded(at: world.now, input: input))
    seen = inputs.count
    end = world.now
    return answer
  }

  /// Forgets what came after the present.
  private mutating func cutFuture() {
    inputs.removeSubrange(seen...)
    keyframes.removeAll { $0.world.now > world.now || $0.inputs > seen }
    end = world.now
  }

  /// Takes the answer to a request, once it is there.
  public mutating func takeAnswer(_ id: UInt64) -> APIResponse? { world.takeAnswer(id) }

  /// What an etcd client was told since this was asked last, in order.
  public mutating func takeEtcdEvents(_ client: UInt64) -> [EtcdClientEvent] {
    world.takeEtcdEvents(client)
  }

  /// Lets time pass up to `deadline`, replaying recorded inputs at their moments.
  public mutating func advance(to deadline: Tick) {
    while true {
      let nextKeyframe = keyframes[keyframes.count - 1].world.now + interval
      let next = seen < inputs.count ? inputs[seen].at : .distantFuture
      let stop = min(deadline, next, max(nextKeyframe, world.now))
      world.advance(to: stop)
      finish()
      if stop == next {
        replay()
        continue
      }
      if world.now >= deadline { break }
    }
    end = max(end, world.now)
  }

  /// Lets the next delivery happen, if it is due by `deadline`.
  @discardableResult
  public mutating func step(through deadline: Tick = .distantFuture) -> Bool {
    if seen < inputs.count, (world.nextTick ?? .distantFuture) > inputs[seen].at {
      world.advance(to: inputs[seen].at)
      replay()
      return true
    }
    let happened = world.step(through: deadline)
    finish()
    end = max(end, world.now)
    return happened
  }

  /// Shows the world as it was at `tick`.
  public mutating func rewind(to tick: Tick) {
    let tick = max(tick, start)
    let at = keyframes.lastIndex { $0.world.now <= tick } ?? 0
    world = keyframes[at].world
    seen = keyframes[at].inputs
    while seen < inputs.count, inputs[seen].at <= tick {
      world.advance(to: inputs[seen].at)
      replay()
    }
    world.advance(to: tick)
  }

  private mutating func replay() {
    // It was accepted once; in the same state it is accepted again.
    _ = try? world.apply(inputs[seen].input)
    seen += 1
  }

  private mutating func finish() {
    let last = keyframes[keyframes.count - 1].world.now
    guard world.now >= last + interval else { return }
    keyframes.append(Keyframe(world: world, inputs: seen))
    if keyframes.count > limit { thin() }
  }

  /// Drops every second keyframe of the older half, so that the recent past stays dense.
  private mutating func thin() {
    let half = keyframes.count / 2
    keyframes = keyframes.enumerated().filter { index, _ in
      index == 0 || index >= half || index % 2 == 0
    }.map(\.element)
  }
}
