import Basics
import ControllerRuntime
import KubeAPI
import Testing

@Suite struct StoreTests {
  private func pod(_ name: String, node: String, revision: Int64, owner: UInt64 = 0) -> APIObject {
    var pod = Pod(name: name, namespace: "default")
    pod.spec.nodeName = node
    pod.resourceVersion = revision
    if owner > 0 {
      pod.metadata.ownerReferences = [
        OwnerReference(
          apiVersion: "apps/v1", kind: "ReplicaSet", name: "rs", uid: UID(high: owner, low: 1),
          controller: true)
      ]
    }
    return pod.boxed
  }

  @Test func indicesFollowTheObjects() {
    var store = Store(indices: [.nodeName, .controllerUID])
    _ = store.put(pod("a", node: "", revision: 1, owner: 7))
    #expect(store.onNode("").count == 1)
    _ = store.put(pod("a", node: "worker-1", revision: 2, owner: 7))
    #expect(store.onNode("").isEmpty)
    #expect(store.onNode("worker-1").count == 1)
    #expect(store.controlled(by: UID(high: 7, low: 1)).count == 1)
    _ = store.remove(ObjectKey(namespace: "default", name: "a"))
    #expect(store.onNode("worker-1").isEmpty)
    #expect(store.controlled(by: UID(high: 7, low: 1)).isEmpty)
  }

  @Test func theSameRevisionIsNoNews() {
    var store = Store()
    #expect(store.put(pod("a", node: "", revision: 1)) != nil)
    #expect(store.put(pod("a", node: "", revision: 1)) == nil)
  }

  @Test func aNewListSaysWhatIsGone() {
    var store = Store()
    _ = store.put(pod("a", node: "", revision: 1))
    _ = store.put(pod("b", node: "", revision: 2))
    let deltas = store.replace([pod("b", node: "w", revision: 3), pod("c", node: "", revision: 4)])
    var words: [String] = []
    for delta in deltas {
      switch delta {
      case .added(let object): words.append("+" + object.metadata.name)
      case .updated(_, let new): words.append("~" + new.metadata.name)
      case .deleted(let object): words.append("-" + object.metadata.name)
      }
    }
    #expect(words == ["-a", "~b", "+c"])
  }
}
