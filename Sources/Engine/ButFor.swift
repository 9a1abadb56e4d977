import Basics
import KubeAPI
import SimulationKernel

/// Whether something would have come about without a cause.
public struct ButFor: Sendable {
  public enum Verdict: Sendable, Equatable {
    /// Without it, it would not have come about.
    case yes
    /// It would have come about all the same.
    case no
    case inconclusive(String)
  }
  public let deed: Deed
  public let verdict: Verdict
  /// What was compared, as it is and as it would have been; nil for "not there".
  public let actual: String?
  public let without: String?
  /// The moment compared.
  public let at: Tick

  public var text: String {
    switch verdict {
    case .yes: "but-for: yes (checked: \(without ?? "none") without it)"
    case .no: "but-for: no (checked: \(without ?? "none") without it too)"
    case .inconclusive(let why): "but-for: unknown (\(why))"
    }
  }
}

extension Timeline {
  /// Deliveries that a check may cost each time it runs the world again.
  public static let checkBudget: UInt64 = 1_000_000

  /// Leaves a deed out, lets the world run again from the keyframe before it, and compares `value`
  /// at the present. A second run with the deed, but with other delays on the network, tells
  /// whether it was mere chance.
  public func butFor(
    _ record: TraceID, budget: UInt64 = Timeline.checkBudget, _ value: (World) -> String?
  ) -> ButFor? {
    guard let deed = world.deed(of: record) else { return nil }
    let actual = value(world)
    func answer(_ verdict: ButFor.Verdict, _ without: String? = nil) -> ButFor {
      ButFor(deed: deed, verdict: verdict, actual: actual, without: without, at: now)
    }
    // A keyframe of the very tick may be before or after the deed: its trace knows.
    guard
      let start = future.keyframes.last(where: {
        $0.world.trace.total < record.rawValue && $0.world.now <= deed.at
      })
    else { return answer(.inconclusive("the timeline begins after it")) }
    let cost = world.events - min(world.events, start.world.events)
    guard cost <= budget else {
      return answer(.inconclusive("\(cost) deliveries back, more than \(budget)"))
    }
    let without = value(run(from: start, leavingOut: record, reseeding: false))
    let chance = value(run(from: start, leavingOut: nil, reseeding: true))
    if chance != actual {
      return answer(.inconclusive("with other network delays it is \(chance ?? "none")"), without)
    }
    return answer(without == actual ? .no : .yes, without)
  }

  /// The same of the value of a field.
  public func butFor(_ record: TraceID, of subject: WhySubject) -> ButFor? {
    switch subject {
    case .field(let object, let path):
      return butFor(record) { world in
        world.object(object.kind, object.key).flatMap { FieldDiff.value(at: path, of: $0) }
      }
    case .object(let object):
      return butFor(record) { world in
        world.object(object.kind, object.key) == nil ? nil : "there"
      }
    case .leader(let component): return butFor(record) { $0.leaders(of: component).first }
    case .process(let id):
      return butFor(record) { world in "\(world.processes[id].state)" }
    case .revision, .record: return nil
    }
  }

  private func run(
    from keyframe: Keyframe, leavingOut record: TraceID?, reseeding: Bool
  ) -> World {
    var world = keyframe.world
    if reseeding { world.network.reseed() }
    var isExact = !reseeding
    for recorded in future.inputs[min(keyframe.inputs, seen)..<seen] {
      if isExact { world.advance(to: recorded) } else { world.advance(to: recorded.at) }
      if let record, isExact, world.trace.total + 1 == record.rawValue,
        recorded.at == self.world.deed(of: record)?.at
      {
        // From here on the deliveries are others; inputs come at their times.
        isExact = false
        continue
      }
      _ = try? world.apply(recorded.input)
    }
    world.advance(to: now)
    return world
  }
}
