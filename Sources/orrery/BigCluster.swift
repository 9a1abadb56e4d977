import Basics
import Engine
import KubeAPI
import Kubectl

/// A cluster as it would be long after 150,000 pods were scheduled: scheduling them takes longer than
/// anybody wants to wait for a measurement, so etcd is given the objects that would be there.
struct BigCluster {
  let workers: Int
  let pods: Int
  private static let podsOfSet = 100

  /// The cluster a while after its control plane was switched on: API servers and informers have
  /// listed what etcd holds, kubelets have registered and found their pods' containers running.
  func world() -> World {
    let spec = ClusterSpec(workers: workers, zones: 3, seed: 1)
    do {
      var world = try World(spec, holding: objects(spec), containersRun: true)
      world.powerOn()
      world.advance(to: world.now + .seconds(60))
      let nodes = world.objects(.node).count
      guard nodes >= workers else {
        preconditionFailure("of \(workers) made-up nodes \(nodes) are left")
      }
      return world
    } catch {
      preconditionFailure("made-up objects make no store: \(error)")
    }
  }

  /// Objects are made after those of a small cluster, so that they have all that real ones have.
  private func objects(_ spec: ClusterSpec) -> [APIObject] {
    var small = World(ClusterSpec(masters: 1, workers: 1, seed: 1))
    small.powerOn()
    small.converge(deadline: small.now + .minutes(5))
    var create = KubectlInvocation(
      line: "create deployment app --image=nginx:1.27 --replicas=1")
    small.run(&create, for: .minutes(2))
    small.converge(deadline: small.now + .minutes(5))
    guard
      let node = small.object(.node, ObjectKey(name: "worker-1"))?.node,
      let set = small.objects(.replicaSet).first?.replicaSet,
      let pod = small.objects(.pod).compactMap(\.pod).first(where: {
        $0.spec.nodeName == "worker-1"
      })
    else { preconditionFailure("no node, replica set or pod to make others after") }
    var made: [APIObject] = []
    made.reserveCapacity(workers + pods + pods / Self.podsOfSet)
    let machines = spec.workers
    let empty = World(spec)
    let instances = empty.cloud.instances
    let addresses = Dictionary(
      empty.hosts.map { ($0.name, $0.ip) }, uniquingKeysWith: { first, _ in first })
    for (number, machine) in machines.enumerated() {
      // The cloud controller manager deletes the nodes of machines that the cloud does not know.
      let providerID = instances[machine.name]?.providerID ?? ""
      made.append(self.node(like: node, machine, number, providerID: providerID).boxed)
    }
    var owner = set
    for number in 0..<pods {
      if number % Self.podsOfSet == 0 {
        owner = self.set(like: set, number / Self.podsOfSet)
        made.append(owner.boxed)
      }
      let machine = machines[number % machines.count]
      made.append(
        self.pod(like: pod, number, of: owner, on: machine, hostIP: addresses[machine.name] ?? "")
          .boxed)
    }
    return made
  }

  private func node(
    like node: Node, _ machine: ClusterSpec.Machine, _ number: Int, providerID: String
  ) -> Node {
    var node = node
    node.metadata.name = machine.name
    node.metadata.uid = UID(high: 1, low: UInt64(number) + 1)
    node.metadata.labels["kubernetes.io/hostname"] = machine.name
    node.metadata.labels["topology.kubernetes.io/zone"] = machine.zone
    node.spec.podCIDR = Self.cidr(number)
    node.spec.podCIDRs = [node.spec.podCIDR]
    node.spec.providerID = providerID
    return node
  }

  private static func cidr(_ number: Int) -> String {
    "10.\(128 + number / 256).\(number % 256).0/24"
  }

  private static func list(_ ip: String) -> JSONValue {
    .array([.object(JSONObject([("ip", .string(ip))]))])
  }

  private func set(like set: ReplicaSet, _ number: Int) -> ReplicaSet {
    var set = set
    set.metadata.name = "app-\(number)"
    set.metadata.uid = UID(high: 2, low: UInt64(number) + 1)
    set.metadata.ownerReferences = []
    set.metadata.labels["app"] = set.metadata.name
    set.spec.replicas = Int32(Self.podsOfSet)
    set.spec.selector = LabelSelector(matchLabels: ["app": set.metadata.name])
    set.spec.template.metadata.labels["app"] = set.metadata.name
    set.status.replicas = Int32(Self.podsOfSet)
    set.status.fullyLabeledReplicas = Int32(Self.podsOfSet)
    set.status.readyReplicas = Int32(Self.podsOfSet)
    set.status.availableReplicas = Int32(Self.podsOfSet)
    return set
  }

  private func pod(
    like pod: Pod, _ number: Int, of set: ReplicaSet, on machine: ClusterSpec.Machine,
    hostIP: String
  ) -> Pod {
    var pod = pod
    let (turn, place) = (number / workers, number % workers)
    pod.metadata.name = "\(set.metadata.name)-\(String(100_000 + number, radix: 36))"
    pod.metadata.uid = UID(high: 3, low: UInt64(number) + 1)
    pod.metadata.labels["app"] = set.metadata.name
    pod.metadata.ownerReferences = [
      OwnerReference(
        apiVersion: "apps/v1", kind: "ReplicaSet", name: set.metadata.name, uid: set.metadata.uid,
        controller: true, blockOwnerDeletion: true)
    ]
    pod.spec.nodeName = machine.name
    pod.status.podIP = "10.\(128 + place / 256).\(place % 256).\(2 + turn)"
    pod.status.hostIP = hostIP
    pod.status.carried = Carried(
      JSONObject([
        ("hostIPs", Self.list(hostIP)), ("podIPs", Self.list(pod.status.podIP)),
      ]))
    return pod
  }
}
