import Basics
import Engine
import Etcd
import Linearizability
import MVCC

/// Outside clients of etcd, each on some member's endpoint: writers and readers of a few keys, whose
/// answers make a history; a reader of past revisions, one that compacts, and watchers, whose
/// answers are held against the ledger at once.
///
/// None of them asks twice: an error is a failure or leaves the outcome open, exactly as etcd's
/// errors imply. After an open outcome the client goes on under another name, for the operation may
/// still be under way.
public struct EtcdWorkload: Sendable {
  /// Something that must not be, with the name of the check that found it.
  public struct Breach: Sendable, Equatable {
    public let check: Check
    public let at: Tick
    public let evidence: String
  }

  public enum Check: String, Sendable, CaseIterable {
    case linearizable = "etcd is linearizable"
    case revisionOrder = "revisions grow in real time"
    case pastReads = "a past revision reads as it was, until it is compacted"
    case watches = "an etcd watch tells everything once, in order"
    case goesOn = "etcd answers once everything is healed"
  }

  enum Role: Sendable { case writer, historian, compactor, watcher }

  struct Client: Sendable {
    let role: Role
    /// Its name in the history.
    var name: Int
    var connection: UInt64?
    var member = ""
    /// The request under way, and when the client gives it up.
    var request: (number: UInt64, asked: Asked, deadline: Tick)?
    /// When it asks next.
    var nextAt: Tick
    /// A writer's knowledge of each key: what its last read found.
    var known: [Known?]
    /// A watcher's place in the ledger: the next line it must be told of. Nil while it does not
    /// watch.
    var watchPosition: Int?
    var watchStart: Int64 = 0

    /// When something is to be done for it.
    var due: Tick { request.map(\.deadline) ?? nextAt }
  }

  struct Known: Sendable {
    let value: String?
    let modRevision: Int64
  }

  enum Asked: Sendable {
    /// A line of the history.
    case operation(Int, key: Int)
    case past(Int64, isSerializable: Bool)
    case compaction
    case watch
  }

  public private(set) var history: [Operation] = []
  public internal(set) var breaches: [Breach] = []
  /// Past reads and watch events that were held against the ledger.
  public internal(set) var pastReads = 0
  public internal(set) var watchEvents = 0
  var clients: [Client]
  var ledger = EtcdLedger()
  /// No compaction beyond this was asked for.
  var compacted: Int64 = 0
  var prng: PRNG
  let members: [String]
  private let keyCount: Int
  private var names: Int
  private var values = 0
  private var isStopping = false

  public init(seed: UInt64, members: [String], writers: Int = 5, keys: Int = 4, at now: Tick) {
    precondition(
      !members.isEmpty && writers > 0 && keys > 0, "nobody to ask, or nothing to ask for")
    prng = PRNG(seed: seed, stream: 77)
    self.members = members
    keyCount = keys
    let roles =
      Array(repeating: Role.writer, count: writers) + [.historian, .compactor, .watcher, .watcher]
    names = roles.count
    clients = roles.indices.map { number in
      Client(
        role: roles[number], name: number + 1, nextAt: now,
        known: Array(repeating: nil, count: keys))
    }
  }

  // MARK: Time

  /// Lets the world go on to `deadline` with the clients at work.
  public mutating func advance(_ world: inout World, to deadline: Tick) {
    while true {
      let due = clients.reduce(deadline) { min($0, $1.due) }
      while world.now < due, world.step(through: due) {
        if collect(&world) { break }
      }
      let isOver = world.now >= deadline
      for number in clients.indices where clients[number].due <= world.now && !isOver {
        act(number, &world)
      }
      if isOver { return }
    }
  }

  /// Nobody asks for anything new; watches go on.
  public mutating func stop() { isStopping = true }

  /// Whether any request is under way.
  public var isQuiet: Bool { clients.allSatisfy { $0.request == nil || $0.role == .watcher } }

