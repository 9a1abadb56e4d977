import Basics

public typealias BranchID = Int

/// One future of a timeline.
public struct Branch: Sendable, Identifiable {
  public let id: BranchID
  public let name: String
  /// The branch it began on; nil for the first one, and where that is forgotten.
  public let parent: BranchID?
  /// When it parted from its parent; the beginning of time for the first one.
  public let forkedAt: Tick
  public let end: Tick
  public let isCurrent: Bool
  /// What was done on it since it parted.
  public let inputs: [Timeline.Recorded]
}

/// A copy of the world to go back to; immutable, shared between branches.
final class Keyframe: Sendable {
  let world: World
  /// How many of the branch's inputs it has seen.
  let inputs: Int
  init(world: World, inputs: Int) {
    self.world = world
    self.inputs = inputs
  }
}

/// A branch as the timeline keeps it.
struct Future: Sendable {
  let id: BranchID
  var name: String
  let parent: BranchID?
  let forkedAt: Tick
  var end: Tick
  var inputs: [Timeline.Recorded]
  var keyframes: [Keyframe]
  /// How many of the keyframes are the parent's too.
  var shared = 0

  init(id: BranchID, name: String, parent: BranchID?, forkedAt: Tick, from world: World) {
    self.init(
      id: id, name: name, parent: parent, forkedAt: forkedAt, inputs: [],
      keyframes: [Keyframe(world: world, inputs: 0)])
  }

  init(
    id: BranchID, name: String, parent: BranchID?, forkedAt: Tick, inputs: [Timeline.Recorded],
    keyframes: [Keyframe]
  ) {
    self.id = id
    self.name = name
    self.parent = parent
    self.forkedAt = forkedAt
    self.inputs = inputs
    self.keyframes = keyframes
    end = forkedAt
  }

  var ownKeyframes: Int { keyframes.count - min(shared, keyframes.count) }

  /// The world at `tick`, inputs of that tick included, and how many inputs it has seen.
  func state(at tick: Tick) -> (world: World, seen: Int) {
    let place = keyframes.lastIndex { $0.world.now <= tick } ?? 0
    return state(from: keyframes[place], at: tick)
  }

  func state(from keyframe: Keyframe, at tick: Tick) -> (world: World, seen: Int) {
    var world = keyframe.world
    var seen = keyframe.inputs
    while seen < inputs.count, inputs[seen].at <= tick {
      world.advance(to: inputs[seen])
      _ = try? world.apply(inputs[seen].input)
      seen += 1
    }
    world.advance(to: tick)
    return (world, seen)
  }

  /// Drops every second keyframe of the older half, so that the recent past stays dense.
  mutating func thin() {
    let half = keyframes.count / 2
    var kept: [Keyframe] = []
    var keptShared = 0
    for (index, keyframe) in keyframes.enumerated()
    where index == 0 || index >= half || index % 2 == 0 {
      if index < shared { keptShared += 1 }
      kept.append(keyframe)
    }
    keyframes = kept
    shared = keptShared
  }
}

extension Timeline {
  /// All futures, in the order in which they began.
  public var branches: [Branch] {
    futures.enumerated().map { place, future in
      let isFirst = future.parent == nil
      return Branch(
        id: future.id, name: future.name, parent: future.parent, forkedAt: future.forkedAt,
        end: future.end, isCurrent: place == current,
        inputs: future.inputs.filter { isFirst || $0.at >= future.forkedAt })
    }
  }

  /// The branch that is shown.
  public var branch: Branch {
    branches[current]
  }

  /// The world of a branch as it was at `tick`, or at the branch's end if that comes first; nil
  /// where there is no such branch. Costs a replay from the nearest keyframe.
  public func world(of id: BranchID, at tick: Tick) -> World? {
    guard let future = futures.first(where: { $0.id == id }) else { return nil }
    return future.state(at: min(max(tick, future.keyframes[0].world.now), future.end)).world
  }
}

extension Timeline {
  /// Moments of this branch that cost most to go back to: those just before a keyframe, spread
  /// evenly over the branch, at most `limit`.
  public func worstMoments(_ limit: Int) -> [Tick] {
    let keyframes = futures[current].keyframes
    let stride = max(1, keyframes.count / max(1, limit))
    return (0..<keyframes.count).filter { $0 % stride == 0 }.map { place in
      let next = place + 1 < keyframes.count ? keyframes[place + 1].world.now : end
      return max(keyframes[place].world.now, next - .microseconds(1))
    }
  }
}
