import Basics
import KubeAPI

/// Leader election on a Lease (client-go's `tools/leaderelection`).
///
/// A candidate trusts only what it saw change on its own clock: it takes a lease over when the
/// record has not changed for a full lease duration since it first saw it. Clock offsets don't
/// matter; clock rates do. The algorithm gives no fencing.
public struct LeaderElector: Sendable {
  /// The spans that candidates agree on; the defaults are those of all three components that elect.
  public struct Timing: Sendable {
    /// `--leader-elect-lease-duration`: how long a lease is left alone after its last renewal.
    public var leaseDuration = Span.seconds(15)
    /// `--leader-elect-renew-deadline`: how long a leader tries to renew before it ends.
    public var renewDeadline = Span.seconds(10)
    /// `--leader-elect-retry-period`: the wait between two tries.
    public var retryPeriod = Span.seconds(2)
    public init() {}
  }

  public struct Config: Sendable {
    public var leaseName: String
    public var namespace = "kube-system"
    public var identity: String
    public var timing: Timing
    public init(leaseName: String, identity: String, timing: Timing = Timing()) {
      self.leaseName = leaseName
      self.identity = identity
      self.timing = timing
    }
  }

  public enum Call: Sendable { case get, create, update }

  /// What came of an event.
  public enum Outcome: Sendable, Equatable {
    case nothing
    case startedLeading
    /// The process must end: "leaderelection lost".
    case stoppedLeading
    case newLeader(String)
  }

  public let config: Config
  public private(set) var isLeader = false
  /// The holder this candidate last saw.
  public private(set) var observedHolder = ""
  public private(set) var observedAt = Tick.zero
  private var observed: Lease?
  private var observedRevision: Int64 = 0
  /// From whom the lease was taken over, after how much silence, and the last renewal seen.
  private var taken: (holder: String, silence: Span, revision: Int64)?
  private var isCalling = false
  private var renewedAt = Tick.zero
  private var retryAt = Tick.zero

  public init(_ config: Config) { self.config = config }

  /// When the elector wants `tick` called next.
  public var nextDue: Tick { retryAt }

  /// The time is up for another try: `LeaderElector.tryAcquireOrRenew`. Returns the request to
  /// send, its tag and whether leadership was lost meanwhile.
  public mutating func tick(
    _ time: HostTime, luck: UInt64
  ) -> (request: APIRequest, call: Call)? {
    guard !isCalling, time.monotonic >= retryAt else { return nil }
    schedule(time, luck)
    // The fast path of a leader: update at once on the record it wrote itself.
    if isLeader, let lease = observed, lease.spec.holderIdentity == config.identity {
      return begin(update(lease, time))
    }
    let get = APIRequest(
      .get, .lease, namespace: config.namespace, name: config.leaseName)
    isCalling = true
    return (get, .get)
  }

  /// True when a leader has not renewed within the renew deadline.
  public func hasLost(at now: Tick) -> Bool {
    isLeader && now - renewedAt >= config.timing.renewDeadline
  }

  /// How long until `hasLost` can become true.
  public func renewDeadline(at now: Tick) -> Span {
    config.timing.renewDeadline - (now - renewedAt)
  }

  /// When a leader that can't renew gives up; nil for a candidate.
  public var lossAt: Tick? { isLeader ? renewedAt + config.timing.renewDeadline : nil }

  /// When a candidate may take the lease over if the holder it sees does not renew it; nil for the
  /// holder, and where no lease was seen.
  public var takeoverAt: Tick? {
    guard !isLeader, let lease = observed, observedHolder != config.identity else { return nil }
    return observedAt + duration(of: lease)
  }

  public mutating func resign() { isLeader = false }

  /// Gives the lease up (`ReleaseOnCancel`): no holder, and a duration of 1 s, so that the next
  /// candidate need not wait. Nil where it is not held.
  public mutating func release(_ time: HostTime) -> APIRequest? {
    guard isLeader, let lease = observed, lease.spec.holderIdentity == config.identity else {
      return nil
    }
    isLeader = false
    var copy = lease
    copy.spec.holderIdentity = ""
    copy.spec.leaseDurationSeconds = 1
    copy.spec.acquireTime = time.wall
    copy.spec.renewTime = time.wall
    var request = APIRequest(
      .update, .lease, namespace: config.namespace, name: config.leaseName)
    request.body = .object(copy.boxed)
    return request
  }

