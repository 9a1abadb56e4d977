import Basics
import KubeAPI

/// `kubectl run NAME --image=IMAGE [-- ARGS]`: one pod.
struct RunVerb: KubectlVerb {
  private let pod: Pod

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    guard let name = arguments.words.first, arguments.wordsBeforeDashes != 0 else {
      throw .usage("run", "NAME is required for run")
    }
    guard let image = arguments.nonEmpty("image") else {
      throw KubectlProblem(message: "error: --image is required")
    }
    guard ImageReference.isOne(image) else {
      throw KubectlProblem(
        message: "error: Invalid image name \"\(image)\": invalid reference format")
    }
    let policy = arguments.nonEmpty("restart") ?? "Always"
    guard ["Always", "OnFailure", "Never"].contains(policy) else {
      throw .usage("run", "invalid restart policy: \(policy)")
    }
    var pod = Pod(name: name, namespace: arguments.namespace)
    do throws(KubectlProblem) {
      pod.metadata.labels =
        try arguments.nonEmpty("labels").map(ExposeVerb.map) ?? ["run": name]
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
    pod.spec.restartPolicy = policy
    self.pod = pod
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
