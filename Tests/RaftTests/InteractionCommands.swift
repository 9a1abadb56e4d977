import Basics

@testable import Raft

// The commands of the interaction language.

extension InteractionScript {
  mutating func handle(_ step: ScriptStep) throws {
    switch step.command {
    case "_breakpoint": break
    case "add-nodes": try addNodes(step)
    case "campaign": members[try position(step)].node.campaign()
    case "compact": try compact(step)
    case "deliver-msgs": try deliver(step)
    case "dup-msgs": try duplicate(step)
    case "forget-leader": members[try position(step)].node.forgetLeader()
    case "log-level": try setLogLevel(step.words.first ?? "")
    case "process-append-thread":
      try forEach(step, "processing append thread") { try $0.processAppendThread($1) }
    case "process-apply-thread":
      try forEach(step, "processing apply thread") { try $0.processApplyThread($1) }
    case "process-ready": try forEach(step, "handling Ready") { try $0.processReady($1) }
    case "propose":
      guard step.words.count == 2 else { throw ScriptError("propose id data") }
      try members[try position(step)].node.propose(Blob(step.words[1]))
    case "propose-conf-change": try proposeConfChange(step)
    case "raft-log": try printLog(try position(step))
    case "raft-state": printState()
    case "read-index":
      members[try position(step)].node.readIndex(Blob(step.words.dropFirst().first ?? ""))
    case "report-snapshot":
      members[try position(step)].node.reportSnapshot(
        UInt64(try position(step, 1) + 1), failed: step.value("status") == "failure")
    case "report-unreachable":
      members[try position(step)].node.reportUnreachable(UInt64(try position(step, 1) + 1))
    case "restart": try restart(try position(step))
    case "reverse-msgs": try reverse(step)
    case "send-snapshot": try sendSnapshot(step)
    case "set-randomized-election-timeout":
      members[try position(step)].node.setRandomizedElectionTimeout(
        try number(step.value("timeout") ?? ""))
    case "stabilize": try stabilize(step)
    case "status":
      for (id, progress) in members[try position(step)].node.status.progress {
        print("\(id): \(progress)")
      }
    case "tick":
      try tick(try position(step), try number(step.words.dropFirst().first ?? ""))
    case "tick-election":
      let position = try position(step)
      try tick(position, members[position].config.electionTicks)
    case "tick-heartbeat":
      let position = try position(step)
      try tick(position, members[position].config.heartbeatTicks)
    case "transfer-leadership":
      let from = try number(step.value("from") ?? "")
      guard members.indices.contains(from - 1) else { throw ScriptError("no node \(from)") }
      members[from - 1].node.transferLeadership(to: UInt64(try number(step.value("to") ?? "")))
    default: throw ScriptError("unknown command")
    }
  }

  // MARK: Arguments

  func number(_ text: String) throws -> Int {
    guard let number = Int(text) else { throw ScriptError("not a number: \(text)") }
    return number
  }

  func position(_ step: ScriptStep, _ which: Int = 0) throws -> Int {
    guard step.words.count > which else { throw ScriptError("\(step.command): which node?") }
    let position = try number(step.words[which]) - 1
    guard members.indices.contains(position) else { throw ScriptError("no node \(position + 1)") }
    return position
  }

  func positions(_ step: ScriptStep) throws -> [Int] {
    try step.words.indices.map { try position(step, $0) }
  }

  func type(_ step: ScriptStep) throws -> MessageType? {
    guard let name = step.value("type") else { return nil }
    guard let type = MessageType.allCases.first(where: { $0.description == name }) else {
      throw ScriptError("unknown message type \(name)")
    }
    return type
  }

  private mutating func forEach(
    _ step: ScriptStep, _ title: String, _ body: (inout Self, Int) throws -> Void
  ) throws {
    let positions = try positions(step)
    for position in positions {
      if positions.count > 1 {
        print("> \(position + 1) \(title)")
        try indented { try body(&$0, position) }
      } else {
        try body(&self, position)
      }
    }
  }

  // MARK: Commands

  private mutating func addNodes(_ step: ScriptStep) throws {
    var config = RaftConfig(id: 1, electionTicks: 3, heartbeatTicks: 1, prng: PRNG(seed: 1))
    config.maxInflightMessages = Int(Int32.max)
    config.removedLeaderAnswersReads = true
    var state = ConfState()
    var index: UInt64 = 0
    var content = Blob.empty
    for argument in step.arguments {
      for value in argument.values {
        func number() throws -> UInt64 { UInt64(try self.number(value)) }
        switch argument.key {
        case "voters": state.voters.append(try number())
        case "learners": state.learners.append(try number())
        case "index":
          index = try number()
          config.applied = index
        case "content": content = Blob(value)
        case "inflight": config.maxInflightMessages = Int(try number())
        case "async-storage-writes": config.asyncStorageWrites = value == "true"
        case "prevote": config.preVote = value == "true"
        case "checkquorum": config.checkQuorum = value == "true"
        case "max-committed-size-per-ready": config.maxCommittedSizePerReady = try number()
        case "disable-conf-change-validation":
          config.disableConfChangeValidation = value == "true"
        case "read-only":
          switch value {
          case "safe": config.readOnlyOption = .safe
          case "lease-based": config.readOnlyOption = .leaseBased
          default: throw ScriptError("invalid read-only option \"\(value)\"")
          }
        case "step-down-on-removal": config.stepDownOnRemoval = value == "true"
        case "max-size-per-msg": config.maxSizePerMessage = try number()
        case "max-uncommitted-size": config.maxUncommittedEntriesSize = try number()
        case "max-inflight-bytes": config.maxInflightBytes = try number()
        case "disable-proposal-forwarding": config.disableProposalForwarding = value == "true"
        case "election-tick": config.electionTicks = Int(try number())
        case "heartbeat-tick": config.heartbeatTicks = Int(try number())
        default: break
        }
      }
    }
    let isBootstrap = !state.isEmpty || index != 0 || !content.isEmpty
    let snapshot = Snapshot(index: index, term: 1, confState: state, data: content)
    for _ in 0..<(try number(step.words.first ?? "")) {
      try addMember(config, snapshot: isBootstrap ? snapshot : nil)
    }
  }

