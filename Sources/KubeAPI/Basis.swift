import Basics

/// What a decision rests on: the values it looked at, the parameters it went by, and what else was
/// possible. One word in a note, and nothing where a note has none.
public final class Basis: Sendable {
  /// A value that was looked at.
  public struct Input: Sendable, Equatable {
    public enum Source: Sendable {
      /// An informer's or the scheduler's copy, which may lag.
      case cache
      /// Read from the API server for this decision.
      case server
      /// The component's own memory.
      case memory
      case clock
    }
    public var what: String
    public var value: String
    /// The object it is a field of, and that object's revision; 0 where it is none.
    public var object: ObjectReference?
    public var revision: Int64
    public var source: Source

    public init(
      _ what: String, _ value: String, of object: ObjectReference? = nil, revision: Int64 = 0,
      _ source: Source = .cache
    ) {
      self.what = what
      self.value = value
      self.object = object
      self.revision = revision
      self.source = source
    }
  }

  /// A flag or a constant that the rule went by.
  public struct Parameter: Sendable, Equatable {
    public var name: String
    public var value: String
    public var isDefault: Bool
    public init(_ name: String, _ value: String, isDefault: Bool = true) {
      self.name = name
      self.value = value
      self.isDefault = isDefault
    }
  }

  /// What was possible, the choice included.
  public struct Alternative: Sendable, Equatable {
    public var option: String
    public var isChosen: Bool
    /// Who or what judged it, as a scheduler plugin.
    public var by: String
    public var reason: String
    public init(_ option: String, isChosen: Bool = false, by: String = "", _ reason: String) {
      self.option = option
      self.isChosen = isChosen
      self.by = by
      self.reason = reason
    }
  }

  /// Something that should have come and did not: what it is, from whom (`kubelet@worker-2`), and
  /// since when it is missed on the clock of who waits.
  public struct Absence: Sendable, Equatable {
    public var what: String
    public var from: String
    public var silence: Span
    /// The last one that came.
    public var last: ObjectReference?
    public var lastRevision: Int64
    public init(
      _ what: String, from: String, silence: Span, last: ObjectReference? = nil,
      lastRevision: Int64 = 0
    ) {
      self.what = what
      self.from = from
      self.silence = silence
      self.last = last
      self.lastRevision = lastRevision
    }
  }

  /// The rule's name in the field: a function, a flag, a plugin.
  public let rule: String
  public let inputs: [Input]
  public let parameters: [Parameter]
  public let alternatives: [Alternative]
  public let absence: Absence?
  /// What else had asked for the same look since the last one: with level-triggered work several
  /// causes come to one decision.
  public let coalesced: [TraceID]

  public init(
    _ rule: String, inputs: [Input] = [], parameters: [Parameter] = [],
    alternatives: [Alternative] = [], absence: Absence? = nil, coalesced: [TraceID] = []
  ) {
    self.rule = rule
    self.inputs = inputs
    self.parameters = parameters
    self.alternatives = alternatives
    self.absence = absence
    self.coalesced = coalesced
  }

  /// The same with these causes too.
  public func also(_ causes: [TraceID]) -> Basis {
    causes.isEmpty
      ? self
      : Basis(
        rule, inputs: inputs, parameters: parameters, alternatives: alternatives,
        absence: absence, coalesced: coalesced + causes)
  }
}
