import Basics
import MVCC
import Raft

struct ReadWaiter: Sendable {
  let requester: Requester
  let request: EtcdRequest
}

/// One question to the leader where the log stands, on behalf of every read that waited when it was
/// asked.
struct ReadRound: Sendable {
  /// The question's numbers: it is asked again while no answer comes.
  var ids: [UInt64]
  let waiters: [ReadWaiter]
  let since: Tick
  var askedAt: Tick
  /// The answer: reads may be served once this is applied.
  var index: UInt64?
}

// Linearizable reads do not write to the log: the leader confirms that it still leads, and tells
// its commit index (server/etcdserver/read).

extension EtcdServer {
  /// server/etcdserver/v3_server.go, readIndexRetryTime.
  private static let retryInterval = Span.milliseconds(500)

  mutating func read(
    _ request: EtcdRequest, isSerializable: Bool, _ requester: Requester, _ now: Tick,
    _ effects: inout [EtcdEffect]
  ) throws(EtcdError) {
    if isSerializable { return answer(requester, try serve(request), &effects) }
    readQueue.append(ReadWaiter(requester: requester, request: request))
    startRound(now)
  }

  private func serve(_ request: EtcdRequest) throws(EtcdError) -> EtcdResponse {
    switch request {
    case .range(let range): .range(try state.store.range(range))
    case .txn(let txn): .txn(try state.store.readOnlyTxn(txn))
    case .memberList: .members(state.members)
    default: preconditionFailure("\(request) is no read")
    }
  }

  private mutating func startRound(_ now: Tick) {
    guard readRound == nil, !readQueue.isEmpty else { return }
    let id = nextID()
    readRound = ReadRound(ids: [id], waiters: readQueue, since: now, askedAt: now)
    readQueue = []
    ask(id)
  }

  private mutating func ask(_ id: UInt64) {
    // Before it has committed in its term a leader does not know all that is committed; Raft waits
    // for that except where the leader is alone, so it is waited for here. Asked again then.
    if isLeader, node.term(at: node.committed) != node.term { return }
    node.readIndex(.bytes((0..<8).map { UInt8(truncatingIfNeeded: id >> UInt64(56 - $0 * 8)) }))
  }

  private mutating func askAgain(_ now: Tick) {
    guard readRound != nil, readRound?.index == nil else { return }
    let id = nextID()
    readRound?.ids.append(id)
    readRound?.askedAt = now
    ask(id)
  }

  mutating func confirm(_ read: ReadState) {
    let id = read.context.encoded().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    // An answer to a question given up meanwhile is ignored.
    guard readRound?.ids.contains(id) ?? false, readRound?.index == nil else { return }
    readRound?.index = read.index
  }

  /// Answers the reads whose index is applied; true where that made a new round begin.
  mutating func serveReads(_ now: Tick, _ effects: inout [EtcdEffect]) -> Bool {
    guard let round = readRound, let index = round.index, index <= state.index else {
      return false
    }
    readRound = nil
    for waiter in round.waiters {
      do throws(EtcdError) {
        answer(waiter.requester, try serve(waiter.request), &effects)
      } catch {
        answer(waiter.requester, .failure(error), &effects)
      }
    }
    startRound(now)
    return readRound != nil
  }

  /// Ends a round that still waits for the leader's word.
  mutating func failReads(_ error: EtcdError, _ effects: inout [EtcdEffect]) {
    guard let round = readRound, round.index == nil else { return }
    readRound = nil
    for waiter in round.waiters { answer(waiter.requester, .failure(error), &effects) }
  }

  /// A new leader answers no read before it has committed something in its term.
  mutating func firstCommitInTerm(_ now: Tick) { askAgain(now) }

  mutating func retryReads(_ now: Tick, _ effects: inout [EtcdEffect]) {
    startRound(now)
    guard let round = readRound, round.index == nil else { return }
    if now - round.since >= config.requestTimeout {
      effects.append(.note(.requestTimedOut(.timeout)))
      failReads(.timeout, &effects)
      startRound(now)
    } else if now - round.askedAt >= EtcdServer.retryInterval {
      effects.append(.note(.readIndexRetried))
      askAgain(now)
    }
  }
}
