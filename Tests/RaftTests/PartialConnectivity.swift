import Basics

@testable import Raft

/// A group on a network that is only partly there, in virtual time: messages take 1 ms or are lost,
/// disks take none, members tick every 100 ms each in its own phase, and a client at each member
/// writes once a second.
struct PartialConnectivity {
  /// Which members hear which, and when.
  struct Topology: Sendable {
    let name: String
    var size = 3
    /// Who leads when the fault begins.
    var leader: UInt64 = 3
    /// Whether a message is lost: sender, receiver, milliseconds since the fault began.
    let loses: @Sendable (UInt64, UInt64, Int, inout PRNG) -> Bool
  }

  struct Outcome {
    /// How often another member became leader.
    var leaderChanges = 0
    /// Thousandths of the time in which no member led.
    var leaderless = 0
    /// By how much the highest term grew.
    var terms = 0
    /// Percent of each member's clients' writes that were applied there within a second.
    var success: [Int] = []
    /// The same of all members, over the last half of the time.
    var lateSuccess: [Int] = []
  }

  static let duration = 60_000
  private static let settling = 3_000
  private static let tickInterval = 100
  private static let writeInterval = 1_000
  /// Writes don't come at the very moment a link does.
  private static let writePhase = 470
  private static let patience = 1_000

  private struct Write {
    let member: Int
    let at: Int
  }

  private let topology: Topology
  private var nodes: [RaftNode] = []
  private var phases: [Int] = []
  private var prng: PRNG
  private var network: [(at: Int, message: Message)] = []
  private var head = 0
  private var now = 0
  private var waiting: [String: Write] = [:]
  private var asked: [[Bool]] = []
  private var written = 0
  private var leaderlessSince: Int?
  private var lastLeader: Int?
  private var outcome = Outcome()

  init(
    _ topology: Topology, checkQuorum: Bool, preVote: Bool, seed: UInt64, bug: RaftBug? = nil
  ) throws {
    self.topology = topology
    prng = PRNG(seed: seed, stream: 1)
    let ids = (1...UInt64(topology.size)).map { $0 }
    let start = Snapshot(index: 1, term: 1, confState: ConfState(voters: ids))
    for id in ids {
      var config = RaftConfig(id: id, prng: PRNG(seed: seed, stream: 10 + id))
      config.checkQuorum = checkQuorum
      config.preVote = preVote
      config.plantedBug = bug
      config.applied = 1
      nodes.append(try RaftNode(config: config, storage: MemoryStorage(startingFrom: start)))
      phases.append(prng.index(below: Self.tickInterval))
    }
    asked = Array(repeating: [], count: topology.size)
  }

  /// A minute under the fault.
  mutating func run() throws -> Outcome {
    nodes[Int(topology.leader) - 1].campaign()
    try pump(Int(topology.leader) - 1)
    let end = Self.settling + Self.duration
    var terms: UInt64 = 0
    while now < end {
      if now == Self.settling {
        precondition(nodes[Int(topology.leader) - 1].role == .leader, "another leads already")
        terms = highestTerm
        outcome = Outcome()
      }
      for position in nodes.indices where (now + phases[position]) % Self.tickInterval == 0 {
        nodes[position].tick()
        try pump(position)
      }
      try deliver()
      if now % Self.writeInterval == Self.writePhase, now >= Self.settling {
        for position in nodes.indices { try write(at: position) }
      }
      // The next millisecond in which anything happens.
      now = next(before: end)
    }
    countLeaderless(until: end)
    outcome.terms = Int(highestTerm - terms)
    for results in asked {
      // Writes of the last second have not had their time.
      let judged = results.dropLast(Self.patience / Self.writeInterval)
      outcome.success.append(Self.percent(judged))
      outcome.lateSuccess.append(Self.percent(judged.suffix(judged.count / 2)))
    }
    return outcome
  }

  private func next(before end: Int) -> Int {
    var next = end
    if now < Self.settling { next = Self.settling }
    if head < network.count { next = min(next, network[head].at) }
    let phase = (now - Self.writePhase) % Self.writeInterval
    next = min(next, now + (phase < 0 ? -phase : Self.writeInterval - phase))
    for phase in phases {
      next = min(next, now + Self.tickInterval - (now + phase) % Self.tickInterval)
    }
    return next
  }

  private static func percent(_ results: ArraySlice<Bool>) -> Int {
    results.isEmpty ? 0 : results.count { $0 } * 100 / results.count
  }

