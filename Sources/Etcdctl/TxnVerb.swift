import Basics
import Engine
import Etcd
import MVCC

/// `txn`: compares, what to do where they hold and what where they don't, read from standard input
/// as three groups of lines with an empty line between.
struct TxnVerb: EtcdctlVerb {
  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    guard io.arguments.words.isEmpty else {
      throw EtcdctlProblem("txn command does not accept argument")
    }
    guard let input = io.arguments.input else { throw EtcdctlProblem("EOF", code: 3) }
    var groups: [[String]] = [[]]
    for line in input.split(separator: "\n", omittingEmptySubsequences: false) {
      let text = line.trimmingBlanks
      if text.isEmpty { groups.append([]) } else { groups[groups.count - 1].append(text) }
    }
    func group(_ index: Int) -> [String] { index < groups.count ? groups[index] : [] }
    var txn = TxnRequest()
    for line in group(0) { txn.compare.append(try Self.compare(line)) }
    for line in group(1) { txn.success.append(try Self.operation(line)) }
    for line in group(2) { txn.failure.append(try Self.operation(line)) }
    io.call(.txn(txn))
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    guard case .response(.txn(let txn), let header) = try answer.checked() else { return }
    try io.printer.require([.simple, .json, .fields])
    for line in io.printer.txn(txn, header) { io.print(line) }
  }

  /// `put key value`, `get key`, `del key`, with the verbs' own flags.
  private static func operation(_ line: String) throws(EtcdctlProblem) -> RequestOp {
    let words = ShellWords.split(line)
    guard words.count >= 2 else {
      throw EtcdctlProblem("invalid txn compare request: \(line)", code: 3)
    }
    let problem = EtcdctlProblem("invalid txn request: \(line)", code: 3)
    let arguments: EtcdctlArguments
    do throws(EtcdctlProblem) { arguments = try EtcdctlArguments(Array(words.dropFirst())) } catch {
      throw problem
    }
    switch words[0] {
    case "put": return .put(try PutVerb.request(arguments))
    case "get": return .range(try GetVerb.request(arguments))
    case "del": return .deleteRange(try DelVerb.request(arguments))
    default: throw problem
    }
  }

  /// `mod("key") > "5"`, `value("key") = "x"`; see ParseCompare.
  private static func compare(_ line: String) throws(EtcdctlProblem) -> Compare {
    guard let open = line.firstIndex(of: "(") else {
      throw EtcdctlProblem("malformed comparison: \(line)", code: 3)
    }
    let target = String(line[..<open])
    var rest = line[line.index(after: open)...]
    func bad() -> EtcdctlProblem { EtcdctlProblem("malformed comparison: \(line)", code: 3) }
    guard let key = quoted(&rest), rest.first == ")" else { throw bad() }
    rest.removeFirst()
    let blank = rest.drop { $0 == " " }
    let sign = blank.prefix { $0 != " " && $0 != "\"" }
    rest = blank.dropFirst(sign.count).drop { $0 == " " }
    guard let value = quoted(&rest) else { throw bad() }
    let result: Compare.Result
    switch sign {
    case "=": result = .equal
    case "!=": result = .notEqual
    case ">": result = .greater
    case "<": result = .less
    default: throw EtcdctlProblem("Unknown result op", code: 3)
    }
    func number() throws(EtcdctlProblem) -> Int64 {
      guard let number = Int64(value) else {
        throw EtcdctlProblem("invalid txn compare request: \(line)", code: 3)
      }
      return number
    }
    let kind: Compare.Target
    switch target {
    case "ver", "version": kind = .version(try number())
    case "c", "create": kind = .create(try number())
    case "m", "mod": kind = .mod(try number())
    case "val", "value": kind = .value(Blob(value))
    case "lease":
      kind = .lease(
        Int64(bitPattern: try EtcdctlArguments.hexadecimal(value, "lease ID", code: 3)))
    default:
      throw EtcdctlProblem("malformed comparison: \(line) (unknown target \(target))", code: 3)
    }
    return Compare(key: Key(key), result, kind)
  }

  private static func quoted(_ rest: inout Substring) -> String? {
    guard rest.first == "\"" else { return nil }
    rest.removeFirst()
    var text = ""
    while let character = rest.popFirst() {
      if character == "\"" { return text }
      if character == "\\", let next = rest.popFirst() {
        text.append(next == "n" ? "\n" : next == "t" ? "\t" : next)
      } else {
        text.append(character)
      }
    }
    return nil
  }
}

extension StringProtocol {
  var trimmingBlanks: String {
    var text = Substring(self)
    while text.first?.isWhitespace ?? false { text.removeFirst() }
    while text.last?.isWhitespace ?? false { text.removeLast() }
    return String(text)
  }
}
