import Basics
import KubeAPI

/// `kubectl drain`: cordons a node, evicts its pods, and waits until they are gone.
struct DrainVerb: KubectlVerb {
  private enum Tag { static let node = 0, cordon = 1, list = 2, evict = 3, wait = 4 }

  private let names: [String]
  private let arguments: KubectlArguments
  /// Pods that are not gone yet, by node.
  private var leaving: [(node: String, pod: ObjectKey, uid: UID)] = []
  private var failed: [String] = []
  private let grace: Int64?
  private let dryRun: DryRun

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    guard !arguments.words.isEmpty else {
      throw KubectlProblem(message: "error: USAGE: drain NODE [flags]")
    }
    self.arguments = arguments
    dryRun = try DryRun(arguments)
    names = arguments.words.map { $0.hasPrefix("node/") ? String($0.dropFirst(5)) : $0 }
    grace = try arguments.integer("grace-period").flatMap { $0 < 0 ? nil : Int64($0) }
  }

  mutating func begin(_ io: inout KubectlIO) {
    for name in names { io.send(APIRequest(.get, .node, name: name), tag: Tag.node) }
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    switch (request.tag, response) {
    case (Tag.node, .object(let object)): cordon(object, &io)
    case (Tag.cordon, .object(let object)):
      io.print("node/\(object.metadata.name) cordoned\(dryRun.suffix)")
      list(object.metadata.name, &io)
    case (Tag.list, .list(let objects, _, _)):
      evict(objects.compactMap(\.pod), from: request.request.options.nodeName, &io)
    case (Tag.evict, .status(let status)) where status.code >= 400 || status.code == 0:
      refused(request, status, &io)
    case (Tag.evict, _) where dryRun == .server: gone(request.request.key, &io)
    case (Tag.evict, _): wait(request.request.key, &io, after: .zero)
    case (Tag.wait, .object(let object)): look(object, &io)
    case (Tag.wait, .status(let status)) where status.isNotFound: gone(request.request.key, &io)
    // A look that failed is repeated, as kubectl's poll does.
    case (Tag.wait, _): wait(request.request.key, &io, after: .seconds(1))
    case (_, .status(let status)): io.fail(status)
    default: break
    }
  }

  private mutating func cordon(_ object: APIObject, _ io: inout KubectlIO) {
    let name = object.metadata.name
    guard object.node?.spec.unschedulable != true else {
      io.print("node/\(name) already cordoned\(dryRun.suffix)")
      return list(name, &io)
    }
    if dryRun == .client {
      io.print("node/\(name) cordoned\(dryRun.suffix)")
      return list(name, &io)
    }
    var patch = APIRequest(.patch, .node, name: name)
    let spec = JSONValue.object(JSONObject([("unschedulable", .bool(true))]))
    patch.body = .patch(Patch(.strategicMerge, .object(JSONObject([("spec", spec)]))))
    patch.options.dryRun = dryRun == .server
    io.send(patch, tag: Tag.cordon)
  }

  private func list(_ node: String, _ io: inout KubectlIO) {
    var request = APIRequest(.list, .pod)
    request.options.fieldSelector = .nodeName(node)
    io.send(request, tag: Tag.list)
  }

  /// Asks the filters, and then the pods to go.
  private mutating func evict(_ pods: [Pod], from node: String, _ io: inout KubectlIO) {
    let filters = DrainFilters(
      ignoresDaemonSets: arguments.isSet("ignore-daemonsets"),
      isForced: arguments.isSet("force"),
      deletesEmptyDirData: arguments.isSet("delete-emptydir-data"))
    let plan = filters.plan(for: pods)
    let problems = plan.errors.map { "cannot delete \($0.words): \($0.names)" }
    guard problems.isEmpty else {
      let all = problems.count == 1 ? problems[0] : "[" + problems.joined(separator: ", ") + "]"
      io.fail(
        "error: unable to drain node \"\(node)\" due to error: \(all), continuing command...")
      io.fail("There are pending nodes to be drained:\n \(node)\nerror: \(all)")
      return
    }
    if !plan.warnings.isEmpty {
      let all = plan.warnings.map { "\($0.words): \($0.names)" }
      io.warn("Warning: \(all.joined(separator: "; "))")
    }
    let wanted = plan.leaving
    if dryRun == .client {
      for pod in wanted { io.print("evicting pod \(pod.key.text)\(dryRun.suffix)") }
    }
    if wanted.isEmpty || dryRun == .client {
      return io.print("node/\(node) drained\(dryRun.suffix)")
    }
    for pod in wanted {
      leaving.append((node, pod.key, pod.metadata.uid))
      if !arguments.isSet("disable-eviction") {
        io.print("evicting pod \(pod.key.text)\(dryRun.suffix)")
      }
      send(pod.key, &io, after: .zero)
    }
  }

  private func send(_ pod: ObjectKey, _ io: inout KubectlIO, after delay: Span) {
    var request = APIRequest(
      arguments.isSet("disable-eviction") ? .delete : .create, .pod, namespace: pod.namespace,
      name: pod.name)
    if !arguments.isSet("disable-eviction") { request.subresource = .eviction }
    request.options.gracePeriodSeconds = grace
    request.options.dryRun = dryRun == .server
    io.send(request, tag: Tag.evict, after: delay)
  }

  private mutating func refused(
    _ request: KubectlRequest, _ status: APIStatus, _ io: inout KubectlIO
  ) {
    let pod = request.request.key
    if status.isNotFound { return gone(pod, &io) }
    if status.reason == .tooManyRequests {
      io.warn(
        "error when evicting pods/\"\(pod.name)\" -n \"\(pod.namespace)\" (will retry after 5s): "
          + status.message)
      return send(pod, &io, after: .seconds(5))
    }
    io.fail("error when evicting pods/\"\(pod.name)\" -n \"\(pod.namespace)\": \(status.message)")
    leaving.removeAll { $0.pod == pod }
  }

  private func wait(_ pod: ObjectKey, _ io: inout KubectlIO, after delay: Span) {
    io.send(
      APIRequest(.get, .pod, namespace: pod.namespace, name: pod.name), tag: Tag.wait,
      after: delay)
  }

  private mutating func look(_ object: APIObject, _ io: inout KubectlIO) {
    // Another pod of that name is another pod.
    let isSame = leaving.contains { $0.pod == object.key && $0.uid == object.metadata.uid }
    if isSame { wait(object.key, &io, after: .seconds(1)) } else { gone(object.key, &io) }
  }

  private mutating func gone(_ pod: ObjectKey, _ io: inout KubectlIO) {
    guard let index = leaving.firstIndex(where: { $0.pod == pod }) else { return }
    let node = leaving[index].node
    leaving.remove(at: index)
    if dryRun == .none {
      io.print("pod/\(pod.name) \(arguments.isSet("disable-eviction") ? "deleted" : "evicted")")
    }
    if !leaving.contains(where: { $0.node == node }) {
      io.print("node/\(node) drained\(dryRun.suffix)")
    }
  }
}

extension APIRequest.Options {
  /// The node that a list of pods was restricted to.
  fileprivate var nodeName: String {
    fieldSelector?.requirements.first { $0.field == "spec.nodeName" }?.value ?? ""
  }
}
