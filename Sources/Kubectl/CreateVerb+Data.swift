import KubeAPI
import Manifests

extension CreateVerb {
  /// `kubectl create configmap NAME --from-literal=KEY=VALUE --from-file=[KEY=]FILE`.
  static func configMap(_ arguments: KubectlArguments) throws(KubectlProblem) -> APIObject {
    var map = ConfigMap(name: try name(arguments, "configmap"))
    let sources = try DataSources(arguments)
    func add(_ entry: DataSources.Entry) throws(KubectlProblem) {
      let problems = LabelText.problems(ofDataKey: entry.key)
      guard problems.isEmpty else {
        throw KubectlProblem(
          message: "error: \"\(entry.key)\" is not a valid key name for a ConfigMap: "
            + problems.joined(separator: ","))
      }
      for (field, taken) in [("Data", map.data), ("BinaryData", map.binaryData)]
      where taken[entry.key] != nil {
        throw KubectlProblem(
          message:
            "error: cannot add key \"\(entry.key)\", another key by that name already exists "
            + "in \(field) for ConfigMap \"\(map.metadata.name)\"")
      }
      if let text = entry.text {
        map.data[entry.key] = text
      } else {
        map.binaryData[entry.key] = Base64.encode(entry.bytes)
      }
    }
    for entry in try sources.files() + sources.literals() + sources.variables("config") {
      try add(entry)
    }
    return map.boxed
  }

  /// `kubectl create secret generic NAME`, with the same sources.
  static func secret(_ arguments: KubectlArguments) throws(KubectlProblem) -> APIObject {
    guard arguments.words.count > 1, arguments.words[1] == "generic" else {
      let kind = arguments.words.prefix(2).joined(separator: " ")
      throw KubectlProblem(
        message: Unsimulated.refusal(ofCreating: kind)
          ?? "error: Create a secret using a specified subcommand: kubectl create secret generic NAME"
      )
    }
    var secret = Secret(name: try name(arguments, "secret generic"))
    secret.type = arguments["type"] ?? ""
    let sources = try DataSources(arguments)
    // Literals come first here, after the files in a config map.
    for entry in try sources.literals() + sources.files() + sources.variables("secret") {
      let problems = LabelText.problems(ofDataKey: entry.key)
      guard problems.isEmpty else {
        throw KubectlProblem(
          message: "error: \"\(entry.key)\" is not valid key name for a Secret "
            + problems.joined(separator: ";"))
      }
      guard secret.data[entry.key] == nil else {
        throw KubectlProblem(
          message: "error: cannot add key \(entry.key), another key by that name already exists")
      }
      secret.data[entry.key] = Base64.encode(entry.bytes)
    }
    return secret.boxed
  }
}
