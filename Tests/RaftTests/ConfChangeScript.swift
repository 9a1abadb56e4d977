@testable import Raft

/// The language that changes one membership step by step: `simple`, `enter-joint`, `leave-joint`.
struct ConfChangeScript {
  private var changer = ConfigChanger(
    ProgressTracker(maxInflightMessages: 10, maxInflightBytes: 0), lastIndex: 0)

  mutating func run(_ step: ScriptStep) -> String {
    defer { changer.lastIndex += 1 }
    do {
      guard let changes = ConfChange.changes(step.input) else {
        throw ScriptError("unknown input: \(step.input)")
      }
      switch step.command {
      case "simple": try changer.simple(changes)
      case "enter-joint":
        try changer.enterJoint(autoLeave: step.value("autoleave") == "true", changes)
      case "leave-joint":
        if !changes.isEmpty { throw ScriptError("this command takes no input") }
        try changer.leaveJoint()
      default: return "unknown command"
      }
    } catch {
      return "\(error)\n"
    }
    var text = "\(changer.membership)\n"
    for position in 0..<changer.progress.count {
      text += "\(changer.progress.ids[position]): \(changer.progress[at: position])\n"
    }
    return text
  }
}
