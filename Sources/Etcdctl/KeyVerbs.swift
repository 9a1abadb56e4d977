import Basics
import Engine
import Etcd
import MVCC

/// `get`: a key or a range of keys.
struct GetVerb: EtcdctlVerb {
  var isReading: Bool { true }
  private var isValueOnly = false

  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    io.call(.range(try Self.request(io.arguments)))
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    guard case .response(.range(let found), let header) = try answer.checked() else { return }
    var printer = io.printer
    if io.arguments.isSet("count-only"), printer.format != .fields {
      throw EtcdctlProblem("--count-only is only for `--write-out=fields`")
    }
    if io.arguments.isSet("print-value-only") {
      guard printer.format == .simple else {
        throw EtcdctlProblem("print-value-only is only for `--write-out=simple`")
      }
      printer.isValueOnly = true
    }
    try printer.require([.simple, .json, .fields])
    for line in printer.get(found, header) { io.print(line) }
  }

  static func request(_ arguments: EtcdctlArguments) throws(EtcdctlProblem) -> RangeRequest {
    guard let word = arguments.words.first else {
      throw EtcdctlProblem(
        "get command needs one argument as key and an optional argument as range_end")
    }
    let (key, end) = try KeyArguments.range(word, arguments)
    if arguments.isSet("keys-only"), arguments.isSet("count-only") {
      throw EtcdctlProblem(
        "`--keys-only` and `--count-only` cannot be set at the same time, choose one")
    }
    var request = RangeRequest(
      key: key, rangeEnd: end, revision: max(0, try arguments.integer("rev")),
      limit: Int(clamping: try arguments.integer("limit")),
      serializable: try KeyArguments.isSerializable(arguments))
    switch (arguments["order"] ?? "").uppercased() {
    case "ASCEND": request.sortOrder = .ascend
    case "DESCEND": request.sortOrder = .descend
    case "": break
    default: throw EtcdctlProblem("bad sort order \(arguments["order"] ?? "")", code: 4)
    }
    switch (arguments["sort-by"] ?? "").uppercased() {
    case "CREATE": request.sortTarget = .create
    case "MODIFY": request.sortTarget = .mod
    case "VALUE": request.sortTarget = .value
    case "VERSION": request.sortTarget = .version
    case "", "KEY": break
    default: throw EtcdctlProblem("bad sort target \(arguments["sort-by"] ?? "")", code: 4)
    }
    // clientv3 sorts ascending where a target is given and no order.
    if request.sortTarget != .key, request.sortOrder == .none { request.sortOrder = .ascend }
    request.keysOnly = arguments.isSet("keys-only")
    request.countOnly = arguments.isSet("count-only")
    request.minCreateRevision = max(0, try arguments.integer("min-create-rev"))
    request.maxCreateRevision = max(0, try arguments.integer("max-create-rev"))
    request.minModRevision = max(0, try arguments.integer("min-mod-rev"))
    request.maxModRevision = max(0, try arguments.integer("max-mod-rev"))
    return request
  }
}

/// `put`: one key.
struct PutVerb: EtcdctlVerb {
  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    io.call(.put(try Self.request(io.arguments)))
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    guard case .response(.put(let put), let header) = try answer.checked() else { return }
    try io.printer.require([.simple, .json, .fields])
    for line in io.printer.put(put, header) { io.print(line) }
  }

  static func request(_ arguments: EtcdctlArguments) throws(EtcdctlProblem) -> PutRequest {
    let words = arguments.words
    let problem = EtcdctlProblem(
      "put command needs 1 argument and input from stdin or 2 arguments")
    guard let key = words.first else { throw problem }
    let ignoresValue = arguments.isSet("ignore-value")
    if ignoresValue, words.count > 1 {
      throw EtcdctlProblem("put command needs only 1 argument when 'ignore-value' is set")
    }
    var value = ""
    if !ignoresValue {
      guard let given = words.count > 1 ? words[1] : arguments.input else { throw problem }
      value = given
    }
    let lease = try EtcdctlArguments.hexadecimal(arguments["lease"] ?? "0", "lease ID")
    var request = PutRequest(
      key: Key(key), value: Blob(value), lease: Int64(bitPattern: lease),
      previousKV: arguments.isSet("prev-kv"))
    request.ignoreValue = ignoresValue
    request.ignoreLease = arguments.isSet("ignore-lease")
    return request
  }
}

/// `del`: a key or a range of keys.
struct DelVerb: EtcdctlVerb {
  private var request: DeleteRangeRequest?

  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    let request = try Self.request(io.arguments)
    let words = io.arguments.words
    guard words.count > 1, !io.arguments.isSet("range") else {
      io.call(.deleteRange(request))
      return
    }
    io.warn(
      "Warning: Keys between \(GoText.quoted(Array(words[0].utf8))) and "
        + "\(GoText.quoted(Array(words[1].utf8))) will be deleted. Please interrupt the command "
        + "within next 2 seconds to cancel. You can provide `--range` flag to avoid the delay.")
    self.request = request
    io.wakeAt = io.now + .seconds(2)
  }

  mutating func wake(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    if let request { io.call(.deleteRange(request)) }
    request = nil
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    guard case .response(.deleteRange(let deleted), let header) = try answer.checked() else {
      return
    }
    try io.printer.require([.simple, .json, .fields])
    for line in io.printer.del(deleted, header) { io.print(line) }
  }

  static func request(_ arguments: EtcdctlArguments) throws(EtcdctlProblem) -> DeleteRangeRequest {
    guard let word = arguments.words.first, arguments.words.count <= 2 else {
      throw EtcdctlProblem(
        "del command needs one argument as key and an optional argument as range_end")
    }
    let (key, end) = try KeyArguments.range(word, arguments)
    return DeleteRangeRequest(key: key, rangeEnd: end, previousKV: arguments.isSet("prev-kv"))
  }
}

/// What keys a command's words and flags mean.
enum KeyArguments {
  static func range(
    _ word: String, _ arguments: EtcdctlArguments
  ) throws(EtcdctlProblem) -> (key: Key, end: Key) {
    let isPrefix = arguments.isSet("prefix")
    let isFromKey = arguments.isSet("from-key")
    if isPrefix, isFromKey {
      throw EtcdctlProblem(
        "`--prefix` and `--from-key` cannot be set at the same time, choose one")
    }
    if arguments.words.count > 1 {
      if isPrefix || isFromKey {
        throw EtcdctlProblem(
          "too many arguments, only accept one argument when `--prefix` or `--from-key` is set")
      }
      return (Key(word), Key(arguments.words[1]))
    }
    let key = Key(word)
    if isFromKey || (isPrefix && key.isEmpty) {
      return (key.isEmpty ? .fromKey : key, .fromKey)
    }
    return (key, isPrefix ? key.prefixEnd : .empty)
  }

  static func isSerializable(_ arguments: EtcdctlArguments) throws(EtcdctlProblem) -> Bool {
    switch arguments["consistency"] ?? "l" {
    case "s": return true
    case "l": return false
    case let other: throw EtcdctlProblem("unknown consistency flag \"\(other)\"", code: 4)
    }
  }
}

extension EtcdctlAnswer {
  /// This answer, unless it is a failure.
  func checked(_ prefix: String = "", code: Int32 = 1) throws(EtcdctlProblem) -> EtcdctlAnswer {
    guard case .failure(let words) = self else { return self }
    throw EtcdctlProblem(prefix.isEmpty ? words : "\(prefix) (\(words))", code: code)
  }
}
