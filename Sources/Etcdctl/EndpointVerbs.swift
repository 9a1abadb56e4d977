import Basics
import Engine
import Etcd
import KubeAPI
import MVCC

/// Asks one endpoint after the other the same; with `--cluster` those the members list.
struct EndpointRounds: Sendable {
  private(set) var request = EtcdRequest.status
  private var left: [(name: String, host: String)] = []
  private var current = ""
  var hasFailed = false

  private static let listTag = -1

  mutating func begin(_ request: EtcdRequest, _ io: inout EtcdctlIO) {
    self.request = request
    if io.arguments.isSet("cluster") {
      return io.call(.memberList(linearizable: true), tag: Self.listTag)
    }
    left = io.endpoints
    _ = next(&io)
  }

  /// The next endpoint's turn; false where there is none.
  mutating func next(_ io: inout EtcdctlIO) -> Bool {
    guard !left.isEmpty else { return false }
    let endpoint = left.removeFirst()
    current = endpoint.name
    io.call(request, at: [endpoint.host])
    return true
  }

  /// The endpoint an answer is of; nil for the list of members.
  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) -> String? {
    guard call.tag == Self.listTag else { return current }
    if case .failure(let words) = answer {
      throw EtcdctlProblem(
        "failed to fetch endpoints from etcd cluster member list: \(words)", code: 1)
    }
    if case .response(.members(let members), _) = answer {
      left = members.flatMap(\.clientURLs).map { ($0, EtcdctlIO.host(of: $0)) }
      _ = next(&io)
    }
    return nil
  }
}

/// `endpoint status`.
struct EndpointStatusVerb: EtcdctlVerb {
  var isReading: Bool { true }
  private var rounds = EndpointRounds()
  private var found: [(endpoint: String, status: StatusResponse, header: EtcdHeader)] = []

  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) { rounds.begin(.status, &io) }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    guard let name = try rounds.receive(answer, call, &io) else { return }
    switch answer {
    case .response(.status(let status), let header): found.append((name, status, header))
    case .failure(let words):
      io.warn("Failed to get the status of endpoint \(name) (\(words))")
      rounds.hasFailed = true
    default: break
    }
    if rounds.next(&io) { return }
    for line in lines(io.printer) { io.print(line) }
    io.end(rounds.hasFailed ? 1 : 0)
  }

  private static let headings = [
    "endpoint", "ID", "version", "storage version", "db size", "in use", "percentage not in use",
    "quota", "is leader", "is learner", "raft term", "raft index", "raft applied index", "errors",
    "downgrade target version", "downgrade enabled",
  ]

  private func lines(_ printer: EtcdctlPrinter) -> [String] {
    switch printer.format {
    case .json:
      return [
        JSONValue.array(
          found.map {
            printer.object([
              ("Endpoint", .string($0.endpoint)), ("Status", printer.json($0.status, $0.header)),
            ])
          }
        ).text()
      ]
    case .fields: return found.flatMap { fields($0.endpoint, $0.status, $0.header, printer) }
    case .simple: return found.map { row($0.endpoint, $0.status).joined(separator: ", ") }
    case .table:
      return GoText.table(Self.headings, found.map { row($0.endpoint, $0.status) })
    }
  }

  private func row(_ endpoint: String, _ status: StatusResponse) -> [String] {
    [
      endpoint, String(status.memberID, radix: 16), status.version, EtcdctlPrinter.storageVersion,
      GoText.bytes(status.dbSize), GoText.bytes(status.dbSizeInUse),
      "\(100 - status.dbSizeInUse * 100 / max(1, status.dbSize))%",
      GoText.bytes(status.dbSizeQuota), String(status.leader == status.memberID),
      String(status.isLearner), String(status.raftTerm), String(status.raftIndex),
      String(status.raftAppliedIndex), status.errors.joined(separator: ", "), "", "false",
    ]
  }

  private func fields(
    _ endpoint: String, _ status: StatusResponse, _ header: EtcdHeader, _ printer: EtcdctlPrinter
  ) -> [String] {
    printer.fields(header) + [
      "\"Version\" : \"\(status.version)\"",
      "\"StorageVersion\" : \"\(EtcdctlPrinter.storageVersion)\"",
      "\"DBSize\" : \(status.dbSize)", "\"DBSizeInUse\" : \(status.dbSizeInUse)",
      "\"DBSizeQuota\" : \(status.dbSizeQuota)", "\"Leader\" : \(status.leader)",
      "\"IsLearner\" : \(status.isLearner)", "\"RaftIndex\" : \(status.raftIndex)",
      "\"RaftTerm\" : \(status.raftTerm)", "\"RaftAppliedIndex\" : \(status.raftAppliedIndex)",
      "\"Errors\" : [\(status.errors.joined(separator: " "))]", "\"Endpoint\" : \"\(endpoint)\"",
      "\"DowngradeTargetVersion\" : \"\"", "\"DowngradeEnabled\" : false", "",
    ]
  }
}

