import Basics
import KubeAPI
import MVCC

/// Two futures side by side: the objects that differ, and since when.
public struct BranchComparison: Sendable {
  public struct Difference: Sendable {
    public enum Kind: Sendable, Equatable { case onlyInFirst, onlyInSecond, changed }
    public let object: ObjectReference
    public let kind: Kind
    /// The fields that differ; empty where one of the two has no such object.
    public let fields: [FieldChange]
    /// When the two came to differ, and by which record of which branch's trace; nil where the
    /// histories do not reach back so far.
    public let since: Tick?
    public let cause: (branch: BranchID, record: TraceID)?
  }

  public let first: BranchID
  public let second: BranchID
  /// When they parted.
  public let forkedAt: Tick
  /// The moment that is compared.
  public let at: Tick
  /// The earliest first.
  public let differences: [Difference]
}

extension Timeline {
  /// Compares two branches at `tick`, or at the last moment that both have. Leases and Events,
  /// which every future has others of, are left out, and so are times, identities and revisions.
  public func compare(
    _ first: BranchID, _ second: BranchID, at tick: Tick? = nil
  ) -> BranchComparison? {
    guard let a = futures.first(where: { $0.id == first }),
      let b = futures.first(where: { $0.id == second }), first != second
    else { return nil }
    let at = min(tick ?? .distantFuture, a.end, b.end)
    let fork = forkPoint(a, b)
    guard let left = world(of: first, at: at), let right = world(of: second, at: at) else {
      return nil
    }
    let before = world(of: first, at: fork)?.store?.revision ?? 0
    var differences: [BranchComparison.Difference] = []
    for kind in ResourceKind.allCases where kind != .lease && kind != .event {
      let pair = Pair(left: left, right: right, forkRevision: before)
      differences += pair.differences(of: kind, first, second)
    }
    differences.sort {
      ($0.since ?? .zero, $0.object) < ($1.since ?? .zero, $1.object)
    }
    return BranchComparison(
      first: first, second: second, forkedAt: fork, at: at, differences: differences)
  }

  /// The last moment at which the two were one.
  private func forkPoint(_ a: Future, _ b: Future) -> Tick {
    func ancestry(_ future: Future) -> [(id: BranchID, until: Tick)] {
      var line: [(BranchID, Tick)] = [(future.id, future.end)]
      var here = future
      var until = Tick.distantFuture
      while let parent = here.parent, let next = futures.first(where: { $0.id == parent }) {
        until = min(until, here.forkedAt)
        line.append((parent, until))
        here = next
      }
      return line
    }
    let lineA = ancestry(a)
    let lineB = ancestry(b)
    for (id, untilA) in lineA {
      if let (_, untilB) = lineB.first(where: { $0.id == id }) { return min(untilA, untilB) }
    }
    return min(a.forkedAt, b.forkedAt)
  }
}

/// The stores of two futures at one moment.
private struct Pair {
  let left: World
  let right: World
  let forkRevision: Int64

  func differences(
    of kind: ResourceKind, _ first: BranchID, _ second: BranchID
  ) -> [BranchComparison.Difference] {
    let a = left.objects(kind)
    let b = right.objects(kind)
    var found: [BranchComparison.Difference] = []
    var i = 0
    var j = 0
    while i < a.count || j < b.count {
      let x = i < a.count ? a[i] : nil
      let y = j < b.count ? b[j] : nil
      if let x, y.map({ x.key < $0.key }) ?? true {
        found.append(difference(x.reference, .onlyInFirst, [], first, second))
        i += 1
      } else if let y, x.map({ y.key < $0.key }) ?? true {
        found.append(difference(y.reference, .onlyInSecond, [], first, second))
        j += 1
      } else if let x, let y {
        let fields = Self.meaningful(FieldDiff.between(x, y))
        if !fields.isEmpty {
          found.append(difference(x.reference, .changed, fields, first, second))
        }
        i += 1
        j += 1
      }
    }
    return found
  }

  private func difference(
    _ object: ObjectReference, _ kind: BranchComparison.Difference.Kind, _ fields: [FieldChange],
    _ first: BranchID, _ second: BranchID
  ) -> BranchComparison.Difference {
    let (since, cause) = parting(object, first, second)
    return BranchComparison.Difference(
      object: object, kind: kind, fields: fields, since: since, cause: cause)
  }

  /// The first write since the fork after which the object's histories are not alike any more.
  private func parting(
    _ object: ObjectReference, _ first: BranchID, _ second: BranchID
  ) -> (Tick?, (branch: BranchID, record: TraceID)?) {
    let a = left.revisions(of: object)
    let b = right.revisions(of: object)
    let isWhole =
      (left.store?.compactRevision ?? 0) <= forkRevision
      && (right.store?.compactRevision ?? 0) <= forkRevision
    let x = a.filter { $0.revision > forkRevision }
    let y = b.filter { $0.revision > forkRevision }
    guard isWhole else { return (nil, nil) }
    var index = 0
    while index < x.count, index < y.count,
      Self.meaningful(FieldDiff.between(x[index].object, y[index].object)).isEmpty,
      x[index].isDeletion == y[index].isDeletion
    {
      index += 1
    }
    let candidates: [(Tick, BranchID, TraceID)] = [
      index < x.count ? x[index].at.flatMap { at in x[index].write.map { (at, first, $0) } } : nil,
      index < y.count ? y[index].at.flatMap { at in y[index].write.map { (at, second, $0) } } : nil,
    ].compactMap { $0 }
    guard let earliest = candidates.min(by: { $0.0 < $1.0 }) else { return (nil, nil) }
    return (earliest.0, (earliest.1, earliest.2))
  }

  /// Without what differs between any two futures: times, identities, revisions.
  private static func meaningful(_ changes: [FieldChange]) -> [FieldChange] {
    changes.filter { change in
      let last = change.path.split(separator: ".").last.map(String.init) ?? change.path
      if last.hasSuffix("Time") || last.hasSuffix("Timestamp") || last.hasSuffix("At") {
        return false
      }
      return !["uid", "resourceVersion", "containerID", "timeAdded", "bootID"].contains(last)
    }
  }
}
