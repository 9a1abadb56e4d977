import Basics
import KubeAPI
import Manifests

/// `kubectl patch TYPE NAME -p PATCH [--type=strategic|merge|json]`.
struct PatchVerb: KubectlVerb {
  private var query: ObjectQuery
  private let patch: Patch
  private let subresource: APIRequest.Subresource?
  private let dryRun: DryRun
  private var before: [APIObject] = []

  private static let formats: [(name: String, format: Patch.Format)] = [
    ("json", .json), ("merge", .merge), ("strategic", .strategicMerge),
  ]

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    let text = try Self.text(arguments)
    dryRun = try DryRun(arguments)
    let type = arguments["type"] ?? "strategic"
    guard let format = Self.formats.first(where: { $0.name == type.lowercased() })?.format else {
      throw KubectlProblem(
        message: "error: --type must be one of [json merge strategic], not \"\(type)\"")
    }
    patch = Patch(format, try Self.document(text))
    switch arguments["subresource"] {
    case nil, "": subresource = nil
    case "status": subresource = .status
    case "scale": subresource = .scale
    case let other?:
      throw KubectlProblem(
        message: "error: invalid subresource value: \"\(other)\". Must be one of [scale status]")
    }
    query = try ObjectQuery(
      arguments.words, arguments,
      nothing: "error: You must provide one or more resources by argument or filename.",
      takesAll: false)
  }

  private static func text(_ arguments: KubectlArguments) throws(KubectlProblem) -> String {
    let (patch, file) = (arguments["patch"] ?? "", arguments["patch-file"] ?? "")
    if !patch.isEmpty, !file.isEmpty {
      throw KubectlProblem(message: "error: cannot specify --patch and --patch-file together")
    }
    if !patch.isEmpty { return patch }
    guard !file.isEmpty else {
      throw KubectlProblem(
        message: "error: must specify --patch or --patch-file containing the contents of the patch")
    }
    do throws(ManifestProblem) {
      return String(decoding: try ManifestReader.bytes(path: file), as: UTF8.self)
    } catch {
      throw KubectlProblem(message: "error: unable to read patch file: \(error.message)")
    }
  }

  /// The patch as JSON, which YAML may spell.
  private static func document(_ text: String) throws(KubectlProblem) -> JSONValue {
    do throws(ManifestProblem) {
      guard let tree = try YAMLTree.documents(text, file: "patch").first else {
        return .object(JSONObject())
      }
      return tree.json
    } catch {
      throw KubectlProblem(message: "error: unable to parse \"\(text)\": \(error.message)")
    }
  }

  mutating func begin(_ io: inout KubectlIO) { query.begin(&io) }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    guard request.tag >= ObjectQuery.firstFreeTag else {
      guard let objects = query.receive(request, response, &io) else { return }
      before = objects
      for (index, object) in objects.enumerated() { send(object, index, &io) }
      return
    }
    let old = before[request.tag - ObjectQuery.firstFreeTag]
    switch response {
    case .object(let object):
      let isSame =
        dryRun == .none ? object.resourceVersion == old.resourceVersion : Self.isSame(object, old)
      said(old, isSame, &io)
    case .status(let status): io.fail(status)
    default: said(old, false, &io)
    }
  }

  private func said(_ object: APIObject, _ isSame: Bool, _ io: inout KubectlIO) {
    io.print(name(object) + (isSame ? " patched (no change)" : " patched") + dryRun.suffix)
  }

  private static func isSame(_ a: APIObject, _ b: APIObject) -> Bool { a.json() == b.json() }

  private func name(_ object: APIObject) -> String {
    subresource == .scale ? "scale.autoscaling/\(object.metadata.name)" : object.printedName
  }

  private func send(_ object: APIObject, _ index: Int, _ io: inout KubectlIO) {
    if dryRun == .client {
      do throws(APIStatus) {
        said(object, Self.isSame(try object.applying(patch), object), &io)
      } catch { io.fail("error: " + error.message) }
      return
    }
    var request = APIRequest(
      .patch, object.kind, namespace: object.metadata.namespace, name: object.metadata.name)
    request.subresource = subresource
    request.body = .patch(patch)
    request.options.fieldManager = "kubectl-patch"
    request.options.dryRun = dryRun == .server
    io.send(request, tag: ObjectQuery.firstFreeTag + index)
  }
}
