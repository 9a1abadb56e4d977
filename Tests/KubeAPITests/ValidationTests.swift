import KubeAPI
import Testing

@Suite struct ValidationTests {
  private static let deployment = #"""
    {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"default"},
     "spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},
     "template":{"metadata":{"labels":{"app":"web"}},
     "spec":{"containers":[{"name":"web","image":"nginx"}]}}}}
    """#
  private static let service = #"""
    {"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"default"},
     "spec":{"selector":{"app":"web"},"ports":[{"port":80}]}}
    """#
  private static let pod = #"""
    {"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"default"},
     "spec":{"containers":[{"name":"a","image":"nginx"}]}}
    """#
  private static let node = #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"w"}}"#

  /// `text` with a merge patch applied, defaulted.
  private func object(_ text: String, _ patch: String = "{}") throws -> APIObject {
    let patched = try JSONParser.parse(text).mergePatched(with: try JSONParser.parse(patch))
    return try APIObject(json: patched).defaulted()
  }

  private func message(_ object: APIObject) -> String {
    let causes = object.validateCreate()
    return causes.isEmpty
      ? "" : APIStatus.invalid(object.kind, object.metadata.name, causes).message
  }

  @Test(arguments: [deployment, service, pod, node]) func goodObjectsPass(_ text: String) throws {
    #expect(try object(text).validateCreate() == [])
  }

  static let bad: [(String, String, String)] = [
    (
      deployment, #"{"spec":{"replicas":-1}}"#,
      #"Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"#
    ),
    (
      deployment, #"{"spec":{"template":{"metadata":{"labels":{"app":"x"}}}}}"#,
      #"Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`"#
    ),
    (
      deployment, #"{"spec":{"selector":null}}"#,
      #"Deployment.apps "web" is invalid: spec.selector: Required value"#
    ),
    (
      deployment, #"{"spec":{"template":{"spec":{"containers":[]}}}}"#,
      #"Deployment.apps "web" is invalid: spec.template.spec.containers: Required value"#
    ),
    (
      deployment, #"{"spec":{"template":{"spec":{"restartPolicy":"Never"}}}}"#,
      #"Deployment.apps "web" is invalid: spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always""#
    ),
    (
      deployment,
      #"{"spec":{"strategy":{"rollingUpdate":{"maxSurge":0,"maxUnavailable":0}}}}"#,
      #"Deployment.apps "web" is invalid: spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"#
    ),
    (
      deployment, #"{"metadata":{"name":"Web_1"}}"#,
      #"Deployment.apps "Web_1" is invalid: metadata.name: Invalid value: "Web_1": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#
    ),
    (
      pod, #"{"spec":{"containers":[{"name":"My.App","image":""},{"name":"My.App","image":"x"}]}}"#,
      #"Pod "a" is invalid: [spec.containers[0].name: Invalid value: "My.App": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?'), spec.containers[0].image: Required value, spec.containers[1].name: Invalid value: "My.App": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?'), spec.containers[1].name: Duplicate value: "My.App"]"#
    ),
    (
      pod, #"{"spec":{"restartPolicy":"Sometimes"}}"#,
      #"Pod "a" is invalid: spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never""#
    ),
    (
      pod,
      #"{"spec":{"containers":[{"name":"a","image":"x","resources":{"limits":{"memory":"1Gi"},"requests":{"memory":"2Gi"}}}]}}"#,
      #"Pod "a" is invalid: spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi"#
    ),
    (
      pod,
      #"{"spec":{"containers":[{"name":"a","image":"x","ports":[{"containerPort":70000}],"volumeMounts":[{"name":"v","mountPath":"/v"}]}]}}"#,
      #"Pod "a" is invalid: [spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive, spec.containers[0].volumeMounts[0].name: Not found: "v"]"#
    ),
    (
      pod,
      #"{"spec":{"containers":[{"name":"a","image":"x","livenessProbe":{"successThreshold":2}}]}}"#,
      #"Pod "a" is invalid: [spec.containers[0].livenessProbe: Required value: must specify a handler type, spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1]"#
    ),
    (
      pod, #"{"spec":{"tolerations":[{"key":"k","operator":"Exists","value":"v"},{}]}}"#,
      #"Pod "a" is invalid: [spec.tolerations[0].operator: Invalid value: "v": value must be empty when `operator` is 'Exists', spec.tolerations[1].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"]"#
    ),
    (
      pod, #"{"metadata":{"labels":{"a":"no spaces"}}}"#,
      #"Pod "a" is invalid: metadata.labels: Invalid value: "no spaces": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"#
    ),
    (
      pod,
      #"{"spec":{"topologySpreadConstraints":[{"maxSkew":0,"topologyKey":"z","whenUnsatisfiable":"Maybe"}]}}"#,
      #"Pod "a" is invalid: [spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero, spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Maybe": supported values: "DoNotSchedule", "ScheduleAnyway"]"#
    ),
    (
      service, #"{"spec":{"ports":[{"port":80},{"port":80,"name":"b"}]}}"#,
      #"Service "web" is invalid: [spec.ports[0].name: Required value, spec.ports[1]: Duplicate value: {"protocol":"TCP","port":80,"targetPort":0}]"#
    ),
    (
      service, #"{"spec":{"ports":[]}}"#,
      #"Service "web" is invalid: spec.ports: Required value"#
    ),
    (
      service, #"{"spec":{"clusterIP":"10.0.0","clusterIPs":["10.0.0"]}}"#,
      #"Service "web" is invalid: spec.clusterIPs[0]: Invalid value: "10.0.0": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#
    ),
    (
      service, #"{"spec":{"ports":[{"port":80,"nodePort":30000}]}}"#,
      #"Service "web" is invalid: spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"#
    ),
    (
      node,
      #"{"spec":{"taints":[{"key":"k","effect":"Never"},{"key":"k","effect":"Never"}]}}"#,
      #"Node "w" is invalid: [metadata.taints[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute", metadata.taints[1].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute", metadata.taints[1]: Duplicate value: {"effect":"Never","key":"k"}: taints must be unique by key and effect pair]"#
    ),
    (
      #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"d"}}"#,
      #"{"data":{"a b":"1"}}"#,
      #"ConfigMap "c" is invalid: data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"#
    ),
    (
      #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"c","namespace":"d"}}"#,
      #"{"type":"kubernetes.io/tls"}"#,
      #"Secret "c" is invalid: [data[tls.crt]: Required value, data[tls.key]: Required value]"#
    ),
    (
      #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a.b"}}"#, "{}",
      #"Namespace "a.b" is invalid: metadata.name: Invalid value: "a.b": must not contain dots"#
    ),
  ]

  @Test(arguments: bad) func badObjectsAreRefused(_ text: String, _ patch: String, _ wanted: String)
    throws
  {
    #expect(message(try object(text, patch)) == wanted)
  }

  private func update(_ text: String, _ patch: String) throws -> [String] {
    let old = try object(text)
    return try object(text, patch).validateUpdate(old: old).map { $0.field + ": " + $0.message }
  }

  @Test func immutableFields() throws {
    #expect(
      try update(
        Self.deployment,
        #"{"spec":{"selector":{"matchLabels":{"app":"x"}},"template":{"metadata":{"labels":{"app":"x"}}}}}"#
      ) == [#"spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable"#])
    #expect(
      try update(Self.deployment, #"{"metadata":{"name":"b"}}"#)
        == [#"metadata.name: Invalid value: "b": field is immutable"#])
    #expect(try update(Self.deployment, #"{"spec":{"replicas":5}}"#) == [])
    let withIP = try object(
      Self.service, #"{"spec":{"clusterIP":"10.96.0.1","clusterIPs":["10.96.0.1"]}}"#)
    let moved = try object(
      Self.service, #"{"spec":{"clusterIP":"10.96.0.2","clusterIPs":["10.96.0.2"]}}"#)
    #expect(
      moved.validateUpdate(old: withIP).map(\.message)
        == [#"Invalid value: ["10.96.0.2"]: may not change once set"#])
  }

  @Test func podUpdates() throws {
    #expect(
      try update(
        Self.pod,
        #"{"spec":{"containers":[{"name":"a","image":"nginx:2","imagePullPolicy":"Always"}]}}"#)
        == [])
    #expect(
      try update(Self.pod, #"{"spec":{"tolerations":[{"key":"k","operator":"Exists"}]}}"#) == [])
    let hostName = try update(Self.pod, #"{"spec":{"nodeName":"worker-1"}}"#)
    #expect(hostName.count == 1)
    #expect(
      hostName[0].hasPrefix(
        "spec: Forbidden: pod updates may not change fields other than "
          + "`spec.containers[*].image`,`spec.initContainers[*].image`,"
          + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
          + "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
          + "previously negative)\n"))
    #expect(hostName[0].hasSuffix(#"spec.nodeName: null -> "worker-1""#))
    #expect(
      try update(
        Self.pod,
        #"{"spec":{"containers":[{"name":"a","image":"nginx"},{"name":"b","image":"x"}]}}"#)
        == ["spec.containers: Forbidden: pod updates may not add or remove containers"])
  }

  @Test func immutableConfiguration() throws {
    let text =
      #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"d"},"immutable":true,"data":{"a":"1"}}"#
    #expect(
      try update(text, #"{"data":{"a":"2"}}"#)
        == ["data: Forbidden: field is immutable when `immutable` is set"])
  }

  @Test func nameRulesAtTheirEdges() throws {
    for (name, isGood) in [
      ("a", true), ("a-b.c", true), ("a.", false), (".a", false), ("a..b", false), ("-a", false),
      ("a-", false), ("a.-b", false), ("A", false), ("", false), ("1", true), ("ä", false),
      (String(repeating: "a", count: 253), true), (String(repeating: "a", count: 254), false),
    ] {
      let pod = try object(Self.pod, #"{"metadata":{"name":"\#(name)"}}"#)
      #expect(pod.validateCreate().isEmpty == isGood, "\(name)")
    }
  }
}
