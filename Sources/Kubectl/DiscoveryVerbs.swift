import Basics
import Engine
import KubeAPI

/// `kubectl version`, `cluster-info`, `api-resources`, `api-versions` and `top`: what is known of
/// the cluster without looking at its objects.
///
/// What the real ones read from `/version` and `/apis` is the same on every API server of the
/// simulation. Only whether one answers has to be asked, and any read tells.
struct DiscoveryVerb: KubectlVerb {
  static var isReading: Bool { true }

  enum Topic { case version, clusterInfo, resources, versions, top }

  /// Of kubectl and of every API server.
  static let version = "v1.36.2"
  /// The one built into kubectl 1.36.
  static let kustomizeVersion = "v5.8.1"

  private let topic: Topic
  private let arguments: KubectlArguments
  private let isWide: Bool
  private let isNames: Bool

  init(_ arguments: KubectlArguments, _ topic: Topic) throws(KubectlProblem) {
    self.topic = topic
    self.arguments = arguments
    let words = arguments.words
    switch topic {
    case .version:
      guard words.isEmpty else {
        throw KubectlProblem(message: "error: extra arguments: [\(words.joined(separator: " "))]")
      }
      guard arguments.nonEmpty("output") == nil else {
        throw KubectlProblem(message: "error: --output is not supported with version")
      }
    case .clusterInfo:
      guard words.isEmpty else {
        throw KubectlProblem(message: "error: cluster-info \(words[0]) is not supported")
      }
    case .resources, .versions:
      guard words.isEmpty else {
        throw KubectlProblem(
          message: "error: unexpected arguments: [\(words.joined(separator: " "))]")
      }
    case .top:
      let kinds = ["node", "nodes", "no", "pod", "pods", "po"]
      guard let first = words.first, kinds.contains(first) else {
        throw KubectlProblem(message: "error: top takes node or pod")
      }
    }
    isWide = arguments["output"] == "wide"
    isNames = arguments["output"] == "name"
    if topic == .resources, let format = arguments.nonEmpty("output"), !isWide, !isNames {
      throw KubectlProblem(
        message: "error: unable to match a printer suitable for the output format \"\(format)\", "
          + "allowed formats are: name,wide")
    }
  }

  mutating func begin(_ io: inout KubectlIO) {
    if topic == .version {
      io.print("Client Version: \(Self.version)")
      io.print("Kustomize Version: \(Self.kustomizeVersion)")
      if arguments.isSet("client") { return }
    }
    io.send(APIRequest(.get, .namespace, name: "kube-system"))
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    if case .status(let status) = response, status.isTransport { return io.fail(status) }
    switch topic {
    case .version: io.print("Server Version: \(Self.version)")
    case .clusterInfo:
      io.print("Kubernetes control plane is running at \(World.apiServerURL)")
      io.print(
        "\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.")
    case .resources: printResources(&io)
    case .versions:
      for version in Set(ResourceKind.allCases.map(\.apiVersion)).sorted() { io.print(version) }
    // What a cluster without metrics-server says.
    case .top: io.fail("error: Metrics API not available")
    }
  }

  private static func verbs(of kind: ResourceKind) -> String {
    // Namespaces are the one kind that is never deleted as a collection.
    (["create", "delete"] + (kind == .namespace ? [] : ["deletecollection"])
      + ["get", "list", "patch", "update", "watch"]).joined(separator: ",")
  }

  private func printResources(_ io: inout KubectlIO) {
    var kinds = ResourceKind.allCases.sorted { ($0.group, $0.plural) < ($1.group, $1.plural) }
    if let group = arguments["api-group"] { kinds.removeAll { $0.group != group } }
    if let isNamespaced = arguments["namespaced"] {
      kinds.removeAll { $0.isNamespaced != (isNamespaced != "false") }
    }
    if isNames {
      for kind in kinds { io.print(kind.groupResource) }
      return
    }
    var rows: [[String]] = []
    if !arguments.isSet("no-headers") {
      rows.append(
        ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"]
          + (isWide ? ["VERBS", "CATEGORIES"] : []))
    }
    for kind in kinds {
      var row = [
        kind.plural, kind.shortNames.joined(separator: ","), kind.apiVersion,
        String(kind.isNamespaced), kind.kind,
      ]
      if isWide { row += [Self.verbs(of: kind), kind.isInAll ? "all" : ""] }
      rows.append(row)
    }
    io.write(TabText.table(rows))
  }
}
