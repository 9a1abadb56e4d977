import Basics
import Engine
import Etcd
import MVCC

/// One of etcdctl's verbs: a small state machine over calls and answers.
protocol EtcdctlVerb: Sendable {
  /// Whether it only looks: no key, lease, alarm or member is changed by it.
  var isReading: Bool { get }
  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem)
  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem)
  /// The moment it asked to be woken at has come.
  mutating func wake(_ io: inout EtcdctlIO) throws(EtcdctlProblem)
}

extension EtcdctlVerb {
  var isReading: Bool { false }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {}
  mutating func wake(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {}
}

/// A request a verb wants carried out.
struct EtcdctlCall: Sendable {
  var request: EtcdRequest
  /// The hosts to try, in order.
  var hosts: [String]
  /// What the verb calls it.
  var tag = 0
  /// Nil for one that waits for as long as it takes.
  var timeout: Span?
  /// When it was made.
  var madeAt = Tick.zero
}

enum EtcdctlAnswer: Sendable {
  case response(EtcdResponse, EtcdHeader)
  /// A refusal, or a failure to get an answer, in the words behind `Error:`.
  case failure(String)
  case watch(WatchResponse, EtcdHeader)
  case watchCanceled(EtcdError, compactRevision: Int64)
}

/// What a verb says and asks in one step, and what it may know.
struct EtcdctlIO {
  let now: Tick
  let arguments: EtcdctlArguments
  /// Hosts with a member, in order.
  let members: [String]
  /// Those whose process runs, in order.
  let running: [String]
  let initialCluster: [(name: String, peerURLs: [String])]
  let printer: EtcdctlPrinter

  var output = ""
  var errorOutput = ""
  var calls: [EtcdctlCall] = []
  /// Inputs other than requests, for etcdutl and the etcd command.
  var inputs: [Input] = []
  var exitCode: Int32?
  var wakeAt: Tick?
  /// Streams stay open after the call's first answer.
  var isStreaming = false

  mutating func print(_ line: String) { output += line + "\n" }
  mutating func warn(_ line: String) { errorOutput += line + "\n" }
  mutating func end(_ code: Int32 = 0) { exitCode = code }

  /// Asks any of the endpoints, or those given.
  mutating func call(
    _ request: EtcdRequest, at hosts: [String]? = nil, tag: Int = 0, timeout: Span? = nil,
    isPatient: Bool = false
  ) {
    let span = isPatient ? timeout : timeout ?? commandTimeout
    calls.append(
      EtcdctlCall(
        request: request, hosts: hosts ?? endpoints.map(\.host), tag: tag, timeout: span,
        madeAt: now))
  }

  /// `--command-timeout`, 5 s unless it is given.
  var commandTimeout: Span {
    (try? arguments.span("command-timeout")).flatMap { $0 } ?? .seconds(5)
  }

  /// `--endpoints` by name and host; every member where none is given, as with ETCDCTL_ENDPOINTS.
  var endpoints: [(name: String, host: String)] {
    guard let given = arguments.endpoints else {
      return members.map { ("https://\($0):2379", $0) }
    }
    return given.map { ($0, Self.host(of: $0)) }
  }

  /// `https://master-1:2379`, `master-1:2379` and `master-1` are one host.
  static func host(of endpoint: String) -> String {
    var text = Substring(endpoint)
    for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
      text = text.dropFirst(scheme.count)
    }
    if let colon = text.lastIndex(of: ":") { text = text[..<colon] }
    return String(text)
  }
}
