import Basics
import KubeAPI
import MVCC
import Testing

@testable import APIServer

@Suite struct ServiceTests {
  func service(_ name: String, type: String = "", clusterIP: String = "", nodePort: Int32 = 0)
    -> Service
  {
    var service = Service(name: name, namespace: "default")
    service.spec.type = type
    service.spec.clusterIP = clusterIP
    service.spec.selector = ["app": name]
    var port = ServicePort()
    port.port = 80
    port.nodePort = nodePort
    service.spec.ports = [port]
    return service
  }

  @Test func aServiceGetsAnAddressOfItsOwn() throws {
    var harness = Harness.ready(servers: 2)
    var seen: Set<String> = []
    for i in 0..<40 {
      let created = try #require(harness.create(service("s\(i)"), to: i % 2).object?.service)
      #expect(created.spec.clusterIPs == [created.spec.clusterIP])
      let address = try #require(IPv4Range.parse(created.spec.clusterIP))
      #expect(harness.servers[0].configuration.serviceClusterIPRange.contains(address))
      #expect(seen.insert(created.spec.clusterIP).inserted)
    }
  }

  @Test func anAddressIsGivenOnceAndComesBack() {
    var harness = Harness.ready(servers: 2)
    #expect(harness.create(service("a", clusterIP: "10.96.0.10")).object != nil)
    #expect(
      harness.create(service("b", clusterIP: "10.96.0.10"), to: 1).message
        == "Service \"b\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.10\"]: failed to "
        + "allocate IP 10.96.0.10: provided IP is already allocated")
    harness.delete(.service, "default", "a")
    #expect(harness.create(service("b", clusterIP: "10.96.0.10"), to: 1).object != nil)
    #expect(
      harness.create(service("c", clusterIP: "10.1.2.3")).message.hasSuffix(
        "The range of valid IPs is 10.96.0.0/12"))
  }

  @Test func aServiceHasTheClustersFamily() throws {
    var harness = Harness.ready()
    func spec(_ response: APIResponse) throws -> ServiceSpec {
      try #require(response.object?.service?.spec, "\(response.message)")
    }
    for (name, ip) in [("a", ""), ("b", "None")] {
      let made = try spec(harness.create(service(name, clusterIP: ip)))
      #expect(made.ipFamilies == ["IPv4"] && made.ipFamilyPolicy == "SingleStack")
    }
    // Nobody's pods: its endpoints may be of both.
    var alone = service("alone", clusterIP: "None")
    alone.spec.selector = [:]
    let made = try spec(harness.create(alone))
    #expect(made.ipFamilies == ["IPv4", "IPv6"] && made.ipFamilyPolicy == "RequireDualStack")
    // One that is content with what there is.
    var either = service("either")
    either.spec.ipFamilyPolicy = "PreferDualStack"
    #expect(try spec(harness.create(either)).ipFamilies == ["IPv4"])
    // A PUT that leaves them out changes nothing.
    let held = try #require(harness.get(.service, "default", "a").object)
    var put = try #require(held.service)
    (put.spec.ipFamilies, put.spec.ipFamilyPolicy) = ([], nil)
    #expect(harness.update(put).object?.resourceVersion == held.resourceVersion)
    // They go with the address.
    put = try #require(harness.get(.service, "default", "a").object?.service)
    (put.spec.type, put.spec.externalName) = ("ExternalName", "example.org")
    let outside = try spec(harness.update(put))
    #expect(outside.ipFamilies.isEmpty && outside.ipFamilyPolicy == nil)
  }

  @Test(arguments: [
    (
      ["IPv6"], nil,
      "spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster"
    ),
    (
      [], "RequireDualStack",
      "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for "
        + "dual-stack services"
    ),
    (
      ["IPv5"], nil,
      "spec.ipFamilies[0]: Unsupported value: \"IPv5\": supported values: \"IPv4\", \"IPv6\""
    ),
    (["IPv4", "IPv4"], "PreferDualStack", "spec.ipFamilies[1]: Duplicate value: \"IPv4\""),
    (
      [], "Both",
      "spec.ipFamilyPolicy: Unsupported value: \"Both\": supported values: \"PreferDualStack\", "
        + "\"RequireDualStack\", \"SingleStack\""
    ),
  ])
  func familiesThatCannotBe(_ families: [String], _ policy: String?, _ text: String) {
    var harness = Harness.ready()
    var wrong = service("a")
    wrong.spec.ipFamilies = families
    wrong.spec.ipFamilyPolicy = policy
    #expect(harness.create(wrong).message == "Service \"a\" is invalid: " + text)
  }

  @Test func aHeadlessServiceTakesNone() {
    var harness = Harness.ready()
    let before = harness.store.keyCount
    #expect(
      harness.create(service("db", clusterIP: "None")).object?.service?.spec.clusterIP == "None")
    #expect(harness.store.keyCount == before + 1)
  }

  @Test func nodePortsAreTakenKeptAndGivenBack() throws {
    var harness = Harness.ready()
    var web = try #require(harness.create(service("web", type: "NodePort")).object?.service)
    let port = web.spec.ports[0].nodePort
    #expect((30000...32767).contains(port))
    #expect(
      harness.create(service("other", type: "NodePort", nodePort: port)).message
        == "Service \"other\" is invalid: spec.ports[0].nodePort: Invalid value: \(port): provided "
        + "port is already allocated")
    web.spec.ports[0].nodePort = 0
    web.metadata.labels = ["a": "b"]
    web = try #require(harness.update(web).object?.service)
    #expect(web.spec.ports[0].nodePort == port)
    web.spec.type = "ClusterIP"
    web.spec.ports[0].nodePort = 0
    let plain = harness.update(web)
    web = try #require(plain.object?.service, "\(plain.message)")
    #expect(web.spec.ports[0].nodePort == 0)
    #expect(harness.create(service("other", type: "NodePort", nodePort: port)).object != nil)
  }

  @Test func theKubernetesServiceFollowsTheServersThatAreAlive() throws {
    var harness = Harness(servers: 3)
    harness.advance(.seconds(11))
    let kubernetes = harness.get(.service, "default", "kubernetes").object?.service
    #expect(kubernetes?.spec.clusterIP == "10.96.0.1")
    func endpoints() -> [String] {
      let slice = harness.servers[0].cached(
        .endpointSlice, ObjectKey(namespace: "default", name: "kubernetes"))?.endpointSlice
      return slice?.endpoints.flatMap(\.addresses) ?? []
    }
    #expect(endpoints() == ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
    harness.kill(2)
    harness.advance(.seconds(9))
    #expect(endpoints().count == 3)
    harness.advance(.seconds(17))
    #expect(endpoints() == ["10.0.0.1", "10.0.0.2"])
  }
}
