import Basics
import KubeAPI

/// `kubectl run NAME --image=IMAGE [-- ARGS]`: one pod.
struct RunVerb: KubectlVerb {
  private let pod: Pod

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    guard let name = arguments.words.first else {
      throw KubectlProblem(
        message: "error: NAME is required for run\nSee 'kubectl run -h' for help and examples")
    }
    guard let image = arguments["image"], !image.isEmpty else {
      throw KubectlProblem(message: "error: --image is required")
    }
    guard Self.isReference(image)
    else {
      throw KubectlProblem(
        message: "error: Invalid image name \"\(image)\": invalid reference format")
    }
    var pod = Pod(name: name, namespace: arguments.namespace)
    do throws(KubectlProblem) {
      pod.metadata.labels =
        try arguments["labels"].map(ExposeVerb.map) ?? ["run": name]
    } catch {
      throw KubectlProblem(message: "error: " + error.message)
    }
    var container = Container()
    container.name = name
    container.image = image
    let rest = Array(arguments.words.dropFirst())
    if arguments.isSet("command") { container.command = rest } else { container.args = rest }
    if let port = try arguments.integer("port") {
      var entry = ContainerPort()
      entry.containerPort = Int32(clamping: port)
      container.ports = [entry]
    }
    var variables: [JSONValue] = []
    for text in arguments.all("env") {
      guard let sign = text.firstIndex(of: "="), sign > text.startIndex else {
        throw KubectlProblem(message: "error: invalid env: \(text)")
      }
      variables.append(
        .object(
          JSONObject([
            ("name", .string(String(text[..<sign]))),
            ("value", .string(String(text[text.index(after: sign)...]))),
          ])))
    }
    if !variables.isEmpty { container.carried["env"] = .array(variables) }
    pod.spec.containers = [container]
    let policy = arguments["restart"] ?? "Always"
    guard ["Always", "OnFailure", "Never"].contains(policy) else {
      throw KubectlProblem(message: "error: invalid restart policy: \(policy)")
    }
    pod.spec.restartPolicy = policy
    self.pod = pod
  }

  /// Whether a text can name an image: what is in a registry has no capitals and no blanks.
  private static func isReference(_ image: String) -> Bool {
    var path = image.split(separator: "/", omittingEmptySubsequences: false)
    // The registry's host, and its port, are spelled as one likes.
    if path.count > 1, path[0].contains(where: { ".:".contains($0) }) { path.removeFirst() }
    let name = path.last?.prefix { $0 != ":" && $0 != "@" } ?? ""
    return !name.isEmpty && !image.contains(where: \.isWhitespace)
      && !(path.dropLast() + [name]).contains { $0.isEmpty || $0.contains(where: \.isUppercase) }
  }

  mutating func begin(_ io: inout KubectlIO) {
    var request = APIRequest(
      .create, .pod, namespace: pod.metadata.namespace, name: pod.metadata.name)
    request.body = .object(pod.boxed)
    request.options.fieldManager = "kubectl-run"
    io.send(request)
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    switch response {
    case .object(let object): io.print(object.printedName + " created")
    case .status(let status): io.fail(status)
    default: break
    }
  }
}
