import Basics
import Etcd
import MVCC
import Raft
import Testing

/// Members, their disks and a network between them, in virtual time: enough of a world to see a
/// cluster work, without the kernel.
final class Cluster {
  private struct Due {
    let at: Tick
    let order: Int
    let what: What
  }
  private enum What {
    case tick(UInt64, boot: Int)
    case deliver(PeerMessage, to: UInt64)
    case synced(UInt64, boot: Int, writeID: UInt64)
  }
  struct Disk {
    var durable: [WALRecord] = []
    var firstRecord = 0
    var pending: [(writeID: UInt64, records: [WALRecord])] = []
    var slowness = Span.zero
  }

  private(set) var now = Tick.zero
  private(set) var members: [UInt64: EtcdMember] = [:]
  private(set) var disks: [UInt64: Disk] = [:]
  private var boots: [UInt64: Int] = [:]
  private var queue: [Due] = []
  private var order = 0
  var random: PRNG
  /// Pairs, sender first, whose messages are lost.
  private var cut: Set<[UInt64]> = []
  var lossPerMille: UInt64 = 0
  private(set) var responses: [UInt64: EtcdResponse] = [:]
  private(set) var answeredAt: [UInt64: Tick] = [:]
  private(set) var watched: [WatchResponse] = []
  private(set) var canceled: [(WatchID, EtcdError, Int64)] = []
  private(set) var notes: [(UInt64, EtcdNote)] = []
  private(set) var exits: [(UInt64, String)] = []
  private(set) var stopped: [UInt64] = []
  private var nextRequest: UInt64 = 0
  /// Who led in which term: there may be but one.
  private var leaders: [UInt64: UInt64] = [:]
  private var effects: [EtcdEffect] = []

  let ids: [UInt64]

  init(_ count: Int = 3, seed: UInt64, _ change: (inout EtcdConfig) -> Void = { _ in }) {
    random = PRNG(seed: seed, stream: 99)
    ids = (1...UInt64(count)).map { $0 }
    let founders = ids.map { Cluster.member($0) }
    for id in ids {
      var config = EtcdConfig(id: id, name: "etcd-\(id)", initialCluster: founders, seed: seed)
      change(&config)
      members[id] = EtcdMember(config: config)
      disks[id] = Disk()
      boots[id] = 0
    }
    for id in ids { start(id) }
  }

  /// The members of a cluster restored from a snapshot.
  init(restored: RestoredCluster, seed: UInt64) {
    random = PRNG(seed: seed, stream: 99)
    ids = restored.members.map(\.id)
    for member in restored.members {
      let config = EtcdConfig(
        id: member.id, name: member.name, clusterID: restored.clusterID,
        initialCluster: restored.members, seed: seed)
      members[member.id] = EtcdMember(config: config)
      disks[member.id] = Disk(durable: restored.records(for: member.id))
      boots[member.id] = 0
    }
    for id in ids { start(id) }
  }

  static func member(_ id: UInt64, isLearner: Bool = false) -> ClusterMember {
    ClusterMember(
      id: id, peerURLs: ["https://10.0.0.\(id):2380"], clientURLs: ["https://10.0.0.\(id):2379"],
      isLearner: isLearner)
  }

  /// A new machine whose etcd joins a cluster that knows it already.
  func join(_ id: UInt64, seed: UInt64) {
    let known = ids.map { Cluster.member($0) } + [Cluster.member(id)]
    var config = EtcdConfig(id: id, name: "etcd-\(id)", initialCluster: known, seed: seed)
    config.joinsExisting = true
    members[id] = EtcdMember(config: config)
    disks[id] = Disk()
    boots[id] = 0
    start(id)
  }

  // MARK: Faults

  func start(_ id: UInt64) {
    guard members[id]?.isRunning == false else { return }
    boots[id]? += 1
    let disk = disks[id] ?? Disk()
    step(
      id, .start(DiskContents(records: disk.durable, firstRecord: disk.firstRecord)))
  }

  /// Kills the process and its machine: of the write under way a prefix may have come through.
  func kill(_ id: UInt64) {
    members[id]?.crash()
    if let write = disks[id]?.pending.first {
      let kept = random.index(below: write.records.count + 1)
      disks[id]?.durable += write.records.prefix(kept)
    }
    disks[id]?.pending = []
  }

  /// SIGTERM.
  func stop(_ id: UInt64) { step(id, .stop) }

  func wipe(_ id: UInt64) {
    kill(id)
    disks[id] = Disk()
  }

  /// The disk refuses the write under way.
  func fillDisk(_ id: UInt64) {
    guard let write = disks[id]?.pending.first else { return }
    disks[id]?.pending = []
    step(id, .diskFailed(writeID: write.writeID))
  }

  func slow(_ id: UInt64, _ delay: Span) { disks[id]?.slowness = delay }

  func cut(_ a: [UInt64], _ b: [UInt64]) {
    for x in a {
      for y in b {
        cut.insert([x, y])
        cut.insert([y, x])
      }
    }
  }

  func isolate(_ id: UInt64) { cut([id], ids.filter { $0 != id }) }
  func heal() { cut = [] }

  // MARK: Running

  func run(for span: Span) { run(until: now + span) }

  func run(until end: Tick, while condition: () -> Bool = { true }) {
    while let due = queue.first, due.at <= end, condition() {
      pop()
      now = due.at
      handle(due.what)
    }
    if condition() { now = end }
  }

