import Basics
import KubeAPI
import Manifests
import Testing

@Suite struct YAMLWriterTests {
  /// JSON, and what kubectl prints for it.
  static let printed: [(String, String)] = [
    (#"{}"#, "{}\n"), (#"[]"#, "[]\n"), (#""x""#, "x\n"), ("null", "null\n"),
    (
      #"{"b":[1,{"x":"y","z":[]}],"a":{"k":{}},"c":[]}"#,
      "a:\n  k: {}\nb:\n- 1\n- x: \"y\"\n  z: []\nc: []\n"
    ),
    (
      #"{"t":"2026-01-01T00:00:00Z","n":"1","b":"true","e":"","s":"a: b","h":"a #b","p":"plain text"}"#,
      "b: \"true\"\ne: \"\"\nh: 'a #b'\n" + "n: \"1\"\n".replacing("n:", with: "\"n\":")
        + "p: plain text\ns: 'a: b'\nt: \"2026-01-01T00:00:00Z\"\n"
    ),
    (
      #"{"m":"one\ntwo\n","k":"one\ntwo","d":"a\n\n"}"#,
      "d: |+\n  a\n\nk: |-\n  one\n  two\nm: |\n  one\n  two\n"
    ),
    (
      #"{"a":"*x","b":"- x","c":"-x","d":"x:y","e":"it's","f":"'q'"}"#,
      "a: '*x'\nb: '- x'\nc: -x\nd: x:y\ne: it's\nf: '''q'''\n"
    ),
    (
      #"{"a":"tab\there","b":" lead","c":"trail ","d":"12:30:45"}"#,
      "a: \"tab\\there\"\nb: ' lead'\nc: 'trail '\nd: \"12:30:45\"\n"
    ),
    (#"{"list":[["a","b"],{"k":["v"]}]}"#, "list:\n- - a\n  - b\n- k:\n  - v\n"),
    (
      #"{"message":"0/5 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 4 Insufficient cpu."}"#,
      "message: '0/5 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane:\n  }, 4 Insufficient cpu.'\n"
    ),
  ]

  @Test(arguments: printed) func asKubectlPrints(json: String, yaml: String) throws {
    #expect(try JSONParser.parse(json).yaml == yaml)
  }

  @Test func whateverIsWrittenReadsBack() throws {
    var random = PRNG(seed: 42)
    for _ in 0..<400 {
      let value = JSONValue.object(JSONObject([("v", Self.value(&random, depth: 3))])).sorted
      let text = value.yaml
      var back: JSONValue?
      do { back = try YAMLTree.documents(text, file: "f").first?.json.sorted } catch {
        Issue.record("\(error)\n\(text)\n\(value.text())")
      }
      #expect(back == value, "\(text)")
    }
  }

  private static let pieces = [
    "a", "B", "1", "0", " ", "  ", "\n", ":", "#", "-", "'", "\"", "\\", "*", "&", "!", "{", "}",
    "[", "]", ",", "?", "|", ">", "%", "@", "`", "ü", "日本", "😀", "\t", "true", "null", "yes",
    ".", "e", "~", "=", "<<", "\u{85}", "word", "longer word", "\r", "\u{1}", "---", "...",
  ]

  private static func value(_ random: inout PRNG, depth: Int) -> JSONValue {
    switch random.below(depth > 0 ? 8 : 6) {
    case 0: return .null
    case 1: return .bool(random.below(2) == 0)
    case 2: return .integer(Int64(random.below(1000)) - 500)
    case 3, 4, 5:
      return .string(text(&random))
    case 6:
      return .array((0..<random.index(below: 4)).map { _ in value(&random, depth: depth - 1) })
    default:
      var object = JSONObject()
      for _ in 0..<random.index(below: 4) {
        object[text(&random)] = value(&random, depth: depth - 1)
      }
      return .object(object)
    }
  }

  private static func text(_ random: inout PRNG) -> String {
    let length = random.below(20) == 0 ? 60 : random.index(below: 6)
    return (0..<length).map { _ in pieces[random.index(below: pieces.count)] }.joined()
  }
}
