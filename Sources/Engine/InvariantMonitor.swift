import Basics
import Etcd
import KubeAPI
import MVCC
import PersistentCollections

/// Watches the world from outside its components and keeps the first breach of each rule.
///
/// It sees every step of every etcd member, every change of the store as the first member applies
/// it, and every batch of watch events as an API server sends it. A world that broke a rule is a
/// world with a bug in it; the monitor says which rule, when, and with what evidence.
public struct InvariantMonitor: Sendable {
  public enum Rule: String, Sendable, CaseIterable {
    case oneLeaderPerTerm = "at most one leader a term"
    case logsMatch = "committed logs match"
    case votesKept = "a vote given is kept"
    case acknowledgedWritesSurvive = "no acknowledged write lost"
    case revisionsGrow = "revisions only grow"
    case watchesComplete = "watches without gap or repeat"
    case podsBoundOnce = "a pod bound at most once"
    case nodesNotOvercommitted = "no node overcommitted"
    case objectsWrittenByAPIServers = "every object written by an API server"

    /// Its place among all of them.
    var place: Int {
      switch self {
      case .oneLeaderPerTerm: 0
      case .logsMatch: 1
      case .votesKept: 2
      case .acknowledgedWritesSurvive: 3
      case .revisionsGrow: 4
      case .watchesComplete: 5
      case .podsBoundOnce: 6
      case .nodesNotOvercommitted: 7
      case .objectsWrittenByAPIServers: 8
      }
    }
  }

  public struct Violation: Sendable, Equatable {
    public let rule: Rule
    public let at: Tick
    public let evidence: String
  }

  public private(set) var violations: [Violation] = []
  /// How many times each rule was put to the test: a rule never tested proves nothing.
  public private(set) var checks = [Int](repeating: 0, count: Rule.allCases.count)

  // Raft
  private var leaders = PersistentMap<UInt64, Int>()
  /// Terms of committed entries by index; by Raft's log matching, term and index name an entry.
  private var log = PersistentLog<UInt64>(startIndex: 1)
  private var checkedCommit: [UInt64] = []
  private var acknowledged: (index: UInt64, revision: Int64) = (0, 0)
  /// Each member's last vote, as the candidate was told.
  private var votes: [(term: UInt64, candidate: UInt64)] = []

  // The store
  private var revisions: [Int64] = []
  private var incarnations: [UInt32] = []
  public private(set) var appliedRevision: Int64 = 1
  private var kindRevisions: [PersistentLog<Int64>]
  private var nodes = PersistentMap<String, NodeCharge>()
  /// What people wrote past the API servers: what they did to objects is theirs to answer for.
  public private(set) var interventions: [KeyRange] = []

  struct NodeCharge: Sendable {
    var cpuMilli: Int64 = 0
    var memory: Int64 = 0
    var pods = 0
    var allocatable: ResourceList?
  }

  // Watches of API servers' clients that see a whole kind
  private struct WatchKey: Comparable, Sendable {
    let connection: ConnectionID
    let request: UInt64

    static func < (a: WatchKey, b: WatchKey) -> Bool {
      (a.connection, a.request) < (b.connection, b.request)
    }
  }
  private struct WatchState: Sendable {
    let kind: ResourceKind
    let isWhole: Bool
    /// Who watches, and through which server.
    let who: String
  }
  private var watches = PersistentMap<WatchKey, WatchState>()
  /// The last revision that each was sent: apart, as it is all that changes, with each bookmark of
  /// thousands.
  private var sent = PersistentMap<WatchKey, Int64>()

  init() {
    kindRevisions = ResourceKind.allCases.map { _ in PersistentLog() }
  }

  mutating func prepare(members: Int) {
    checkedCommit = Array(repeating: 0, count: members)
    revisions = Array(repeating: 0, count: members)
    incarnations = Array(repeating: 0, count: members)
    votes = Array(repeating: (0, 0), count: members)
  }

