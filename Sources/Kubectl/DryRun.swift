/// `--dry-run`: whether something is done, only said, or asked of the server without being stored.
enum DryRun: Sendable {
  case none, client, server

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    switch arguments["dry-run"] {
    case nil, "none", "false": self = .none
    case "client", "true", KubectlArguments.unchanged: self = .client
    case "server": self = .server
    case let other?:
      throw KubectlProblem(
        message: "error: Invalid dry-run value (\(other)). Must be \"none\", \"server\", or "
          + "\"client\".")
    }
  }

  /// What stands behind the words that say what was done (`PrintFlagsWithDryRunStrategy`).
  var suffix: String {
    switch self {
    case .none: ""
    case .client: " (dry run)"
    case .server: " (server dry run)"
    }
  }
}
