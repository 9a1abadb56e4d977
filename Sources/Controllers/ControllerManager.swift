import Basics
import ControllerRuntime
import KubeAPI

/// kube-controller-manager: the control loops that come with Kubernetes, in one process, one of
/// which at a time leads.
public struct ControllerManager: Sendable, Digestible {
  public struct Config: Sendable {
    /// The identity in the lease: host name and a unique suffix.
    public var identity: String
    public var seed: UInt64
    public var nodeLifecycle = NodeLifecycleConfig()
    /// `--cluster-cidr`; kubeadm's pod network. A large cluster needs a larger one.
    public var clusterCIDR = CIDR(base: 10 << 24 | 244 << 16, prefix: 16)
    /// `--node-cidr-mask-size`
    public var nodeCIDRMaskSize = 24
    /// `--allocate-node-cidrs`
    public var allocateNodeCIDRs = true
    /// `--terminated-pod-gc-threshold`
    public var terminatedPodThreshold = 12_500
    /// What `--root-ca-file` holds.
    public var rootCertificate =
      "-----BEGIN CERTIFICATE-----\norrery simulated cluster root\n-----END CERTIFICATE-----\n"
    /// `--kube-api-qps` and `--kube-api-burst`, for each controller's client.
    public var qps = 20
    public var burst = 30
    /// `--leader-elect-lease-duration`, `--leader-elect-renew-deadline` and
    /// `--leader-elect-retry-period`.
    public var election = LeaderElector.Timing()
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
      process: "kube-controller-manager", identity: config.identity, seed: config.seed)
    hostConfig.qps = config.qps
    hostConfig.burst = config.burst
    hostConfig.election = config.election
    hostConfig.indices = ResourceKind.allCases.map { kind in
      (kind, kind == .pod ? [.nodeName, .ownerUID] : [.ownerUID])
    }
    host = ControllerHost(hostConfig) { Self.controllers(config) }
  }

  private static func controllers(_ config: Config) -> [any Controller] {
    var controllers: [any Controller] = [
      DeploymentController(),
      ReplicaSetController(),
      EndpointSliceController(),
      NodeLifecycleController(config.nodeLifecycle),
      TaintEvictionController(),
      PodGCController(terminatedThreshold: config.terminatedPodThreshold),
      GarbageCollectorController(),
      NamespaceController(),
      ServiceAccountController(),
      TokensController(certificate: config.rootCertificate),
      RootCACertPublisher(certificate: config.rootCertificate),
      TTLController(),
    ]
    if config.allocateNodeCIDRs {
      controllers.append(
        NodeIPAMController(cluster: config.clusterCIDR, maskSize: config.nodeCIDRMaskSize))
    }
    return controllers
  }

  /// The one door: a message, a timer, a start.
  public mutating func step(
    _ event: ClientEvent, at time: HostTime, into effects: inout Effects
  ) {
    host.step(event, at: time, into: &effects)
  }

  public var isLeader: Bool { host.isLeader }

  /// What a dashboard shows.
  public var view: ControllerHostView { host.view }

  /// The zones of the node lifecycle controller: state, and nodes that wait for their taint.
  public var zoneStates: [(name: String, state: ZoneState, waiting: [String])] {
    for case let controller as NodeLifecycleController in host.controllers {
      return controller.zoneStates
    }
    return []
  }

  public func digest(into digest: inout Digest) { host.digest(into: &digest) }
}

extension ControllerManager {
  /// Until when some controller's spam filter swallows what it says about an object; nil where all
  /// let it pass.
  public func eventsHeldUntil(about object: APIObject, at now: Tick) -> Tick? {
    host.eventsHeldUntil(about: object, at: now)
  }

  /// How many Events its controllers have not got rid of, and how often one was tried in vain.
  public var heldEvents: (count: Int, failures: Int) { host.heldEvents }
}
