import Basics
import Engine
import Etcd
import MVCC

// The clients whose answers are held against the ledger: past reads, compactions and watches.

extension EtcdWorkload {
  private static let prefix = Key("k")

  private static func text(_ line: EtcdLedger.Line) -> String {
    line.value.map { "\(line.key)=\"\($0)\" at \(line.revision)" }
      ?? "deletion of \(line.key) at \(line.revision)"
  }

  private static func text(_ lines: [EtcdLedger.Line]) -> String {
    lines.isEmpty ? "nothing" : lines.map(text).joined(separator: ", ")
  }

  // MARK: The past

  mutating func askForPast(_ number: Int, _ world: inout World) {
    ledger.read(world)
    let oldest = max(compacted, 1)
    guard ledger.revision > oldest else { return }
    // The compacted revision itself must still be readable: it is asked for more often.
    let revision =
      prng.index(below: 4) == 0
      ? oldest : oldest + Int64(prng.below(UInt64(ledger.revision - oldest + 1)))
    let isSerializable = prng.index(below: 2) == 0
    let request = RangeRequest(
      prefix: Self.prefix, revision: revision, serializable: isSerializable)
    ask(
      .range(request), .past(revision, isSerializable: isSerializable), number, &world)
  }

  mutating func answeredPast(
    _ revision: Int64, _ isSerializable: Bool, _ response: EtcdResponse, _ number: Int,
    _ world: World
  ) {
    let member = clients[number].member
    switch response {
    case .range(let range):
      pastReads += 1
      let found = range.kvs.map { kv in
        EtcdLedger.Line(
          revision: kv.modRevision, key: kv.key.text,
          value: String(decoding: kv.value.encoded(), as: UTF8.self))
      }
      let expected = ledger.state(at: revision)
      if found != expected {
        breach(
          .pastReads, world,
          "\(member) read at revision \(revision): \(Self.text(found)); "
            + "it held \(Self.text(expected))")
      }
    case .failure(.compacted) where revision >= compacted:
      breach(
        .pastReads, world,
        "\(member) refused a read at revision \(revision) as compacted; "
          + "\(compacted) is all that was asked for")
    // A member that lags may not have it yet, but not after it has asked the leader.
    case .failure(.futureRevision) where !isSerializable:
      breach(
        .pastReads, world, "\(member) has no revision \(revision), which was applied before")
    default: break
    }
  }

  mutating func askForCompaction(_ number: Int, _ world: inout World) {
    ledger.read(world)
    let revision = ledger.revision - 20 - Int64(prng.below(60))
    guard revision > compacted else { return }
    compacted = revision
    ask(.compact(revision: revision), .compaction, number, &world)
  }

  // MARK: Watches

  /// Opens a watch from somewhere in the past; once it has caught up it is opened anew now and then.
  mutating func watch(_ number: Int, _ world: inout World) {
    guard clients[number].watchPosition == nil else { return }
    ledger.read(world)
    let oldest = max(compacted, 1)
    let start = oldest + Int64(prng.below(UInt64(ledger.revision - oldest + 2)))
    clients[number].watchStart = start
    clients[number].watchPosition = ledger.position(atOrAfter: start)
    ask(
      .watchCreate(
        id: 1, WatchRequest(prefix: Self.prefix, startRevision: start), requireLeader: false),
      .watch, number, &world)
    if clients[number].request == nil { clients[number].watchPosition = nil }
  }

  mutating func told(_ events: [MVCC.Event], _ number: Int, _ world: World) {
    guard var position = clients[number].watchPosition else { return }
    ledger.read(world)
    for event in events {
      watchEvents += 1
      let kv = event.kv
      let line = EtcdLedger.Line(
        revision: kv.modRevision, key: kv.key.text,
        value: kv.isTombstone ? nil : String(decoding: kv.value.encoded(), as: UTF8.self))
      let expected = position < ledger.lines.count ? ledger.lines[position] : nil
      if line != expected {
        breach(
          .watches, world,
          "a watch from revision \(clients[number].watchStart) at \(clients[number].member) was "
            + "told of \(Self.text(line)); next was \(expected.map(Self.text) ?? "nothing")")
      }
      position += 1
    }
    clients[number].watchPosition = position
  }

  /// At the end, with everything healed and nobody writing: watches that are open have told all.
  public mutating func judgeWatches(_ world: World) {
    ledger.read(world)
    for client in clients where client.role == .watcher && client.request == nil {
      guard let position = client.watchPosition, position < ledger.lines.count else { continue }
      breach(
        .watches, world,
        "a watch from revision \(client.watchStart) at \(client.member) never told of "
          + Self.text(ledger.lines[position]))
    }
  }
}
