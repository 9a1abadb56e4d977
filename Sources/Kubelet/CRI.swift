import Basics
import KubeAPI

/// A pod sandbox of one container runtime. The number fits a timer's payload; `text` is the name
/// people see.
@frozen
public struct SandboxID: Hashable, Comparable, Sendable {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public static func < (a: SandboxID, b: SandboxID) -> Bool { a.rawValue < b.rawValue }
  /// 64 hexadecimal digits.
  public var text: String { Hexadecimal.text(rawValue ^ 0x5A5A_0000_0000_0000) }
}

/// A container of one container runtime.
@frozen
public struct ContainerID: Hashable, Comparable, Sendable {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public static func < (a: ContainerID, b: ContainerID) -> Bool { a.rawValue < b.rawValue }
  /// 64 hexadecimal digits.
  public var text: String { Hexadecimal.text(rawValue) }
}

/// What a sandbox is made for (`PodSandboxConfig`).
public struct SandboxConfig: Sendable {
  public var pod: ObjectKey
  public var uid: UID
  public var hostNetwork: Bool
  /// 0 for the first sandbox of the pod.
  public var attempt: Int32
}

/// What a container is made of (`ContainerConfig`).
public struct ContainerConfig: Sendable {
  public var name: String
  public var image: String
  public var command: [String]
  public var args: [String]
  /// How often this container was started before.
  public var attempt: Int32
  /// Whether a later start can follow: where the runtime keeps the grace period of orphans.
  public var gracePeriodSeconds: Int64
}

/// A call of the kubelet to the container runtime (CRI v1).
public struct CRIRequest: Sendable {
  public enum Call: Sendable {
    /// `Status`.
    case status
    /// `UpdateRuntimeConfig`: the network configuration the node was given.
    case updateRuntimeConfig(podCIDR: String)
    case runPodSandbox(SandboxConfig)
    case stopPodSandbox(SandboxID)
    /// Removes the containers of the sandbox too.
    case removePodSandbox(SandboxID)
    case createContainer(SandboxID, ContainerConfig)
    case startContainer(ContainerID)
    /// SIGTERM now, SIGKILL after `timeout`. Answered when the container has exited.
    case stopContainer(ContainerID, timeout: Span)
    case removeContainer(ContainerID)
    /// `ListPodSandbox`, `ListContainers` and `ListImages` in one consistent answer.
    case list
    case pullImage(String)
  }
  public var id: UInt64
  public var call: Call
  /// The record that made the kubelet ask.
  public var cause: TraceID
}

/// The one answer to a `CRIRequest`.
public struct CRIResponse: Sendable {
  public enum Result: Sendable {
    case done
    case status(RuntimeStatus)
    case sandbox(SandboxID, ip: String)
    case container(ContainerID)
    case started(at: Timestamp)
    case image(ImageInfo)
    case list(RuntimeSnapshot)
    case failure(CRIError)
  }
  public var id: UInt64
  public var result: Result
}

/// What the runtime tells the kubelet without being asked (`GetContainerEvents`).
public enum ContainerEvent: Sendable {
  case exited(ContainerID, ContainerExit)
  case sandboxStopped(SandboxID)
  /// The container answers its probes otherwise from now on. The real kubelet finds out by
  /// probing; see `Prober` for why it is told here.
  case probesChanged(ContainerID, ProbeFaults)
}

/// What reaches the kubelet from the runtime's socket.
public enum CRIMessage: Sendable {
  case response(CRIResponse)
  case event(ContainerEvent)
}

/// A gRPC error of the runtime.
public struct CRIError: Error, Sendable, Equatable {
  /// `NotFound`, `Unknown`, `DeadlineExceeded`, …
  public var code: String
  public var message: String
  public init(code: String = "Unknown", _ message: String) {
    self.code = code
    self.message = message
  }
  /// As the kubelet prints it.
  public var text: String { "rpc error: code = \(code) desc = \(message)" }
}

public struct RuntimeStatus: Sendable, Equatable {
  public var isRuntimeReady: Bool
  public var isNetworkReady: Bool
  /// Why the network isn't ready.
  public var networkMessage: String
}

public struct ImageInfo: Sendable, Equatable {
  /// The full reference: `docker.io/library/nginx:1.27`.
  public var reference: String
  /// `docker.io/library/nginx@sha256:…`.
  public var repoDigest: String
  public var sizeBytes: Int64
}

/// How a container ended.
public struct ContainerExit: Sendable, Equatable {
  public var exitCode: Int32
  /// `Completed`, `Error`, `OOMKilled`, `StartError`, or `Unknown` after a power loss.
  public var reason: String
  public var message = ""
  public var finishedAt: Timestamp
}

/// Which probes of a container fail because somebody made them fail.
public struct ProbeFaults: OptionSet, Sendable, Hashable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let liveness = ProbeFaults(rawValue: 1)
  public static let readiness = ProbeFaults(rawValue: 2)
  public static let startup = ProbeFaults(rawValue: 4)
}

/// Everything a container runtime knows, as one value.
public struct RuntimeSnapshot: Sendable {
  public struct Sandbox: Sendable {
    public var id: SandboxID
    public var pod: ObjectKey
    public var uid: UID
    public var isReady: Bool
    public var ip: String
    public var attempt: Int32
    public var createdAt: Timestamp
  }
  public enum State: UInt8, Sendable { case created, running, exited }
  public struct Container: Sendable {
    public var id: ContainerID
    public var sandbox: SandboxID
    public var name: String
    public var attempt: Int32
    public var image: String
    public var state: State
    public var startedAt: Timestamp?
    public var exit: ContainerExit?
    public var probeFaults: ProbeFaults
    public var gracePeriodSeconds: Int64
  }
  /// By creation.
  public var sandboxes: [Sandbox] = []
  /// By creation.
  public var containers: [Container] = []
  public var images: [ImageInfo] = []
  public init() {}
}

/// Digits of names that stand for hashes.
enum Hexadecimal {
  /// 64 digits that depend on `seed` only.
  static func text(_ seed: UInt64) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(64)
    var state = seed
    for _ in 0..<4 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      z ^= z >> 31
      for shift in stride(from: 60, through: 0, by: -4) {
        bytes.append(digits[Int(z >> UInt64(shift) & 15)])
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A version 4 UUID in the form of the kernel's `boot_id` and of the firmware's `product_uuid`.
  static func uuid(_ seed: UInt64) -> String {
    var digits = Array(text(seed).utf8.prefix(32))
    digits[12] = UInt8(ascii: "4")
    // The variant takes the two top bits of its digit.
    digits[16] = Array("89ab".utf8)[Int(digits[16]) % 4]
    for place in [20, 16, 12, 8] { digits.insert(UInt8(ascii: "-"), at: place) }
    return String(decoding: digits, as: UTF8.self)
  }

  /// A number that depends on `text` only.
  static func hash(_ text: String) -> UInt64 {
    var digest = Digest()
    digest.combine(text)
    return digest.value
  }
}