  /// A snapshot was restored: another cluster begins, and with it another history. What the rules
  /// knew of the old one is void; that nodes are charged with pods is read off the store anew.
  mutating func restored(_ store: Store, index: UInt64, at now: Tick) {
    leaders = PersistentMap()
    log = PersistentLog(startIndex: Int(index) + 1)
    checkedCommit = checkedCommit.map { _ in 0 }
    revisions = revisions.map { _ in 0 }
    votes = votes.map { _ in (0, 0) }
    acknowledged = (0, 0)
    appliedRevision = store.revision
    kindRevisions = ResourceKind.allCases.map { _ in PersistentLog() }
    nodes = PersistentMap()
    for kind in [ResourceKind.node, .pod] {
      let request = RangeRequest(prefix: Key(kind.registryPrefix), serializable: true)
      for kv in (try? store.range(request))?.kvs ?? [] {
        guard let object = StoredObject.object(in: kv.value) else { continue }
        if let node = object.node {
          nodes[node.metadata.name] = NodeCharge(allocatable: node.status.allocatable)
        } else if let pod = object.pod, Self.isCharged(pod) {
          charge(pod, sign: 1, at: now)
        }
      }
    }
  }

  mutating func breach(_ rule: Rule, at now: Tick, _ evidence: String) {
    guard !violations.contains(where: { $0.rule == rule }) else { return }
    violations.append(Violation(rule: rule, at: now, evidence: evidence))
  }

  private mutating func count(_ rule: Rule) { checks[rule.place] += 1 }

  // MARK: Raft

  /// A member said that it leads a term.
  mutating func observeLeader(_ member: Int, term: UInt64, lastIndex: UInt64, at now: Tick) {
    count(.oneLeaderPerTerm)
    if let other = leaders[term], other != member {
      breach(
        .oneLeaderPerTerm, at: now,
        "members \(other + 1) and \(member + 1) both lead term \(term)")
    }
    leaders[term] = member
    count(.acknowledgedWritesSurvive)
    if lastIndex < acknowledged.index {
      breach(
        .acknowledgedWritesSurvive, at: now,
        "member \(member + 1) leads term \(term) with a log up to \(lastIndex); "
          + "\(acknowledged.index) was acknowledged")
    }
  }

  /// A member gave its vote: only one a term.
  mutating func observeVote(of member: Int, for candidate: UInt64, term: UInt64, at now: Tick) {
    count(.votesKept)
    let last = votes[member]
    if term == last.term, candidate != last.candidate {
      breach(
        .votesKept, at: now,
        "member \(member + 1) voted for \(last.candidate) and for \(candidate) in term \(term)")
    }
    if term >= last.term { votes[member] = (term, candidate) }
  }

  /// A member started again with what its disk holds: whom it has voted for is among it.
  mutating func observeStart(of etcd: EtcdMember, member: Int, at now: Tick) {
    let last = votes[member]
    guard last.term > 0 else { return }
    if etcd.lastIndex == 0 {
      // A new disk is a new member.
      votes[member] = (0, 0)
      return
    }
    count(.votesKept)
    if etcd.term < last.term || etcd.term == last.term && etcd.vote != last.candidate {
      breach(
        .votesKept, at: now,
        "member \(member + 1) voted for \(last.candidate) in term \(last.term), and starts in term "
          + "\(etcd.term) with \(etcd.vote == 0 ? "no vote" : "a vote for \(etcd.vote)")")
    }
  }

  /// Whether a member's step changed anything that is watched.
  func mustLook(at member: Int, incarnation: UInt32, commit: UInt64, revision: Int64) -> Bool {
    incarnation != incarnations[member] || commit > checkedCommit[member]
      || revision != revisions[member]
  }

  /// Up to where a member's log was looked at in this life of it.
  mutating func checkedCommit(of member: Int, incarnation: UInt32) -> UInt64 {
    if incarnation != incarnations[member] {
      incarnations[member] = incarnation
      checkedCommit[member] = 0
      revisions[member] = 0
    }
    return checkedCommit[member]
  }

  mutating func checked(_ commit: UInt64, of member: Int) { checkedCommit[member] = commit }

  /// A member has committed an entry: it must be everybody's.
  mutating func observe(_ index: UInt64, term: UInt64, member: Int, at now: Tick) {
    count(.logsMatch)
    if Int(index) < log.endIndex {
      guard Int(index) >= log.startIndex else { return }
      if log[Int(index)] != term {
        breach(
          .logsMatch, at: now,
          "member \(member + 1) committed index \(index) in term \(term), others in "
            + "\(log[Int(index)])")
      }
    } else if Int(index) == log.endIndex {
      log.append(term)
      if log.count > 40_000 { log.dropPrefix(before: log.endIndex - 20_000) }
    }
  }