  private var highestTerm: UInt64 { nodes.map(\.term).max() ?? 0 }

  // MARK: Events

  private mutating func deliver() throws {
    while head < network.count, network[head].at <= now {
      let message = network[head].message
      head += 1
      let position = Int(message.to) - 1
      do throws(RaftError) {
        try nodes[position].step(message)
      } catch {
        if error.isFatal { throw error }
      }
      try pump(position)
    }
    if head > 1000 {
      network.removeFirst(head)
      head = 0
    }
  }

  private mutating func write(at position: Int) throws {
    written += 1
    asked[position].append(false)
    let name = "\(position).\(asked[position].count - 1)"
    waiting[name] = Write(member: position, at: now)
    do throws(RaftError) {
      try nodes[position].propose(Blob(name))
    } catch {
      if error.isFatal { throw error }
      waiting[name] = nil
    }
    try pump(position)
  }

  private mutating func pump(_ position: Int) throws {
    while nodes[position].hasReady {
      let ready = nodes[position].ready()
      try nodes[position].storage.write(ready)
      for entry in ready.committedEntries where !entry.data.isEmpty { applied(entry, position) }
      for message in ready.messages { send(message) }
      nodes[position].advance()
    }
    for event in nodes[position].takeEvents() where event.kind == .becameLeader {
      if position != lastLeader { outcome.leaderChanges += 1 }
      lastLeader = position
    }
    let isLed = nodes.contains { $0.role == .leader }
    if isLed { countLeaderless(until: now) } else { leaderlessSince = leaderlessSince ?? now }
  }

  private mutating func applied(_ entry: Entry, _ position: Int) {
    let name = String(decoding: entry.data.encoded(), as: UTF8.self)
    guard let write = waiting[name], write.member == position else { return }
    waiting[name] = nil
    guard now - write.at <= Self.patience, let dot = name.firstIndex(of: "."),
      let number = Int(name[name.index(after: dot)...])
    else { return }
    asked[position][number] = true
  }

  private mutating func send(_ message: Message) {
    if now >= Self.settling,
      topology.loses(message.from, message.to, now - Self.settling, &prng)
    {
      return
    }
    network.append((now + 1, message))
  }

  private mutating func countLeaderless(until end: Int) {
    guard let since = leaderlessSince else { return }
    leaderlessSince = nil
    outcome.leaderless += max(0, end - max(since, Self.settling)) * 1000 / Self.duration
  }
}

extension PartialConnectivity.Topology {
  /// Whether a message runs between `a` and `b`, either way.
  private static func runs(_ from: UInt64, _ to: UInt64, _ a: UInt64, _ b: UInt64) -> Bool {
    from == a && to == b || from == b && to == a
  }

  static let cut = Self(name: "cut 1-3") { from, to, _, _ in runs(from, to, 1, 3) }
  static let fromLeader = Self(name: "3 to 1 lost") { from, to, _, _ in from == 3 && to == 1 }
  static let toLeader = Self(name: "1 to 3 lost") { from, to, _, _ in from == 1 && to == 3 }
  static let flappingLink = Self(name: "link 1-3 down 3 s, up 1 s") { from, to, at, _ in
    runs(from, to, 1, 3) && at % 4_000 < 3_000
  }
  static let flappingNode = Self(name: "member 1 down 2.5 s, up 0.5 s") { from, to, at, _ in
    (from == 1 || to == 1) && at % 3_000 < 2_500
  }
  static let lossy = Self(name: "60 % lost on 1-3") { from, to, _, prng in
    runs(from, to, 1, 3) && prng.below(100) < 60
  }
  /// Howard and Abraham, "Raft does not guarantee liveness in the face of network faults" (2020):
  /// 1, 2 and 3 are connected, 4 reaches only 2, and 5 only 3.
  static let howardAbraham = Self(name: "Howard-Abraham", size: 5, leader: 3) { from, to, _, _ in
    let isCore = from <= 3 && to <= 3
    return !(isCore || runs(from, to, 2, 4) || runs(from, to, 3, 5))
  }
  /// Everyone reaches only member 1, which does not lead.
  static let star = Self(name: "star", size: 5, leader: 2) { from, to, _, _ in
    from != 1 && to != 1
  }
  /// It returns where the campaigns of a steady 1, 1.2 or 1.5 s come around.
  static let returning = Self(name: "follower 1 alone for 30 s") { from, to, at, _ in
    (from == 1 || to == 1) && at < 29_930
  }
}
