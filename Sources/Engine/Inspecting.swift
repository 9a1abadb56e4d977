import APIServer
import Basics
import ControllerRuntime
import Controllers
import Etcd
import KubeAPI
import KubeProxy
import KubeScheduler
import Kubelet
import Raft
import SimulationKernel

/// Looks into single components, for views that show one closely: nothing here costs anything
/// until somebody looks.
extension World {
  /// The etcd members in the order of their machines, by their hosts' names.
  public var etcdMemberNames: [String] { etcdProcesses.map { hosts[processes[$0].host].name } }

  /// The member of this Raft identity; empty for nobody.
  public func etcdMemberName(_ id: UInt64) -> String {
    memberIndex(id).map { hosts[processes[etcdProcesses[$0]].host].name } ?? ""
  }

  /// The API object that a value of etcd's holds, as read at a revision; nil where it holds none.
  public static func object(storedAs value: Blob, revision: Int64) -> APIObject? {
    StoredObject.object(in: value)?.at(resourceVersion: revision)
  }

  /// What the member on this host shows; nil while its process is not running.
  public func etcdView(at index: Int) -> EtcdView? {
    etcdMembers.indices.contains(index) ? etcdMembers[index].view : nil
  }

  /// The entry of a member's log; nil where it does not hold it.
  public func etcdEntry(member: Int, index: UInt64) -> EtcdMember.LogEntry? {
    etcdMembers.indices.contains(member) ? etcdMembers[member].entry(at: index) : nil
  }

  /// The figures every member was started with.
  public func etcdConfig(at index: Int) -> EtcdConfig? {
    etcdMembers.indices.contains(index) ? etcdMembers[index].config : nil
  }

  /// The leases of the cluster with what is left of them, by the leader's clock; the soonest to run
  /// out first. Empty without a leader.
  public func etcdLeases(limit: Int) -> [EtcdMember.LeaseView] {
    guard let leader = etcdMembers.indices.first(where: { etcdMembers[$0].role == .leader }) else {
      return []
    }
    let host = processes[etcdProcesses[leader]].host
    return etcdMembers[leader].leases(at: hosts[host].clock.read(at: now).monotonic, limit: limit)
  }

  /// What the controller manager on this host shows; nil while the process is not running.
  public func controllerManagerView(on host: HostID) -> ControllerHostView? {
    guard let process = process(.controllerManager, on: host), process.isRunning else { return nil }
    return controllerManagers[process.index].view
  }

  /// The same of the cloud controller manager.
  public func cloudControllerManagerView(on host: HostID) -> ControllerHostView? {
    guard let process = process(.cloudControllerManager, on: host), process.isRunning else {
      return nil
    }
    return cloudControllerManagers[process.index].view
  }

  /// The node lifecycle controller's zones, as the leading controller manager has them.
  public var zoneStates: [(name: String, state: ZoneState, waiting: [String])] {
    leadingControllerManager?.zoneStates ?? []
  }

  var leadingControllerManager: ControllerManager? {
    processes.first {
      $0.role == .controllerManager && $0.isRunning && believesToLead($0)
    }.map { controllerManagers[$0.index] }
  }

  /// What the scheduler on this host shows, with the first `limit` pods of each queue.
  public func schedulerView(on host: HostID, limit: Int) -> SchedulerProcess.Observation? {
    guard let process = process(.scheduler, on: host), process.isRunning else { return nil }
    return schedulers[process.index].observe(limit: limit)
  }

  /// What the API server on this host shows; nil while the process is not running.
  public func apiServerView(on host: HostID) -> APIServer.View? {
    guard let process = process(.apiServer, on: host), process.isRunning else { return nil }
    return apiServers[process.index].view
  }

  /// What the kube-proxy on this host shows. The rules outlive the process.
  public func proxyView(on host: HostID) -> KubeProxyView? {
    guard let process = process(.kubeProxy, on: host) else { return nil }
    return proxies[process.index].view(at: time(of: process.id).monotonic)
  }

  /// What the kubelet on this host shows; nil while the process is not running.
  public func kubeletView(on host: HostID) -> KubeletView? {
    guard let process = process(.kubelet, on: host), process.isRunning else { return nil }
    return kubelets[process.index].view(at: time(of: process.id).monotonic)
  }
}
