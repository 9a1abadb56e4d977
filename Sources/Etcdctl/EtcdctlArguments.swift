import Basics
import Engine
import MVCC

/// The words and flags of a command line, as cobra takes them apart.
struct EtcdctlArguments: Sendable {
  var words: [String] = []
  /// What stands after `<<<`, or was handed in: the command's standard input.
  var input: String?
  private var flags: [(name: String, value: String)] = []

  /// Flags that take a value, whatever the verb: etcdctl's, etcdutl's, and `--events` and `--for`,
  /// by which a watch ends where nobody can interrupt it.
  private static let withValue: [String] = [
    "endpoints", "rev", "limit", "order", "sort-by", "consistency", "lease", "command-timeout",
    "write-out", "peer-urls", "min-create-rev", "max-create-rev", "min-mod-rev", "max-mod-rev",
    "dial-timeout", "keepalive-time", "keepalive-timeout", "cacert", "cert", "key", "user",
    "password", "events", "for", "bump-revision", "name", "initial-cluster",
    "initial-cluster-token", "initial-advertise-peer-urls", "data-dir", "wal-dir",
    "initial-cluster-state",
  ]
  private static let switches: [String] = [
    "prefix", "from-key", "keys-only", "count-only", "print-value-only", "prev-kv", "cluster",
    "hex", "ignore-value", "ignore-lease", "range", "progress-notify", "physical", "learner",
    "keys", "once", "mark-compacted", "skip-hash-check", "interactive", "debug",
    "insecure-transport", "insecure-skip-tls-verify",
  ]
  private static let short: [Character: String] = ["w": "write-out", "i": "interactive"]

  init(_ arguments: [String]) throws(EtcdctlProblem) {
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if word == "--" {
        words += rest
        break
      }
      if word == "<<<" {
        input = rest.joined(separator: " ").replacing("\\n", with: "\n")
        break
      }
      if word.hasPrefix("--") {
        let parts = word.dropFirst(2).split(
          separator: "=", maxSplits: 1, omittingEmptySubsequences: false
        ).map(String.init)
        try take(parts[0], parts.count == 2 ? parts[1] : nil, &rest)
      } else if word.hasPrefix("-"), word.count > 1 {
        let letter = word[word.index(after: word.startIndex)]
        guard let name = Self.short[letter] else {
          throw EtcdctlProblem("unknown shorthand flag: '\(letter)' in \(word)", code: 1)
        }
        var value = String(word.dropFirst(2))
        if value.hasPrefix("=") { value.removeFirst() }
        try take(name, value.isEmpty ? nil : value, &rest)
      } else {
        words.append(word)
      }
    }
  }

  private mutating func take(
    _ name: String, _ value: String?, _ rest: inout ArraySlice<String>
  ) throws(EtcdctlProblem) {
    if Self.switches.contains(name) {
      flags.append((name, value ?? "true"))
    } else if Self.withValue.contains(name) {
      guard let value = value ?? rest.popFirst() else {
        throw EtcdctlProblem("flag needs an argument: --\(name)", code: 1)
      }
      flags.append((name, value))
    } else {
      throw EtcdctlProblem("unknown flag: --\(name)", code: 1)
    }
  }

  subscript(flag: String) -> String? { flags.last { $0.name == flag }?.value }
  func isSet(_ flag: String) -> Bool { self[flag].map { $0 != "false" } ?? false }

  func integer(_ flag: String) throws(EtcdctlProblem) -> Int64 {
    guard let text = self[flag] else { return 0 }
    guard let number = Int64(text) else {
      throw EtcdctlProblem(
        "invalid argument \"\(text)\" for \"--\(flag)\" flag: strconv.ParseInt: parsing "
          + "\"\(text)\": invalid syntax", code: 1)
    }
    return number
  }

  func span(_ flag: String) throws(EtcdctlProblem) -> Span? {
    guard let text = self[flag] else { return nil }
    guard let span = Span(goDuration: text) else {
      throw EtcdctlProblem(
        "invalid argument \"\(text)\" for \"--\(flag)\" flag: time: invalid duration \"\(text)\"",
        code: 1)
    }
    return span
  }

  /// `--endpoints`, taken apart; nil where none is given.
  var endpoints: [String]? {
    self["endpoints"].map { $0.split(separator: ",").map(String.init) }
  }

  /// A lease's or a member's ID.
  static func hexadecimal(
    _ text: String, _ what: String, code: Int32 = 128
  ) throws(EtcdctlProblem) -> UInt64 {
    guard let id = UInt64(text, radix: 16) else {
      throw EtcdctlProblem(
        "bad \(what) (strconv.Parse\(what.hasPrefix("lease") ? "Int" : "Uint"): parsing "
          + "\"\(text)\": invalid syntax), expecting ID in Hex", code: code)
    }
    return id
  }
}

/// Why a command ends: what stands behind `Error:`, and the exit code
/// (pkg/cobrautl: 1 for errors, 3 for bad input, 4 for features, 5 for interruptions, 128 for bad
/// arguments).
struct EtcdctlProblem: Error {
  let message: String
  let code: Int32

  init(_ message: String, code: Int32 = 128) {
    self.message = message
    self.code = code
  }
}
