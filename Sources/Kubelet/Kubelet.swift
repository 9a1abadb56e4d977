import Basics
import ControllerRuntime
import KubeAPI

/// The kubelet of one node: registers it and keeps its lease and status fresh, runs the pods bound
/// to it through the container runtime, and tells the API how they do.
///
/// A kubelet without work costs two timers each 10 s (lease and status). Two of the real one's
/// loops are driven by events here, with the same outcome at the same time:
/// - The generic PLEG lists all containers each second. Here the runtime says what changed, and the
///   kubelet looks at it at the next of these seconds.
/// - Each pod is synced again after 60 to 90 s. In this model nothing can have changed unseen, so
///   that sync, which would do nothing, is left out.
///
/// Its heartbeat and all the rest lie in two boxes: in a cluster at rest nothing but heartbeats
/// changes, and copies of the world share the rest.
public struct Kubelet: Sendable {
  @Shared var heartbeat: Heartbeat
  @Shared var work: KubeletWork
  // Here as well, for who looks at it of thousands of kubelets in a frame.
  private var tokenTimer: UInt64 = 0

  public init(config: KubeletConfig) {
    heartbeat = Heartbeat(user: "system:node:" + config.nodeName)
    work = KubeletWork(config: config)
  }

  /// In the place of a heartbeat that is lent to a step.
  private static let noHeartbeat = Shared(wrappedValue: Heartbeat(user: ""))

  /// The one door. `runtime` gets the calls to send to the container runtime, in order.
  public mutating func step(
    _ event: KubeletEvent, at time: HostTime, into effects: inout Effects,
    runtime: inout [CRIRequest]
  ) {
    // The heartbeat and the buffers are moved into the step, not copied.
    var step = Step(time: time, heartbeat: $heartbeat)
    $heartbeat = Self.noHeartbeat
    swap(&step.effects, &effects)
    swap(&step.runtime, &runtime)
    // Looked at where it lies: whoever changes it copies it first.
    let isDone = _work.withPointer { step.keepsBeating(event, $0) }
    if !isDone {
      work.takeBookmarks(&step.heartbeat)
      work.handle(event, &step)
    }
    swap(&step.effects, &effects)
    swap(&step.runtime, &runtime)
    $heartbeat = step.$heartbeat
    if !isDone { tokenTimer = work.tokens?.rawValue ?? 0 }
  }

  /// What the kubelet was started with.
  public var config: KubeletConfig { work.config }
  /// When the lease was last renewed, on the host's monotonic clock.
  public var leaseRenewedAt: Tick? { heartbeat.leaseRenewedAt }
  /// The timer for the refresh of the first of the pods' tokens; nil while none waits for it.
  public var tokens: TimerID? {
    tokenTimer == 0
      ? nil : TimerID(tag: UInt8(tokenTimer >> 56), payload: tokenTimer & ((1 << 56) - 1))
  }

  /// What a timer in line for this kubelet is for; nil where it ignores it when it comes.
  public func purpose(of timer: TimerID) -> Deadline? { work.purpose(of: timer, heartbeat) }

  /// The topic of a routine timer that every kubelet has in line all the time; nil for any other.
  /// Needs no look at the kubelet, if it is the same that armed it.
  public static func standingTopic(of timer: TimerID) -> Deadline.Topic? {
    switch timer.tag {
    case KubeletWork.Timer.lease: .heartbeat
    case KubeletWork.Timer.nodeStatus: .status
    default: nil
    }
  }

  /// Whether it is a timer for the refresh of tokens, of which `tokens` is the one that counts.
  public static func isTokenTimer(_ timer: TimerID) -> Bool {
    timer.tag == KubeletWork.Timer.tokens
  }

  /// What this kubelet knows of an object; nil for kinds it does not watch, and for pods and nodes
  /// that are not its own.
  public func cached(_ reference: ObjectReference) -> CachedObject? {
    work.cached(reference)?.after(
      reference.kind == .pod ? heartbeat.podsBookmark : heartbeat.nodeBookmark)
  }

  /// The pods in the order they came, with their containers.
  public func view(at now: Tick) -> KubeletView { work.view(at: now, heartbeat) }

  /// Until when the spam filter swallows what this kubelet says about an object; nil where it lets
  /// it pass.
  public func eventsHeldUntil(about object: APIObject, at now: Tick) -> Tick? {
    work.events.heldUntil(about: object, at: now)
  }

  /// How many Events it has not got rid of, and how often it tried the first of them in vain.
  public var heldEvents: (count: Int, failures: Int) {
    (work.events.count, work.events.failures)
  }
}

extension Kubelet: Digestible {
  public func digest(into digest: inout Digest) {
    var (work, heartbeat) = (work, heartbeat)
    work.takeBookmarks(&heartbeat)
    work.digest(heartbeat, into: &digest)
  }
}

/// One call of `Kubelet.step`: its time and its effects, and the heartbeat that it may move on.
struct Step: Sendable {
  let time: HostTime
  @Shared var heartbeat: Heartbeat
  var effects = Effects()
  var runtime: [CRIRequest] = []

  init(time: HostTime, heartbeat: Shared<Heartbeat>) {
    self.time = time
    _heartbeat = heartbeat
  }

  var now: Tick { time.monotonic }
  var wall: Timestamp { time.wall }
}
