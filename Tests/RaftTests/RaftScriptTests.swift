import Foundation
import Testing

/// Runs scripts: our own, or with `RAFT_SCRIPTS=DIR` every file of that directory tree.
///
/// With `RAFT_SCRIPTS_REWRITE=1` they are rewritten to say what is printed: read the difference
/// before you commit it.
struct RaftScriptTests {
  static let rewrites = ProcessInfo.processInfo.environment["RAFT_SCRIPTS_REWRITE"] != nil

  static var root: URL {
    if let path = ProcessInfo.processInfo.environment["RAFT_SCRIPTS"] {
      return URL(fileURLWithPath: path)
    }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Scripts")
  }

  static var files: [String] {
    let root = root.path
    guard let walk = FileManager.default.enumerator(atPath: root) else { return [] }
    var files: [String] = []
    for case let name as String in walk {
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(
        atPath: root + "/" + name, isDirectory: &isFolder)
      if exists, !isFolder.boolValue,
        !name.split(separator: "/").contains(where: { $0.first == "." })
      {
        files.append(name)
      }
    }
    return files.sorted()
  }

  @Test func `There are scripts to run`() {
    #expect(!Self.files.isEmpty, "no file under \(Self.root.path)")
  }

  @Test(arguments: files) func `A script prints what it says`(name: String) throws {
    let file = Self.root.appendingPathComponent(name)
    let text = try String(contentsOf: file, encoding: .utf8)
    let steps = try ScriptFile.steps(text)
    let run = Self.runner(steps.first?.command ?? "")
    let outputs = steps.map(run)
    if Self.rewrites {
      let rewritten = ScriptFile.rewrite(text, steps, outputs)
      return try rewritten.write(to: file, atomically: true, encoding: .utf8)
    }
    var differences = ""
    for (step, output) in zip(steps, outputs) {
      let expected = ScriptFile.comparable(step.expected)
      let actual = ScriptFile.comparable(output)
      if expected == actual { continue }
      differences += "\(name):\(step.line): \(step.command)\n"
      differences += Self.difference(expected, actual)
    }
    if !differences.isEmpty { print(differences) }
    #expect(differences.isEmpty, "\(differences)")
  }

  /// The language is told by the first command.
  static func runner(_ command: String) -> (ScriptStep) -> String {
    switch command {
    case "simple", "enter-joint", "leave-joint":
      var script = ConfChangeScript()
      return { script.run($0) }
    case "committed", "vote":
      var script = QuorumScript()
      return { script.run($0) }
    default:
      var script = InteractionScript()
      return { script.run($0) }
    }
  }

  /// Lines only expected with `-`, only printed with `+`, others once.
  static func difference(_ expected: [String], _ actual: [String]) -> String {
    let changes = actual.difference(from: expected)
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in changes {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var text = ""
    var old = 0
    var new = 0
    while old < expected.count || new < actual.count {
      if old < expected.count, removed.contains(old) {
        text += "- \(expected[old])\n"
        old += 1
      } else if new < actual.count, inserted.contains(new) {
        text += "+ \(actual[new])\n"
        new += 1
      } else {
        text += "  \(actual[new])\n"
        old += 1
        new += 1
      }
    }
    return text
  }
}
