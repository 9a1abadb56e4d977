import Basics
import SimulationKernel

/// A machine: power, clocks, and the processes that run on it.
public struct Host: Sendable {
  public enum Role: String, Sendable {
    case master, worker, etcd
    /// The load balancer before the API servers.
    case loadBalancer
    /// Where people type `kubectl`.
    case laptop
    /// The cloud provider's side.
    case cloud
  }

  public let id: HostID
  public let name: String
  public let role: Role
  public let zone: String
  public let ip: String
  public internal(set) var isPowered = false
  /// It was asked to shut down: what ends is not started again.
  public internal(set) var isShuttingDown = false
  public internal(set) var clock = HostClock()
  /// In boot order.
  public internal(set) var processes: [ProcessID] = []
  /// When the power came or went last.
  public internal(set) var poweredAt = Tick.zero

  init(id: HostID, name: String, role: Role, zone: String, ip: String) {
    self.id = id
    self.name = name
    self.role = role
    self.zone = zone
    self.ip = ip
  }
}
