import Basics
import Engine
import Etcd
import MVCC

/// `compaction`: forgets the history before a revision.
struct CompactionVerb: EtcdctlVerb {
  private var revision: Int64 = 0

  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    guard io.arguments.words.count == 1 else {
      throw EtcdctlProblem("compaction command needs 1 argument")
    }
    guard let revision = Int64(io.arguments.words[0]) else {
      throw EtcdctlProblem(
        "strconv.ParseInt: parsing \"\(io.arguments.words[0])\": invalid syntax", code: 1)
    }
    self.revision = revision
    io.call(.compact(revision: revision))
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    _ = try answer.checked()
    io.print("compacted revision \(revision)")
  }
}

/// `defrag`: one member after the other rebuilds its file.
struct DefragVerb: EtcdctlVerb {
  private var rounds = EndpointRounds()

  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    rounds.begin(.defragment, &io)
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    guard let name = try rounds.receive(answer, call, &io) else { return }
    let took = GoText.duration(io.now - call.madeAt)
    if case .failure(let words) = answer {
      io.warn("Failed to defragment etcd member[\(name)]. took \(took). (\(words))")
      rounds.hasFailed = true
    } else {
      io.print("Finished defragmenting etcd member[\(name)]. took \(took)")
    }
    if !rounds.next(&io), rounds.hasFailed { io.end(1) }
  }
}

/// `alarm list` and `alarm disarm`.
struct AlarmVerb: EtcdctlVerb {
  let isDisarming: Bool
  var isReading: Bool { !isDisarming }

  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    guard io.arguments.words.isEmpty else {
      throw EtcdctlProblem(
        "alarm \(isDisarming ? "disarm" : "list") command accepts no arguments")
    }
    io.call(isDisarming ? .alarmDisarm : .alarmList)
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    guard case .response(.alarms(let alarms), let header) = try answer.checked() else { return }
    let printer = io.printer
    try printer.require([.simple, .json, .fields])
    func kind(_ alarm: Alarm) -> String { alarm.kind.name }
    switch printer.format {
    case .json:
      let list = alarms.map {
        printer.object([
          ("memberID", printer.identity($0.memberID)), ("alarm", .integer(Int64($0.kind.rawValue))),
        ])
      }
      io.print(
        printer.object([("header", printer.json(header)), ("alarms", printer.list(list))]).text())
    case .fields:
      for line in printer.fields(header) { io.print(line) }
      for alarm in alarms {
        io.print("\"MemberID\" : \(printer.id(alarm.memberID))")
        io.print("\"AlarmType\" : \(kind(alarm))")
        io.print("")
      }
    case .simple, .table:
      for alarm in alarms { io.print("memberID:\(alarm.memberID) alarm:\(kind(alarm)) ") }
    }
  }
}

/// `move-leader`: the leader is found first, for nobody else can hand over.
struct MoveLeaderVerb: EtcdctlVerb {
  private var target: UInt64 = 0
  private var leader: UInt64 = 0
  private var asked = 0

  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    guard io.arguments.words.count == 1 else {
      throw EtcdctlProblem("move-leader command needs 1 argument")
    }
    let word = io.arguments.words[0]
    guard let id = UInt64(word, radix: 16) else {
      throw EtcdctlProblem("strconv.ParseUint: parsing \"\(word)\": invalid syntax")
    }
    target = id
    ask(&io)
  }

  private func ask(_ io: inout EtcdctlIO) {
    io.call(.status, at: [io.endpoints[asked].host])
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    switch try answer.checked() {
    case .response(.status(let status), _):
      if status.leader == status.memberID {
        leader = status.leader
        return io.call(.moveLeader(to: target), at: call.hosts)
      }
      asked += 1
      guard asked < io.endpoints.count else {
        throw EtcdctlProblem(
          "no leader endpoint given at [\(io.endpoints.map(\.name).joined(separator: " "))]")
      }
      ask(&io)
    case .response(.leaderMoved, _):
      io.print(
        "Leadership transferred from \(String(leader, radix: 16)) to \(String(target, radix: 16))")
    default: break
    }
  }
}
