import Foundation
import TerminalCore
import Testing

/// A person at the dashboard: keys in, screen out. One file a story; `Stories/README.md` says how
/// they are written.
struct Story: Sendable, CustomTestStringConvertible {
  enum Step: Sendable {
    case press([String])
    case type(String)
    case click(String)
    /// Mouse reports at cells: press, drag, release, wheel.
    case mouse(String, Int, Int)
    case resize(Int, Int)
    /// Is there, within the time.
    case see([String])
    /// Is not there, within the time.
    case gone(String)
    case file(String, String)
    case signal(String)
    /// The program ends by itself, with one of these codes.
    case ends([Int])
    /// The terminal goes away, as when its window is killed.
    case hangup
    /// The terminal is as it was, now or soon.
    case restored
    /// `orrery run` replays a recording, and all that it expects holds.
    case replays(String)
    /// A cast plays to its end, and a line of its last picture holds this.
    case plays(String, String)
  }

  let name: String
  var title = ""
  var width = 80
  var height = 24
  var arguments: [String] = ["--paused", "--masters", "1", "--workers", "2"]
  var environment: [String: String] = [:]
  /// Files that are there before, in the story's own folder: `$DIR` in its text.
  var files: [(name: String, text: String)] = []
  /// Symbolic links in that folder.
  var links: [(name: String, target: String)] = []
  /// The program is a job of a shell, which does this first.
  var shell: String?
  var steps: [(line: Int, step: Step)] = []

  var testDescription: String { name }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Stories")

  /// Every story there is, in the order of their names.
  static var all: [Story] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    // One of them alone: STORY=first-time.
    let wanted = ProcessInfo.processInfo.environment["STORY"] ?? ""
    return names.filter { $0.hasSuffix(".story") && $0.hasPrefix(wanted) }.sorted()
      .map { Story(file: $0) }
  }

  init(file: String) {
    name = String(file.dropLast(".story".count))
    let text =
      (try? String(contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8)) ?? ""
    var open: (name: String, lines: [String])?
    for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = String(raw)
      if let file = open {
        if line == "end" {
          files.append((file.name, file.lines.joined(separator: "\n") + "\n"))
          open = nil
        } else {
          open?.lines.append(line)
        }
        continue
      }
      if line.hasPrefix("file ") {
        open = (String(line.dropFirst(5)), [])
      } else {
        read(line, index + 1)
      }
    }
  }

  private mutating func read(_ line: String, _ number: Int) {
    if line.hasPrefix("#") {
      if title.isEmpty { title = String(line.drop { $0 == "#" || $0 == " " }) }
      return
    }
    guard let space = line.firstIndex(of: " ") ?? (line.isEmpty ? nil : line.endIndex) else {
      return
    }
    let verb = line[..<space]
    let rest = space < line.endIndex ? String(line[line.index(after: space)...]) : ""
    let words = rest.split(separator: " ").map(String.init)
    func add(_ step: Step) { steps.append((number, step)) }
    switch verb {
    case "size":
      width = Int(words.first ?? "") ?? 80
      height = Int(words.dropFirst().first ?? "") ?? 24
    case "run": arguments = words
    case "set":
      if let mark = rest.firstIndex(of: "=") {
        environment[String(rest[..<mark])] = String(rest[rest.index(after: mark)...])
      }
    case "press": add(.press(words))
    case "type": add(.type(rest))
    case "click": add(.click(rest))
    case "mouse":
      add(.mouse(words[0], Int(words[1]) ?? 0, Int(words[2]) ?? 0))
    case "resize": add(.resize(Int(words[0]) ?? 80, Int(words[1]) ?? 24))
    case "see": add(.see(rest.components(separatedBy: " | ")))
    case "gone": add(.gone(rest))
    case "holds":
      add(.file(words.first ?? "", words.dropFirst().joined(separator: " ")))
    case "signal": add(.signal(rest))
    case "ends": add(.ends(words.compactMap { Int($0) }))
    case "dies": add(.ends([128 + Int(SIGILL), 128 + Int(SIGTRAP)]))
    case "hangup": add(.hangup)
    case "restored": add(.restored)
    case "replays": add(.replays(words.first ?? ""))
    case "plays": add(.plays(words.first ?? "", words.dropFirst().joined(separator: " ")))
    case "link": links.append((words.first ?? "", words.last ?? ""))
    case "shell": shell = rest
    default: add(.see(["story \(name), line \(number): no step \"\(verb)\""]))
    }
  }
}

/// A key's name as the bytes a terminal sends for it.
func bytes(ofKey name: String) -> String {
  let special = [
    "enter": "\r", "tab": "\t", "esc": "\u{1B}", "backspace": "\u{7F}", "space": " ",
    "up": "\u{1B}[A", "down": "\u{1B}[B", "right": "\u{1B}[C", "left": "\u{1B}[D",
    "home": "\u{1B}[H", "end": "\u{1B}[F", "page-up": "\u{1B}[5~", "page-down": "\u{1B}[6~",
    "shift-tab": "\u{1B}[Z", "f1": "\u{1B}OP",
  ]
  if let found = special[name] { return found }
  if name.hasPrefix("ctrl-"), let scalar = name.unicodeScalars.last,
    let code = Unicode.Scalar(scalar.value & 31)
  {
    return String(Character(code))
  }
  return name
}
