import Basics
import KubeAPI

/// What can be asked "why?" of.
public enum WhySubject: Sendable, Hashable {
  /// A field has the value it has: `status.conditions[Ready].status`, as `FieldDiff` writes paths.
  case field(ObjectReference, String)
  /// An object is as it is, or gone: its last write.
  case object(ObjectReference)
  /// A revision of the store.
  case revision(Int64)
  /// A record of the trace: an action in a row, a decision.
  case record(TraceID)
  /// A process is down, or up again.
  case process(ProcessID)
  /// Who leads, by the binary's name: `etcd`, `kube-scheduler`, `kube-controller-manager`.
  case leader(String)
  /// The load balancer sends to the API server on a host, or skips it.
  case backend(String)
  /// The last request of a person that was slow or refused.
  case request
  /// There are two of a pod: itself and what was made in its place.
  case copies(ObjectReference)
  /// What the last restore of a snapshot left out.
  case restore
}

/// An answer to "why?": a chain from the effect to the deeds and starts it comes from.
public struct Explanation: Sendable {
  /// How a step leads to the one above it.
  public enum Edge: Sendable {
    /// What was asked about.
    case effect
    /// The same actor, earlier.
    case program
    /// A request or an answer.
    case message
    /// A write that an informer's watch brought.
    case watch
    /// A timer that was set then.
    case timer
    /// A value that the decision read.
    case read
    /// Something that kept what was expected from coming.
    case suppress
    /// A person.
    case user
  }

  public enum Role: Sendable {
    /// Without it the step above would not have come when it did.
    case necessary
    /// One of several that came to one decision.
    case coalesced
    /// Evidence, no cause.
    case context
  }

  public struct Step: Sendable {
    /// None where the trace no longer holds it.
    public let record: TraceID
    public let at: Tick
    /// `node-lifecycle-controller@master-3`, `kubelet@worker-2`, `you`.
    public let who: String
    public let words: String
    public let edge: Edge
    public let role: Role
    public let basis: Basis?
    public let deed: Deed?
    /// Records told by this step too, and other causes of it.
    public var also: [TraceID] = []
    /// What comes from outside, or the start of a process or machine.
    public let isRoot: Bool

    /// `0:00:53.9 node-lifecycle-controller@master-3: marks …`
    public var text: String { "\(clock) \(who): \(words)" }
    /// When it was, as the dashboard's clock shows it, to a tenth of a second.
    public var clock: String { at.clock }
  }

  public let question: String
  /// The effect first, the roots last.
  public let steps: [Step]
  /// Why the chain ends before a root, where it does.
  public let gap: String?

  /// The deeds and starts the chain leads to.
  public var roots: [TraceID] { steps.filter(\.isRoot).map(\.record) }
  public var isComplete: Bool { gap == nil && !roots.isEmpty }

  /// The chain in at most `limit` lines: what one actor did in a row is one line, told by the step
  /// that says most; the effect, the roots and what rests on a rule stay longest.
  public func lines(_ limit: Int = 6) -> [Step] {
    var groups: [Step] = []
    for step in steps {
      guard var last = groups.last, last.who == step.who, !step.isRoot, !last.isRoot,
        step.edge != .suppress, last.edge != .suppress, groups.count > 1 || weight(step) > 0
      else {
        groups.append(step)
        continue
      }
      var told = weight(step) > weight(last) ? step : last
      let other = weight(step) > weight(last) ? last : step
      told.also += [other.record] + other.also
      last = told
      groups[groups.count - 1] = last
    }
    while groups.count > max(2, limit) {
      // The lightest of what is neither the effect nor a root goes.
      guard
        let at = groups.indices.dropFirst().filter({ !groups[$0].isRoot })
          .min(by: { (weight(groups[$0]), $0) < (weight(groups[$1]), $1) })
      else { break }
      let gone = groups.remove(at: at)
      groups[at - 1].also += [gone.record] + gone.also
    }
    return Array(groups.prefix(max(2, limit)))
  }

  private func weight(_ step: Step) -> Int {
    if step.isRoot { return 9 }
    if step.basis?.absence != nil { return 7 }
    if step.basis != nil { return 5 }
    if step.edge == .read { return 4 }
    return step.role == .necessary ? step.edge == .watch || step.edge == .message ? 1 : 2 : 0
  }
}

extension Basis {
  /// The rule, its inputs and parameters, one line each: what opening a step shows.
  public var lines: [String] {
    var lines = ["rule: \(rule)"]
    for input in inputs {
      let object = input.object.map { " of \($0.text)" } ?? ""
      let revision = input.revision > 0 ? "@\(input.revision)" : ""
      lines.append("input: \(input.what)\(object)\(revision) = \(input.value) (\(input.source))")
    }
    for parameter in parameters {
      lines.append(
        "parameter: \(parameter.name) = \(parameter.value)"
          + (parameter.isDefault ? " (default)" : " (set)"))
    }
    for option in alternatives {
      lines.append(
        "\(option.isChosen ? "chosen" : "instead"): \(option.option) \(option.by): \(option.reason)"
      )
    }
    if let absence {
      lines.append("missing: \(absence.what) from \(absence.from) for \(absence.silence.brief)")
    }
    return lines
  }
}
