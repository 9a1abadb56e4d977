import Engine
import Foundation
import TerminalCore
import Testing
import Themes

@testable import Dashboard

/// A dashboard without a terminal: keys by name, a clock that is moved by hand.
struct Desk {
  var loop: DashboardLoop
  var width: Int
  var height: Int
  private(set) var now: UInt64 = 1_000_000
  /// What a look at the clock takes: bounds what the world does in one frame.
  var reading: UInt64 = 500
  private(set) var last = MainScreen.Frame(buffer: CellBuffer(width: 0, height: 0))

  /// A booted cluster with the demo application, paused unless told otherwise.
  init(
    width: Int = 80, height: Int = 24, ascii: Bool = false, isPaused: Bool = true,
    depth: ColorDepth = .trueColor
  ) {
    self.width = width
    self.height = height
    loop = DashboardLoop(Self.booted, depth: depth, isAscii: ascii)
    frame()
    if !isPaused { press("space") }
  }

  /// A dashboard from its first moment on.
  init(cold options: AppState.Options) {
    width = 80
    height = 24
    loop = DashboardLoop(AppState(options), depth: .trueColor, isAscii: false)
    frame()
  }

  static var options: AppState.Options {
    var options = AppState.Options()
    options.manifests = DemoApplication.manifests
    options.isPaused = true
    options.themeNames = ThemeLibrary.names
    return options
  }

  /// Booted once: the state is a value, so every test takes its copy.
  private static let booted: AppState = {
    var desk = Desk(cold: options)
    var frames = 0
    while desk.state.isBooting, frames < 5000 {
      desk.frame()
      frames += 1
    }
    return desk.state
  }()

  var state: AppState { loop.state }
  /// Virtual time.
  var microseconds: UInt64 { state.timeline.now.microseconds }
  var text: String { last.buffer.plainText() }
  var lines: [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  mutating func frame(keys: [Key] = []) {
    var time = now
    last = loop.frame(keys: keys, width: width, height: height) {
      time += reading
      return time
    }
    now += 33_000
  }

  /// Real time passes without a frame.
  mutating func sleep(microseconds: UInt64) { now += microseconds }

  /// Presses keys by name, one a frame: `press("j j f")`.
  mutating func press(_ names: String) {
    for name in names.split(separator: " ") {
      guard let key = Key(name: String(name)) else {
        Issue.record("no key \(name)")
        return
      }
      frame(keys: [key])
    }
  }

  mutating func type(_ text: String) {
    for scalar in text.unicodeScalars { frame(keys: [.char(scalar)]) }
  }

  /// Types a command line and waits for its answer.
  mutating func command(_ line: String) {
    press(":")
    type(line)
    press("enter")
    settle()
  }

  /// Frames until a search or a command has come to its end.
  mutating func settle() {
    var frames = 0
    while state.isBusy, !state.isRunning, frames < 1000 {
      frame()
      frames += 1
    }
    frame()
  }

  /// Frames for so many real seconds.
  mutating func watch(seconds: Int) {
    for _ in 0..<(seconds * 30) { frame() }
  }

  /// The line of the screen that has `text` in its first column of panes.
  func line(with text: String) -> String {
    lines.first { $0.prefix(14).contains(text) } ?? ""
  }
}

/// Compares a picture with the file of that name; `RECORD=1` writes it instead.
func expectGolden(_ text: String, _ name: String, _ location: SourceLocation = #_sourceLocation) {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  let file = folder.appendingPathComponent("Golden/\(name).txt")
  if ProcessInfo.processInfo.environment["RECORD"] == "1" {
    do { try text.write(to: file, atomically: true, encoding: .utf8) } catch {
      Issue.record("cannot write \(file.path): \(error)", sourceLocation: location)
    }
    return
  }
  let wanted = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
  guard text != wanted else { return }
  let pairs = zip(
    text.split(separator: "\n", omittingEmptySubsequences: false),
    wanted.split(separator: "\n", omittingEmptySubsequences: false))
  let difference = pairs.first { $0 != $1 }
  Issue.record(
    """
    \(name) differs (RECORD=1 rewrites it); first line that does:
    is:     \(difference?.0 ?? "another number of lines")
    wanted: \(difference?.1 ?? "")
    """, sourceLocation: location)
}
