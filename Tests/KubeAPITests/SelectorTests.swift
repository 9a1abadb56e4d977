import KubeAPI
import Testing

@Suite struct SelectorTests {
  @Test(arguments: [
    ("app=web", "app=web"), ("app==web", "app=web"), ("app = web , tier!=x", "app=web,tier!=x"),
    ("tier in (b, a),app=web", "app=web,tier in (a,b)"), ("!legacy", "!legacy"),
    ("env notin (prod,dev),x", "env notin (dev,prod),x"), ("", ""), ("a=", "a="),
    ("example.com/a.b_c=1", "example.com/a.b_c=1"), ("n>5,m<2", "m<2,n>5"),
    ("x in ()", "x="), ("a=1,a=2", "a=1,a in (2)"),
  ]) func readsAndPrints(text: String, canonical: String) throws {
    let selector = try LabelSelector(text: text)
    #expect(selector.text == canonical)
    #expect(try LabelSelector(text: selector.text).text == canonical)
  }

  @Test(arguments: [
    ("app=web=x", "found '=', expected: ',' or 'end of string'"),
    ("=web", "found '=', expected: !, identifier, or 'end of string'"),
    ("app=web,", "found '', expected: identifier after ','"),
    ("app in web", "unable to parse requirement: found 'web' expected: '('"),
    ("app in (a", "unable to parse requirement: found '', expected: ',' or ')'"),
    (
      "app like x",
      "unable to parse requirement: found 'like', expected: in, notin, =, ==, !=, gt, lt"
    ),
    (
      "n>x",
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"
    ),
  ]) func refuses(text: String, message: String) {
    #expect(throws: SelectorProblem(message: message)) { try LabelSelector(text: text) }
  }

  @Test func badKeysAreSaidToBe() {
    #expect {
      try LabelSelector(text: "a/b/c=1")
    } throws: {
      ($0 as? SelectorProblem)?.message.hasPrefix(
        "unable to parse requirement: <nil>: Invalid value: \"a/b/c\": a valid label key must "
          + "consist of") == true
    }
  }

  @Test func matching() throws {
    let labels: StringMap = ["app": "web", "tier": "a", "n": "7"]
    for (text, expected) in [
      ("app=web", true), ("app!=web", false), ("x!=y", true), ("tier in (a,b)", true),
      ("tier notin (a)", false), ("x", false), ("!x", true), ("n>6", true), ("n<7", false),
    ] {
      #expect(try LabelSelector(text: text).matches(labels) == expected, "\(text)")
    }
  }

  @Test func fieldSelectors() throws {
    var pod = Pod(name: "web-1", namespace: "default")
    pod.spec.nodeName = "worker-1"
    pod.status.phase = "Running"
    for (text, expected) in [
      ("spec.nodeName=worker-1", true), ("spec.nodeName!=worker-1", false),
      ("metadata.name==web-1,status.phase=Running", true), ("status.phase!=Running", false),
      ("metadata.namespace=default", true), ("", true), ("spec.hostNetwork=false", true),
    ] {
      #expect(try FieldSelector(text: text).matches(pod.boxed) == expected, "\(text)")
    }
    #expect(try FieldSelector(text: #"a=x\,y\=z"#).requirements[0].value == "x,y=z")
    #expect(try FieldSelector(text: #"a=x\,y"#).text == #"a=x\,y"#)
  }

  @Test func unknownFieldsAreRefused() throws {
    let selector = try FieldSelector(text: "spec.foo=1")
    #expect(throws: APIStatus.badRequest("field label not supported: spec.foo")) {
      try selector.check(.pod)
    }
    #expect(throws: APIStatus.self) { try selector.matches(Pod(name: "a").boxed) }
    #expect(throws: APIStatus.self) { try selector.matches(Lease(name: "a").boxed) }
    #expect(throws: SelectorProblem.self) { try FieldSelector(text: "spec.foo") }
  }

  @Test func everySelectableFieldHasAValue() throws {
    for kind in ResourceKind.allCases {
      let text = #"{"apiVersion":"\#(kind.apiVersion)","kind":"\#(kind.kind)"}"#
      let object = try APIObject(json: try JSONParser.parse(text))
      for field in kind.selectableFields {
        #expect(throws: Never.self, "\(kind) \(field)") {
          _ = try FieldSelector([.init(field, "x")]).matches(object)
        }
      }
    }
  }
}
