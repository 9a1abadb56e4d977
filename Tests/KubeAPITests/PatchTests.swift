import Basics
import KubeAPI
import Testing

@Suite struct PatchTests {
  private func json(_ text: String) throws -> JSONValue { try JSONParser.parse(text) }

  /// RFC 7386, appendix A.
  @Test(arguments: [
    (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
    (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#), (#"{"a":"b"}"#, #"{"a":null}"#, "{}"),
    (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
    (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
    (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
    (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
    (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
    (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#), (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#),
    (#"{"a":"foo"}"#, "null", "null"), (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
    (#"[1,2]"#, #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
    ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
  ]) func mergePatch(original: String, patch: String, result: String) throws {
    #expect(try json(original).mergePatched(with: try json(patch)).text() == result)
  }

  @Test(arguments: [
    (#"{"a":1}"#, #"[{"op":"add","path":"/b","value":2}]"#, #"{"a":1,"b":2}"#),
    (#"{"a":[1,3]}"#, #"[{"op":"add","path":"/a/1","value":2}]"#, #"{"a":[1,2,3]}"#),
    (#"{"a":[1]}"#, #"[{"op":"add","path":"/a/-","value":2}]"#, #"{"a":[1,2]}"#),
    (#"{"a":[1,2]}"#, #"[{"op":"remove","path":"/a/0"}]"#, #"{"a":[2]}"#),
    (#"{"a":[1,2]}"#, #"[{"op":"replace","path":"/a/0","value":9}]"#, #"{"a":[9,2]}"#),
    (#"{"a":{"b":1}}"#, #"[{"op":"move","from":"/a/b","path":"/c"}]"#, #"{"a":{},"c":1}"#),
    (#"{"a":1}"#, #"[{"op":"copy","from":"/a","path":"/b"}]"#, #"{"a":1,"b":1}"#),
    (#"{"a":1}"#, #"[{"op":"test","path":"/a","value":1}]"#, #"{"a":1}"#),
    (#"{"m":{"a.b/c":1}}"#, #"[{"op":"remove","path":"/m/a.b~1c"}]"#, #"{"m":{}}"#),
    (#"{"a":1}"#, #"[{"op":"replace","path":"","value":[]}]"#, "[]"),
  ]) func jsonPatch(original: String, patch: String, result: String) throws {
    #expect(try json(original).jsonPatched(with: try json(patch)).text() == result)
  }

  @Test(arguments: [
    #"[{"op":"remove","path":"/x"}]"#, #"[{"op":"replace","path":"/x","value":1}]"#,
    #"[{"op":"test","path":"/a","value":2}]"#, #"[{"op":"add","path":"/l/9","value":1}]"#,
    #"[{"op":"add","path":"/x/y","value":1}]"#, #"[{"op":"dance","path":"/a"}]"#, "{}",
    #"[{"op":"add","path":"a","value":1}]"#, #"[{"op":"move","from":"/x","path":"/a"}]"#,
  ]) func jsonPatchesThatDoNotApply(patch: String) throws {
    #expect(throws: PatchProblem.self) {
      try json(#"{"a":1,"l":[]}"#).jsonPatched(with: try json(patch))
    }
  }

  /// Object of a deployment's pod spec, patch, result.
  static let strategic: [(String, String, String)] = [
    (
      #"{"containers":[{"name":"a","image":"x"}]}"#,
      #"{"containers":[{"name":"b","image":"y"}]}"#,
      #"{"containers":[{"name":"b","image":"y"},{"name":"a","image":"x"}]}"#
    ),
    (
      #"{"containers":[{"name":"a","image":"x","env":[{"name":"K","value":"1"},{"name":"L","value":"2"}]}]}"#,
      #"{"containers":[{"name":"a","env":[{"name":"K","value":"9"},{"name":"L","$patch":"delete"}]}]}"#,
      #"{"containers":[{"name":"a","image":"x","env":[{"name":"K","value":"9"}]}]}"#
    ),
    (
      #"{"containers":[{"name":"a"},{"name":"b"}]}"#,
      #"{"containers":[{"$patch":"replace"},{"name":"c"}]}"#, #"{"containers":[{"name":"c"}]}"#
    ),
    (
      #"{"tolerations":[{"key":"a"}]}"#, #"{"tolerations":[{"key":"b"}]}"#,
      #"{"tolerations":[{"key":"b"}]}"#
    ),
    (
      #"{"nodeSelector":{"a":"1","b":"2"}}"#, #"{"nodeSelector":{"a":null,"c":"3"}}"#,
      #"{"nodeSelector":{"b":"2","c":"3"}}"#
    ),
    (
      #"{"nodeSelector":{"a":"1"}}"#, #"{"nodeSelector":{"$patch":"replace","z":"9"}}"#,
      #"{"nodeSelector":{"z":"9"}}"#
    ),
    (
      #"{"volumes":[{"name":"v","emptyDir":{}}]}"#,
      #"{"volumes":[{"name":"v","$retainKeys":["name","hostPath"],"hostPath":{"path":"/"}}]}"#,
      #"{"volumes":[{"name":"v","hostPath":{"path":"/"}}]}"#
    ),
    (
      #"{"containers":[{"name":"a"},{"name":"b"},{"name":"c"}]}"#,
      #"{"$setElementOrder/containers":[{"name":"c"},{"name":"a"}],"containers":[{"name":"a","image":"x"}]}"#,
      #"{"containers":[{"name":"b"},{"name":"c"},{"name":"a","image":"x"}]}"#
    ),
  ]

  @Test(arguments: strategic) func strategicMerge(original: String, patch: String, result: String)
    throws
  {
    func wrapped(_ text: String) throws -> JSONValue {
      try json(#"{"apiVersion":"v1","kind":"Pod","spec":"# + text + "}")
    }
    let merged = try StrategicMerge.apply(
      try wrapped(patch), to: try wrapped(original), kind: .pod)
    #expect(merged["spec"]?.text() == result)
  }

  @Test func strategicMergeOfSetsAndErrors() throws {
    let pod = try json(#"{"metadata":{"finalizers":["a","b"]},"spec":{}}"#)
    let merged = try StrategicMerge.apply(
      try json(#"{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"finalizers":["c"]}}"#),
      to: pod, kind: .pod)
    #expect(merged["metadata"]?.text() == #"{"finalizers":["c","b"]}"#)
    #expect(throws: PatchProblem.self) {
      try StrategicMerge.apply(try json(#"{"spec":{"foo":1}}"#), to: pod, kind: .pod)
    }
    #expect(throws: PatchProblem.self) {
      try StrategicMerge.apply(
        try json(#"{"spec":{"containers":[{"image":"x"}]}}"#),
        to: try json(#"{"spec":{"containers":[{"name":"a"}]}}"#), kind: .pod)
    }
  }

  private let manifest = #"""
    {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"a":"1"}},
     "spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},
     "strategy":{"type":"RollingUpdate"},
     "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[
      {"name":"web","image":"nginx:1","env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]},
      {"name":"side","image":"side:1"}]}}}}
    """#

  @Test func applyingTwiceChangesNothing() throws {
    let modified = ClientSideApply.withLastApplied(try json(manifest))
    let live = try APIObject(json: modified).defaulted()
    let patch = try ClientSideApply.patch(
      original: ClientSideApply.lastApplied(live), modified: modified, current: live.json(),
      kind: .deployment)
    #expect(patch.text() == "{}")
    #expect(
      live.metadata.annotations[ClientSideApply.annotation]?.hasPrefix(
        #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{},"labels""#)
        == true)
    #expect(live.metadata.annotations[ClientSideApply.annotation]?.hasSuffix("}\n") == true)
  }

  @Test func whatTheManifestNoLongerSaysGoesAndWhatOthersSetStays() throws {
    let first = ClientSideApply.withLastApplied(try json(manifest))
    var live = try #require(try APIObject(json: first).defaulted().deployment)
    // An autoscaler's and an admission plugin's work:
    live.metadata.labels["injected"] = "yes"
    live.spec.template.spec.nodeSelector = ["zone": "a"]
    let second = try json(manifest).mergePatched(
      with: try json(
        #"""
        {"metadata":{"labels":{"a":null,"b":"2"}},"spec":{"replicas":null,"strategy":{"type":"Recreate"},
        "template":{"spec":{"containers":[{"name":"web","image":"nginx:2","env":[{"name":"B","value":"3"}]}]}}}}
        """#))
    let patch = try ClientSideApply.patch(
      original: ClientSideApply.lastApplied(live.boxed),
      modified: ClientSideApply.withLastApplied(second), current: live.boxed.json(),
      kind: .deployment)
    #expect(
      patch["spec"]?.text()
        == #"{"replicas":null,"strategy":{"$retainKeys":["type"],"type":"Recreate"},"template":"#
        + #"{"spec":{"$setElementOrder/containers":[{"name":"web"}],"containers":["#
        + #"{"$setElementOrder/env":[{"name":"B"}],"env":[{"name":"B","value":"3"},"#
        + #"{"$patch":"delete","name":"A"}],"image":"nginx:2","name":"web"},"#
        + #"{"$patch":"delete","name":"side"}]}}}"#)
    let object = try live.boxed.applying(Patch(.strategicMerge, patch)).defaulted()
    let result = try #require(object.deployment)
    #expect(result.metadata.labels == ["b": "2", "injected": "yes"])
    #expect(result.spec.replicas == 1)
    #expect(result.spec.strategyType == "Recreate")
    #expect(result.spec.maxSurge == nil)
    #expect(result.spec.template.spec.nodeSelector == ["zone": "a"])
    #expect(result.spec.template.spec.containers.map(\.name) == ["web"])
    #expect(result.spec.template.spec.containers[0].image == "nginx:2")
    #expect(
      result.spec.template.spec.containers[0].carried["env"]?.text()
        == #"[{"name":"B","value":"3"}]"#)
    #expect(object.validateCreate().map(\.field) == ["metadata.namespace"])
  }

  @Test func patchesOfObjectsAreDecodedStrictly() throws {
    let pod = Pod(name: "a", namespace: "default").boxed
    let bad = #expect(throws: APIStatus.self) {
      try pod.applying(Patch(.merge, try json(#"{"spec":{"foo":1}}"#)))
    }
    #expect(bad?.code == 400)
    let failed = #expect(throws: APIStatus.self) {
      try pod.applying(Patch(.json, try json(#"[{"op":"remove","path":"/spec/x"}]"#)))
    }
    #expect(failed?.code == 422)
    let labelled = try pod.applying(
      Patch(.merge, try json(#"{"metadata":{"labels":{"x":"y"}}}"#)))
    #expect(labelled.metadata.labels == ["x": "y"])
  }

  @Test func aMergePatchBetweenTwoValuesLeadsFromOneToTheOther() throws {
    var random = PRNG(seed: 3)
    func value(_ depth: Int) -> JSONValue {
      if depth == 0 || random.below(3) == 0 { return .integer(Int64(random.below(4))) }
      var object = JSONObject()
      for key in ["a", "b", "c", "d"] where random.below(2) == 0 { object[key] = value(depth - 1) }
      return .object(object)
    }
    for _ in 0..<300 {
      let (a, b) = (value(3), value(3))
      let patch = a.mergePatch(to: b)
      #expect(a.mergePatched(with: patch).sorted == b.sorted)
    }
  }

  @Test(arguments: [
    ("spec.replicas", "2"), (".spec.replicas", "2"), ("{.spec.replicas}", "2"),
    ("$.spec.replicas", "2"), ("spec.template.spec.containers[0].image", #""nginx:1""#),
    ("spec.template.spec.containers[-1].name", #""side""#),
    ("spec.template.spec.containers[*].name", #"["web","side"]"#),
    ("spec.template.spec.containers[?(@.name=='side')].image", #""side:1""#),
    ("spec.template.spec.containers[?(@.name != \"side\")].image", #""nginx:1""#),
    ("metadata.labels['a']", #""1""#), ("metadata['labels'][\"a\"]", #""1""#),
    ("spec.selector.matchLabels.app", #""web""#), ("spec.nothing.here", nil),
    ("spec.template.spec.containers[9]", nil),
  ]) func jsonPaths(path: String, value: String?) throws {
    #expect(try JSONPath(path).value(in: try json(manifest))?.text() == value)
  }

  @Test(arguments: ["a[", "a[x]", "a..b", "a[?(@.x=1)]", "a['x", "{a", "a[?(@.x==y)]", "a]b["])
  func badPaths(path: String) {
    // "a]b[" has a strange name and then an open bracket.
    #expect(throws: JSONPathProblem.self) { try JSONPath(path) }
  }
}