  /// Takes what came for any client; true where something did.
  private mutating func collect(_ world: inout World) -> Bool {
    var any = false
    for number in clients.indices {
      guard let connection = clients[number].connection, world.hasEtcdEvents(connection) else {
        continue
      }
      any = true
      for event in world.takeEtcdEvents(connection) {
        // A client that gave up its connection hears nothing more of it.
        guard clients[number].connection == connection else { break }
        take(event, number, &world)
      }
    }
    return any
  }

  private mutating func take(_ event: EtcdClientEvent, _ number: Int, _ world: inout World) {
    switch event {
    case .response(let request, let response):
      guard let under = clients[number].request, under.number == request else { return }
      clients[number].request = nil
      answered(under.asked, response, number, &world)
    case .watch(let response): told(response.events, number, world)
    case .watchCanceled(_, let error, _):
      if error == .compacted, clients[number].watchStart >= compacted {
        breach(
          .watches, world,
          "a watch from revision \(clients[number].watchStart) was refused as compacted; "
            + "\(compacted) is all that was asked for")
      }
      hangUp(number, &world)
    case .disconnected: hangUp(number, &world)
    }
  }

  mutating func breach(_ check: Check, _ world: World, _ evidence: String) {
    guard !breaches.contains(where: { $0.check == check }) else { return }
    breaches.append(Breach(check: check, at: world.now, evidence: evidence))
  }

  // MARK: Asking

  private mutating func act(_ number: Int, _ world: inout World) {
    if clients[number].request != nil {
      // It has waited long enough, as a client with a deadline does.
      hangUp(number, &world)
      return
    }
    guard !isStopping || clients[number].role == .watcher else {
      clients[number].nextAt = .distantFuture
      return
    }
    let pause = pause(clients[number].role)
    clients[number].nextAt = world.now + pause
    if clients[number].connection == nil || prng.index(below: 30) == 0 {
      close(number, &world)
      clients[number].member = members[prng.index(below: members.count)]
      guard let opened = try? world.apply(.etcdOpen(member: clients[number].member)) else { return }
      clients[number].connection = opened
    }
    switch clients[number].role {
    case .writer: askAsWriter(number, &world)
    case .historian: askForPast(number, &world)
    case .compactor: askForCompaction(number, &world)
    case .watcher: watch(number, &world)
    }
  }

  private mutating func pause(_ role: Role) -> Span {
    switch role {
    case .writer: prng.span(.milliseconds(1), .milliseconds(250))
    case .historian: prng.span(.milliseconds(50), .milliseconds(600))
    case .compactor: prng.span(.seconds(2), .seconds(6))
    case .watcher: prng.span(.seconds(2), .seconds(8))
    }
  }

  mutating func ask(
    _ request: EtcdRequest, _ asked: Asked, _ number: Int, _ world: inout World
  ) {
    guard let connection = clients[number].connection,
      let id = try? world.apply(.etcdRequest(client: connection, request))
    else { return }
    let patience = prng.span(.seconds(2), .seconds(9))
    clients[number].request = (id, asked, world.now + patience)
  }

  private mutating func askAsWriter(_ number: Int, _ world: inout World) {
    let which = prng.index(below: keyCount)
    let name = "k\(which)"
    let key = Key(name)
    values += 1
    let value = "v\(values)"
    let action: Operation.Action
    let request: EtcdRequest
    switch prng.index(below: 20) {
    case 0..<8:
      action = .get
      request = .range(RangeRequest(key: key))
    case 8..<13:
      action = .put(value)
      request = .put(PutRequest(key: key, value: Blob(value)))
    case 13..<15:
      action = .delete
      request = .deleteRange(DeleteRangeRequest(key: key))
    default:
      // As Kubernetes writes: only over what was read, and the answer tells what was there instead.
      let known = clients[number].known[which] ?? Known(value: nil, modRevision: 0)
      action = .compareAndSwap(expected: known.value, value: value)
      request = .txn(
        TxnRequest(
          compare: [Compare(key: key, .equal, .mod(known.modRevision))],
          success: [.put(PutRequest(key: key, value: Blob(value)))],
          failure: [.range(RangeRequest(key: key))]))
    }
    history.append(
      Operation(
        client: clients[number].name, key: name, action, .unknown, call: world.now, end: world.now))
    ask(request, .operation(history.count - 1, key: which), number, &world)
    if clients[number].request == nil { history[history.count - 1].outcome = .failed }
  }

