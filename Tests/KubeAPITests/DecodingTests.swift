import KubeAPI
import Testing

/// What the API server refuses, in its words.
@Suite struct DecodingTests {
  private func problem(_ text: String) -> DecodingProblem? {
    do {
      _ = try APIObject(json: try JSONParser.parse(text))
      return nil
    } catch { return error as? DecodingProblem }
  }

  private func deployment(_ spec: String) -> String {
    #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":"# + spec + "}"
  }

  private let prefix = #"Deployment in version "v1" cannot be handled as a Deployment: "#

  @Test func unknownFieldsAreAllNamed() {
    let found = problem(
      deployment(#"{"foo":1,"template":{"spec":{"containers":[{"name":"a","imagee":"x"}]}}}"#))
    #expect(
      found?.message == prefix + #"strict decoding error: unknown field "spec.foo", "#
        + #"unknown field "spec.template.spec.containers[0].imagee""#)
    #expect(found?.kind == .strict)
    #expect(found?.details.count == 2)
  }

  @Test func unknownFieldsDeepInWhatIsCarried() {
    let found = problem(
      """
      {"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"a","securityContext":
      {"capabilities":{"dorp":["ALL"]}}}],"volumes":[{"name":"v","emptyDir":{"size":"1Gi"}}]}}
      """)
    #expect(
      found?.reason == "strict decoding error: "
        + #"unknown field "spec.containers[0].securityContext.capabilities.dorp", "#
        + #"unknown field "spec.volumes[0].emptyDir.size""#)
  }

  @Test(arguments: [
    (
      #"{"replicas":"three"}"#,
      "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
    ),
    (
      #"{"replicas":1.5}"#,
      "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"
    ),
    (
      #"{"replicas":99999999999}"#,
      "json: cannot unmarshal number 99999999999 into Go struct field "
        + "DeploymentSpec.spec.replicas of type int32"
    ),
    (
      #"{"template":{"spec":{"containers":{}}}}"#,
      "json: cannot unmarshal object into Go struct field "
        + "PodSpec.spec.template.spec.containers of type []v1.Container"
    ),
    (
      #"{"template":{"spec":{"containers":[{"env":[{"name":"A","value":1}]}]}}}"#,
      "json: cannot unmarshal number into Go struct field "
        + "EnvVar.spec.template.spec.containers.env.value of type string"
    ),
    (
      #"{"template":{"metadata":{"labels":{"a":true}}}}"#,
      "json: cannot unmarshal bool into Go struct field "
        + "ObjectMeta.spec.template.metadata.labels of type string"
    ),
    (
      #"{"template":[]}"#,
      "json: cannot unmarshal array into Go struct field "
        + "DeploymentSpec.spec.template of type v1.PodTemplateSpec"
    ),
    (
      #"{"template":{"spec":{"containers":[{"resources":{"limits":{"cpu":"1 core"}}}]}}}"#,
      "quantities must match the regular expression "
        + "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    ),
    (
      #"{"template":{"spec":{"restartPolicy":5}}}"#,
      "json: cannot unmarshal number into Go struct field "
        + "PodSpec.spec.template.spec.restartPolicy of type v1.RestartPolicy"
    ),
    (
      #"{"strategy":{"rollingUpdate":{"maxSurge":true}}}"#,
      "json: cannot unmarshal bool into Go value of type int32"
    ),
  ]) func wrongTypes(spec: String, reason: String) {
    let found = problem(deployment(spec))
    #expect(found?.message == prefix + reason)
    #expect(found?.kind == .type)
  }

  @Test func aWrongTypeComesBeforeUnknownFields() {
    #expect(problem(deployment(#"{"bogus":1,"replicas":"x"}"#))?.kind == .type)
  }

  @Test func duplicatesAreNamed() {
    let found = problem(deployment(#"{"replicas":1,"replicas":2}"#))
    #expect(found?.reason == #"strict decoding error: duplicate field "spec.replicas""#)
  }

  @Test(arguments: [
    (#"{"apiVersion":"v1","kind":"Foo"}"#, #"no matches for kind "Foo" in version "v1""#),
    (
      #"{"apiVersion":"extensions/v1beta1","kind":"Deployment"}"#,
      #"no matches for kind "Deployment" in version "extensions/v1beta1""#
    ),
    (#"{"apiVersion":"v1"}"#, #"Object 'Kind' is missing in '{"apiVersion":"v1"}'"#),
    (#"{"kind":"Pod"}"#, #"Object 'apiVersion' is missing in '{"kind":"Pod"}'"#),
  ]) func kinds(text: String, message: String) {
    #expect(problem(text)?.message == message)
  }

  @Test func nullsAreAbsent() throws {
    let text = #"""
      {"apiVersion":"v1","kind":"Pod","metadata":{"creationTimestamp":null,"name":"a"},
       "spec":{"containers":null,"nodeSelector":null},"status":null}
      """#
    let pod = try #require(try APIObject(json: try JSONParser.parse(text)).pod)
    #expect(pod.metadata.creationTimestamp == nil)
    #expect(
      pod.boxed.json().text()
        == #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":null},"#
        + #""status":{}}"#)
  }

  @Test func stringDataBecomesData() throws {
    let text = #"""
      {"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"a":"eA=="},
       "stringData":{"a":"hello","b":"y"}}
      """#
    let secret = try #require(try APIObject(json: try JSONParser.parse(text)).secret)
    #expect(secret.data == ["a": "aGVsbG8=", "b": "eQ=="])
  }
}
