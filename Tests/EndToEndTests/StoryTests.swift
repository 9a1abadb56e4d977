import Foundation
import Ncurses
import TerminalCore
import Testing

/// The stories in `Stories`, each on a program and a terminal of its own.
@Suite struct StoryTests {
  @Test("a person's story", arguments: Story.all)
  func play(story: Story) throws {
    #expect(!story.title.isEmpty && !story.steps.isEmpty)
    let session = try #require(try StorySession(story))
    var hasEnded = false
    var wanted = 0
    var isGood = true
    for (line, step) in story.steps where isGood {
      func fail(_ what: String) {
        isGood = false
        Issue.record("\(story.name).story:\(line): \(what)\n\(session.text)")
      }
      switch step {
      case .press(let keys):
        for key in keys {
          session.type(bytes(ofKey: key))
          session.read(milliseconds: 25)
          // A lone escape is one only when nothing follows before it was read.
          // What was still being drawn may look like the answer, hence the pause.
          if key == "esc" {
            session.settle()
            Thread.sleep(forTimeInterval: 0.1)
          }
        }
      case .type(let text):
        session.type(text.replacingOccurrences(of: "$DIR", with: session.folder.url.path))
        session.read(milliseconds: 25)
      case .click(let text):
        guard session.wait(seconds: 20, until: { $0.place(of: text) != nil }),
          let at = session.place(of: text)
        else {
          fail("\"\(text)\" is nowhere to be clicked")
          continue
        }
        session.type("\u{1B}[<0;\(at.x + 1);\(at.y + 1)M\u{1B}[<0;\(at.x + 1);\(at.y + 1)m")
        session.read(milliseconds: 50)
      case .mouse(let action, let x, let y):
        let code = ["press": 0, "right": 2, "drag": 32, "wheel-up": 64, "wheel-down": 65][action]
        let end = action == "release" ? "m" : "M"
        session.type("\u{1B}[<\(code ?? 0);\(x + 1);\(y + 1)\(end)")
        session.read(milliseconds: 50)
      case .resize(let width, let height): session.resize(width, height)
      case .see(let parts):
        let isThere = session.wait {
          $0.lines.contains { line in parts.allSatisfy(line.contains) }
        }
        if !isThere { fail("never saw \(parts.joined(separator: " and ")) in one line") }
      case .gone(let text):
        let isGone = session.wait { !$0.text.contains(text) }
        if !isGone { fail("\"\(text)\" stays") }
      case .file(let name, let text):
        let url = session.folder.url.appendingPathComponent(name)
        let holds = session.wait(seconds: 10) { _ in
          (try? String(contentsOf: url, encoding: .utf8))?.contains(text) ?? false
        }
        if !holds { fail("\(name) does not hold \"\(text)\"") }
      case .signal(let name):
        let numbers = ["TERM": SIGTERM, "HUP": SIGHUP, "KILL": SIGKILL, "INT": SIGINT]
        session.signal(numbers[name] ?? SIGTERM)
        hasEnded = true
        wanted = 128 + Int(numbers[name] ?? SIGTERM)
      case .ends(let code):
        hasEnded = true
        wanted = code
      }
    }
    let code = session.finish(isDone: hasEnded)
    guard isGood else { return }
    #expect(code == wanted, "\(story.name): it ended with \(code)\n\(session.text)")
    guard code != 2, story.environment["TERM"] == nil, wanted != 128 + Int(SIGKILL) else { return }
    #expect(
      session.modes.isDisjoint(with: [1000, 1002, 1004, 1006, 1049, 2004]),
      "\(story.name): the terminal is not as it was: \(session.modes)")
    #expect(session.modes.contains(25), "\(story.name): the cursor stays hidden")
  }
}