  /// A member's store is at this revision. True where no member's was before: `apply` must see it.
  mutating func observe(_ revision: Int64, of member: Int, at now: Tick) -> Bool {
    guard revision != revisions[member] else { return false }
    count(.revisionsGrow)
    if revision < revisions[member] {
      breach(
        .revisionsGrow, at: now,
        "member \(member + 1) went back from revision \(revisions[member]) to \(revision)")
    }
    revisions[member] = revision
    return revision > appliedRevision
  }

  /// A write was acknowledged to an API server.
  mutating func acknowledge(revision: Int64, at now: Tick) {
    count(.acknowledgedWritesSurvive)
    if revision > appliedRevision {
      breach(
        .acknowledgedWritesSurvive, at: now,
        "revision \(revision) was acknowledged and no member has applied it")
    }
    acknowledged = (UInt64(max(0, log.endIndex - 1)), max(acknowledged.revision, revision))
  }

  // MARK: The store

  /// The first member to apply new revisions: what they changed is checked once, for all members.
  mutating func apply(_ store: Store, at now: Tick) {
    var position = store.firstPosition(atOrAfter: appliedRevision + 1)
    while position < store.history.endIndex {
      apply(store.history[position], at: now)
      position += 1
    }
    appliedRevision = store.revision
  }

  private mutating func apply(_ event: MVCC.Event, at now: Tick) {
    let old = event.previous.flatMap { StoredObject.object(in: $0.value) }
    let new = event.kv.isTombstone ? nil : StoredObject.object(in: event.kv.value)
    guard let kind = (new ?? old)?.kind else { return }
    let isIntervention = interventions.contains { $0.contains(event.kv.key) }
    kindRevisions[Int(kind.rawValue)].append(event.kv.modRevision)
    if kindRevisions[Int(kind.rawValue)].count > 40_000 {
      let end = kindRevisions[Int(kind.rawValue)].endIndex
      kindRevisions[Int(kind.rawValue)].dropPrefix(before: end - 20_000)
    }
    switch kind {
    case .pod: applyPod(old: old?.pod, new: new?.pod, isIntervention: isIntervention, at: now)
    case .node:
      guard let name = (new ?? old)?.metadata.name else { return }
      var charge = nodes[name] ?? NodeCharge()
      charge.allocatable = new?.node?.status.allocatable
      nodes[name] = charge
    default: break
    }
  }

  private mutating func applyPod(old: Pod?, new: Pod?, isIntervention: Bool, at now: Tick) {
    if !isIntervention, let old, let new, old.metadata.uid == new.metadata.uid,
      old.spec.nodeName != new.spec.nodeName || old.spec.nodeName.isEmpty
    {
      count(.podsBoundOnce)
      if !old.spec.nodeName.isEmpty {
        breach(
          .podsBoundOnce, at: now,
          "\(new.reference.text) moved from \(old.spec.nodeName) to \(new.spec.nodeName)")
      }
    }
    let isNewlyCharged = new.map(Self.isCharged) ?? false
    let wasCharged = old.map(Self.isCharged) ?? false
    guard isNewlyCharged != wasCharged else { return }
    if let old, wasCharged { charge(old, sign: -1, at: now) }
    if let new, isNewlyCharged { charge(new, sign: 1, at: now) }
  }

  private static func isCharged(_ pod: Pod) -> Bool {
    !pod.spec.nodeName.isEmpty && pod.status.phase != "Succeeded" && pod.status.phase != "Failed"
  }

  private mutating func charge(_ pod: Pod, sign: Int64, at now: Tick) {
    var cpu: Int64 = 0
    var memory: Int64 = 0
    for container in pod.spec.containers {
      cpu += container.resources.requests.cpuMilli
      memory += container.resources.requests.memoryBytes
    }
    let name = pod.spec.nodeName
    var node = nodes[name] ?? NodeCharge()
    node.cpuMilli += sign * cpu
    node.memory += sign * memory
    node.pods += Int(sign)
    nodes[name] = node
    guard sign > 0, let allocatable = node.allocatable else { return }
    count(.nodesNotOvercommitted)
    let podLimit = allocatable["pods"]?.value ?? .max
    if node.cpuMilli > allocatable.cpuMilli || node.memory > allocatable.memoryBytes
      || Int64(node.pods) > podLimit
    {
      breach(
        .nodesNotOvercommitted, at: now,
        "\(pod.reference.text) makes \(name) hold \(node.pods) pods, \(node.cpuMilli)m cpu and "
          + "\(node.memory) bytes of \(allocatable.cpuMilli)m and \(allocatable.memoryBytes)")
    }
  }

