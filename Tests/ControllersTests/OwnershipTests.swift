import Basics
import KubeAPI
import Testing

@testable import Controllers

@Suite struct OwnershipTests {
  private func cluster() -> TestCluster {
    var cluster = TestCluster()
    cluster.addNode("worker-1")
    cluster.addNode("worker-2")
    cluster.run(.seconds(5))
    cluster.create(makeDeployment("web", replicas: 3))
    #expect(
      cluster.run(until: .seconds(30)) { $0.deployment("web")?.status.availableReplicas == 3 })
    cluster.run(.seconds(2))
    return cluster
  }

  @Test func backgroundDeletionFollowsTheChain() {
    var cluster = cluster()
    cluster.delete(.deployment, "default", "web", policy: "Background")
    #expect(cluster.deployment("web") == nil)
    #expect(cluster.api.all(ReplicaSet.self).count == 1)
    #expect(
      cluster.run(until: .seconds(10)) {
        $0.pods().isEmpty && $0.api.all(ReplicaSet.self).isEmpty
      })
    #expect(cluster.said("deletes replicaset web-"))
    #expect(cluster.said("(Background): Deployment web is gone"))
  }

  @Test func foregroundDeletionGoesBottomUp() {
    var cluster = cluster()
    cluster.stopDelay = .seconds(10)
    cluster.delete(.deployment, "default", "web", policy: "Foreground")
    cluster.run(.seconds(5))
    // The pods are on their way out; both owners wait for them.
    #expect(cluster.pods().allSatisfy { $0.metadata.deletionTimestamp != nil })
    #expect(cluster.deployment("web")?.metadata.finalizers == ["foregroundDeletion"])
    #expect(
      cluster.api.all(ReplicaSet.self).map(\.metadata.finalizers) == [["foregroundDeletion"]])
    cluster.invariant = { cluster in
      if !cluster.pods().isEmpty {
        #expect(cluster.api.all(ReplicaSet.self).count == 1)
        #expect(cluster.deployment("web") != nil)
      }
    }
    #expect(cluster.run(until: .seconds(30)) { $0.deployment("web") == nil })
    #expect(cluster.api.all(ReplicaSet.self).isEmpty && cluster.pods().isEmpty)
  }

  @Test func orphansAreAdoptedByTheNextOwner() throws {
    var cluster = cluster()
    let pods = Set(cluster.pods().map(\.metadata.name))
    cluster.delete(.deployment, "default", "web", policy: "Orphan")
    #expect(cluster.run(until: .seconds(5)) { $0.deployment("web") == nil })
    let orphan = try #require(cluster.api.all(ReplicaSet.self).first)
    #expect(orphan.metadata.ownerReferences.isEmpty)
    #expect(Set(cluster.pods().map(\.metadata.name)) == pods)
    cluster.create(makeDeployment("web", replicas: 3))
    cluster.run(.seconds(10))
    let adopted = try #require(cluster.api.all(ReplicaSet.self).first)
    #expect(adopted.metadata.name == orphan.metadata.name)
    #expect(adopted.metadata.controller?.name == "web")
    #expect(Set(cluster.pods().map(\.metadata.name)) == pods)
  }

  @Test func aDependentWithAnotherOwnerStays() {
    var cluster = cluster()
    var keeper = ConfigMap(name: "keeper", namespace: "default")
    keeper.data["a"] = "b"
    cluster.create(keeper)
    cluster.create(ConfigMap(name: "gone", namespace: "default"))
    func owner(_ name: String) -> OwnerReference {
      let uid = cluster.api.get(
        ObjectKey(namespace: "default", name: name), as: ConfigMap.self)?.metadata.uid
      return OwnerReference(apiVersion: "v1", kind: "ConfigMap", name: name, uid: uid ?? .none)
    }
    var child = ConfigMap(name: "child", namespace: "default")
    child.metadata.ownerReferences = [owner("keeper"), owner("gone")]
    cluster.create(child)
    cluster.run(.seconds(1))
    cluster.delete(.configMap, "default", "gone")
    cluster.run(.seconds(5))
    let left = cluster.api.get(
      ObjectKey(namespace: "default", name: "child"), as: ConfigMap.self)
    #expect(left?.metadata.ownerReferences.map(\.name) == ["keeper"])
    cluster.delete(.configMap, "default", "keeper")
    cluster.run(.seconds(5))
    #expect(
      cluster.api.get(ObjectKey(namespace: "default", name: "child"), as: ConfigMap.self) == nil)
  }

  @Test func anObjectWhoseOwnerNeverWasGoes() {
    var cluster = cluster()
    var child = ConfigMap(name: "child", namespace: "default")
    child.metadata.ownerReferences = [
      OwnerReference(
        apiVersion: "v1", kind: "ConfigMap", name: "nobody", uid: UID(high: 1, low: 2))
    ]
    cluster.create(child)
    cluster.run(.seconds(2))
    #expect(
      cluster.api.get(ObjectKey(namespace: "default", name: "child"), as: ConfigMap.self) == nil)
  }

  @Test func podsOfADeletedNodeAreGivenUp() {
    var cluster = cluster()
    cluster.alive.remove("worker-2")
    cluster.delete(.node, "", "worker-2")
    #expect(
      cluster.run(until: .seconds(90)) { cluster in
        cluster.pods().count == 3 && cluster.pods().allSatisfy { $0.spec.nodeName == "worker-1" }
      })
    #expect(cluster.now.seconds > 45)
    #expect(cluster.said("its node no longer exists"))
  }

  @Test func outOfServiceFreesTerminatingPods() {
    var cluster = cluster()
    cluster.alive.remove("worker-2")
    cluster.run(.seconds(370))
    #expect(!cluster.pods().filter { $0.spec.nodeName == "worker-2" }.isEmpty)
    cluster.change(ObjectKey(name: "worker-2")) { (node: inout Node) in
      node.spec.taints.append(Taint(key: Taint.outOfService, value: "x", effect: "NoExecute"))
    }
    cluster.run(.seconds(25))
    #expect(cluster.pods().filter { $0.spec.nodeName == "worker-2" }.isEmpty)
    #expect(cluster.pods().count == 3)
  }

  @Test func namespaceGoesPodsFirst() throws {
    var cluster = cluster()
    cluster.create(Namespace(name: "shop"))
    cluster.run(.seconds(1))
    // What each namespace comes with.
    #expect(
      cluster.api.get(
        ObjectKey(namespace: "shop", name: "default"), as: ServiceAccount.self) != nil)
    let certificate = cluster.api.get(
      ObjectKey(namespace: "shop", name: "kube-root-ca.crt"), as: ConfigMap.self)
    #expect(certificate?.data["ca.crt"]?.hasPrefix("-----BEGIN CERTIFICATE-----") == true)

    var deployment = makeDeployment("web", replicas: 2)
    deployment.metadata.namespace = "shop"
    deployment.spec.template.spec.terminationGracePeriodSeconds = 30
    cluster.create(deployment)
    cluster.run(.seconds(10))
    cluster.stopDelay = .seconds(3)
    cluster.delete(.namespace, "", "shop")
    let deleted = cluster.now
    cluster.run(.seconds(4))
    #expect(cluster.api.all(Pod.self).filter { $0.metadata.namespace == "shop" }.count == 2)
    cluster.run(.seconds(2))
    // The pods terminate; nothing else is touched yet.
    #expect(
      cluster.api.all(Deployment.self).contains { $0.metadata.namespace == "shop" })
    #expect(
      cluster.run(until: .seconds(60)) {
        $0.api.get(ObjectKey(name: "shop"), as: Namespace.self) == nil
      })
    // 5 s before anything is touched; the rest at the next look after the pods have gone.
    let seconds = (cluster.now - deleted).seconds
    #expect(seconds >= 8 && seconds <= 25)
    for kind in ResourceKind.allCases where kind.isNamespaced {
      #expect(!cluster.api.list(kind).contains { $0.metadata.namespace == "shop" })
    }
  }

  @Test func stuckFinalizersShowInTheConditions() throws {
    var cluster = cluster()
    cluster.create(Namespace(name: "stuck"))
    var map = ConfigMap(name: "held", namespace: "stuck")
    map.metadata.finalizers = ["example.com/hold"]
    cluster.create(map)
    cluster.run(.seconds(1))
    cluster.delete(.namespace, "", "stuck")
    cluster.run(.seconds(10))
    let namespace = try #require(cluster.api.get(ObjectKey(name: "stuck"), as: Namespace.self))
    let remaining = try #require(namespace.status.conditions["NamespaceFinalizersRemaining"])
    #expect(remaining.status == "True")
    #expect(
      remaining.message
        == "Some content in the namespace has finalizers remaining: "
        + "example.com/hold in 1 resource instances"
    )
    #expect(
      namespace.status.conditions["NamespaceContentRemaining"]?.message
        == "Some resources are remaining: configmaps. has 1 resource instances")
    cluster.change(ObjectKey(namespace: "stuck", name: "held")) { (map: inout ConfigMap) in
      map.metadata.finalizers = []
    }
    let held = try #require(
      cluster.api.get(ObjectKey(namespace: "stuck", name: "held"), as: ConfigMap.self))
    cluster.api.remove(held.boxed)
    #expect(
      cluster.run(until: .seconds(30)) {
        $0.api.get(ObjectKey(name: "stuck"), as: Namespace.self) == nil
      })
  }

  @Test func furnitureComesBackAtOnce() {
    var cluster = cluster()
    cluster.delete(.serviceAccount, "default", "default")
    cluster.change(ObjectKey(namespace: "default", name: "kube-root-ca.crt")) {
      (map: inout ConfigMap) in map.data["ca.crt"] = "forged"
    }
    cluster.run(.milliseconds(50))
    #expect(
      cluster.api.get(ObjectKey(namespace: "default", name: "default"), as: ServiceAccount.self)
        != nil)
    let map = cluster.api.get(
      ObjectKey(namespace: "default", name: "kube-root-ca.crt"), as: ConfigMap.self)
    #expect(map?.data["ca.crt"]?.hasPrefix("-----BEGIN") == true)
  }

  @Test func tokenSecretsAreFilledAndGoWithTheAccount() {
    var cluster = cluster()
    var secret = Secret(name: "robot", namespace: "default")
    secret.type = TokensController.secretType
    secret.metadata.annotations[TokensController.accountName] = "default"
    cluster.create(secret)
    cluster.run(.seconds(1))
    let key = ObjectKey(namespace: "default", name: "robot")
    // "token-of-default"
    #expect(cluster.api.get(key, as: Secret.self)?.data["token"] == "dG9rZW4tb2YtZGVmYXVsdA==")
    cluster.delete(.serviceAccount, "default", "default")
    cluster.run(.seconds(1))
    // The new account has the name but not the identity.
    #expect(cluster.api.get(key, as: Secret.self) == nil)
  }

  @Test func nodesGetAddressesOfTheirOwn() {
    var cluster = TestCluster()
    for at in 1...5 { cluster.addNode("worker-\(at)") }
    cluster.run(.seconds(5))
    let blocks = cluster.api.all(Node.self).map(\.spec.podCIDR)
    #expect(Set(blocks) == Set((0..<5).map { "10.244.\($0).0/24" }))
    #expect(
      cluster.api.all(Node.self).compactMap { $0.metadata.annotations[TTLController.annotation] }
        == ["0", "0", "0", "0", "0"])
    // Patches do not collide with the writes of other controllers.
    #expect(!cluster.said("node-ipam-controller will retry"))
    cluster.alive.remove("worker-3")
    cluster.delete(.node, "", "worker-3")
    cluster.addNode("worker-6")
    cluster.run(.seconds(5))
    #expect(
      cluster.api.get(ObjectKey(name: "worker-6"), as: Node.self)?.spec.podCIDR == "10.244.5.0/24")
    #expect(CIDR("10.244.0.0/16")?.text == "10.244.0.0/16")
    #expect(CIDR("10.244.0/16") == nil && CIDR("10.244.0.0/33") == nil)
  }
}
