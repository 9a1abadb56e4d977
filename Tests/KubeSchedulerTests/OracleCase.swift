import Foundation
import KubeAPI
import KubeScheduler
import Testing

/// One decision of the real scheduler: a cluster, a pod, and what Kubernetes 1.36.2 decides.
struct OracleCase {
  let id: String
  let topic: String
  let cluster: ClusterSnapshot
  let pod: Pod
  let expected: JSONObject

  /// The folder of recorded decisions beside the package, or under `ORRERY_SHARED`; nil where they
  /// are not at hand.
  static let folder: URL? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    var places = [root.appendingPathComponent("../shared").standardizedFileURL]
    places.append(root.appendingPathComponent("../../shared").standardizedFileURL)
    if let path = ProcessInfo.processInfo.environment["ORRERY_SHARED"] {
      places.insert(URL(fileURLWithPath: path), at: 0)
    }
    return places.map { $0.appendingPathComponent("oracle/scheduler") }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }()

  static func load(_ family: String) throws -> [OracleCase] {
    guard let folder else { return [] }
    let text = try String(
      contentsOf: folder.appendingPathComponent(family + ".jsonl"), encoding: .utf8)
    return try text.split(separator: "\n").map { try OracleCase(JSONParser.parse(String($0))) }
  }

  init(_ json: JSONValue) throws {
    let root = try #require(json.object)
    id = root["id"]?.string ?? ""
    topic = root["topic"]?.string ?? ""
    let input = try #require(root["input"]?.object)
    expected = try #require(root["expected"]?.object)
    var pod = try #require(
      try Self.object(input["pod"] ?? .null, apiVersion: "v1", kind: "Pod").pod)
    if pod.metadata.uid.isNone { pod.metadata.uid = UID(high: 1, low: 1) }
    self.pod = pod
    cluster = try Self.cluster(input)
  }

  private static func cluster(_ input: JSONObject) throws -> ClusterSnapshot {
    var objects: [APIObject] = []
    for (member, apiVersion, kind) in [
      ("nodes", "v1", "Node"), ("pods", "v1", "Pod"), ("nominatedPods", "v1", "Pod"),
      ("namespaces", "v1", "Namespace"), ("services", "v1", "Service"),
      ("replicaSets", "apps/v1", "ReplicaSet"),
    ] {
      for value in input[member]?.array ?? [] {
        objects.append(try object(value, apiVersion: apiVersion, kind: kind))
      }
    }
    var cluster = ClusterSnapshot(objects)
    for (member, apiVersion, kind) in [
      ("statefulSets", "apps/v1", "StatefulSet"),
      ("replicationControllers", "v1", "ReplicationController"),
    ] {
      for value in input[member]?.array ?? [] {
        let metadata = value.object?["metadata"]?.object
        cluster.controllers.append(
          ClusterSnapshot.Controller(
            apiVersion: apiVersion, kind: kind,
            namespace: metadata?["namespace"]?.string ?? "",
            name: metadata?["name"]?.string ?? "",
            selector: try selector(value.object?["spec"]?.object?["selector"])))
      }
    }
    for value in input["podDisruptionBudgets"]?.array ?? [] {
      let budget = value.object
      let status = budget?["status"]?.object
      cluster.disruptionBudgets.append(
        DisruptionBudget(
          namespace: budget?["metadata"]?.object?["namespace"]?.string ?? "",
          selector: try selector(budget?["spec"]?.object?["selector"]),
          disruptionsAllowed: status?["disruptionsAllowed"]?.integer ?? 0,
          disruptedPods: status?["disruptedPods"]?.object?.fields.map(\.key) ?? []))
    }
    return cluster
  }

  /// A label selector, or a plain map as replication controllers have; read through a ReplicaSet.
  private static func selector(_ json: JSONValue?) throws -> LabelSelector? {
    guard var value = json, let object = value.object else { return nil }
    if object["matchLabels"] == nil && object["matchExpressions"] == nil && !object.isEmpty {
      value = .object(JSONObject([("matchLabels", value)]))
    }
    let set = JSONValue.object(
      JSONObject([
        ("metadata", .object(JSONObject([("name", .string("x"))]))),
        ("spec", .object(JSONObject([("selector", value)]))),
      ]))
    return try Self.object(set, apiVersion: "apps/v1", kind: "ReplicaSet").replicaSet?.spec.selector
  }

  private static func object(
    _ json: JSONValue, apiVersion: String, kind: String
  ) throws -> APIObject {
    var object = try #require(json.object)
    object["apiVersion"] = .string(apiVersion)
    object["kind"] = .string(kind)
    return try APIObject(json: .object(object))
  }
}

extension JSONValue {
  var object: JSONObject? {
    if case .object(let object) = self { return object }
    return nil
  }
  var array: [JSONValue]? {
    if case .array(let array) = self { return array }
    return nil
  }
  var string: String? {
    if case .string(let string) = self { return string }
    return nil
  }
  var bool: Bool? {
    if case .bool(let bool) = self { return bool }
    return nil
  }
  var integer: Int? {
    if case .integer(let integer) = self { return Int(integer) }
    return nil
  }
  var strings: [String] { array?.compactMap(\.string) ?? [] }
}
