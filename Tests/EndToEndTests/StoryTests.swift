import Foundation
import Ncurses
import TerminalCore
import Testing

/// The stories in `Stories`, each on a program and a terminal of its own.
@Suite struct StoryTests {
  /// Modes of the terminal that the program turns on, and nobody else.
  private static let ownModes: Set<Int> = [1000, 1002, 1004, 1006, 1049, 2004]

  /// Played again where it waited in vain: a machine that is busy with other tests may keep a program
  /// from the screen for longer than a person would wait. What came and was wrong is never forgiven.
  @Test("a person's story", arguments: Story.all)
  func play(story: Story) throws {
    #expect(!story.title.isEmpty && !story.steps.isEmpty)
    var found = try problems(of: story)
    if !found.isEmpty, found.allSatisfy(\.isTimeout) {
      print(
        "\(story.name) is played once more, after: \(found.map(\.text).joined(separator: "\n"))")
      found = try problems(of: story)
    }
    for problem in found { Issue.record("\(problem.text)") }
  }

  private struct Problem {
    let text: String
    /// What should have come did not, in the time given.
    var isTimeout = false
  }

  /// What did not go as the story has it.
  private func problems(of story: Story) throws -> [Problem] {
    var problems: [Problem] = []
    let session = try #require(try StorySession(story))
    var hasEnded = false
    var wanted = [0]
    var isHungUp = false
    var isGood = true
    for (line, step) in story.steps where isGood {
      func fail(_ what: String, isTimeout: Bool = false) {
        isGood = false
        problems.append(
          Problem(
            text: "\(story.name).story:\(line): \(what)\n\(session.text)", isTimeout: isTimeout))
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
        // What is about to be drawn over is no place to click.
        session.settle()
        guard session.wait(seconds: 20, until: { $0.place(of: text) != nil }),
          let at = session.place(of: text)
        else {
          fail("\"\(text)\" is nowhere to be clicked", isTimeout: true)
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
        if !isThere {
          fail("never saw \(parts.joined(separator: " and ")) in one line", isTimeout: true)
        }
      case .gone(let text):
        let isGone = session.wait { !$0.text.contains(text) }
        if !isGone { fail("\"\(text)\" stays", isTimeout: true) }
      case .file(let name, let text):
        let url = session.folder.url.appendingPathComponent(name)
        let holds = session.wait(seconds: 10) { _ in
          (try? String(contentsOf: url, encoding: .utf8))?.contains(text) ?? false
        }
        if !holds { fail("\(name) does not hold \"\(text)\"") }
      case .signal(let name):
        let numbers = [
          "TERM": SIGTERM, "HUP": SIGHUP, "KILL": SIGKILL, "INT": SIGINT, "TSTP": SIGTSTP,
          "STOP": SIGSTOP, "CONT": SIGCONT,
        ]
        let number = numbers[name] ?? SIGTERM
        session.signal(number)
        guard ![SIGTSTP, SIGSTOP, SIGCONT].contains(number) else { continue }
        hasEnded = true
        wanted = [128 + Int(number)]
      case .ends(let codes):
        hasEnded = true
        wanted = codes
      case .hangup:
        session.hangUp()
        isHungUp = true
        hasEnded = true
        wanted = [128 + Int(SIGHUP)]
      case .restored:
        let isBack = session.wait {
          $0.modes.isDisjoint(with: Self.ownModes) && $0.modes.contains(25)
        }
        if !isBack { fail("the terminal is not as it was: \(session.modes)") }
      case .replays(let name):
        guard session.waitForEnd(seconds: 20) else {
          fail("it does not end", isTimeout: true)
          continue
        }
        let path = session.folder.url.appendingPathComponent(name).path
        let run = try OrreryCommand(["run", path])
        if run.exitCode != 0 { fail("\(name) does not replay: \(run.output)\(run.errors)") }
      case .plays(let name, let text):
        guard session.waitForEnd(seconds: 20) else {
          fail("it does not end", isTimeout: true)
          continue
        }
        let url = session.folder.url.appendingPathComponent(name)
        let picture = try CastPlayer.lastPicture(Data(contentsOf: url))
        if !picture.contains(text) { fail("\(name) ends with\n\(picture)") }
      }
    }
    let code = session.finish(isDone: hasEnded)
    guard isGood else { return problems }
    if !wanted.contains(code) {
      problems.append(Problem(text: "\(story.name): it ended with \(code)\n\(session.text)"))
    }
    guard code != 2, story.environment["TERM"] == nil, wanted != [128 + Int(SIGKILL)], !isHungUp
    else { return problems }
    if !session.modes.isDisjoint(with: Self.ownModes) {
      problems.append(
        Problem(text: "\(story.name): the terminal is not as it was: \(session.modes)"))
    }
    if !session.modes.contains(25) {
      problems.append(Problem(text: "\(story.name): the cursor stays hidden"))
    }
    return problems
  }
}
