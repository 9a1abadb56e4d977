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
  private var isHungUp = false
  private(set) var bytesRead = 0
  /// The program's process group where it is a shell's job.
  private var job: Int32?
  private var isShell = false

  init?(_ story: Story) throws {
    let folder = try TemporaryFolder()
    self.folder = folder
    for file in story.files {
      let url = folder.url.appendingPathComponent(file.name)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(file.text.utf8).write(to: url)
    }
    for link in story.links {
      try FileManager.default.createSymbolicLink(
        atPath: folder.url.appendingPathComponent(link.name).path, withDestinationPath: link.target)
    }
    var environment = [
      "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8",
      "XDG_CONFIG_HOME": folder.url.path, "XDG_STATE_HOME": folder.url.path + "/state",
    ]
    for (key, value) in story.environment { environment[key] = value }
    let settings = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let path = folder.url.path
    let arguments = story.arguments.map { $0.replacingOccurrences(of: "$DIR", with: path) }
    let command = [OrreryCommand.binary.path] + arguments
    let started = try Self.shell(story, command, folder.url)
    guard
      let pty = PseudoTerminal(
        running: ["/usr/bin/env", "-u", "NO_COLOR"] + settings + started, width: story.width,
        height: story.height)
    else { return nil }
    self.pty = pty
    screen = VTScreen(width: story.width, height: story.height)
    guard story.shell != nil else { return }
    isShell = true
    _ = wait(seconds: 10) { $0.text.contains("shell>") }
    type(command.map { "'\($0)'" }.joined(separator: " ") + "\r")
    _ = wait(seconds: 10) { $0.hasJob }
  }

  /// The program as what a person types at a shell's prompt.
  private static func shell(_ story: Story, _ command: [String], _ folder: URL) throws -> [String] {
    guard let first = story.shell else { return command }
    // Bracketed paste is the shell's own mode, which would be taken for the program's.
    let setup = "PS1='shell> '; HISTFILE=; bind 'set enable-bracketed-paste off'; \(first)\n"
    let file = folder.appendingPathComponent("shell.rc")
    try Data(setup.utf8).write(to: file)
    return ["/bin/bash", "--noprofile", "--rcfile", file.path, "-i"]
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

  /// To the program; where it is a shell's job, to that job.
  func signal(_ number: Int32) {
    _ = hasJob
    kill(job.map { -$0 } ?? pty.child, number)
  }

  /// A shell's job has the terminal.
  private var hasJob: Bool {
    let group = pty.foregroundGroup
    guard group > 0, group != pty.child else { return false }
    job = group
    return true
  }

  /// The terminal goes away.
  func hangUp() {
    read(milliseconds: 0)
    pty.closeMaster()
    isGone = true
    isHungUp = true
  }

  /// Waits until the program has ended, and been left for its exit code.
  func waitForEnd(seconds: Double) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      var info = siginfo_t()
      let status = waitid(P_PID, id_t(pty.child), &info, WEXITED | WNOHANG | WNOWAIT)
      if status != 0 || info.si_signo == SIGCHLD { return true }
      if isGone { Thread.sleep(forTimeInterval: 0.02) } else { read(milliseconds: 20) }
    }
    return false
  }

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
    if isShell {
      settle()
      type(isDone ? "" : "\u{3}")
      _ = wait(seconds: 20) { !$0.hasJob }
      read(milliseconds: 100)
      type("exit\r")
      _ = wait(seconds: 10) { $0.isGone }
    } else if !isDone {
      settle()
      type("\u{3}")
      _ = wait(seconds: 10) { $0.isGone }
    } else {
      _ = wait(seconds: 20) { $0.isGone }
    }
    if !waitForEnd(seconds: isDone ? 20 : 2) { kill(pty.child, SIGKILL) }
    let code = pty.wait()
    if !isHungUp { pty.close() }
    return code
  }
}
