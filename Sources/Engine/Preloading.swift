import Basics
import Etcd
import KubeAPI
import MVCC
import PersistentCollections

extension World {
  /// The world of `spec`, switched off, whose etcd members hold `objects` already: as after a
  /// restore of one snapshot on each of them, before the machines are first switched on.
  ///
  /// Where `containersRun`, the machines of pods that are Running by their status have had power all
  /// along, and their runtimes hold those containers: the kubelets find them when they start.
  ///
  /// Each object is a revision of its own, in the order given, with what its metadata says (UIDs and
  /// times are not made up); `resourceVersion` becomes the revision.
  public init(
    _ spec: ClusterSpec, holding objects: [APIObject], containersRun: Bool = false,
    traceCapacity: Int = 50_000
  ) throws(FaultProblem) {
    self.init(spec, traceCapacity: traceCapacity)
    var revisions: [KeyValue] = []
    revisions.reserveCapacity(objects.count)
    for object in containersRun ? held(objects) : objects {
      let revision = Int64(revisions.count) + 2
      revisions.append(
        KeyValue(
          key: Key(Self.storageKey(of: object.reference)), createRevision: revision,
          modRevision: revision,
          version: 1, value: .boxed(object)))
    }
    let store = MVCC.Store(revisions: revisions, compactRevision: -1, leases: [])
    let restored: RestoredCluster
    do throws(BackendFile.Problem) {
      restored = try RestoredCluster(
        store, cluster: etcdInitialCluster, token: "etcd-cluster")
    } catch {
      throw FaultProblem(message: error.description)
    }
    for index in etcdMembers.indices {
      let name = hosts[processes[etcdProcesses[index]].host].name
      guard let own = restored.members.first(where: { $0.name == name }) else { continue }
      layOut(restored, for: own.id, at: index)
    }
    begin(restored)
  }

  /// The objects with the containers of their pods as the runtimes of their nodes then hold them.
  private mutating func held(_ objects: [APIObject]) -> [APIObject] {
    var runtimeOf: [String: Int] = [:]
    for host in hosts {
      if let process = process(.containerRuntime, on: host.id) {
        runtimeOf[host.name] = process.index
      }
    }
    return objects.map { object in
      guard let pod = object.pod, let index = runtimeOf[pod.spec.nodeName] else { return object }
      return runtimes[index].hold(pod, at: wallClock).boxed
    }
  }
}
