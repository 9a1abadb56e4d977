import Basics
import Engine
import Etcd
import MVCC

/// `watch`: what changes under a key or a range, as it changes. It ends when it is interrupted, or
/// after `--events N` or `--for DURATION`, which etcdctl does not have.
struct WatchVerb: EtcdctlVerb {
  private var limit = Int.max
  private var count = 0
  /// The first revision not seen yet: a broken watch goes on there.
  private(set) var nextRevision: Int64?

  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    let arguments = io.arguments
    guard let word = arguments.words.first else { throw EtcdctlProblem("bad number of arguments") }
    if arguments.words.count > 1, arguments.isSet("prefix") {
      throw EtcdctlProblem("`range_end` and `--prefix` are mutually exclusive")
    }
    try io.printer.require([.simple, .json, .fields])
    let (key, end) = try KeyArguments.range(word, arguments)
    let revision = try arguments.integer("rev")
    let asked = try arguments.integer("events")
    if asked > 0 { limit = Int(clamping: asked) }
    if let span = try arguments.span("for") { io.wakeAt = io.now + span }
    if revision > 0 { nextRevision = revision }
    let request = WatchRequest(
      key: key, rangeEnd: end, startRevision: max(0, revision),
      previousKV: arguments.isSet("prev-kv"), progressNotify: arguments.isSet("progress-notify"))
    io.isStreaming = true
    io.call(.watchCreate(id: 1, request, requireLeader: true), isPatient: true)
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    switch answer {
    case .response(.watchCreated(_, let revision), _):
      if nextRevision == nil { nextRevision = revision + 1 }
    case .response: break
    case .watch(let response, let header):
      nextRevision = max(nextRevision ?? 0, (response.events.last?.kv.modRevision ?? 0) + 1)
      if response.isProgress { io.print("progress notify: \(response.revision)") }
      for line in io.printer.watch(response, header) { io.print(line) }
      count += response.events.count
      if count >= limit { io.end() }
    case .watchCanceled(let error, _):
      io.warn("watch was canceled (\(error.message))")
      throw EtcdctlProblem("watch is canceled by the server", code: 5)
    case .failure(let words): throw EtcdctlProblem(words, code: 1)
    }
  }

  mutating func wake(_ io: inout EtcdctlIO) throws(EtcdctlProblem) { io.end() }
}
