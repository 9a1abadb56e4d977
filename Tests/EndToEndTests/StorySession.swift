import Foundation
import Ncurses
import Synchronization
import TerminalCore

/// The program on a pseudo terminal of its own, with an emulator that sees what a person would.
final class StorySession {
  let folder: TemporaryFolder
  private let pty: PseudoTerminal
  private var screen: VTScreen
  private var isGone = false
  private(set) var bytesRead = 0

  init?(_ story: Story) throws {
    let folder = try TemporaryFolder()
    self.folder = folder
    for file in story.files {
      let url = folder.url.appendingPathComponent(file.name)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(file.text.utf8).write(to: url)
    }
    var environment = [
      "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8",
      "XDG_CONFIG_HOME": folder.url.path, "XDG_STATE_HOME": folder.url.path + "/state",
    ]
    for (key, value) in story.environment { environment[key] = value }
    let settings = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let path = folder.url.path
    let arguments = story.arguments.map { $0.replacingOccurrences(of: "$DIR", with: path) }
    guard
      let pty = PseudoTerminal(
        running: ["/usr/bin/env", "-u", "NO_COLOR"] + settings + [OrreryCommand.binary.path]
          + arguments, width: story.width, height: story.height)
    else { return nil }
    self.pty = pty
    screen = VTScreen(width: story.width, height: story.height)
  }

  var text: String { screen.buffer.plainText() }
  var lines: [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
  var modes: Set<Int> { screen.modes }
  var commands: [String] { screen.commands }

  /// Reads what comes for so long; false when the program has closed its end.
  @discardableResult
  func read(milliseconds: Int) -> Bool {
    guard !isGone else { return false }
    guard let bytes = pty.read(timeoutMilliseconds: milliseconds) else {
      isGone = true
      return false
    }
    bytesRead += bytes.count
    screen.feed(bytes)
    return true
  }

  func type(_ text: String) { pty.type(text) }

  func resize(_ width: Int, _ height: Int) {
    read(milliseconds: 0)
    screen = VTScreen(width: width, height: height)
    pty.resize(width: width, height: height)
  }

  /// Reads until something holds; false when it never does.
  func wait(seconds: Double = 40, until holds: (StorySession) -> Bool) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      if holds(self) { return true }
      if !read(milliseconds: 50) { return holds(self) }
    }
    return holds(self)
  }

  /// Waits until the program has drawn what the last key did, or has had time to.
  func settle() {
    let before = bytesRead
    let end = Date().addingTimeInterval(1.5)
    while bytesRead == before, Date() < end, read(milliseconds: 50) {}
    read(milliseconds: 50)
  }

  func signal(_ number: Int32) { kill(pty.child, number) }

  /// Where a text stands first.
  func place(of wanted: String) -> Point? {
    for (y, line) in lines.enumerated() {
      if let range = line.range(of: wanted) {
        return Point(x: TextWidth.of(String(line[..<range.lowerBound])), y: y)
      }
    }
    return nil
  }

  /// Closes the terminal; the program's exit code, or 128 and the signal that ended it.
  func finish(isDone: Bool) -> Int {
    if !isDone {
      settle()
      type("\u{3}")
      _ = wait(seconds: 10) { $0.isGone }
    } else {
      _ = wait(seconds: 20) { $0.isGone }
    }
    if !isGone { kill(pty.child, SIGKILL) }
    let code = pty.wait()
    pty.close()
    return code
  }
}
