import Basics
import KubeAPI
import Testing

/// Documents as an API server shows them come out as they went in.
@Suite struct RoundTripTests {
  static let documents: [(String, String)] = [
    (
      "Namespace",
      #"""
      {"apiVersion":"v1","kind":"Namespace","metadata":{"creationTimestamp":"2026-01-01T00:00:00Z",
       "labels":{"kubernetes.io/metadata.name":"shop"},"name":"shop","resourceVersion":"12",
       "uid":"0b54f0b2-6a3c-4b43-9d0c-0123456789ab"},
       "spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}
      """#
    ),
    (
      "Node",
      #"""
      {"apiVersion":"v1","kind":"Node","metadata":{"annotations":{"a/b":"c"},"name":"worker-1"},
       "spec":{"configSource":{"configMap":{"kubeletConfigKey":"k","name":"n","namespace":"s"}},
        "podCIDR":"10.244.1.0/24","podCIDRs":["10.244.1.0/24"],"providerID":"kind://w1",
        "taints":[{"effect":"NoSchedule","key":"k","timeAdded":"2026-01-01T00:00:00Z","value":"v"}],
        "unschedulable":true},
       "status":{"addresses":[{"address":"10.0.0.1","type":"InternalIP"}],
        "allocatable":{"cpu":"3900m","memory":"7Gi","pods":"110"},
        "capacity":{"cpu":"4","ephemeral-storage":"97655844Ki","memory":"8Gi","pods":"110"},
        "conditions":[{"lastHeartbeatTime":"2026-01-01T00:00:01Z",
          "lastTransitionTime":"2026-01-01T00:00:00Z","message":"kubelet is posting ready status",
          "reason":"KubeletReady","status":"True","type":"Ready"}],
        "daemonEndpoints":{"kubeletEndpoint":{"Port":10250}},
        "images":[{"names":["registry.k8s.io/pause:3.10"],"sizeBytes":320368}],
        "nodeInfo":{"architecture":"amd64","bootID":"b","containerRuntimeVersion":"containerd://2",
          "kernelVersion":"6.1","kubeProxyVersion":"","kubeletVersion":"v1.36.0","machineID":"m",
          "operatingSystem":"linux","osImage":"Debian","swap":{"capacity":1024},"systemUUID":"u"},
        "runtimeHandlers":[{"features":{"recursiveReadOnlyMounts":true},"name":"runc"}]}}
      """#
    ),
    (
      "Pod",
      #"""
      {"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"web-","generation":1,
       "labels":{"app":"web"},"managedFields":[{"apiVersion":"v1","fieldsType":"FieldsV1",
        "fieldsV1":{"f:metadata":{".":{}}},"manager":"kubectl","operation":"Update"}],
       "name":"web-1","namespace":"default","ownerReferences":[{"apiVersion":"apps/v1",
        "blockOwnerDeletion":true,"controller":true,"kind":"ReplicaSet","name":"web",
        "uid":"0b54f0b2-6a3c-4b43-9d0c-0123456789ab"}]},
       "spec":{"affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[
          {"preference":{"matchExpressions":[{"key":"disk","operator":"In","values":["ssd"]}]},
           "weight":10}],
         "requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[
          {"matchFields":[{"key":"metadata.name","operator":"In","values":["worker-1"]}]}]}},
         "podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[
          {"labelSelector":{"matchLabels":{"app":"web"}},"topologyKey":"kubernetes.io/hostname"}]}},
        "containers":[{"args":["-v"],"command":["/bin/web"],
          "env":[{"name":"A","value":"1"},{"name":"B","valueFrom":{"fieldRef":
            {"apiVersion":"v1","fieldPath":"status.podIP"}}}],
          "image":"nginx:1.27","imagePullPolicy":"IfNotPresent",
          "lifecycle":{"preStop":{"sleep":{"seconds":5}}},
          "livenessProbe":{"failureThreshold":3,"httpGet":{"path":"/","port":80,"scheme":"HTTP"},
            "periodSeconds":10,"successThreshold":1,"timeoutSeconds":1},
          "name":"web","ports":[{"containerPort":80,"name":"http","protocol":"TCP"}],
          "resources":{"claims":[{"name":"gpu"}],"limits":{"memory":"128Mi"},
            "requests":{"cpu":"100m","memory":"128Mi"}},
          "securityContext":{"capabilities":{"drop":["ALL"]},"runAsNonRoot":true},
          "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File",
          "volumeMounts":[{"mountPath":"/data","name":"data"}]}],
        "dnsPolicy":"ClusterFirst","enableServiceLinks":true,"hostAliases":[{"ip":"1.2.3.4"}],
        "initContainers":[{"image":"busybox","name":"init","resources":{},"restartPolicy":"Always"}],
        "nodeName":"worker-1","nodeSelector":{"zone":"a"},"preemptionPolicy":"PreemptLowerPriority",
        "priority":0,"readinessGates":[{"conditionType":"example.com/ready"}],
        "restartPolicy":"Always","schedulerName":"default-scheduler",
        "schedulingGates":[{"name":"wait"}],"securityContext":{},"serviceAccount":"default",
        "serviceAccountName":"default","terminationGracePeriodSeconds":30,
        "tolerations":[{"effect":"NoExecute","key":"node.kubernetes.io/not-ready",
          "operator":"Exists","tolerationSeconds":300}],
        "topologySpreadConstraints":[{"labelSelector":{"matchExpressions":[
          {"key":"app","operator":"Exists"}]},"maxSkew":1,"topologyKey":"zone",
          "whenUnsatisfiable":"DoNotSchedule"}],
        "volumes":[{"emptyDir":{},"name":"data"},{"name":"conf","configMap":{"defaultMode":420,
          "items":[{"key":"a","path":"b"}],"name":"cm"}},
          {"name":"token","projected":{"sources":[{"serviceAccountToken":
            {"expirationSeconds":3607,"path":"token"}}]}}]},
       "status":{"conditions":[{"lastProbeTime":null,"lastTransitionTime":"2026-01-01T00:00:00Z",
          "status":"True","type":"Ready"}],
        "containerStatuses":[{"containerID":"containerd://1","image":"nginx:1.27","imageID":"sha",
          "lastState":{"terminated":{"exitCode":137,"finishedAt":"2026-01-01T00:00:00Z",
            "reason":"OOMKilled","startedAt":null}},
          "name":"web","ready":true,"restartCount":1,"started":true,
          "state":{"running":{"startedAt":"2026-01-01T00:00:00Z"}}}],
        "hostIP":"10.0.0.1","hostIPs":[{"ip":"10.0.0.1"}],"phase":"Running","podIP":"10.244.1.2",
        "podIPs":[{"ip":"10.244.1.2"}],"qosClass":"Burstable","startTime":"2026-01-01T00:00:00Z"}}
      """#
    ),
    (
      "Service",
      #"""
      {"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":{
       "allocateLoadBalancerNodePorts":true,"clusterIP":"10.96.0.10","clusterIPs":["10.96.0.10"],
       "externalIPs":["9.9.9.9"],"externalTrafficPolicy":"Cluster",
       "internalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack",
       "ports":[{"name":"http","nodePort":30080,"port":80,"protocol":"TCP","targetPort":"http"}],
       "selector":{"app":"web"},"sessionAffinity":"None","type":"LoadBalancer"},
       "status":{"loadBalancer":{"ingress":[{"ip":"1.2.3.4","ipMode":"VIP"}]}}}
      """#
    ),
    (
      "EndpointSlice",
      #"""
      {"addressType":"IPv4","apiVersion":"discovery.k8s.io/v1","endpoints":[
       {"addresses":["10.244.1.2"],"conditions":{"ready":true,"serving":true,"terminating":false},
        "hints":{"forZones":[{"name":"a"}]},"nodeName":"worker-1","targetRef":{"kind":"Pod",
        "name":"web-1","namespace":"default"},"zone":"a"}],"kind":"EndpointSlice",
       "metadata":{"name":"web-x"},"ports":[{"name":"http","port":80,"protocol":"TCP"}]}
      """#
    ),
    (
      "ConfigMap",
      #"""
      {"apiVersion":"v1","binaryData":{"b":"AAEC"},"data":{"a":"1","long":"x\ny\n"},
       "immutable":true,"kind":"ConfigMap","metadata":{"name":"c","namespace":"default"}}
      """#
    ),
    (
      "Secret",
      #"""
      {"apiVersion":"v1","data":{"password":"aGVsbG8="},"kind":"Secret","metadata":{"name":"s"},
       "type":"Opaque"}
      """#
    ),
    (
      "ServiceAccount",
      #"""
      {"apiVersion":"v1","automountServiceAccountToken":false,"imagePullSecrets":[{"name":"r"}],
       "kind":"ServiceAccount","metadata":{"name":"default"},"secrets":[{"name":"t"}]}
      """#
    ),
    (
      "Event",
      #"""
      {"action":"Binding","apiVersion":"v1","count":2,"eventTime":"2026-01-01T00:00:00.123456Z",
       "firstTimestamp":"2026-01-01T00:00:00Z","involvedObject":{"kind":"Pod","name":"web-1",
       "namespace":"default"},"kind":"Event","lastTimestamp":null,"message":"assigned",
       "metadata":{"name":"web-1.1"},"reason":"Scheduled","reportingComponent":"default-scheduler",
       "reportingInstance":"m","series":{"count":3,"lastObservedTime":"2026-01-01T00:00:00.000001Z"},
       "source":{"component":"default-scheduler"},"type":"Normal"}
      """#
    ),
    (
      "Lease",
      #"""
      {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"worker-1",
       "namespace":"kube-node-lease"},"spec":{"acquireTime":"2026-01-01T00:00:00.000000Z",
       "holderIdentity":"worker-1","leaseDurationSeconds":40,"leaseTransitions":1,
       "renewTime":"2026-01-01T00:00:10.500000Z","strategy":"OldestEmulationVersion"}}
      """#
    ),
    (
      "Deployment",
      #"""
      {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{
       "minReadySeconds":5,"paused":true,"progressDeadlineSeconds":600,"replicas":0,
       "revisionHistoryLimit":10,"selector":{"matchLabels":{"app":"web"}},
       "strategy":{"rollingUpdate":{"maxSurge":"25%","maxUnavailable":1},"type":"RollingUpdate"},
       "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[
        {"image":"nginx","name":"web","resources":{}}]}}},
       "status":{"availableReplicas":1,"collisionCount":1,"conditions":[
        {"lastTransitionTime":"2026-01-01T00:00:00Z","lastUpdateTime":"2026-01-01T00:00:00Z",
         "message":"m","reason":"r","status":"True","type":"Available"}],"observedGeneration":2,
        "readyReplicas":1,"replicas":1,"terminatingReplicas":0,"updatedReplicas":1}}
      """#
    ),
    (
      "ReplicaSet",
      #"""
      {"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"web-abc"},"spec":{
       "replicas":2,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":
       {"app":"web"}},"spec":{"containers":[{"image":"nginx","name":"web","resources":{}}],
        "serviceAccount":"sa","serviceAccountName":"sa"}}},
       "status":{"fullyLabeledReplicas":2,"observedGeneration":1,"replicas":2}}
      """#
    ),
  ]

  @Test(arguments: documents) func comesOutAsItWentIn(kind: String, text: String) throws {
    let json = try JSONParser.parse(text)
    let object = try APIObject(json: json)
    #expect(object.kind.kind == kind)
    #expect(object.json().text(pretty: true) == json.sorted.text(pretty: true))
    let again = try APIObject(decoding: object.encoded())
    #expect(again.body == object.body)
    #expect(digest(again) == digest(object))
    // The estimate is one: within a factor of four.
    let size = object.encoded().count
    #expect(object.byteCount > size / 4 && object.byteCount < size * 4)
  }

  @Test func everyKindIsThere() {
    #expect(Self.documents.map(\.0).sorted() == ResourceKind.allCases.map(\.kind).sorted())
  }

  @Test func aDigestSeesEveryField() throws {
    // Change each leaf of each document in turn: the digest must change with it.
    for (_, text) in Self.documents {
      let json = try JSONParser.parse(text)
      let before = digest(try APIObject(json: json))
      var leaves = 0
      for path in leafPaths(json) where path.first != "apiVersion" && path.first != "kind" {
        // A second name of one field, as the deprecated serviceAccount.
        if path.last == "serviceAccount" { continue }
        guard let changed = change(json, path[...]), let object = try? APIObject(json: changed)
        else { continue }
        #expect(digest(object) != before, "\(path) is not in the digest")
        leaves += 1
      }
      #expect(leaves >= 2)
    }
  }

  private func digest(_ object: APIObject) -> UInt64 {
    var digest = Digest()
    object.digest(into: &digest)
    return digest.value
  }

  private func leafPaths(_ value: JSONValue) -> [[String]] {
    switch value {
    case .object(let object):
      object.fields.flatMap { field in leafPaths(field.value).map { [field.key] + $0 } }
    case .array(let items):
      items.indices.flatMap { at in leafPaths(items[at]).map { [String(at)] + $0 } }
    case .null: []
    default: [[]]
    }
  }

  private func change(_ value: JSONValue, _ path: ArraySlice<String>) -> JSONValue? {
    switch value {
    case .object(var object):
      guard let key = path.first, let inner = object[key],
        let changed = change(inner, path.dropFirst())
      else { return nil }
      object[key] = changed
      return .object(object)
    case .array(var items):
      guard let key = path.first, let at = Int(key),
        let changed = change(items[at], path.dropFirst())
      else { return nil }
      items[at] = changed
      return .array(items)
    case .bool(let flag): return .bool(!flag)
    case .integer(let number): return .integer(number + 1)
    case .string(let text):
      if text.hasSuffix("Z") { return .string(text.replacing("2026", with: "2025")) }
      if Quantity(text) != nil, !text.contains(".") { return .string("77") }
      return .string(text == "aGVsbG8=" ? "aGVsbG8h" : text + "x")
    case .null, .number: return nil
    }
  }
}
