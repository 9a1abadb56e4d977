import Basics
import ControllerRuntime
import KubeAPI

/// What reaches a container runtime.
public enum RuntimeEvent: Sendable {
  /// The process has just started. Its containers may have run on without it.
  case started
  case timer(TimerID)
  case request(CRIRequest)
  /// Something is done to a container from outside the world.
  case fault(ContainerFault)
}

/// Harm done to one container of a pod.
public struct ContainerFault: Sendable {
  public enum Kind: Sendable, Equatable {
    /// The process ends with this code.
    case crash(exitCode: Int32)
    /// The kernel kills it for memory: code 137, reason OOMKilled.
    case oomKill
    /// These probes fail from now on, all others succeed.
    case probes(ProbeFaults)
  }
  public var pod: ObjectKey
  /// Empty: the first running container of the pod.
  public var container: String
  public var kind: Kind
  public init(pod: ObjectKey, container: String = "", kind: Kind) {
    self.pod = pod
    self.container = container
    self.kind = kind
  }
}

/// One thing a container runtime wants done.
public enum RuntimeEffect: Sendable {
  case respond(CRIResponse)
  /// To the kubelet, if it is connected; lost otherwise.
  case event(ContainerEvent)
  case arm(TimerID, Span)
  case note(Note)
  /// What follows is caused by an earlier record, not by the event in hand.
  case because(TraceID)
}

/// The effects of a runtime's step, in order.
public struct RuntimeEffects: Sendable {
  public private(set) var list: [RuntimeEffect] = []
  public private(set) var cause: TraceID
  // A note becomes the cause of what follows it, and its number is not known here.
  private var hasNoted = false

  public init(cause: TraceID = .none) { self.cause = cause }

  public mutating func reset(cause: TraceID) {
    list.removeAll(keepingCapacity: true)
    self.cause = cause
    hasNoted = false
  }

  mutating func respond(_ id: UInt64, _ result: CRIResponse.Result) {
    list.append(.respond(CRIResponse(id: id, result: result)))
  }
  mutating func event(_ event: ContainerEvent) { list.append(.event(event)) }
  mutating func arm(_ timer: TimerID, after span: Span) {
    list.append(.arm(timer, max(span, .zero)))
  }
  mutating func note(
    _ kind: Note.Kind, _ pod: ObjectKey, _ message: String, basis: Basis? = nil
  ) {
    list.append(.note(Note(kind, ObjectReference(.pod, pod), message, basis: basis)))
    hasNoted = true
  }
  mutating func because(_ cause: TraceID) {
    guard cause != self.cause || hasNoted else { return }
    self.cause = cause
    hasNoted = false
    list.append(.because(cause))
  }
}
