import APIServer
import Basics
import ControllerRuntime
import Controllers
import Etcd
import KubeAPI
import KubeProxy
import KubeScheduler
import Kubelet
import SimulationKernel

/// Makes the components, as their command lines would.
extension World {
  /// The seed of one life of one process.
  private func seed(_ process: ProcessID, _ life: UInt32) -> UInt64 {
    var prng = stream(process, life)
    return prng.next()
  }

  func makeEtcdMember(_ index: Int, incarnation: UInt32) -> EtcdMember {
    let launch = etcdLaunches[index]
    let name = spec.etcdMachines[index].name
    var config = EtcdConfig(
      id: launch.memberID, name: name, clusterID: launch.clusterID,
      initialCluster: launch.initialCluster,
      seed: spec.seed &* 31 &+ UInt64(index) << 32 &+ UInt64(incarnation))
    config.joinsExisting = launch.joinsExisting
    config.peerURLs = [EtcdLaunch.peerURL(name)]
    config.clientURLs = [EtcdLaunch.clientURL(name)]
    if let span = spec.duration("etcd", "heartbeat-interval") { config.tick = span }
    if let count = spec.flag("etcd", "snapshot-count").flatMap(UInt64.init), count > 0 {
      config.snapshotCount = count
    }
    if let count = spec.flag("etcd", "snapshot-catchup-entries").flatMap(UInt64.init) {
      config.snapshotCatchUpEntries = count
    }
    if case .etcd(let bug)? = sabotage?.bug { config.plantedBug = bug }
    for name in ["corrupt-check-time", "experimental-corrupt-check-time"] {
      if let span = spec.duration("etcd", name), span > .zero { config.corruptCheckTime = span }
    }
    config.initialCorruptCheck =
      spec.flag("etcd", "experimental-initial-corrupt-check") == "true"
      || spec.flag("etcd", "feature-gates")?.contains("InitialCorruptCheck=true") ?? false
    config.strictReconfigCheck = spec.flag("etcd", "strict-reconfig-check") != "false"
    if let quota = spec.flag("etcd", "quota-backend-bytes").flatMap(Int.init), quota > 0 {
      config.quotaBackendBytes = quota
    }
    return EtcdMember(config: config)
  }

  func makeAPIServer(_ index: Int, host: HostID, incarnation: UInt32) -> APIServer {
    var configuration = APIServer.Configuration(name: hosts[host].name, address: hosts[host].ip)
    configuration.serviceAccountKey = spec.seed
    if let span = spec.duration("kube-apiserver", "event-ttl") { configuration.eventTTL = span }
    if let span = spec.duration("kube-apiserver", "request-timeout") {
      configuration.requestTimeout = span
    }
    for (name, key) in [
      ("default-not-ready-toleration-seconds", \APIServer.Configuration.notReadyTolerationSeconds),
      ("default-unreachable-toleration-seconds", \.unreachableTolerationSeconds),
    ] {
      if let seconds = spec.flag("kube-apiserver", name).flatMap(Int64.init) {
        configuration[keyPath: key] = seconds
      }
    }
    var lives = PRNG(seed: spec.seed, stream: 100 + UInt64(index) << 32 + UInt64(incarnation))
    return APIServer(configuration, seed: lives.next())
  }

  /// A leader-election identity: host name and a UUID of the process.
  private func identity(_ host: HostID, _ process: ProcessID, _ life: UInt32) -> String {
    var prng = PRNG(seed: seed(process, life), stream: 7)
    return hosts[host].name + "_" + UID(high: prng.next(), low: prng.next()).text
  }

  /// What `--leader-elect-…` say of the component.
  private func election(of component: String) -> LeaderElector.Timing {
    var timing = LeaderElector.Timing()
    for (name, key) in [
      ("leader-elect-lease-duration", \LeaderElector.Timing.leaseDuration),
      ("leader-elect-renew-deadline", \.renewDeadline),
      ("leader-elect-retry-period", \.retryPeriod),
    ] {
      if let span = spec.duration(component, name) { timing[keyPath: key] = span }
    }
    return timing
  }

