import Basics
import KubeAPI
import Manifests
import Testing

/// Random documents that the schema allows: they round-trip, and whatever is broken in them is
/// refused.
@Suite struct RandomObjectTests {
  @Test(arguments: ResourceKind.allCases) func roundTrips(kind: ResourceKind) throws {
    var random = PRNG(seed: 11, stream: UInt64(kind.rawValue))
    for _ in 0..<40 {
      let document = SchemaSampler.document(kind, &random)
      let object = try APIObject(json: document)
      let json = object.json()
      let again = try APIObject(json: json)
      #expect(again.body == object.body)
      #expect(again.json() == json)
      #expect(try JSONParser.parse(object.encoded()) == json)
      #expect(digest(again) == digest(object))
      // Through YAML too.
      let yaml = try ManifestReader.read(text: json.yaml, file: "f.yaml")
      #expect(yaml[0].object.body == object.body)
      // Defaulting comes to rest, and neither it nor validation traps on anything.
      let complete = object.defaulted()
      #expect(complete.defaulted() === complete)
      _ = complete.validateCreate()
      _ = complete.validateUpdate(old: object)
    }
  }

  @Test(arguments: ResourceKind.allCases) func anUnknownFieldAnywhereIsRefused(kind: ResourceKind) {
    var random = PRNG(seed: 12, stream: UInt64(kind.rawValue))
    for _ in 0..<20 {
      var document = SchemaSampler.document(kind, &random)
      guard SchemaSampler.insertUnknown(into: &document, &random) else { continue }
      let problem = #expect(throws: DecodingProblem.self) { try APIObject(json: document) }
      #expect(problem?.kind == .strict)
      #expect(problem?.reason.contains("bogusField") == true)
    }
  }

  private func digest(_ object: APIObject) -> UInt64 {
    var digest = Digest()
    object.digest(into: &digest)
    return digest.value
  }
}