  private func handle(_ what: What) {
    switch what {
    case .tick(let id, let boot):
      if boots[id] == boot { step(id, .tick) }
    case .deliver(let message, let id):
      if members[id]?.isRunning == true { step(id, .peerMessage(message)) }
    case .synced(let id, let boot, let writeID):
      guard boots[id] == boot, let write = disks[id]?.pending.first, write.writeID == writeID
      else { return }
      disks[id]?.pending.removeFirst()
      disks[id]?.durable += write.records
      step(id, .diskDone(writeID: writeID))
    }
  }

  private func step(_ id: UInt64, _ event: EtcdEvent) {
    effects.removeAll(keepingCapacity: true)
    members[id]?.step(event, now: now, into: &effects)
    let produced = effects
    for effect in produced { perform(effect, of: id) }
    if let view = members[id]?.view, view.role == .leader {
      #expect(leaders[view.term] ?? id == id, "two leaders in term \(view.term)")
      leaders[view.term] = id
    }
  }

  private func perform(_ effect: EtcdEffect, of id: UInt64) {
    switch effect {
    case .send(let to, let message):
      guard members[to] != nil, !cut.contains([id, to]) else { return }
      guard random.below(1000) >= lossPerMille else { return }
      schedule(.microseconds(200 + random.index(below: 800)), .deliver(message, to: to))
    case .respond(_, let requestID, let response):
      #expect(responses[requestID] == nil, "request \(requestID) is answered twice")
      responses[requestID] = response
      answeredAt[requestID] = now
    case .watch(let response): watched.append(response)
    case .watchCanceled(let watch, let error, let revision):
      canceled.append((watch, error, revision))
    case .write(let writeID, let records):
      let disk = disks[id]?.slowness ?? .zero
      disks[id]?.pending.append((writeID, records))
      schedule(
        disk + .microseconds(400 + random.index(below: 800)),
        .synced(id, boot: boots[id] ?? 0, writeID: writeID))
    case .releaseWAL(let before):
      guard let first = disks[id]?.firstRecord else { return }
      disks[id]?.durable.removeFirst(before - first)
      disks[id]?.firstRecord = before
    case .arm(let span): schedule(span, .tick(id, boot: boots[id] ?? 0))
    case .exit(let reason): exits.append((id, reason))
    case .stopped: stopped.append(id)
    case .note(let note): notes.append((id, note))
    }
  }

  // A binary heap by time, then by order of insertion.
  private func schedule(_ span: Span, _ what: What) {
    order += 1
    queue.append(Due(at: now + span, order: order, what: what))
    var i = queue.count - 1
    while i > 0, isBefore(queue[i], queue[(i - 1) / 2]) {
      queue.swapAt(i, (i - 1) / 2)
      i = (i - 1) / 2
    }
  }

  private func pop() {
    queue.swapAt(0, queue.count - 1)
    queue.removeLast()
    var i = 0
    while 2 * i + 1 < queue.count {
      var child = 2 * i + 1
      if child + 1 < queue.count, isBefore(queue[child + 1], queue[child]) { child += 1 }
      guard isBefore(queue[child], queue[i]) else { break }
      queue.swapAt(i, child)
      i = child
    }
  }

  private func isBefore(_ a: Due, _ b: Due) -> Bool {
    a.at != b.at ? a.at < b.at : a.order < b.order
  }

  // MARK: Clients

  /// Sends a request to member `id` and returns its number; a member that is down hears nothing.
  @discardableResult
  func send(_ request: EtcdRequest, to id: UInt64, token: UInt64 = 1) -> UInt64 {
    nextRequest += 1
    step(id, .client(token: token, requestID: nextRequest, request))
    return nextRequest
  }

  /// Sends a request and waits for the answer, for ten seconds at most.
  func ask(_ request: EtcdRequest, of id: UInt64, token: UInt64 = 1) -> EtcdResponse? {
    let number = send(request, to: id, token: token)
    run(until: now + .seconds(10)) { responses[number] == nil }
    return responses[number]
  }

  func put(_ key: Key, _ value: String, at id: UInt64) -> Int64? {
    let request = EtcdRequest.put(PutRequest(key: key, value: Blob(value)))
    guard case .put(let response) = ask(request, of: id) else { return nil }
    return response.revision
  }

  func get(_ key: Key, at id: UInt64, serializable: Bool = false) -> String? {
    let request = RangeRequest(key: key, serializable: serializable)
    guard case .range(let response) = ask(.range(request), of: id) else { return nil }
    return response.kvs.first.map { String(decoding: $0.value.encoded(), as: UTF8.self) }
  }

  // MARK: Looking

  func view(_ id: UInt64) -> EtcdView? { members[id]?.view }

  /// The member that leads, in the highest term.
  var leader: UInt64? {
    members.values.compactMap(\.view).filter { $0.role == .leader }.max { $0.term < $1.term }?.id
  }

  var followers: [UInt64] { ids.filter { $0 != leader } }

  /// Runs until some member leads and the others know it.
  @discardableResult
  func elect(within span: Span = .seconds(10)) -> UInt64? {
    let end = now + span
    run(until: end) {
      guard let leader else { return true }
      return !members.values.compactMap(\.view).allSatisfy { $0.leader == leader }
    }
    return leader
  }

  func digest(_ id: UInt64) -> UInt64? {
    members[id]?.store.map { store in
      var digest = Digest()
      store.digest(into: &digest)
      return digest.value
    }
  }

  func checkInvariants() { for id in ids { members[id]?.checkInvariants() } }

  /// Everything, for comparing two runs.
  var worldDigest: UInt64 {
    var digest = Digest()
    digest.combine(now)
    for id in ids { members[id]?.digest(into: &digest) }
    return digest.value
  }
}