  /// A person writes to etcd past the API servers. That is allowed, and noted: from then on the
  /// rules about objects under `/registry` leave out the keys the person wrote.
  mutating func observeIntervention(_ request: EtcdRequest) {
    for range in request.writtenRanges where range.overlaps(KeyRange(prefix: StoredObject.registry))
    {
      if interventions.contains(range) { continue }
      // Beyond so many single keys it is the whole registry.
      if interventions.count < 64 {
        interventions.append(range)
      } else {
        interventions = [KeyRange(prefix: StoredObject.registry)]
      }
    }
  }

  /// A write reached an etcd member from a process of this role.
  mutating func observeWrite(from role: Process.Role, at now: Tick) {
    count(.objectsWrittenByAPIServers)
    if role != .apiServer {
      breach(.objectsWrittenByAPIServers, at: now, "\(role.name) wrote to etcd")
    }
  }

  // MARK: Watches

  mutating func watchOpened(
    _ connection: ConnectionID, _ id: UInt64, _ request: APIRequest, by who: String
  ) {
    let options = request.options
    let isWhole =
      request.namespace.isEmpty && request.name.isEmpty && options.fieldSelector == nil
      && options.labelSelector == nil && (options.resourceVersion ?? 0) > 0
    let key = WatchKey(connection: connection, request: id)
    watches[key] = WatchState(kind: request.kind, isWhole: isWhole, who: who)
    sent[key] = options.resourceVersion ?? 0
  }

  mutating func watchEnded(_ connection: ConnectionID, _ id: UInt64) {
    let key = WatchKey(connection: connection, request: id)
    watches.removeValue(forKey: key)
    sent.removeValue(forKey: key)
  }

  /// An API server sends events of a watch.
  mutating func watchSent(
    _ connection: ConnectionID, _ id: UInt64, _ events: [WatchEvent], at now: Tick
  ) {
    let key = WatchKey(connection: connection, request: id)
    guard let state = watches[key], var last = sent[key] else { return }
    for event in events {
      let revision = event.object.resourceVersion
      if event.kind == .bookmark {
        // It says that everything up to its revision has been sent.
        if state.isWhole, let missed = missed(state.kind, between: last, and: revision + 1) {
          breach(
            .watchesComplete, at: now,
            "the watch of \(state.kind.plural) of \(state.who) got a bookmark of \(revision) after \(last) "
              + "without \(missed)")
        }
        last = max(last, revision)
        continue
      }
      count(.watchesComplete)
      if revision <= last && last > 0 {
        breach(
          .watchesComplete, at: now,
          "the watch of \(state.kind.plural) of \(state.who) got revision \(revision) after \(last)"
        )
      } else if state.isWhole,
        let missed = missed(state.kind, between: last, and: revision)
      {
        breach(
          .watchesComplete, at: now,
          "the watch of \(state.kind.plural) of \(state.who) went from \(last) to \(revision) without "
            + "\(missed)")
      }
      last = revision
    }
    sent.modify(key) { $0 = last }
  }

  /// A revision of the kind strictly between two.
  private func missed(_ kind: ResourceKind, between low: Int64, and high: Int64) -> Int64? {
    let log = kindRevisions[Int(kind.rawValue)]
    // What is sent is new, as a rule: the search begins at the end.
    var next = log.endIndex
    while next > log.startIndex, log[next - 1] >= high { next -= 1 }
    var missed: Int64?
    while next > log.startIndex, log[next - 1] > low {
      next -= 1
      missed = log[next]
    }
    return missed
  }
}

/// Objects as they lie in etcd.
enum StoredObject {
  /// Where API servers keep objects.
  static let registry = Key("/registry/")

  /// What the store holds for a person's bytes: the object they describe, where they describe one.
  static func box(_ key: Key, _ bytes: [UInt8]) -> Blob {
    guard bytes.first == UInt8(ascii: "{"), key.bytes.starts(with: registry.bytes),
      let object = object(under: key, bytes: bytes)
    else { return .bytes(bytes) }
    return .boxed(object)
  }

  /// The object that JSON under one of the registry's keys describes; nil where it is none of the
  /// key's kind.
  static func object(under key: Key, bytes: [UInt8]) -> APIObject? {
    guard let object = try? APIObject(decoding: bytes),
      key.bytes.starts(with: Array(object.kind.registryPrefix.utf8))
    else { return nil }
    return object
  }

  static func object(in blob: Blob) -> APIObject? {
    guard case .boxed(let content) = blob else { return nil }
    return content as? APIObject
  }
}
