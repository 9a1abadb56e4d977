import Basics
import Engine
import KubeAPI

/// kubectl's flags and words, taken apart.
struct KubectlArguments {
  var words: [String] = []
  /// How many of the words stand before `--`; nil where there is none.
  private(set) var wordsBeforeDashes: Int?
  /// Whether a watch can go on.
  var canFollow = false
  private var flags: [(name: String, value: String)] = []

  private static let withValue: [String] = [
    "namespace", "output", "selector", "filename", "replicas", "grace-period", "field-selector",
    "sort-by", "type", "patch", "tail", "container", "for", "timeout", "image", "port", "cascade",
    "current-replicas", "resource-version", "revision", "to-revision", "target-port", "name",
    "protocol", "labels", "cluster-ip", "restart", "env", "patch-file", "subresource",
    "from-file", "from-literal", "from-env-file", "types", "api-group",
  ]
  private static let short: [Character: String] = [
    "n": "namespace", "o": "output", "l": "selector", "f": "filename", "p": "patch",
    "c": "container", "r": "replicas", "A": "all-namespaces", "w": "watch", "R": "recursive",
    "h": "help",
  ]
  private static let switches: [String] = [
    "all-namespaces", "all", "force", "now", "show-labels", "no-headers", "wait", "overwrite",
    "ignore-daemonsets", "delete-emptydir-data", "ignore-not-found", "recursive", "watch",
    "disable-eviction", "watch-only", "list", "command", "help",
    "client", "namespaced",
  ]

  /// The verbs that know `--dry-run`.
  private static let dryRunVerbs: [String] = [
    "annotate", "apply", "cordon", "create", "delete", "drain", "expose", "label", "patch", "run",
    "scale", "set", "taint", "uncordon",
  ]

  /// What `--dry-run` is without a value.
  static let unchanged = "unchanged"