/// Makes documents by filling templates that are rich in what the engine only carries.
private enum SchemaSampler {
  /// Structures to draw from, by kind, rich in what the engine carries.
  private static let specs: [ResourceKind: [String]] = [
    .pod: [
      #"{"containers":[{"name":"$","image":"$","env":[{"name":"$","value":"$"}],"securityContext":{"runAsUser":%,"capabilities":{"add":["$"]}}}]}"#,
      #"{"containers":[{"name":"$","resources":{"requests":{"cpu":"%m","memory":"%Mi"},"limits":{"cpu":"%"}},"ports":[{"containerPort":%,"protocol":"TCP"}]}],"nodeSelector":{"$":"$"}}"#,
      #"{"containers":[],"volumes":[{"name":"$","projected":{"sources":[{"configMap":{"name":"$","items":[{"key":"$","path":"$"}]}}]}}],"tolerations":[{"key":"$","operator":"Exists","tolerationSeconds":%}]}"#,
      #"{"containers":[{"name":"$","lifecycle":{"preStop":{"exec":{"command":["$","$"]}}},"readinessProbe":{"grpc":{"port":%,"service":"$"},"periodSeconds":%}}],"hostNetwork":true,"dnsConfig":{"options":[{"name":"$","value":"$"}]}}"#,
      #"{"containers":[{"name":"$"}],"affinity":{"podAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":%,"podAffinityTerm":{"topologyKey":"$","labelSelector":{"matchExpressions":[{"key":"$","operator":"In","values":["$"]}]}}}]}}}"#,
    ],
    .node: [
      #"{"podCIDR":"$","taints":[{"key":"$","effect":"NoSchedule","value":"$"}],"unschedulable":true}"#
    ],
    .service: [
      #"{"ports":[{"name":"$","port":%,"targetPort":"$"},{"port":%,"targetPort":%}],"sessionAffinityConfig":{"clientIP":{"timeoutSeconds":%}},"externalIPs":["$"]}"#,
      #"{"type":"LoadBalancer","ports":[{"port":%}],"loadBalancerSourceRanges":["$"]}"#,
    ],
    .lease: [#"{"holderIdentity":"$","leaseDurationSeconds":%,"preferredHolder":"$"}"#],
    .namespace: [#"{"finalizers":["$"]}"#],
  ]

  static func document(_ kind: ResourceKind, _ random: inout PRNG) -> JSONValue {
    var object = JSONObject()
    object["apiVersion"] = .string(kind.apiVersion)
    object["kind"] = .string(kind.kind)
    object["metadata"] = fill(
      #"{"name":"$","namespace":"$","labels":{"$":"$"},"annotations":{"$":"$"},"generation":%,"resourceVersion":"%","finalizers":["$"],"managedFields":[{"manager":"$","fieldsV1":{"f:$":{}}}]}"#,
      &random)
    switch kind {
    case .deployment, .replicaSet:
      let pod = spec(.pod, &random)
      object["spec"] = .object(
        JSONObject([
          ("replicas", .integer(Int64(random.below(9)))),
          ("selector", fill(#"{"matchLabels":{"$":"$"}}"#, &random)),
          ("template", .object(JSONObject([("spec", pod)]))),
        ]))
    case .configMap, .secret: object["data"] = fill(#"{"$":"QUJD","$":"QUJDRA=="}"#, &random)
    case .serviceAccount: object["imagePullSecrets"] = fill(#"[{"name":"$"}]"#, &random)
    case .event:
      object["involvedObject"] = fill(#"{"kind":"$","name":"$"}"#, &random)
      object["series"] = fill(#"{"count":%}"#, &random)
    case .endpointSlice:
      object["endpoints"] = fill(
        #"[{"addresses":["$"],"hints":{"forZones":[{"name":"$"}]},"conditions":{"ready":true}}]"#,
        &random)
    default: object["spec"] = spec(kind, &random)
    }
    return .object(object)
  }

  private static func spec(_ kind: ResourceKind, _ random: inout PRNG) -> JSONValue {
    guard let choices = specs[kind] else { return .object(JSONObject()) }
    return fill(choices[random.index(below: choices.count)], &random)
  }

  private static let words = [
    "a", "web", "yes", "1", "é", "x y", "12:30", "null", "a: b", "2026-01-01", "-", "multi\\nline",
    "tab\\t", "#x", "~", "0.5", "{}", "longer text with spaces in it",
  ]

  /// `$` becomes a text, `%` a number; a key is drawn once only.
  private static func fill(_ template: String, _ random: inout PRNG) -> JSONValue {
    var text = ""
    var drawn = 0
    for character in template {
      switch character {
      case "$":
        drawn += 1
        text += words[random.index(below: words.count)] + "\(drawn)"
      case "%": text += String(random.below(1000) + 1)
      default: text.append(character)
      }
    }
    do { return try JSONParser.parse(text) } catch {
      Issue.record("the template is no JSON: \(text)")
      return .null
    }
  }

  /// Puts a field nobody knows into one struct on a random way down; false where it met a map.
  static func insertUnknown(into value: inout JSONValue, _ random: inout PRNG) -> Bool {
    switch value {
    case .object(var object):
      let maps = [
        "labels", "annotations", "nodeSelector", "matchLabels", "data", "requests", "limits",
        "fieldsV1",
      ]
      let inner = object.fields.indices.filter { index in
        switch object.fields[index].value {
        case .object, .array: !maps.contains(object.fields[index].key)
        default: false
        }
      }
      if let index = inner.isEmpty ? nil : inner[random.index(below: inner.count)],
        random.below(3) > 0, insertUnknown(into: &object.fields[index].value, &random)
      {
        value = .object(object)
        return true
      }
      object["bogusField"] = .integer(1)
      value = .object(object)
      return true
    case .array(var items):
      guard !items.isEmpty else { return false }
      let index = random.index(below: items.count)
      guard case .object = items[index], insertUnknown(into: &items[index], &random) else {
        return false
      }
      value = .array(items)
      return true
    default: return false
    }
  }
}
