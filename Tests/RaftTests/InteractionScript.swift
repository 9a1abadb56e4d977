import Basics

@testable import Raft

/// The cluster a script of the interaction language plays with, and the text it has printed.
struct InteractionScript {
  struct Member {
    var node: RaftNode
    var config: RaftConfig
    var appendWork: [Message] = []
    var applyWork: [Message] = []
    /// The state after each applied entry; what this member sends as a snapshot.
    var history: [Snapshot]
  }

  var members: [Member] = []
  var messages: [Message] = []
  var output = ""
  var isQuiet = false
  private var seeds: UInt64 = 0

  mutating func run(_ step: ScriptStep) -> String {
    output = ""
    do {
      try handle(step)
    } catch {
      if isQuiet { return "\(error)" }
      output += "\(error)"
    }
    return output.isEmpty ? "ok" : output
  }

  // MARK: Printing

  mutating func print(_ text: String, terminator: String = "\n") {
    if !isQuiet { output += text + terminator }
  }

  mutating func indented(_ body: (inout Self) throws -> Void) throws {
    let before = output
    output = ""
    defer {
      var lines = output.split(separator: "\n", omittingEmptySubsequences: false)
      if lines.last == "" { lines.removeLast() }
      output = before + lines.map { "  \($0)\n" }.joined()
    }
    try body(&self)
  }

  // MARK: Members

  mutating func nextPRNG() -> PRNG {
    seeds += 1
    return PRNG(seed: 1, stream: seeds)
  }

  mutating func addMember(_ template: RaftConfig, snapshot: Snapshot?) throws {
    var config = template
    config.id = UInt64(members.count + 1)
    config.prng = nextPRNG()
    var storage = MemoryStorage()
    if let snapshot {
      guard snapshot.index > 1 else {
        throw ScriptError("index must be specified as > 1 due to bootstrap")
      }
      try storage.applySnapshot(snapshot)
    }
    let first = snapshot ?? .empty
    storage.outgoingSnapshot = first
    members.append(
      Member(
        node: try RaftNode(config: config, storage: storage), config: config, history: [first]))
  }

  mutating func restart(_ position: Int) throws {
    let storage = members[position].node.storage
    var config = members[position].config
    config.prng = nextPRNG()
    guard let last = members[position].history.last else { throw ScriptError("no history") }
    let useStorage = storage.firstIndex - 1 > last.index
    config.applied = useStorage ? storage.firstIndex - 1 : last.index
    config.confState = useStorage ? nil : last.confState
    members[position].node = try RaftNode(config: config, storage: storage)
    members[position].appendWork = []
    members[position].applyWork = []
  }

  // MARK: Work

  mutating func processReady(_ position: Int) throws {
    let isAsync = members[position].config.asyncStorageWrites
    let ready = members[position].node.ready()
    print(ready.description, terminator: "")
    if !isAsync {
      try write(ready.hardState, ready.entries, ready.snapshot, to: position)
      try apply(ready.committedEntries, to: position)
    }
    for message in ready.messages {
      switch message.to {
      case Message.appendThread: members[position].appendWork.append(message)
      case Message.applyThread: members[position].applyWork.append(message)
      default: messages.append(message)
      }
    }
    if !isAsync { members[position].node.advance() }
  }

  mutating func processAppendThread(_ position: Int) throws {
    guard !members[position].appendWork.isEmpty else {
      return print("no append work to perform", terminator: "")
    }
    var work = members[position].appendWork.removeFirst()
    let responses = work.responses
    work.responses = []
    print("Processing:")
    print(work.description)
    try write(work.hardState, work.entries, work.snapshot, to: position)
    respond(responses)
  }

  mutating func processApplyThread(_ position: Int) throws {
    guard !members[position].applyWork.isEmpty else {
      return print("no apply work to perform", terminator: "")
    }
    var work = members[position].applyWork.removeFirst()
    let responses = work.responses
    work.responses = []
    print("Processing:")
    print(work.description)
    try apply(work.entries, to: position)
    respond(responses)
  }

  private mutating func respond(_ responses: [Message]) {
    print("Responses:")
    for response in responses { print(response.description) }
    messages += responses
  }

  private mutating func write(
    _ state: HardState?, _ entries: [Entry], _ snapshot: Snapshot?, to position: Int
  ) throws {
    if let state { members[position].node.storage.setHardState(state) }
    if let snapshot, !snapshot.isEmpty {
      guard entries.isEmpty else {
        throw ScriptError("can't apply snapshot and entries at the same time")
      }
      return try members[position].node.storage.applySnapshot(snapshot)
    }
    try members[position].node.storage.append(entries)
  }

  private mutating func apply(_ entries: [Entry], to position: Int) throws {
    for entry in entries {
      guard let last = members[position].history.last else { throw ScriptError("no history") }
      var update = entry.data
      var confState = last.confState
      if let change = try ConfChange(entry) {
        confState = try members[position].node.applyConfChange(change)
        update = change.context ?? .empty
      }
      let snapshot = Snapshot(
        index: entry.index, term: entry.term, confState: confState,
        data: .bytes(last.data.encoded() + update.encoded()))
      members[position].history.append(snapshot)
      members[position].node.storage.outgoingSnapshot = snapshot
    }
  }

  /// Hands the queued messages to a recipient, or throws them away; answers how many there were.
  mutating func deliver(to id: UInt64, type: MessageType?, drop: Bool) -> Int {
    func isMatch(_ message: Message) -> Bool {
      message.to == id && !(drop && Self.isLocal(message))
        && (type == nil || message.type == type)
    }
    let matching = messages.filter(isMatch)
    messages.removeAll(where: isMatch)
    for message in matching {
      print((drop ? "dropped: " : "") + message.description)
      if drop { continue }
      do throws(RaftError) {
        try members[Int(id) - 1].node.step(message)
      } catch {
        print(error.description)
      }
    }
    return matching.count
  }

  /// Messages between a member and its own storage, which are never lost.
  static func isLocal(_ message: Message) -> Bool {
    message.from == message.to || Message.isStorageThread(message.from)
      || Message.isStorageThread(message.to)
  }

  /// Handles Ready, delivers, and works the storage threads off until nothing is left to do.
  mutating func stabilize(_ positions: [Int]) throws {
    var isIdle = false
    while !isIdle {
      isIdle = true
      for position in positions where members[position].node.hasReady {
        print("> \(position + 1) handling Ready")
        try indented { try $0.processReady(position) }
        isIdle = false
      }
      for position in positions {
        let id = UInt64(position + 1)
        guard messages.contains(where: { $0.to == id }) else { continue }
        print("> \(id) receiving messages")
        try indented { _ = $0.deliver(to: id, type: nil, drop: false) }
        isIdle = false
      }
      for position in positions where !members[position].appendWork.isEmpty {
        print("> \(position + 1) processing append thread")
        while !members[position].appendWork.isEmpty {
          try indented { try $0.processAppendThread(position) }
        }
        isIdle = false
      }
      for position in positions where !members[position].applyWork.isEmpty {
        print("> \(position + 1) processing apply thread")
        while !members[position].applyWork.isEmpty {
          try indented { try $0.processApplyThread(position) }
        }
        isIdle = false
      }
    }
  }
}