  /// The answer to a call. May ask for another one at once.
  public mutating func answered(
    _ call: Call, _ response: APIResponse, _ time: HostTime
  ) -> (next: (request: APIRequest, call: Call)?, outcome: Outcome) {
    isCalling = false
    switch (call, response) {
    case (.get, .object(let object)):
      guard let lease = object.lease else { return (nil, .nothing) }
      if observed?.spec != lease.spec { observedRevision = object.resourceVersion }
      let outcome = observe(lease, time.monotonic)
      let holder = lease.spec.holderIdentity ?? ""
      let expiry = observedAt + duration(of: lease)
      if !holder.isEmpty && holder != config.identity && expiry > time.monotonic {
        return (nil, outcome)
      }
      if holder != config.identity {
        taken = (holder, time.monotonic - observedAt, observedRevision)
      }
      return (begin(update(lease, time)), outcome)
    case (.get, .status(let status)) where status.isNotFound:
      isCalling = true
      return ((create(time), .create), .nothing)
    case (.create, .object(let object)), (.update, .object(let object)):
      guard let lease = object.lease else { return (nil, .nothing) }
      _ = observe(lease, time.monotonic)
      renewedAt = time.monotonic
      if isLeader { return (nil, .nothing) }
      isLeader = true
      return (nil, .startedLeading)
    case (.update, .status(let status)) where status.isConflict && isLeader:
      // Somebody wrote the lease in between: look again instead of trusting the copy.
      observed = nil
      isCalling = true
      let get = APIRequest(.get, .lease, namespace: config.namespace, name: config.leaseName)
      return ((get, .get), .nothing)
    default:
      return (nil, .nothing)
    }
  }

  /// Why a candidate became leader: nobody held the lease, or its holder did not renew it.
  public func basis(process: String) -> Basis {
    let lease = leaseReference
    var inputs: [Basis.Input] = []
    var absence: Basis.Absence?
    if let taken {
      inputs.append(
        Basis.Input(
          "spec.holderIdentity", taken.holder.isEmpty ? "none" : taken.holder, of: lease,
          revision: taken.revision, .server))
      if !taken.holder.isEmpty {
        let host = taken.holder.split(separator: "_").first.map(String.init) ?? taken.holder
        absence = Basis.Absence(
          "renewals of \(lease.text)", from: "\(process)@\(host)", silence: taken.silence,
          last: lease, lastRevision: taken.revision)
      }
    }
    return Basis(
      "LeaderElector.tryAcquireOrRenew", inputs: inputs,
      parameters: [
        Basis.Parameter(
          "leaseDuration", config.timing.leaseDuration.brief,
          isDefault: config.timing.leaseDuration == Timing().leaseDuration)
      ],
      absence: absence)
  }

  /// Why a leader gives up: its renewals were not answered in time.
  public func lossBasis(at now: Tick) -> Basis {
    let lease = leaseReference
    return Basis(
      "LeaderElector.renew",
      parameters: [
        Basis.Parameter(
          "renewDeadline", config.timing.renewDeadline.brief,
          isDefault: config.timing.renewDeadline == Timing().renewDeadline)
      ],
      absence: Basis.Absence(
        "answers to its renewals", from: "kube-apiserver", silence: now - renewedAt, last: lease))
  }

  /// A call was lost with its connection, or timed out.
  public mutating func lostCall() { isCalling = false }

  private mutating func begin(_ request: APIRequest) -> (request: APIRequest, call: Call) {
    isCalling = true
    return (request, .update)
  }

  /// While leading, a renewal every retry period; while waiting, a try every retry period with up
  /// to 1.2 times jitter added (`JitterFactor`).
  private mutating func schedule(_ time: HostTime, _ luck: UInt64) {
    var draws = Draws(luck, 0x656C_6563, time.monotonic.microseconds)
    let wait =
      isLeader
      ? config.timing.retryPeriod : draws.jitter(config.timing.retryPeriod, by: Ratio(12, 10))
    retryAt = time.monotonic + wait
  }

  private mutating func observe(_ lease: Lease, _ now: Tick) -> Outcome {
    let changed = observed?.spec != lease.spec
    observed = lease
    guard changed else { return .nothing }
    observedAt = now
    let holder = lease.spec.holderIdentity ?? ""
    guard holder != observedHolder else { return .nothing }
    observedHolder = holder
    return .newLeader(holder)
  }

  private func duration(of lease: Lease) -> Span {
    .seconds(Int(lease.spec.leaseDurationSeconds ?? 15))
  }

  private func create(_ time: HostTime) -> APIRequest {
    var lease = Lease(name: config.leaseName, namespace: config.namespace)
    fill(&lease, time, acquired: time.wall, transitions: 0)
    var request = APIRequest(
      .create, .lease, namespace: config.namespace, name: config.leaseName)
    request.body = .object(lease.boxed)
    return request
  }

  private func update(_ lease: Lease, _ time: HostTime) -> APIRequest {
    var copy = lease
    let isMine = lease.spec.holderIdentity == config.identity
    let transitions = lease.spec.leaseTransitions ?? 0
    fill(
      &copy, time, acquired: isMine ? lease.spec.acquireTime ?? time.wall : time.wall,
      transitions: isMine ? transitions : transitions + 1)
    var request = APIRequest(
      .update, .lease, namespace: config.namespace, name: config.leaseName)
    request.body = .object(copy.boxed)
    return request
  }

  private func fill(
    _ lease: inout Lease, _ time: HostTime, acquired: Timestamp, transitions: Int32
  ) {
    lease.spec.holderIdentity = config.identity
    lease.spec.leaseDurationSeconds = Int32(config.timing.leaseDuration.wholeSeconds)
    lease.spec.acquireTime = acquired
    lease.spec.renewTime = time.wall
    lease.spec.leaseTransitions = transitions
  }
}
