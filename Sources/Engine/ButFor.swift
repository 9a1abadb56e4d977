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
  /// What was left out, in the order in which it was done.
  public let deeds: [Deed]
  public let verdict: Verdict
  /// What was compared, as it is and as it would have been; nil for "not there".
  public let actual: String?
  public let without: String?
  /// The moment compared.
  public let at: Tick

  private var it: String { deeds.count == 1 ? "it" : "the \(deeds.count) of them" }

  public var text: String {
    switch verdict {
    case .yes: "but-for: yes (checked: \(without ?? "none") without \(it))"
    case .no: "but-for: no (checked: \(without ?? "none") without \(it) too)"
    case .inconclusive(let why): "but-for: unknown (\(why))"
    }
  }
}

extension Timeline {
  /// Deliveries that a check may cost each time it runs the world again.
  public static let checkBudget: UInt64 = 1_000_000

  /// Leaves a deed out, lets the world run again from the keyframe before it, and compares `value`
  /// at the present. All other luck is as it was. Where the outcome is another, the world runs
  /// again with the deed and other delays on the network: if that alone can make it so, nobody can
  /// say that the deed did.
  public func butFor(
    _ record: TraceID, budget: UInt64 = Timeline.checkBudget, _ value: (World) -> String?
  ) -> ButFor? {
    butFor([record], budget: budget, value)
  }

  /// The same of several deeds at once: of two that would each have sufficed, neither alone is a
  /// cause, and both together are. Nil where one of them is not known.
  public func butFor(
    _ records: [TraceID], budget: UInt64 = Timeline.checkBudget, _ value: (World) -> String?
  ) -> ButFor? {
    let deeds = records.compactMap { world.deed(of: $0) }.sorted { $0.record < $1.record }
    guard let first = deeds.first, deeds.count == records.count else { return nil }
    let actual = value(world)
    func answer(_ verdict: ButFor.Verdict, _ without: String? = nil) -> ButFor {
      ButFor(deeds: deeds, verdict: verdict, actual: actual, without: without, at: now)
    }
    // A keyframe of the very tick may be before or after the deed: its trace knows.
    guard
      let start = future.keyframes.last(where: {
        $0.world.trace.total < first.record.rawValue && $0.world.now <= first.at
      })
    else { return answer(.inconclusive("the timeline begins after it")) }
    let cost = world.events - min(world.events, start.world.events)
    guard cost <= budget else {
      return answer(.inconclusive("\(cost) deliveries back, more than \(budget)"))
    }
    let without = value(run(from: start, leavingOut: deeds, salt: nil))
    if without == actual { return answer(.no, without) }
    for salt in [1, 2] as [UInt64] {
      let chance = value(run(from: start, leavingOut: [], salt: salt))
      if chance == without {
        return answer(.inconclusive("other network delays alone can make it so"), without)
      }
    }
    return answer(.yes, without)
  }

  /// The same of the value of a field.
  public func butFor(_ record: TraceID, of subject: WhySubject) -> ButFor? {
    butFor([record], of: subject)
  }

  public func butFor(_ records: [TraceID], of subject: WhySubject) -> ButFor? {
    switch subject {
    case .field(let object, let path):
      return butFor(records) { world in
        world.object(object.kind, object.key).flatMap { FieldDiff.value(at: path, of: $0) }
      }
    case .object(let object):
      return butFor(records) { world in
        world.object(object.kind, object.key) == nil ? nil : "there"
      }
    case .leader(let component): return butFor(records) { $0.leaders(of: component).first }
    case .process(let id):
      return butFor(records) { world in "\(world.processes[id].state)" }
    case .backend(let host):
      return butFor(records) { world in
        let backend = world.loadBalancer.backends.first {
          world.hosts[world.processes[$0.server].host].name == host
        }
        return backend.map { $0.isUp ? "in turn" : "skipped" }
      }
    case .copies(let object):
      return butFor(records) { world in
        guard let owner = world.object(object.kind, object.key)?.metadata.controller else {
          return nil
        }
        let count = world.objects(.pod).count { $0.metadata.controller?.uid == owner.uid }
        return "\(count) pods of \(owner.kind) \(owner.name)"
      }
    case .request, .restore, .revision, .record: return nil
    }
  }

  /// The present as it would be without `deeds`, or with other luck on the network.
  private func run(from keyframe: Keyframe, leavingOut deeds: [Deed], salt: UInt64?) -> World {
    var world = keyframe.world
    if let salt { world.network.reseed(salt) }
    // While the run is the one that was, an input comes between the same deliveries; from the
    // first that is left out on, and with other luck, the deliveries are others and inputs come at
    // their times.
    var isExact = salt == nil
    var omitted = 0
    for recorded in future.inputs[min(keyframe.inputs, seen)..<seen] {
      if isExact { world.advance(to: recorded) } else { world.advance(to: recorded.at) }
      guard deeds.contains(where: { $0.at == recorded.at }) else {
        _ = try? world.apply(recorded.input)
        continue
      }
      // Not every input is a deed: reads leave no record. Of those at this moment, which is it?
      var next = world
      _ = try? next.apply(recorded.input)
      let before = world.deeds.filter { $0.at == recorded.at }.count
      if next.deeds.endIndex > world.deeds.endIndex {
        let skipped = deeds.prefix(omitted).filter { $0.at == recorded.at }.count
        let here = self.world.deeds.filter { $0.at == recorded.at }
        let place = before + skipped
        if place < here.count, deeds.contains(where: { $0.record == here[place].record }) {
          isExact = false
          omitted += 1
          continue
        }
      }
      world = next
    }
    world.advance(to: now)
    return world
  }
}
