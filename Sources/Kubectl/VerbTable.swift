import Basics
import KubeAPI
import Manifests

extension KubectlInvocation {
  /// The verbs there are, in the order of `kubectl help`.
  public static let verbs = [
    "create", "get", "delete", "set", "scale", "cordon", "uncordon", "drain", "taint", "describe",
    "apply",
  ]

  static func parse(_ words: [String]) throws(KubectlProblem) -> any KubectlVerb {
    guard let verb = words.first else {
      throw KubectlProblem(
        message: "error: expected a verb: " + verbs.joined(separator: ", "))
    }
    let arguments = try KubectlArguments(Array(words.dropFirst()))
    switch verb {
    case "get": return try GetVerb(arguments)
    case "describe": return try DescribeVerb(arguments)
    case "apply": return try ApplyVerb(arguments)
    case "create": return try CreateVerb(arguments)
    case "delete": return try DeleteVerb(arguments)
    case "scale": return try ScaleVerb(arguments)
    case "cordon": return try CordonVerb(arguments, isCordon: true)
    case "uncordon": return try CordonVerb(arguments, isCordon: false)
    case "drain": return try DrainVerb(arguments)
    case "taint": return try TaintVerb(arguments)
    case "set": return try SetImageVerb(arguments)
    default:
      throw KubectlProblem(message: "error: unknown command \"\(verb)\" for \"kubectl\"")
    }
  }
}

extension APIObject {
  /// How kubectl names an object when it has done something: `deployment.apps/web`.
  var printedName: String {
    kind.group.isEmpty
      ? kind.singular + "/" + metadata.name
      : kind.singular + "." + kind.group + "/" + metadata.name
  }
}