  private mutating func compact(_ step: ScriptStep) throws {
    let position = try position(step)
    try members[position].node.storage.compact(
      to: UInt64(try number(step.words.dropFirst().first ?? "")))
    try printLog(position)
  }

  private mutating func printLog(_ position: Int) throws {
    let storage = members[position].node.storage
    guard storage.lastIndex >= storage.firstIndex else {
      return print(
        "log is empty: first index=\(storage.firstIndex), last index=\(storage.lastIndex)",
        terminator: "")
    }
    for entry in try storage.entries(storage.firstIndex..<storage.lastIndex + 1) {
      print(entry.description)
    }
  }

  private mutating func printState() {
    for member in members {
      let node = member.node
      let voter = node.membership.voters.contains(node.id) ? "(Voter)" : "(Non-Voter)"
      print("\(node.id): \(node.role) \(voter) Term:\(node.term) Lead:\(node.leader)")
    }
  }

  private mutating func deliver(_ step: ScriptStep) throws {
    let type = try type(step)
    var count = 0
    for argument in step.arguments {
      if argument.values.isEmpty {
        let id = try number(argument.key)
        guard members.indices.contains(id - 1) else { throw ScriptError("no node \(id)") }
        count += deliver(to: UInt64(id), type: type, drop: false)
      } else if argument.key == "drop" {
        for value in argument.values {
          count += deliver(to: UInt64(try number(value)), type: type, drop: true)
        }
      }
    }
    if count == 0 { print("no messages") }
  }

  private func matches(_ step: ScriptStep) throws -> [Int] {
    let type = try type(step)
    let recipients = try positions(step).map { UInt64($0 + 1) }
    return messages.indices.filter { index in
      recipients.contains(messages[index].to) && !Self.isLocal(messages[index])
        && (type == nil || messages[index].type == type)
    }
  }

  private mutating func duplicate(_ step: ScriptStep) throws {
    for index in try matches(step) { messages.append(messages[index]) }
  }

  private mutating func reverse(_ step: ScriptStep) throws {
    let indices = try matches(step)
    let reversed = indices.reversed().map { messages[$0] }
    for (index, message) in zip(indices, reversed) { messages[index] = message }
  }

  private mutating func sendSnapshot(_ step: ScriptStep) throws {
    let from = try position(step)
    let to = try position(step, 1)
    let message = Message(
      .snap, to: UInt64(to + 1), from: UInt64(from + 1), term: members[from].node.term,
      snapshot: members[from].history.last)
    messages.append(message)
    print(message.description, terminator: "")
  }

  private mutating func proposeConfChange(_ step: ScriptStep) throws {
    let position = try position(step)
    guard let changes = ConfChange.changes(step.input) else {
      throw ScriptError("unknown input: \(step.input)")
    }
    let transition: ConfChangeTransition
    switch step.value("transition") {
    case nil, "auto": transition = .auto
    case "implicit": transition = .jointImplicit
    case "explicit": transition = .jointExplicit
    case let other?: throw ScriptError("unknown transition \(other)")
    }
    guard step.value("v1") == "true" else {
      return try members[position].node.proposeConfChange(.v2(changes, transition: transition))
    }
    guard changes.count == 1, transition == .auto else {
      throw ScriptError("v1 conf change can only have one operation and no transition")
    }
    try members[position].node.proposeConfChange(.v1(changes[0]))
  }

  private mutating func stabilize(_ step: ScriptStep) throws {
    let wasQuiet = isQuiet
    defer { isQuiet = wasQuiet }
    if let level = step.value("log-level") { try setLogLevel(level) }
    let positions = try positions(step)
    try stabilize(positions.isEmpty ? Array(members.indices) : positions)
  }

  private mutating func setLogLevel(_ name: String) throws {
    let levels = ["DEBUG", "INFO", "WARN", "ERROR", "FATAL", "NONE"]
    guard levels.contains(name.uppercased()) else {
      throw ScriptError("log levels must be either of [" + levels.joined(separator: " ") + "]")
    }
    isQuiet = name.uppercased() == "NONE"
  }

  private mutating func tick(_ position: Int, _ count: Int) throws {
    for _ in 0..<count { members[position].node.tick() }
  }
}
