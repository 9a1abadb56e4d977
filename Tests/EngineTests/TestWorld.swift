import Basics
import Engine
import Foundation
import KubeAPI
import Manifests

/// Ways to drive a world as a person would, with requests only.
extension World {
  /// A cluster of this seed that has booted and come to rest.
  static func booted(
    masters: Int = 3, workers: Int = 2, seed: UInt64 = 42
  ) throws -> World {
    var world = World(ClusterSpec(masters: masters, workers: workers, seed: seed))
    world.powerOn()
    guard world.converge(deadline: world.now + .minutes(5)) else {
      throw WorldProblem("seed \(seed): never booted: \(world.convergence().missing)")
    }
    return world
  }

  /// The answer to a request, waiting at most `span` for it.
  mutating func ask(_ request: APIRequest, for span: Span = .seconds(70)) throws -> APIResponse {
    guard let id = try apply(.request(request)) else { throw WorldProblem("no request") }
    let deadline = now + span
    while !hasAnswer(id), step(through: deadline) {}
    guard let answer = takeAnswer(id) else { throw WorldProblem("no answer to \(request.path)") }
    return answer
  }

  mutating func create(_ object: APIObject) throws {
    let kind = object.kind
    let given = object.metadata.namespace
    let namespace = kind.isNamespaced ? (given.isEmpty ? "default" : given) : ""
    var request = APIRequest(.create, kind, namespace: namespace)
    request.body = .object(object)
    guard case .object = try ask(request) else {
      throw WorldProblem("\(request.path) was refused")
    }
  }

  mutating func create(yaml: String) throws {
    for document in try ManifestReader.read(text: yaml, file: "inline.yaml") {
      try create(document.object)
    }
  }

  /// Sets a deployment's replicas; the answer may come later.
  mutating func scale(_ name: String, to replicas: Int32) throws {
    var request = APIRequest(.patch, .deployment, namespace: "default", name: name)
    request.body = .patch(
      Patch(
        .merge,
        .object(
          JSONObject([
            ("spec", .object(JSONObject([("replicas", .integer(Int64(replicas)))])))
          ]))))
    guard case .object = try ask(request) else { throw WorldProblem("no scaling of \(name)") }
  }

  /// A deployment's manifest.
  static func web(replicas: Int, cpu: String = "100m") -> String {
    """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: \(replicas)
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - {name: web, image: "nginx:1.27", resources: {requests: {cpu: \(cpu)}}}
    """
  }
}

struct WorldProblem: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
