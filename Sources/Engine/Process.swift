import Basics
import SimulationKernel

/// The number of a process: its place in the world's table.
public typealias ProcessID = Int

/// A process on a host: what it is, whether it runs, and which life of it this is.
public struct Process: Sendable {
  public enum Role: UInt8, Sendable, CaseIterable {
    case etcd, apiServer, scheduler, controllerManager, cloudControllerManager
    case containerRuntime, kubelet, kubeProxy, loadBalancer, cloud, user

    /// The binary's name.
    public var name: String {
      switch self {
      case .etcd: "etcd"
      case .apiServer: "kube-apiserver"
      case .scheduler: "kube-scheduler"
      case .controllerManager: "kube-controller-manager"
      case .cloudControllerManager: "cloud-controller-manager"
      case .containerRuntime: "containerd"
      case .kubelet: "kubelet"
      case .kubeProxy: "kube-proxy"
      case .loadBalancer: "load-balancer"
      case .cloud: "cloud"
      case .user: "kubectl"
      }
    }
  }

  public enum State: UInt8, Sendable {
    case stopped, starting, running
    /// SIGSTOP: it holds its connections and answers nobody.
    case paused
  }

  public let id: ProcessID
  public let role: Role
  public let host: HostID
  /// Which of its role it is: the index into the world's table of such components.
  public let index: Int
  public internal(set) var state = State.stopped
  /// Counts lives: what was meant for an earlier one is not delivered.
  public internal(set) var incarnation: UInt32 = 0
  public internal(set) var startedAt = Tick.zero
  public internal(set) var restarts = 0
  /// When it ended or was stopped last, and because of which record.
  public internal(set) var endedAt: Tick?
  public internal(set) var endedBy = TraceID.none
  /// The record of the start of this life of it.
  public internal(set) var startedBy = TraceID.none
  /// A person stopped it: its supervisor leaves it so.
  public internal(set) var isHeldDown = false
  /// The supervisor's back-off before the next start.
  var backoff = Span.zero
  /// The API client's current connection; 0 for none.
  var connection: ConnectionID = 0
  /// A dial is failing: what is asked meanwhile is lost with it.
  var isDialing = false
  /// What came while the process was paused, in order.
  var backlog: [Delivery] = []

  init(id: ProcessID, role: Role, host: HostID, index: Int) {
    self.id = id
    self.role = role
    self.host = host
    self.index = index
  }

  public var isRunning: Bool { state == .running }
  var isAlive: Bool { state == .running || state == .paused }
}

/// A process in short; see `World.lives`.
struct Life: Sendable {
  var incarnation: UInt32
  let index: Int32
  let role: Process.Role
}

extension Process {
  /// How long after the host's power-on, or after the process before it in boot order, a process
  /// is up: firmware and kernel for the first, then what its unit or static pod takes.
  static func bootDelay(_ role: Role, isFirst: Bool) -> (low: Span, high: Span) {
    if isFirst && role != .user && role != .cloud && role != .loadBalancer {
      return (.milliseconds(6_000), .milliseconds(9_000))
    }
    switch role {
    case .containerRuntime: return (.milliseconds(400), .milliseconds(700))
    case .kubelet: return (.milliseconds(500), .milliseconds(900))
    case .etcd: return (.milliseconds(700), .milliseconds(1_200))
    case .apiServer: return (.milliseconds(1_200), .milliseconds(2_000))
    case .scheduler, .controllerManager, .cloudControllerManager:
      return (.milliseconds(700), .milliseconds(1_300))
    case .kubeProxy: return (.milliseconds(600), .milliseconds(1_200))
    case .loadBalancer, .cloud, .user: return (.milliseconds(1), .milliseconds(2))
    }
  }

  /// The supervisor's first wait before it starts a dead process again, and its longest: systemd's
  /// RestartSec for the services (containerd 5 s, kubelet 10 s, as packaged), the kubelet's
  /// back-off of 10 s to 300 s for static pods, whose first restart comes at once.
  static func restartDelay(_ role: Role) -> (first: Span, longest: Span) {
    switch role {
    case .containerRuntime: (.seconds(5), .seconds(5))
    case .kubelet: (.seconds(10), .seconds(10))
    case .etcd, .apiServer, .scheduler, .controllerManager, .cloudControllerManager, .kubeProxy:
      (.seconds(1), .seconds(300))
    case .loadBalancer, .cloud, .user: (.seconds(1), .seconds(1))
    }
  }
}
