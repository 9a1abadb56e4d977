import Foundation
import Ncurses
import Synchronization
import TerminalCore

/// A terminal on a pseudo terminal, with everything it draws read by a thread of its own.
final class Screen {
  let pty: PseudoTerminal
  let terminal: Terminal
  private let state: Reader

  /// What the reading thread and the test share.
  final class Reader: Sendable {
    let screen: Mutex<VTScreen>
    let bytes = Mutex(0)
    let stopped = Atomic(false)

    init(width: Int, height: Int) {
      screen = Mutex(VTScreen(width: width, height: height))
    }

    func run(_ pty: PseudoTerminal) {
      while !stopped.load(ordering: .relaxed) {
        guard let bytes = pty.read(timeoutMilliseconds: 50) else { return }
        self.bytes.withLock { $0 += bytes.count }
        screen.withLock { $0.feed(bytes) }
      }
    }
  }

  init?(
    width: Int, height: Int, type: String = "xterm-256color", colorTerm: String = "truecolor",
    depth: ColorDepth? = nil
  ) {
    guard let pty = PseudoTerminal(width: width, height: height) else { return nil }
    self.pty = pty
    var configuration = Terminal.Configuration(
      capabilities: Capabilities(
        variable: { ["TERM": type, "COLORTERM": colorTerm, "LANG": "C.UTF-8"][$0] }, depth: depth))
    configuration.input = pty.slave
    configuration.output = pty.slave
    configuration.handlesCrashes = false
    terminal = Terminal(configuration)
    let reader = Reader(width: width, height: height)
    state = reader
    let thread = Thread { reader.run(pty) }
    thread.start()
  }

  private var marks = 0

  /// Waits until everything written so far was read, then answers from the screen.
  func after<R: Sendable>(_ ask: (VTScreen) -> R) -> R? {
    marks += 1
    let mark = "777;\(marks)"
    pty.writeOutput("\u{1B}]\(mark)\u{7}")
    for _ in 0..<2000 {
      let seen = state.screen.withLock { $0.commands.contains(mark) }
      if seen { return state.screen.withLock { ask($0) } }
      usleep(2000)
    }
    return nil
  }

  var bytesRead: Int { state.bytes.withLock { $0 } }

  /// Waits for the next key, at most two seconds.
  func key() -> Key? {
    for _ in 0..<20 {
      if let key = terminal.nextEvent(timeoutMilliseconds: 100) { return key }
    }
    return nil
  }

  func stopReading() {
    state.stopped.store(true, ordering: .relaxed)
    usleep(60_000)
  }

  func finish() {
    terminal.close()
    stopReading()
    pty.close()
  }
}
