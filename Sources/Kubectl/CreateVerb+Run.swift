import Basics
import KubeAPI

extension CreateVerb {
  /// `kubectl run NAME --image=IMAGE [-- ARGS]`: one pod.
  static func run(_ arguments: KubectlArguments) throws(KubectlProblem) -> CreateVerb {
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
    pod.spec.carried["dnsPolicy"] = .string("ClusterFirst")
    return try CreateVerb(pod.boxed, arguments, as: "kubectl-run")
  }
}