  // MARK: Answers

  private mutating func answered(
    _ asked: Asked, _ response: EtcdResponse, _ number: Int, _ world: inout World
  ) {
    switch asked {
    case .operation(let line, let key):
      let outcome = Self.outcome(of: history[line].action, response)
      history[line].outcome = outcome.outcome
      history[line].revision = outcome.revision
      history[line].end = world.now
      if let known = outcome.known { clients[number].known[key] = known }
      if outcome.outcome == .unknown { rename(number) }
    case .past(let revision, let isSerializable):
      answeredPast(revision, isSerializable, response, number, world)
    case .compaction, .watch: break
    }
  }

  private static func outcome(
    of action: Operation.Action, _ response: EtcdResponse
  ) -> (outcome: Operation.Outcome, revision: Int64, known: Known?) {
    func read(_ range: RangeResponse) -> Known {
      let kv = range.kvs.first
      return Known(
        value: kv.map { String(decoding: $0.value.encoded(), as: UTF8.self) },
        modRevision: kv?.modRevision ?? 0)
    }
    switch (action, response) {
    case (.put(let value), .put(let put)):
      return (.put, put.revision, Known(value: value, modRevision: put.revision))
    case (.get, .range(let range)):
      let known = read(range)
      return (.got(known.value), range.revision, known)
    case (.delete, .deleteRange(let delete)):
      return (
        .deleted(delete.deleted > 0), delete.revision, Known(value: nil, modRevision: 0)
      )
    case (.compareAndSwap(_, let value), .txn(let txn)):
      if txn.succeeded {
        return (.swapped, txn.revision, Known(value: value, modRevision: txn.revision))
      }
      guard case .range(let range)? = txn.responses.first else { return (.unknown, 0, nil) }
      let known = read(range)
      return (.notSwapped(found: known.value), txn.revision, known)
    case (_, .failure(let error)): return (isCertain(error) ? .failed : .unknown, 0, nil)
    default: return (.unknown, 0, nil)
    }
  }

  /// Whether an error says that the request had no effect and will have none. A time-out does not,
  /// nor does a server that stops: what was proposed may be in the log.
  private static func isCertain(_ error: EtcdError) -> Bool {
    switch error.code {
    case .invalidArgument, .resourceExhausted, .failedPrecondition, .notFound, .outOfRange: true
    case .unknown: error == .proposalDropped
    default: false
    }
  }

  // MARK: Connections

  private mutating func rename(_ number: Int) {
    names += 1
    clients[number].name = names
  }

  private mutating func close(_ number: Int, _ world: inout World) {
    guard let connection = clients[number].connection else { return }
    clients[number].connection = nil
    clients[number].watchPosition = nil
    _ = try? world.apply(.etcdClose(client: connection))
  }

  /// The connection is over; what was under way stays open.
  private mutating func hangUp(_ number: Int, _ world: inout World) {
    if clients[number].request != nil { rename(number) }
    clients[number].request = nil
    close(number, &world)
    clients[number].nextAt = world.now + prng.span(.milliseconds(10), .seconds(1))
  }

  // MARK: Verdict

  /// Judges the history; call it at the end.
  public mutating func judge(_ world: World, budget: Int = 3_000_000) -> Bool {
    if let text = RevisionOrder.breach(in: history) { breach(.revisionOrder, world, text) }
    switch LinearizabilityChecker(budget: budget).check(history) {
    case .linearizable: return true
    case .violation(let violation):
      breach(.linearizable, world, violation.text)
      return true
    case .undecided: return false
    }
  }
}
