import Basics
import ControllerRuntime
import KubeAPI
import PersistentCollections

/// containerd on one host: sandboxes, containers and images, behind the calls of the CRI.
///
/// Containers are children of their shims, not of this process: they outlive a restart of it and
/// of the kubelet. A power loss ends them; what is on disk (images, network configuration and the
/// records of dead containers) stays.
public struct ContainerRuntime: Sendable {
  public struct Config: Sendable {
    public var nodeName: String
    public var seed: UInt64
    /// Bytes a second from the registries.
    public var pullBandwidth: Int64 = 50_000_000
    public init(nodeName: String, seed: UInt64) {
      self.nodeName = nodeName
      self.seed = seed
    }
  }

  struct Sandbox: Sendable {
    var config: SandboxConfig
    var isReady: Bool
    var ip: String
    var address: UInt32
    var createdAt: Timestamp
    var containers: [UInt64] = []
  }

  struct Container: Sendable {
    var config: ContainerConfig
    var sandbox: UInt64
    var state = RuntimeSnapshot.State.created
    var startedAt: Timestamp?
    var exit: ContainerExit?
    /// When the process ends, by itself or because it was told, and with what.
    var exitAt: Tick?
    var exitCode: Int32 = 0
    var ignoresTerm = false
    var probeFaults = ProbeFaults()
    /// `StopContainer` calls that wait for the exit.
    var stops: [UInt64] = []
    /// Why it will end, for the trace.
    var cause = TraceID.none
  }

  static let operationTimer: UInt8 = 1
  static let exitTimer: UInt8 = 2

  public let config: Config
  var sandboxes = PersistentMap<UInt64, Sandbox>()
  var containers = PersistentMap<UInt64, Container>()
  var images = PersistentMap<String, ImageInfo>()
  /// Calls under way, by the number of their timer.
  var operations = PersistentMap<UInt64, CRIRequest>()
  var addresses: AddressPool?
  private var sequence: UInt64 = 0
  private let salt: UInt64

  public init(config: Config) {
    self.config = config
    // Names must differ from node to node: 24 bits of the seed in front of a counter.
    salt = (Hexadecimal.hash(config.nodeName) ^ config.seed) & 0xFF_FFFF
  }

  /// The one door.
  public mutating func step(
    _ event: RuntimeEvent, at time: HostTime, into effects: inout RuntimeEffects
  ) {
    switch event {
    case .started: started(time, &effects)
    case .request(let request): accept(request, time, &effects)
    case .fault(let fault): inflict(fault, time, &effects)
    case .timer(let timer) where timer.tag == Self.operationTimer:
      // A number that is not there belongs to a call from before a restart.
      guard let request = operations.removeValue(forKey: timer.payload) else { return }
      effects.because(request.cause)
      complete(request, time, &effects)
    case .timer(let timer):
      guard let container = containers[timer.payload], container.state == .running,
        let exitAt = container.exitAt, exitAt <= time.monotonic
      else { return }
      effects.because(container.cause)
      let reason = container.exitCode == 0 ? "Completed" : "Error"
      exit(timer.payload, code: container.exitCode, reason: reason, time, &effects)
    }
  }

  /// The host lost power: processes are gone; the disk keeps images and records.
  public mutating func powerLost(at time: HostTime) {
    operations.removeAll()
    for (number, container) in containers where container.state != .exited {
      containers.modify(number) {
        $0.state = .exited
        $0.exitAt = nil
        $0.stops = []
        $0.exit = ContainerExit(exitCode: 255, reason: "Unknown", finishedAt: time.wall)
      }
    }
    for (number, sandbox) in sandboxes where sandbox.isReady {
      addresses?.release(sandbox.address)
      sandboxes.modify(number) { $0.isReady = false }
    }
  }

  /// The calls that were under way are lost with the process; what ended meanwhile is found ended.
  private mutating func started(_ time: HostTime, _ effects: inout RuntimeEffects) {
    operations.removeAll()
    for (number, container) in containers where container.state == .running {
      containers.modify(number) { $0.stops = [] }
      guard let exitAt = container.exitAt else { continue }
      if exitAt <= time.monotonic {
        let past = HostTime(
          monotonic: exitAt,
          wall: Timestamp(
            microseconds: time.wall.microseconds - (time.monotonic - exitAt).microseconds))
        let reason = container.exitCode == 0 ? "Completed" : "Error"
        exit(number, code: container.exitCode, reason: reason, past, &effects)
      } else {
        effects.arm(
          TimerID(tag: Self.exitTimer, payload: number), after: exitAt - time.monotonic)
      }
    }
  }

  mutating func nextNumber() -> UInt64 {
    sequence += 1
    return salt << 28 | (sequence & 0xFFF_FFFF)
  }

  /// Answers `request` after `span`.
  mutating func delay(_ request: CRIRequest, _ span: Span, _ effects: inout RuntimeEffects) {
    sequence += 1
    operations[sequence] = request
    effects.arm(TimerID(tag: Self.operationTimer, payload: sequence), after: span)
  }
}

extension ContainerRuntime: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(config.seed)
    digest.combine(sequence)
    digest.combine(sandboxes.count)
    for (number, sandbox) in sandboxes {
      digest.combine(number)
      digest.combine(sandbox.isReady)
      digest.combine(UInt64(sandbox.address))
    }
    digest.combine(containers.count)
    for (number, container) in containers {
      digest.combine(number)
      digest.combine(UInt64(container.state.rawValue))
      digest.combine(container.exitAt ?? .zero)
      digest.combine(UInt64(container.probeFaults.rawValue))
      digest.combine(Int(container.exit?.exitCode ?? -1))
    }
    for (name, _) in images { digest.combine(name) }
    for (number, request) in operations {
      digest.combine(number)
      digest.combine(request.id)
    }
  }
}
