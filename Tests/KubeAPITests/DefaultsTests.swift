import KubeAPI
import Testing

@Suite struct DefaultsTests {
  private func defaulted(_ text: String) throws -> APIObject {
    let object = try APIObject(json: try JSONParser.parse(text)).defaulted()
    // Once is enough: the second time nothing changes, and the box is the same.
    #expect(object.defaulted() === object)
    return object
  }

  @Test func deployment() throws {
    let object = try defaulted(
      #"""
      {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{
       "selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
       "spec":{"containers":[{"name":"web","image":"nginx","ports":[{"containerPort":80}],
       "livenessProbe":{"httpGet":{"port":80}}}],
       "volumes":[{"name":"e"},{"name":"c","configMap":{"name":"c"}}]}}}}
      """#)
    let expected = #"""
      {"progressDeadlineSeconds":600,"replicas":1,"revisionHistoryLimit":10,
       "selector":{"matchLabels":{"app":"web"}},
       "strategy":{"rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"},
        "type":"RollingUpdate"},
       "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{
        "image":"nginx","imagePullPolicy":"Always","livenessProbe":{"failureThreshold":3,
         "httpGet":{"path":"/","port":80,"scheme":"HTTP"},"periodSeconds":10,
         "successThreshold":1,"timeoutSeconds":1},
        "name":"web","ports":[{"containerPort":80,"protocol":"TCP"}],"resources":{},
        "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
        "dnsPolicy":"ClusterFirst","restartPolicy":"Always","schedulerName":"default-scheduler",
        "securityContext":{},"terminationGracePeriodSeconds":30,
        "volumes":[{"emptyDir":{},"name":"e"},
         {"configMap":{"defaultMode":420,"name":"c"},"name":"c"}]}}}
      """#
    let spec = try #require(object.json()["spec"])
    #expect(spec.text(pretty: true) == (try JSONParser.parse(expected)).text(pretty: true))
  }

  @Test func pod() throws {
    let object = try defaulted(
      #"""
      {"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"hostNetwork":true,
       "containers":[{"name":"a","image":"r:5000/x:1","ports":[{"containerPort":80}],
       "resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"0.0001"}}}]}}
      """#)
    let pod = try #require(object.pod)
    let container = pod.spec.containers[0]
    #expect(container.imagePullPolicy == "IfNotPresent")
    #expect(container.ports[0].hostPort == 80)
    #expect(container.resources.requests["memory"]?.text == "1Gi")
    #expect(container.resources.requests["cpu"]?.text == "1m")
    #expect(pod.spec.carried["enableServiceLinks"] == .bool(true))
  }

  @Test(arguments: [
    ("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1.27", "IfNotPresent"),
    ("r.io:5000/nginx", "Always"), ("r.io:5000/nginx:1", "IfNotPresent"),
    ("nginx@sha256:0123", "IfNotPresent"), ("nginx:latest@sha256:0123", "Always"),
  ]) func pullPolicies(image: String, policy: String) throws {
    var pod = Pod(name: "a")
    var container = Container()
    container.image = image
    pod.spec.containers = [container]
    #expect(pod.boxed.defaulted().pod?.spec.containers[0].imagePullPolicy == policy)
  }

  @Test func services() throws {
    let plain = try defaulted(
      #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"ports":[{"port":80}]}}"#
    )
    #expect(
      plain.json()["spec"]?.text()
        == #"{"internalTrafficPolicy":"Cluster","ports":[{"port":80,"protocol":"TCP","#
        + #""targetPort":80}],"sessionAffinity":"None","type":"ClusterIP"}"#)
    let balanced = try defaulted(
      #"""
      {"apiVersion":"v1","kind":"Service","spec":{"type":"LoadBalancer","sessionAffinity":"ClientIP",
       "ports":[{"port":80,"targetPort":"http"}]}}
      """#)
    let service = try #require(balanced.service)
    #expect(service.spec.externalTrafficPolicy == "Cluster")
    #expect(service.spec.allocateLoadBalancerNodePorts == true)
    #expect(service.spec.ports[0].targetPort == .string("http"))
    #expect(
      service.spec.carried["sessionAffinityConfig"]?.text()
        == #"{"clientIP":{"timeoutSeconds":10800}}"#)
  }

  @Test func othersAndSharing() throws {
    #expect(try defaulted(#"{"apiVersion":"v1","kind":"Secret"}"#).secret?.type == "Opaque")
    let namespace = try defaulted(
      #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}"#)
    #expect(namespace.metadata.labels["kubernetes.io/metadata.name"] == "shop")
    #expect(namespace.namespace?.status.phase == "Active")
    // A complete template keeps its storage.
    var deployment = Deployment(name: "a")
    deployment.spec.template.spec.containers = [Container()]
    let once = try #require(deployment.boxed.defaulted().deployment)
    var changed = once
    changed.spec.replicas = nil
    let twice = try #require(changed.boxed.defaulted().deployment)
    #expect(twice.spec.replicas == 1)
    #expect(twice.spec.template.$spec.isIdentical(to: once.spec.template.$spec))
  }

  @Test func whatRaisesTheGeneration() throws {
    var deployment = Deployment(name: "a")
    deployment.spec.replicas = 1
    let old = deployment.boxed
    #expect(!deployment.boxed.raisesGeneration(from: old))
    deployment.status.replicas = 1
    deployment.metadata.labels["a"] = "b"
    #expect(!deployment.boxed.raisesGeneration(from: old))
    deployment.metadata.annotations["a"] = "b"
    #expect(deployment.boxed.raisesGeneration(from: old))
    var pod = Pod(name: "a")
    let before = pod.boxed
    pod.metadata.annotations["a"] = "b"
    #expect(!pod.boxed.raisesGeneration(from: before))
    pod.spec.nodeName = "worker-1"
    #expect(pod.boxed.raisesGeneration(from: before))
    #expect(ResourceKind.allCases.filter(\.countsGenerations).count == 4)
  }
}
