@testable import Raft

/// The language that asks majorities: `committed` and `vote`, with `cfg=` and perhaps `cfgj=`.
struct QuorumScript {
  mutating func run(_ step: ScriptStep) -> String {
    let incoming = MajorityConfig(ids(step, "cfg"))
    let outgoing = MajorityConfig(ids(step, "cfgj"))
    let isJoint = step.arguments.contains { $0.key == "cfgj" }
    let joint = JointConfig(incoming: incoming, outgoing: outgoing)

    // Answers are listed in the order in which voters first occur; `_` is none.
    var order: [UInt64] = []
    for id in ids(step, "cfg") + ids(step, "cfgj") where !order.contains(id) { order.append(id) }
    let answers = step.values(step.command == "vote" ? "votes" : "idx")
    guard answers.count == order.count else {
      let voters = order.sorted().map { "\($0):{}" }.joined(separator: " ")
      let numbers = answers.map { ["y": "2", "n": "1", "_": "0"][$0] ?? $0 }
      return "error: mismatched input (explicit or _) for voters map[\(voters)]: "
        + "[\(numbers.joined(separator: " "))]"
    }
    func answer(_ id: UInt64) -> String? {
      guard let position = order.firstIndex(of: id), answers[position] != "_" else { return nil }
      return answers[position]
    }

    switch step.command {
    case "committed":
      return committed(joint, isJoint: isJoint) { id in answer(id).flatMap { UInt64($0) } }
    case "vote": return vote(joint, isJoint: isJoint) { id in answer(id).map { $0 == "y" } }
    default: return "unknown command"
    }
  }

  private func ids(_ step: ScriptStep, _ key: String) -> [UInt64] {
    step.values(key).compactMap { UInt64($0) }
  }

  private func text(_ index: UInt64) -> String { index == .max ? "∞" : String(index) }

  private func committed(
    _ joint: JointConfig, isJoint: Bool, acked: (UInt64) -> UInt64?
  ) -> String {
    let all = isJoint ? MajorityConfig(joint.ids) : joint.incoming
    var output = describe(all, acked: acked)
    let index = isJoint ? joint.committedIndex(acked: acked) : all.committedIndex(acked: acked)
    // What must not change the answer is tried as well, and shows when it does.
    let swapped = JointConfig(incoming: joint.outgoing, outgoing: joint.incoming)
    let itself = JointConfig(incoming: joint.incoming, outgoing: joint.incoming)
    let sorted = joint.incoming.ids.map { acked($0) ?? 0 }.sorted()
    let others: [(String, UInt64)] =
      isJoint
      ? [("via symmetry", swapped.committedIndex(acked: acked))]
      : [
        ("via sorting", sorted.isEmpty ? .max : sorted[(sorted.count - 1) / 2]),
        ("via zero-joint quorum", joint.committedIndex(acked: acked)),
        ("via self-joint quorum", itself.committedIndex(acked: acked)),
      ]
    for (name, other) in others where other != index { output += "\(text(other)) <-- \(name)\n" }
    return output + text(index) + "\n"
  }

  private func vote(_ joint: JointConfig, isJoint: Bool, vote: (UInt64) -> Bool?) -> String {
    func name(_ result: VoteResult) -> String {
      switch result {
      case .pending: "VotePending"
      case .lost: "VoteLost"
      case .won: "VoteWon"
      }
    }
    let result = isJoint ? joint.result(vote: vote) : joint.incoming.result(vote: vote)
    let swapped = JointConfig(incoming: joint.outgoing, outgoing: joint.incoming)
    let other = swapped.result(vote: vote)
    return (other == result ? "" : "\(name(other)) <-- via symmetry\n") + name(result) + "\n"
  }

  /// A bar for each voter, as long as the number of voters whose index is lower.
  private func describe(_ config: MajorityConfig, acked: (UInt64) -> UInt64?) -> String {
    if config.isEmpty { return "<empty majority quorum>" }
    let count = config.count
    func spaces(_ n: Int) -> String { String(repeating: " ", count: n) }
    var text = spaces(count) + "    idx\n"
    for id in config.ids {
      let index = acked(id) ?? 0
      if acked(id) == nil {
        text += "?" + spaces(count)
      } else {
        let lower = config.ids.count { (acked($0) ?? 0) < index }
        text += String(repeating: "x", count: lower) + ">" + spaces(count - lower)
      }
      let number = String(index)
      text += " " + spaces(max(0, 5 - number.count)) + number
      text += "    (id=\(String(id, radix: 16)))\n"
    }
    return text
  }
}
