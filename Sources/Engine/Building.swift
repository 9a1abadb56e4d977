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

extension World {
  private static let loadBalancerIP = "10.0.0.10"

  /// Where everybody reaches the API servers: the load balancer before them.
  public static let apiServerURL = "https://\(loadBalancerIP):6443"

  /// Lays out hosts and processes, all switched off.
  mutating func build() {
    addHost("lb-1", .loadBalancer, zone: "", ip: Self.loadBalancerIP)
    var counters = (master: 0, worker: 0, etcd: 0)
    for machine in spec.machines {
      switch machine.role {
      case .master:
        counters.master += 1
        addHost(machine.name, .master, zone: machine.zone, ip: Self.address(1, counters.master))
      case .etcd:
        counters.etcd += 1
        addHost(machine.name, .etcd, zone: machine.zone, ip: Self.address(2, counters.etcd))
      case .worker:
        counters.worker += 1
        addHost(machine.name, .worker, zone: machine.zone, ip: Self.address(4, counters.worker))
      }
    }
    addHost("laptop", .laptop, zone: "", ip: "192.168.1.2")
    addHost("cloud", .cloud, zone: "", ip: "169.254.169.254")

    etcdLaunches = EtcdLaunch.founding(spec)
    etcdClusterID = etcdLaunches.first?.clusterID ?? 0
    for host in hosts.indices {
      addProcesses(of: host)
      if hosts[host].role == .master || hosts[host].role == .worker { launch(host) }
    }
    etcdProcesses = processIDs(.etcd)
    userProcess = processIDs(.user).first ?? 0
    cloudProcess = processIDs(.cloud).first ?? 0
    apiServerProcesses = processIDs(.apiServer)
    proxyProcesses = processIDs(.kubeProxy)
    loadBalancer = LoadBalancer(servers: apiServerProcesses)
    raftArrivals = Array(repeating: .zero, count: etcdMembers.count * etcdMembers.count)
    etcdArrivals = Array(repeating: (.zero, .zero), count: apiServers.count)
    monitor.prepare(members: etcdMembers.count)
    etcdSilent = Array(repeating: false, count: apiServers.count)
    etcdEndpoint = apiServers.indices.map { $0 % max(1, etcdMembers.count) }
  }

  /// `10.<block>.x.y` counted from 1 up.
  private static func address(_ block: Int, _ number: Int) -> String {
    "10.\(block).\(number / 250).\(number % 250 + 1)"
  }

  /// Rents the machine at the cloud provider.
  mutating func launch(_ host: HostID) {
    let addresses = [
      NodeAddress(type: "InternalIP", address: hosts[host].ip),
      NodeAddress(type: "Hostname", address: hosts[host].name),
    ]
    let type = hosts[host].role == .master ? "orrery.master" : "orrery.worker"
    cloud.launch(
      hosts[host].name, addresses: addresses, zone: hosts[host].zone, region: "region-1",
      instanceType: type)
  }

  private mutating func addHost(_ name: String, _ role: Host.Role, zone: String, ip: String) {
    hostNumbers[name] = hosts.count
    hosts.append(Host(id: hosts.count, name: name, role: role, zone: zone, ip: ip))
  }

  private mutating func addProcesses(of host: HostID) {
    func roles(_ role: Host.Role) -> [Process.Role] {
      switch role {
      case .master:
        let own: [Process.Role] = spec.etcd == .stacked ? [.etcd] : []
        return [.containerRuntime, .kubelet] + own
          + [.apiServer, .controllerManager, .scheduler, .cloudControllerManager, .kubeProxy]
      case .worker: return [.containerRuntime, .kubelet, .kubeProxy]
      case .etcd: return [.etcd]
      case .loadBalancer: return [.loadBalancer]
      case .laptop: return [.user]
      case .cloud: return [.cloud]
      }
    }
    for role in roles(hosts[host].role) {
      let id = processes.count
      let index = addComponent(role, process: id, host: host)
      processes.append(Process(id: id, role: role, host: host, index: index))
      lives.append(Life(incarnation: 0, index: Int32(index), role: role))
      hosts[host].processes.append(id)
    }
  }

  /// Makes room for the component of a process; what is in it is made anew at each start.
  private mutating func addComponent(_ role: Process.Role, process: ProcessID, host: HostID) -> Int
  {
    switch role {
    case .etcd:
      etcdMembers.append(makeEtcdMember(etcdMembers.count, incarnation: 0))
      disks.append(Disk())
      return etcdMembers.count - 1
    case .apiServer:
      apiServers.append(makeAPIServer(apiServers.count, host: host, incarnation: 0))
      return apiServers.count - 1
    case .scheduler:
      schedulers.append(makeScheduler(host: host, process: process, incarnation: 0))
      return schedulers.count - 1
    case .controllerManager:
      controllerManagers.append(
        makeControllerManager(host: host, process: process, incarnation: 0))
      return controllerManagers.count - 1
    case .cloudControllerManager:
      cloudControllerManagers.append(
        makeCloudControllerManager(host: host, process: process, incarnation: 0))
      return cloudControllerManagers.count - 1
    case .containerRuntime:
      runtimes.append(makeRuntime(host: host, process: process, incarnation: 0))
      return runtimes.count - 1
    case .kubelet:
      kubelets.append(makeKubelet(host: host, process: process, incarnation: 0))
      return kubelets.count - 1
    case .kubeProxy:
      proxies.append(makeProxy(host: host, process: process, incarnation: 0))
      return proxies.count - 1
    case .loadBalancer, .cloud, .user: return 0
    }
  }

  func processIDs(_ role: Process.Role) -> [ProcessID] {
    processes.filter { $0.role == role }.map(\.id)
  }

  /// The generator of one life of one process.
  func stream(_ process: ProcessID, _ incarnation: UInt32) -> PRNG {
    PRNG(seed: spec.seed, stream: 1_000 + UInt64(process) << 20 + UInt64(incarnation))
  }
}
