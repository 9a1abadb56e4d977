import Basics
import KubeAPI
import MVCC
import Testing

@testable import APIServer

@Suite struct ApplyTests {
  func apply(
    _ harness: inout Harness, _ manager: String, force: Bool = false, _ spec: String
  ) throws -> APIResponse {
    var request = APIRequest(.patch, .service, namespace: "default", name: "web")
    request.user = "alice"
    request.options.fieldManager = manager
    request.options.force = force
    let text =
      "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"web\"},\"spec\":\(spec)}"
    request.body = .patch(Patch(.apply, try JSONParser.parse(text)))
    return harness.ask(request)
  }

  @Test func anApplyCreatesThenChanges() throws {
    var harness = Harness.ready()
    let first = try apply(
      &harness, "kubectl", "{\"selector\":{\"app\":\"web\"},\"ports\":[{\"port\":80}]}")
    let created = try #require(first.object?.service, "\(first.message)")
    #expect(created.spec.selector == ["app": "web"])
    #expect(!created.spec.clusterIP.isEmpty)

    let second = try apply(
      &harness, "kubectl", "{\"selector\":{\"tier\":\"front\"},\"ports\":[{\"port\":80}]}")
    let changed = try #require(second.object?.service, "\(second.message)")
    // What is no longer named is gone; what the server allocated stays.
    #expect(changed.spec.selector == ["tier": "front"])
    #expect(changed.spec.clusterIP == created.spec.clusterIP)
    #expect(changed.spec.ports.count == 1)
  }

  @Test func theSameAgainChangesNothing() throws {
    var harness = Harness.ready()
    let spec = "{\"selector\":{\"app\":\"web\"},\"ports\":[{\"port\":80}]}"
    _ = try apply(&harness, "kubectl", spec)
    harness.advance(.seconds(5))
    let revision = harness.store.revision
    let again = try apply(&harness, "kubectl", spec)
    #expect(again.object != nil, "\(again.message)")
    #expect(harness.store.revision == revision)
  }

  @Test func twoManagersConflictUnlessForced() throws {
    var harness = Harness.ready()
    _ = try apply(
      &harness, "alice", "{\"selector\":{\"app\":\"web\"},\"ports\":[{\"port\":80}]}")
    let refused = try apply(
      &harness, "bob", "{\"selector\":{\"app\":\"shop\"},\"ports\":[{\"port\":80}]}")
    #expect(
      refused.message
        == "Apply failed with 1 conflict: conflict with \"alice\" using v1: .spec.selector.app")
    let forced = try apply(
      &harness, "bob", force: true, "{\"selector\":{\"app\":\"shop\"},\"ports\":[{\"port\":80}]}")
    #expect(forced.object?.service?.spec.selector == ["app": "shop"], "\(forced.message)")
    // Alice lost the field, so bob may now let go of it without her keeping it.
    let gone = try apply(&harness, "bob", "{\"ports\":[{\"port\":80}]}")
    #expect(gone.object?.service?.spec.selector.isEmpty == true, "\(gone.message)")
  }

  @Test func aManagerMustBeNamed() throws {
    var harness = Harness.ready()
    #expect(
      try apply(&harness, "", "{}").message
        == "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for "
        + "apply patch")
  }
}