/// `endpoint health`: a linearizable read through each endpoint, at once, and the alarms.
struct EndpointHealthVerb: EtcdctlVerb {
  var isReading: Bool { true }
  private struct Health: Sendable {
    let endpoint: String
    let host: String
    var took: Span?
    var error = ""
  }
  private var all: [Health] = []
  private var open = 0
  private static let listTag = -1

  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    if io.arguments.isSet("cluster") {
      return io.call(.memberList(linearizable: true), tag: Self.listTag)
    }
    ask(io.endpoints, &io)
  }

  private mutating func ask(_ endpoints: [(name: String, host: String)], _ io: inout EtcdctlIO) {
    all = endpoints.map { Health(endpoint: $0.name, host: $0.host) }
    open = all.count
    for (i, health) in all.enumerated() {
      io.call(.range(RangeRequest(key: "health")), at: [health.host], tag: i)
    }
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    if call.tag == Self.listTag {
      guard case .response(.members(let members), _) = answer else {
        if case .failure(let words) = answer {
          throw EtcdctlProblem(
            "failed to fetch endpoints from etcd cluster member list: \(words)", code: 1)
        }
        return
      }
      return ask(members.flatMap(\.clientURLs).map { ($0, EtcdctlIO.host(of: $0)) }, &io)
    }
    switch answer {
    case .response(.range, _):
      all[call.tag].took = io.now - call.madeAt
      return io.call(.alarmList, at: call.hosts, tag: call.tag)
    case .response(.alarms(let alarms), _):
      if !alarms.isEmpty {
        all[call.tag].error =
          "Active Alarm(s): "
          + alarms.map { $0.kind == .noSpace ? "NOSPACE " : "CORRUPT " }.joined()
      }
    case .failure(let words):
      if all[call.tag].took == nil {
        all[call.tag].took = io.now - call.madeAt
        all[call.tag].error = words
      } else {
        all[call.tag].error = "Unable to fetch the alarm list"
      }
    default: break
    }
    open -= 1
    guard open == 0 else { return }
    report(&io)
    if all.contains(where: { !$0.error.isEmpty }) {
      throw EtcdctlProblem("unhealthy cluster", code: 1)
    }
  }

  private func report(_ io: inout EtcdctlIO) {
    let printer = io.printer
    let list = all.map {
      ($0.endpoint, $0.error.isEmpty, GoText.duration($0.took ?? .zero), $0.error)
    }
    switch printer.format {
    case .json:
      io.print(
        JSONValue.array(
          list.map { endpoint, isHealthy, took, error in
            printer.object([
              ("endpoint", .string(endpoint)), ("health", .bool(isHealthy)),
              ("took", .string(took)), ("error", error.isEmpty ? nil : .string(error)),
            ])
          }
        ).text())
    case .fields:
      for (endpoint, isHealthy, took, error) in list {
        io.print("\"Endpoint\" : \"\(endpoint)\"")
        io.print("\"Health\" : \(isHealthy)")
        io.print("\"Took\" : \(took)")
        io.print("\"Error\" : \(error)")
        io.print("")
      }
    case .table:
      let rows = list.map { [$0.0, String($0.1), $0.2, $0.3] }
      for line in GoText.table(["endpoint", "health", "took", "error"], rows) { io.print(line) }
    case .simple:
      for (endpoint, isHealthy, took, error) in list {
        if isHealthy {
          io.print(
            "\(endpoint) is healthy: successfully committed proposal: took = \(took)")
        } else {
          io.warn("\(endpoint) is unhealthy: failed to commit proposal: \(error)")
        }
      }
    }
  }
}

/// `endpoint hashkv`: what each member's history hashes to.
struct EndpointHashKVVerb: EtcdctlVerb {
  var isReading: Bool { true }
  private var rounds = EndpointRounds()
  private var found: [(endpoint: String, hash: HashKV, header: EtcdHeader)] = []

  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    rounds.begin(.hashKV(revision: max(0, try io.arguments.integer("rev"))), &io)
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    guard let name = try rounds.receive(answer, call, &io) else { return }
    var problem: String?
    switch answer {
    case .response(.hashKV(let hash), let header): found.append((name, hash, header))
    case .failure(let words):
      io.warn("Failed to get the hash of endpoint \(name) (\(words))")
      rounds.hasFailed = true
      problem = words
    default: break
    }
    if rounds.next(&io) { return }
    for line in lines(io.printer) { io.print(line) }
    if rounds.hasFailed {
      throw EtcdctlProblem(problem ?? "an endpoint gave no hash", code: 1)
    }
  }

  private func lines(_ printer: EtcdctlPrinter) -> [String] {
    let rows = found.map { [$0.endpoint, String($0.hash.hash), String($0.hash.revision)] }
    switch printer.format {
    case .json:
      return [
        JSONValue.array(
          found.map { endpoint, hash, header in
            printer.object([
              ("Endpoint", .string(endpoint)),
              (
                "HashKV",
                printer.object([
                  ("header", printer.json(header)), ("hash", printer.number(Int64(hash.hash))),
                  ("compact_revision", printer.number(hash.compactRevision)),
                  ("hash_revision", printer.number(hash.revision)),
                ])
              ),
            ])
          }
        ).text()
      ]
    case .fields:
      return found.flatMap { endpoint, hash, header in
        printer.fields(header) + [
          "\"Endpoint\" : \"\(endpoint)\"", "\"Hash\" : \(hash.hash)",
          "\"HashRevision\" : \(hash.revision)", "",
        ]
      }
    case .simple: return rows.map { $0.joined(separator: ", ") }
    case .table: return GoText.table(["endpoint", "hash", "hash_revision"], rows)
    }
  }
}
