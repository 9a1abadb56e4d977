import Basics
import Dashboard
import Dispatch
import Engine
import Foundation
import Ncurses

/// `orrery --plain`: no screen. What happens comes as sentences, one a line; what is typed is done.
struct PlainSession {
  private var narrator: Narrator
  private let span: Span?
  private var pending: [UInt8] = []
  private var isInputOpen = true
  /// Somebody takes what is said.
  private var isHeard = true
  private let record: String?

  init(_ options: AppState.Options, for span: Span?, record: String?) {
    narrator = Narrator(options)
    self.span = span
    self.record = record
  }

  mutating func run() {
    // Whoever reads may go away, whoever typed may press Ctrl-C: the recording is written first.
    signal(SIGPIPE, SIG_IGN)
    Terminal.listenForEnd()
    while !narrator.isOver(after: span), isHeard, !Terminal.isAskedToEnd {
      let now = DispatchTime.now().uptimeNanoseconds / 1000
      narrator.advance(now: now) {
        DispatchTime.now().uptimeNanoseconds / 1000 < now + 30_000
      }
      for sentence in narrator.takeSentences() { say(sentence) }
      // Between two looks at the world there is time to hear what is typed.
      for line in lines(waiting: narrator.isHurried ? 0 : 50) {
        narrator.submit(line)
      }
      // Time stands, and nobody is left to let it go on.
      if !isInputOpen, narrator.isStill { break }
    }
    for sentence in narrator.takeSentences() { say(sentence) }
    finish()
    Terminal.obeySignal()
  }

  private func finish() {
    guard let record else { return }
    if let problem = OutsideFiles().write(Array(narrator.recordingText.utf8), to: record) {
      Failure.badInput(problem)
    }
  }

  private mutating func say(_ line: String) {
    do { try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8)) } catch {
      isHeard = false
    }
  }

  /// Whole lines that came on standard input within the time.
  private mutating func lines(waiting milliseconds: Int32) -> [String] {
    guard isInputOpen else {
      if milliseconds > 0 { usleep(UInt32(milliseconds) * 1000) }
      return []
    }
    var entry = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, milliseconds) > 0 else { return [] }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(0, &buffer, buffer.count)
    if count <= 0 {
      isInputOpen = false
      return []
    }
    pending += buffer.prefix(count)
    var lines: [String] = []
    while let end = pending.firstIndex(of: 10) {
      lines.append(String(decoding: pending[..<end], as: UTF8.self))
      pending.removeSubrange(...end)
    }
    return lines
  }
}
