import Basics

// Texts in the form of etcd's raft, so that a trace reads alike here and there. Only for people and
// tests: nothing on the way of a message makes a string.

extension MessageType: CustomStringConvertible {
  public var description: String {
    switch self {
    case .hup: "MsgHup"
    case .beat: "MsgBeat"
    case .prop: "MsgProp"
    case .app: "MsgApp"
    case .appResp: "MsgAppResp"
    case .vote: "MsgVote"
    case .voteResp: "MsgVoteResp"
    case .snap: "MsgSnap"
    case .heartbeat: "MsgHeartbeat"
    case .heartbeatResp: "MsgHeartbeatResp"
    case .unreachable: "MsgUnreachable"
    case .snapStatus: "MsgSnapStatus"
    case .checkQuorum: "MsgCheckQuorum"
    case .transferLeader: "MsgTransferLeader"
    case .timeoutNow: "MsgTimeoutNow"
    case .readIndex: "MsgReadIndex"
    case .readIndexResp: "MsgReadIndexResp"
    case .preVote: "MsgPreVote"
    case .preVoteResp: "MsgPreVoteResp"
    case .storageAppend: "MsgStorageAppend"
    case .storageAppendResp: "MsgStorageAppendResp"
    case .storageApply: "MsgStorageApply"
    case .storageApplyResp: "MsgStorageApplyResp"
    case .forgetLeader: "MsgForgetLeader"
    }
  }
}

extension EntryType: CustomStringConvertible {
  public var description: String {
    switch self {
    case .normal: "EntryNormal"
    case .confChange: "EntryConfChange"
    case .confChangeV2: "EntryConfChangeV2"
    }
  }
}

extension RaftRole: CustomStringConvertible {
  public var description: String {
    switch self {
    case .follower: "StateFollower"
    case .candidate: "StateCandidate"
    case .leader: "StateLeader"
    case .preCandidate: "StatePreCandidate"
    }
  }
}

extension HardState: CustomStringConvertible {
  public var description: String {
    "Term:\(term)" + (vote == 0 ? "" : " Vote:\(vote)") + " Commit:\(commit)"
  }
}

extension SoftState: CustomStringConvertible {
  public var description: String { "Lead:\(leader) State:\(role)" }
}

extension ConfState: CustomStringConvertible {
  public var description: String {
    func list(_ ids: [UInt64]) -> String { "[" + ids.map(String.init).joined(separator: " ") + "]" }
    return "Voters:\(list(voters)) VotersOutgoing:\(list(votersOutgoing)) "
      + "Learners:\(list(learners)) LearnersNext:\(list(learnersNext)) AutoLeave:\(autoLeave)"
  }
}

extension Snapshot: CustomStringConvertible {
  public var description: String { "Index:\(index) Term:\(term) ConfState:\(confState)" }
}

extension ReadState: CustomStringConvertible {
  public var description: String {
    "{\(index) [" + context.encoded().map(String.init).joined(separator: " ") + "]}"
  }
}

extension Entry: CustomStringConvertible {
  /// `term/index type`, and the quoted data or the operations of a configuration change.
  public var description: String {
    var content = ""
    if type == .normal {
      content = Quoted.text(data.encoded())
    } else {
      do {
        if let change = try ConfChange(self) { content = ConfChange.text(change.changes) }
      } catch {
        content = error.description
      }
    }
    return "\(term)/\(index) \(type)" + (content.isEmpty ? "" : " " + content)
  }
}

extension Message: CustomStringConvertible {
  public var description: String { text(indent: "") }

  private func text(indent: String) -> String {
    var text = "\(indent)\(Self.name(from))->\(Self.name(to)) \(type)"
    text += " Term:\(term) Log:\(logTerm)/\(index)"
    if reject { text += " Rejected (Hint: \(rejectHint))" }
    if commit != 0 { text += " Commit:\(commit)" }
    if vote != 0 { text += " Vote:\(vote)" }
    if entries.count == 1 {
      text += " Entries:[\(entries[0])]"
    } else if entries.count > 1 {
      text += " Entries:["
      for entry in entries { text += "\n\(indent)  \(entry)" }
      text += "\n\(indent)]"
    }
    if let snapshot, !snapshot.isEmpty { text += "\n\(indent)  Snapshot: \(snapshot)" }
    if !responses.isEmpty {
      text += " Responses:["
      for response in responses { text += "\n" + response.text(indent: indent + "  ") }
      text += "\n\(indent)]"
    }
    return text
  }

  private static func name(_ id: UInt64) -> String {
    switch id {
    case nobody: "None"
    case appendThread: "AppendThread"
    case applyThread: "ApplyThread"
    default: String(id, radix: 16)
    }
  }
}

extension Ready: CustomStringConvertible {
  /// One line for each thing to do; `<empty Ready>` where there is none.
  public var description: String {
    var lines: [String] = []
    if let softState { lines.append("\(softState)") }
    if let hardState, !hardState.isEmpty { lines.append("HardState \(hardState)") }
    if !readStates.isEmpty {
      lines.append("ReadStates [" + readStates.map(\.description).joined(separator: " ") + "]")
    }
    if !entries.isEmpty { lines += ["Entries:"] + entries.map(\.description) }
    if let snapshot, !snapshot.isEmpty { lines.append("Snapshot \(snapshot)") }
    if !committedEntries.isEmpty {
      lines += ["CommittedEntries:"] + committedEntries.map(\.description)
    }
    if !messages.isEmpty { lines += ["Messages:"] + messages.map(\.description) }
    if lines.isEmpty { return "<empty Ready>" }
    return "Ready MustSync=\(mustSync):\n" + lines.joined(separator: "\n") + "\n"
  }
}

/// Bytes as a double-quoted literal of the Go language, which is how etcd's tools show them.
enum Quoted {
  static func text(_ bytes: [UInt8]) -> String {
    var text = "\""
    var rest = bytes[...]
    while let first = rest.first {
      guard let (scalar, length) = scalar(rest) else {
        text += "\\x" + hexadecimal(UInt32(first), digits: 2)
        rest = rest.dropFirst()
        continue
      }
      text += escaped(scalar)
      rest = rest.dropFirst(length)
    }
    return text + "\""
  }

  /// The scalar value at the head of `bytes` and its length; nil where they are not UTF-8.
  private static func scalar(_ bytes: ArraySlice<UInt8>) -> (Unicode.Scalar, Int)? {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
    return (scalar, UTF8.width(scalar))
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\"": return "\\\""
    case "\\": return "\\\\"
    case "\u{07}": return "\\a"
    case "\u{08}": return "\\b"
    case "\u{0C}": return "\\f"
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    case "\u{0B}": return "\\v"
    default: break
    }
    if isPrintable(scalar) { return String(Character(scalar)) }
    if scalar.value < 0x80 { return "\\x" + hexadecimal(scalar.value, digits: 2) }
    return scalar.value > 0xFFFF
      ? "\\U" + hexadecimal(scalar.value, digits: 8) : "\\u" + hexadecimal(scalar.value, digits: 4)
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x80 { return scalar.value >= 0x20 && scalar.value != 0x7F }
    return switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      false
    default: true
    }
  }

  private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