  /// `--kube-api-qps` and `--kube-api-burst`, where the component has them.
  private func setClientLimits(of component: String, qps: inout Int, burst: inout Int) {
    func limit(_ name: String) -> Int? {
      spec.flag(component, name).flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil }
    }
    qps = limit("kube-api-qps") ?? qps
    burst = limit("kube-api-burst") ?? burst
  }

  func makeScheduler(host: HostID, process: ProcessID, incarnation: UInt32) -> SchedulerProcess {
    var config = SchedulerProcess.Config(identity: identity(host, process, incarnation))
    setClientLimits(of: "kube-scheduler", qps: &config.qps, burst: &config.burst)
    config.election = election(of: "kube-scheduler")
    return SchedulerProcess(config, seed: seed(process, incarnation))
  }

  func makeControllerManager(
    host: HostID, process: ProcessID, incarnation: UInt32
  ) -> ControllerManager {
    var config = ControllerManager.Config(
      identity: identity(host, process, incarnation), seed: seed(process, incarnation))
    let component = "kube-controller-manager"
    if let span = spec.duration(component, "node-monitor-grace-period") {
      config.nodeLifecycle.gracePeriod = span
    }
    if spec.machines.count > 256 {
      // The usual 10.244.0.0/16 has room for 256 nodes.
      config.clusterCIDR = CIDR(base: 10 << 24 | 128 << 16, prefix: 9)
    }
    if let span = spec.duration(component, "node-monitor-period") {
      config.nodeLifecycle.monitorPeriod = span
    }
    setClientLimits(of: component, qps: &config.qps, burst: &config.burst)
    config.election = election(of: component)
    return ControllerManager(config)
  }

  func makeCloudControllerManager(
    host: HostID, process: ProcessID, incarnation: UInt32
  ) -> CloudControllerManager {
    var config = CloudControllerManager.Config(
      identity: identity(host, process, incarnation), seed: seed(process, incarnation))
    let component = "cloud-controller-manager"
    setClientLimits(of: component, qps: &config.qps, burst: &config.burst)
    config.election = election(of: component)
    return CloudControllerManager(config)
  }

  func makeKubelet(host: HostID, process: ProcessID, incarnation: UInt32) -> Kubelet {
    var config = KubeletConfig(
      nodeName: hosts[host].name, seed: seed(process, incarnation))
    config.nodeIP = hosts[host].ip
    config.isCloudProviderExternal = true
    let machine = spec.machines.first { $0.name == hosts[host].name }
    if let cpu = machine?.cpu { config.capacity["cpu"] = cpu }
    if let memory = machine?.memory { config.capacity["memory"] = memory }
    if let pods = machine?.pods { config.maxPods = Int64(pods) }
    if let machine {
      config.labels = machine.labels
      config.registerWithTaints = machine.taints
    }
    if hosts[host].role == .master {
      config.labels["node-role.kubernetes.io/control-plane"] = ""
      config.registerWithTaints.append(Taint(key: Taint.controlPlane, effect: "NoSchedule"))
    }
    for flag in spec.flags where flag.component == "kubelet" {
      _ = config.set(flag: flag.name, to: flag.value)
    }
    config.bootNumber = UInt64(incarnation) + 1
    return Kubelet(config: config)
  }

  func makeRuntime(host: HostID, process: ProcessID, incarnation: UInt32) -> ContainerRuntime {
    ContainerRuntime(
      config: ContainerRuntime.Config(
        nodeName: hosts[host].name, seed: seed(process, incarnation)))
  }

  func makeProxy(
    host: HostID, process: ProcessID, incarnation: UInt32, rules: RuleTable? = nil
  ) -> KubeProxy {
    KubeProxy(
      config: KubeProxy.Config(nodeName: hosts[host].name, seed: seed(process, incarnation)),
      rules: rules)
  }
}
