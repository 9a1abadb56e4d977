import Basics
import Engine
import Etcd
import KubeAPI
import MVCC

/// `lease grant`, `revoke`, `timetolive` and `list`.
struct LeaseVerb: EtcdctlVerb {
  let kind: String
  var isReading: Bool { kind == "timetolive" || kind == "list" }
  private var id: Int64 = 0

  init(kind: String) { self.kind = kind }

  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    let words = io.arguments.words
    switch kind {
    case "grant":
      guard words.count == 1 else {
        throw EtcdctlProblem("lease grant command needs TTL argument")
      }
      guard let ttl = Int64(words[0]) else {
        throw EtcdctlProblem(
          "bad TTL (strconv.ParseInt: parsing \"\(words[0])\": invalid syntax)")
      }
      io.call(.leaseGrant(id: 0, ttl: ttl))
    case "revoke":
      guard words.count == 1 else {
        throw EtcdctlProblem("lease revoke command needs 1 argument")
      }
      id = try Self.id(words[0])
      io.call(.leaseRevoke(id: id))
    case "timetolive":
      guard words.count == 1 else {
        throw EtcdctlProblem("lease timetolive command needs lease ID as argument")
      }
      id = try Self.id(words[0])
      io.call(
        .leaseTimeToLive(id: id, keys: io.arguments.isSet("keys")), timeout: .seconds(30),
        isPatient: true)
    default: io.call(.leases, timeout: .seconds(30), isPatient: true)
    }
  }

  static func id(_ word: String) throws(EtcdctlProblem) -> Int64 {
    Int64(bitPattern: try EtcdctlArguments.hexadecimal(word, "lease ID arg"))
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    let prefix =
      switch kind {
      case "grant": "failed to grant lease"
      case "revoke": "failed to revoke lease"
      default: ""
      }
    guard
      case .response(let response, let header) = try answer.checked(
        prefix, code: prefix.isEmpty ? 2 : 1)
    else { return }
    let printer = io.printer
    try printer.require([.simple, .json, .fields])
    for line in Self.lines(response, header, id, printer, hasKeys: io.arguments.isSet("keys")) {
      io.print(line)
    }
  }

  /// What each answer about leases looks like in each form.
  static func lines(
    _ response: EtcdResponse, _ header: EtcdHeader, _ id: Int64, _ printer: EtcdctlPrinter,
    hasKeys: Bool
  ) -> [String] {
    func hexadecimal(_ id: Int64) -> String { GoText.hexadecimal16(UInt64(bitPattern: id)) }
    func shown(_ id: Int64) -> String { printer.isHex ? hexadecimal(id) : String(id) }
    var flat: [(String, JSONValue?)] = [
      ("cluster_id", printer.identity(header.clusterID)),
      ("member_id", printer.identity(header.memberID)),
      ("revision", printer.number(header.revision)),
      ("raft_term", printer.identity(header.raftTerm)),
    ]
    switch (response, printer.format) {
    case (.leaseGrant(let id, let ttl), .json):
      flat += [("ID", .integer(id)), ("TTL", .integer(ttl)), ("Error", .string(""))]
      return [printer.object(flat).text()]
    case (.leaseGrant(let id, let ttl), .fields), (.leaseKeepAlive(let id, let ttl), .fields):
      return printer.fields(header) + ["\"ID\" : \(shown(id))", "\"TTL\" : \(ttl)"]
    case (.leaseGrant(let id, let ttl), _):
      return ["lease \(hexadecimal(id)) granted with TTL(\(ttl)s)"]
    case (.leaseRevoke, .json):
      return [printer.object([("header", printer.json(header))]).text()]
    case (.leaseRevoke, .fields): return printer.fields(header)
    case (.leaseRevoke, _): return ["lease \(hexadecimal(id)) revoked"]
    case (.leaseKeepAlive(let id, let ttl), .json):
      flat += [("ID", .integer(id)), ("TTL", .integer(ttl))]
      return [printer.object(flat).text()]
    case (.leaseKeepAlive(let id, let ttl), _):
      return ["lease \(hexadecimal(id)) keepalived with TTL(\(ttl))"]
    case (.leaseTimeToLive(let id, let ttl, let granted, let keys), .json):
      let list = keys.map { printer.base64($0.bytes) }
      flat += [
        ("id", .integer(id)), ("ttl", .integer(ttl)), ("granted-ttl", .integer(granted)),
        ("keys", list.isEmpty ? .null : .array(list)),
      ]
      return [printer.object(flat).text()]
    case (.leaseTimeToLive(let id, let ttl, let granted, let keys), .fields):
      return printer.fields(header) + [
        "\"ID\" : \(shown(id))", "\"TTL\" : \(ttl)", "\"GrantedTTL\" : \(granted)",
      ] + keys.map { "\"Key\" : \(GoText.quoted($0.bytes))" }
    case (.leaseTimeToLive(let id, let ttl, let granted, let keys), _):
      if granted == 0, ttl == -1 { return ["lease \(hexadecimal(id)) already expired"] }
      let attached =
        hasKeys ? ", attached keys([\(keys.map(\.text).joined(separator: " "))])" : ""
      return [
        "lease \(hexadecimal(id)) granted with TTL(\(granted)s), remaining(\(ttl)s)" + attached
      ]
    case (.leases(let ids), .json):
      flat.append(("leases", .array(ids.map { printer.object([("id", .integer($0))]) })))
      return [printer.object(flat).text()]
    case (.leases(let ids), .fields):
      return printer.fields(header) + ids.map { "\"ID\" : \(shown($0))" }
    case (.leases(let ids), _):
      return ["found \(ids.count) leases"] + ids.map(hexadecimal)
    default: return []
    }
  }
}

/// `lease keep-alive`: once, or every third of the TTL until the lease is gone.
struct LeaseKeepAliveVerb: EtcdctlVerb {
  private var id: Int64 = 0
  private var isOver = false

  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    guard io.arguments.words.count == 1 else {
      throw EtcdctlProblem("lease keep-alive command needs lease ID as argument")
    }
    id = try LeaseVerb.id(io.arguments.words[0])
    io.isStreaming = !io.arguments.isSet("once")
    ask(&io)
  }

  private func ask(_ io: inout EtcdctlIO) {
    io.call(.leaseKeepAlive(id: id), timeout: .seconds(30), isPatient: true)
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    guard case .response(let response, let header) = try answer.checked(code: 2),
      case .leaseKeepAlive(_, let ttl) = response
    else { return }
    try io.printer.require([.simple, .json, .fields])
    let isOnce = io.arguments.isSet("once")
    if ttl <= 0 {
      if isOnce { throw EtcdctlProblem("etcdserver: requested lease not found", code: 2) }
      if io.printer.format == .simple {
        io.print("lease \(GoText.hexadecimal16(UInt64(bitPattern: id))) expired or revoked.")
      }
      return io.end()
    }
    for line in LeaseVerb.lines(response, header, id, io.printer, hasKeys: false) {
      io.print(line)
    }
    if !isOnce { io.wakeAt = io.now + .milliseconds(Int(clamping: ttl * 1000 / 3)) }
  }

  mutating func wake(_ io: inout EtcdctlIO) throws(EtcdctlProblem) { ask(&io) }
}
