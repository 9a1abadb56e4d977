import Basics
import KubeAPI

/// What the kubelet knows and wants about one pod: the pod worker with its part of the pod cache,
/// of the status manager and of the volume manager.
struct PodWorker: Sendable {
  enum State: UInt8, Sendable {
    /// The pod is to run.
    case syncing
    /// Its containers are being stopped.
    case terminating
    /// Nothing of it runs any more.
    case terminated
  }

  /// What the worker waits for; it does one thing at a time.
  enum Operation: Equatable, Sendable {
    case none
    case mounting
    case sandbox
    case pulling(Int)
    case creating(Int)
    case starting(Int)
    /// A single container is stopped to be started again.
    case restarting(Int)
    /// All containers are being stopped; so many still run.
    case killing(Int)
    case stoppingSandbox
  }

  let number: UInt64
  let key: ObjectKey
  let uid: UID
  /// The newest revision seen.
  var object: APIObject
  var pod: Pod
  let addedAt: Tick
  var state = State.syncing
  /// The API has no such pod any more: there is nobody to tell its status.
  var isGone = false
  var operation = Operation.none
  /// The runtime's call the operation waits for.
  var awaited: UInt64 = 0
  var needsSync = false
  var isInRelist = false
  var lastSyncEnd: Tick?
  /// When the worker looks again by itself.
  var syncDue: Tick?
  /// The earliest end of a back-off met in this sync.
  var retryAt: Tick?
  var hasError = false
  /// The grace period of the kill under way, in seconds.
  var killGrace: Int64 = 0

  var sandbox: SandboxID?
  var isSandboxReady = false
  /// Probes were begun whose timers are not armed yet.
  var needsProbes = false
  var sandboxAttempt: Int32 = 0
  var ip = ""

  /// Init containers first, then the others, as in the spec.
  var containers: [ContainerRecord] = []
  var initCount = 0
  var requests = PodRequests()
  var isCounted = false
  var isRejected = false

  var volumes = VolumeNeeds()
  var isMounted = false
  var hasToken = false
  /// When its token is refreshed; nil while that is asked for, and for a pod that needs none or none
  /// any more.
  var tokenDue: Tick?
  var mountBackoff = Span.zero
  var mountDue: Tick?

  /// What the status manager wants the API to show; what is sent shares it.
  @Shared var status = PodStatus()
  var version: UInt64 = 0
  var sentVersion: UInt64 = 0
  var ackedVersion: UInt64 = 0
  var isSending = false
  var isDeleting = false
  /// The revision our own last write made.
  var writtenVersion: Int64 = 0
  /// The last step is done: the API may forget the pod.
  var isFinished = false
  /// A reason to fail the pod that its containers don't know: a deadline, an eviction.
  var failure: (reason: String, message: String)?
  /// `podIPs` and `hostIPs`, built once the pod has an address.
  var carriedIPs = Carried()
  var carriedFor = ""

  func spec(_ index: Int) -> Container {
    index < initCount
      ? pod.spec.initContainers[index] : pod.spec.containers[index - initCount]
  }

  var hasRunning: Bool { containers.contains { $0.state == .running } }

  /// Any container that isn't an init container was made before.
  var isInitialized: Bool { containers[initCount...].contains { $0.state != .none } }

  /// `name_namespace(uid)`.
  var text: String { "\(key.name)_\(key.namespace)(\(uid.text))" }
}

/// One container of a pod, with the instance that is the newest and what is left of the last.
struct ContainerRecord: Sendable {
  enum State: UInt8, Sendable { case none, created, running, exited }

  let isInit: Bool
  /// An init container with `restartPolicy: Always`.
  let isSidecar: Bool
  var id: ContainerID? {
    didSet { fullID = id.map { "containerd://" + $0.text } ?? "" }
  }
  /// The ID as a status shows it, `containerd://` and 64 digits; empty without one.
  private(set) var fullID = ""
  var state = State.none
  /// Starts before this one.
  var attempt: Int32 = 0
  var startedAt: Timestamp?
  // In boxes, as few containers have ended.
  var exit: ContainerExit? {
    get { boxedExit?.wrappedValue }
    set { boxedExit = newValue.map { Shared(wrappedValue: $0) } }
  }
  private var boxedExit: Shared<ContainerExit>?
  var exitedAt = Tick.zero
  /// The instance before.
  var last: ContainerTermination? {
    get { boxedLast?.wrappedValue }
    set { boxedLast = newValue.map { Shared(wrappedValue: $0) } }
  }
  private var boxedLast: Shared<ContainerTermination>?
  var previousID: ContainerID?
  var image: ImageInfo?
  /// Why it doesn't start (the kubelet's reason cache).
  var waiting: (reason: String, message: String)?
  var isStarted = false
  var isReady = false
  /// The sync under way has tried it.
  var wasTried = false
  /// It runs but must be stopped, with this message.
  var killReason: String?
  var backoff = RestartBackoff()
  var pullBackoff = RestartBackoff()
  var pullError = ""
  var pullStarted = Tick.zero
  var faults = ProbeFaults()
  var probes: [ProbeWorker] = []
  /// An instance that the runtime may forget.
  var collected: ContainerID?

  init(isInit: Bool, isSidecar: Bool) {
    self.isInit = isInit
    self.isSidecar = isSidecar
  }

  /// The newest instance as `state.terminated`.
  var termination: ContainerTermination? {
    guard let exit, state == .exited else { return nil }
    var end = ContainerTermination()
    end.exitCode = exit.exitCode
    end.reason = exit.reason
    end.message = exit.message
    end.startedAt = startedAt?.truncatedToSeconds ?? Timestamp(microseconds: 0)
    end.finishedAt = exit.finishedAt.truncatedToSeconds
    end.containerID = fullID
    return end
  }
}

/// `flowcontrol.Backoff` of one key: 10 s, doubled up to a ceiling, forgotten when nothing happened
/// for twice the ceiling.
struct RestartBackoff: Sendable {
  private(set) var span = Span.zero
  private(set) var updatedAt = Tick.zero

  /// The back-off doubles.
  mutating func next(_ event: Tick, now: Tick, ceiling: Span) {
    let isForgotten = span == .zero || event - updatedAt > ceiling * 2
    span = isForgotten ? min(.seconds(10), ceiling) : min(ceiling, span * 2)
    updatedAt = now
  }

  /// When something that happened at `event` may be tried again; nil when that is now.
  func end(since event: Tick, now: Tick, ceiling: Span) -> Tick? {
    guard span > .zero, event - updatedAt <= ceiling * 2, now - event < span else { return nil }
    return event + span
  }
}

/// What a pod asks of its node.
struct PodRequests: Sendable {
  var cpuMilli: Int64 = 0
  var memory: Int64 = 0
  var storage: Int64 = 0

  init() {}

  init(_ pod: Pod) {
    let list = PodResources.requests(of: pod)
    cpuMilli = list.cpuMilli
    memory = list.memoryBytes
    storage = list["ephemeral-storage"]?.value ?? 0
  }
}