  /// - Parameter verb: some have letters of their own.
  init(_ arguments: [String], of verb: String = "") throws(KubectlProblem) {
    var short = Self.short
    // Where something is made, -l gives it labels; elsewhere it chooses by them.
    if verb == "expose" || verb == "run" { short["l"] = "labels" }
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if word == "--" {
        wordsBeforeDashes = words.count
        words += rest
        break
      }
      if word.hasPrefix("--") {
        let parts = word.dropFirst(2).split(
          separator: "=", maxSplits: 1, omittingEmptySubsequences: false
        ).map(String.init)
        let name = parts.first ?? ""
        if name == "dry-run" {
          // Of the rollouts only an undo has it.
          let isKnown = verb == "rollout" ? words.first == "undo" : Self.dryRunVerbs.contains(verb)
          guard isKnown else { throw KubectlProblem(message: "error: unknown flag: --\(name)") }
          flags.append((name, parts.count == 2 ? parts[1] : Self.unchanged))
        } else if Self.withValue.contains(name) {
          guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
            throw KubectlProblem(message: "error: flag needs an argument: --\(name)")
          }
          flags.append((name, value))
        } else if Self.switches.contains(name) {
          flags.append((name, parts.count == 2 ? parts[1] : "true"))
        } else {
          throw KubectlProblem(message: "error: unknown flag: --\(name)")
        }
      } else if word.hasPrefix("-"), word.count > 1, word != "-" {
        guard let letter = word.dropFirst().first, let name = short[letter] else {
          throw KubectlProblem(
            message: "error: unknown shorthand flag: '\(word.dropFirst().prefix(1))' in \(word)")
        }
        if Self.withValue.contains(name) {
          var value = String(word.dropFirst(2))
          if value.hasPrefix("=") { value.removeFirst() }
          if value.isEmpty {
            guard let next = rest.popFirst() else {
              throw KubectlProblem(
                message: "error: flag needs an argument: '\(letter)' in \(word)")
            }
            value = next
          }
          flags.append((name, value))
        } else {
          flags.append((name, "true"))
        }
      } else {
        words.append(word)
      }
    }
  }

  subscript(flag: String) -> String? { flags.last { $0.name == flag }?.value }
  /// The value of a flag that is unset where its text is empty.
  func nonEmpty(_ flag: String) -> String? { self[flag].flatMap { $0.isEmpty ? nil : $0 } }
  func all(_ flag: String) -> [String] { flags.filter { $0.name == flag }.map(\.value) }
  func isSet(_ flag: String) -> Bool { self[flag].map { $0 != "false" } ?? false }

  /// The namespace said, or `default`.
  var namespace: String { nonEmpty("namespace") ?? "default" }

  func labelSelector() throws(KubectlProblem) -> LabelSelector? {
    guard let text = nonEmpty("selector") else { return nil }
    do throws(SelectorProblem) { return try LabelSelector(text: text) } catch {
      throw KubectlProblem(message: "error: " + error.message)
    }
  }

  func fieldSelector() throws(KubectlProblem) -> FieldSelector? {
    guard let text = nonEmpty("field-selector") else { return nil }
    do throws(SelectorProblem) { return try FieldSelector(text: text) } catch {
      throw KubectlProblem(message: "error: " + error.message)
    }
  }

  func integer(_ flag: String) throws(KubectlProblem) -> Int? {
    guard let text = self[flag] else { return nil }
    guard let number = Int(text) else {
      throw KubectlProblem(
        message: "error: invalid argument \"\(text)\" for \"--\(flag)\" flag: strconv.ParseInt: "
          + "parsing \"\(text)\": invalid syntax")
    }
    return number
  }

  /// A duration in Go's form, as `90s` or `1m30s`.
  func duration(_ flag: String) throws(KubectlProblem) -> Span? {
    guard let text = self[flag] else { return nil }
    guard let span = Span(goDuration: text) else {
      throw KubectlProblem(
        message: "error: invalid argument \"\(text)\" for \"--\(flag)\" flag: time: invalid "
          + "duration \"\(text)\"")
    }
    return span
  }

  /// Takes a flag off.
  mutating func drop(_ flag: String) { flags.removeAll { $0.name == flag } }

  /// `pods`, `pods,services`, `all`.
  static func kinds(_ word: String) throws(KubectlProblem) -> [ResourceKind] {
    if word == "all" { return ResourceKind.allCases.filter(\.isInAll) }
    var kinds: [ResourceKind] = []
    for part in word.split(separator: ",", omittingEmptySubsequences: false) {
      guard let kind = ResourceKind(commandLineName: String(part)) else {
        if Unsimulated.isResource(String(part)) {
          throw KubectlProblem(
            message: "error: resource type \"\(part)\" is not supported in this simulation")
        }
        throw KubectlProblem(
          message: "error: the server doesn't have a resource type \"\(part)\"")
      }
      kinds.append(kind)
    }
    return kinds
  }

  /// The objects that words name: `pod web-1 web-2`, `pod/web-1 svc/web`; no names mean all.
  static func targets(
    _ words: [String]
  ) throws(KubectlProblem) -> (kinds: [ResourceKind], named: [(ResourceKind, String)]) {
    guard let first = words.first else {
      throw KubectlProblem(
        message: "error: Required resource not specified.")
    }
    if first.contains("/") {
      var named: [(ResourceKind, String)] = []
      for word in words {
        let parts = word.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty else {
          throw KubectlProblem(
            message: "error: there is no need to specify a resource type as a separate argument "
              + "when passing arguments in resource/name form (e.g. 'kubectl get resource/<name>' "
              + "instead of 'kubectl get resource resource/<name>'")
        }
        named.append((try kinds(parts[0])[0], parts[1]))
      }
      return ([], named)
    }
    let kinds = try kinds(first)
    return (kinds, words.dropFirst().flatMap { name in kinds.map { ($0, name) } })
  }
}
