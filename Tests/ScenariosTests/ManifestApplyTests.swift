import Engine
import KubeAPI
import Kubectl
import Testing

/// Manifests that come with a scenario are applied as `kubectl apply -f` would apply the file.
struct ManifestApplyTests {
  @Test func whatWasAppliedIsKeptAsItWasWritten() throws {
    var world = try World.withShop(try DataFile.manifests("shop.yaml"), seed: 3)
    func lastApplied(_ kind: ResourceKind, _ key: ObjectKey) -> String? {
      world.object(kind, key)?.metadata.annotations[ClientSideApply.annotation]
    }
    #expect(
      lastApplied(.namespace, ObjectKey(name: "backend"))
        == #"{"apiVersion":"v1","kind":"Namespace","metadata":{"annotations":{},"name":"backend"}}"#
        + "\n")
    let service = try #require(
      lastApplied(.service, ObjectKey(namespace: "backend", name: "cart")))
    #expect(!service.contains("status") && !service.contains("targetPort"))
    let again = world.kubectl("apply -f \(DataFile.path("shop.yaml"))")
    let lines = again.text.split(separator: "\n")
    #expect(again.exitCode == 0 && lines.count == 8)
    // The server keeps no `stringData` to compare with: kubectl sends it each time.
    #expect(
      lines.filter { !$0.hasSuffix(" unchanged") } == ["secret/cart-key configured"],
      "\(again.text)")
  }
}
