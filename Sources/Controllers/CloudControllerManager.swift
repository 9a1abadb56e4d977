import Basics
import ControllerRuntime
import KubeAPI

/// cloud-controller-manager: the control loops that need to ask a cloud
/// (`staging/src/k8s.io/cloud-provider`).
public struct CloudControllerManager: Sendable, Digestible {
  public struct Config: Sendable {
    /// The identity in the lease: host name and a unique suffix.
    public var identity: String
    public var seed: UInt64
    public var qps = 20
    public var burst = 30
    /// `--leader-elect-lease-duration`, `--leader-elect-renew-deadline` and
    /// `--leader-elect-retry-period`.
    public var election = LeaderElector.Timing()
    /// `--configure-cloud-routes`
    public var configureRoutes = true
    public init(identity: String, seed: UInt64) {
      self.identity = identity
      self.seed = seed
    }
  }

  public let config: Config
  private(set) var host: ControllerHost

  public init(_ config: Config) {
    self.config = config
    var hostConfig = ControllerHost.Config(
      process: "cloud-controller-manager", identity: config.identity, seed: config.seed)
    hostConfig.qps = config.qps
    hostConfig.burst = config.burst
    hostConfig.election = config.election
    host = ControllerHost(hostConfig) {
      var controllers: [any Controller] = [
        CloudNodeController(), CloudNodeLifecycleController(), ServiceLBController(),
      ]
      if config.configureRoutes { controllers.append(NodeRouteController()) }
      return controllers
    }
  }

  /// A message, a timer, a start. Requests to the cloud are added to `cloud`.
  public mutating func step(
    _ event: ClientEvent, at time: HostTime, into effects: inout Effects,
    cloud: inout [CloudRequest]
  ) {
    host.step(event, at: time, into: &effects)
    host.takeCloudRequests(into: &cloud)
  }

  /// An answer of the cloud.
  public mutating func step(
    _ response: CloudResponse, at time: HostTime, into effects: inout Effects,
    cloud: inout [CloudRequest]
  ) {
    host.step(response, at: time, into: &effects)
    host.takeCloudRequests(into: &cloud)
  }

  public var isLeader: Bool { host.isLeader }

  /// What a dashboard shows.
  public var view: ControllerHostView { host.view }

  /// Until when some controller's spam filter swallows what it says about an object; nil where all
  /// let it pass.
  public func eventsHeldUntil(about object: APIObject, at now: Tick) -> Tick? {
    host.eventsHeldUntil(about: object, at: now)
  }

  /// How many Events its controllers have not got rid of, and how often one was tried in vain.
  public var heldEvents: (count: Int, failures: Int) { host.heldEvents }

  public func digest(into digest: inout Digest) { host.digest(into: &digest) }
}
