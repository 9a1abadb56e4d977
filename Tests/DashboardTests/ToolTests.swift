import Engine
import Foundation
import Manifests
import Scenarios
import TerminalCore
import Testing
import Themes

@testable import Dashboard

/// Configuration, recordings, exports, the palette: what one works with.
@Suite struct ToolTests {
  static func folder() throws -> URL {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "orrery-tools-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
  }

  @Test("what is done is recorded as it is done, and replays bit for bit")
  func recording() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("mine.yaml").path
    var desk = Desk()
    desk.loop.record(to: path)
    // A search stops between two deliveries of one tick: the recording must too.
    desk.press("f n")
    desk.settle()
    desk.press(":")
    desk.type("scale deployment web --replicas 9")
    desk.press("enter")
    desk.settle()
    desk.press("esc j j f N")
    desk.settle()
    // Another future: the file holds the way to what is seen.
    desk.press("<")
    desk.press("5 f . . .")
    desk.loop.keepUp(nil, now: 0)
    let digest = desk.state.timeline.world.digest().hexadecimal
    let problem = desk.loop.finish()
    #expect(problem == nil)
    let scenario = try ScenarioReader.read(path: path)
    var runner = ScenarioRunner(scenario)
    try runner.run()
    #expect(runner.world.digest().hexadecimal == digest)
    #expect(runner.failed.isEmpty && !runner.outcomes.isEmpty)
    #expect(runner.world.now == desk.state.timeline.now)
    // What ran was recorded as it ran, too: the recording of a replay is the recording.
    #expect(runner.recorded == ScenarioRunner.recorded(in: path))
  }

  @Test("configuration: options and keys, or one line that says what is wrong and where")
  func configuration() throws {
    func read(_ text: String) throws -> Configuration {
      try Configuration.read(Array(text.utf8), file: "c.yaml", themes: ThemeLibrary.names)
    }
    let good = try read(
      "theme: nord\ncolor: 256\nspeed: 10\npaused: true\nbig: true\nkeys:\n  palette: ctrl-p\n"
        + "  fault-menu: [f, f2]\n")
    #expect(good.theme == "nord" && good.color == .indexed256 && good.speed?.text == "10x")
    #expect(good.paused == true && good.big == true && good.ascii == nil)
    #expect(good.keys.intent(.ctrl("p"), in: .main) == .palette)
    #expect(good.keys.intent(.ctrl("k"), in: .main) == nil)
    #expect(good.keys.intent(.char("f"), in: .main) == .faultMenu)
    #expect(try read("# nothing\n").theme == nil)
    let bad = [
      ("theme: pink\n", "c.yaml:1:8: no theme \"pink\""),
      ("colour: 256\n", "c.yaml:1:1: unknown option \"colour\""),
      ("ascii: maybe\n", "c.yaml:1:8: expected true or false"),
      ("keys:\n  explode: x\n", "c.yaml:2:3: there is no action \"explode\""),
      ("keys:\n  palette: [ctrl-p, hyper-x]\n", "c.yaml:2:21: no key \"hyper-x\""),
      ("keys:\n  palette: ctrl-c\n", "c.yaml:2:3: ctrl-c can't be given away"),
      ("- a\n", "c.yaml:1:1: expected options"), ("a: [\n", "c.yaml:1:"),
    ]
    for (text, wanted) in bad {
      do {
        _ = try read(text)
        Issue.record("\(text) was taken")
      } catch let error as ManifestProblem {
        #expect(error.description.hasPrefix(wanted), "\(error.description)")
      }
    }
  }

  @Test("a full disk is said once, costs nothing that is there, and is caught up with")
  func fullDisk() throws {
    let files = OutsideFiles()
    let problem = try #require(files.write(Array("x".utf8), to: "/dev/full"))
    #expect(problem.contains("No space left on device"))
    let growing = try #require(GrowingFile(path: "/dev/full"))
    #expect(growing.append(Array("one".utf8))?.contains("No space left") == true)
    #expect(growing.append(Array("two".utf8)) == nil, "it is said once")
    #expect(growing.isBehind)
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a.txt").path
    #expect(files.write(Array("first".utf8), to: path) == nil)
    #expect(files.write(Array("second".utf8), to: folder.path + "/none/a.txt") != nil)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "first")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names == ["a.txt"], "nothing is left lying about")
  }

  @Test("every action is in the palette, found by parts of its name")
  func palette() {
    var desk = Desk()
    let items = desk.state.paletteItems()
    for entry in KeyMap.entries where entry.contexts.contains(.main) {
      switch entry.intent {
      case .move, .scroll, .confirm, .back, .palette: continue
      default: #expect(items.contains { $0.title == entry.title }, "\(entry.id)")
      }
    }
    desk.press("ctrl-k")
    desk.type("hl evry")
    #expect(desk.text.contains("Heal everything"))
    desk.press("esc")
    #expect(desk.state.overlays.isEmpty)
    desk.press("ctrl-k")
    desk.type("zoom")
    desk.press("enter")
    #expect(desk.state.isZoomed)
  }

  @Test("every fault of the menu does something that is listed, and heals")
  func faultMenu() {
    let subjects: [FaultSubject] = [
      .host("worker-1"), .host("master-1"), .process(host: "master-2", name: "etcd"),
      .process(host: "master-1", name: "kube-apiserver"), .link("worker-1", "master-1"),
    ]
    for subject in subjects {
      for item in Desk().state.faultItems(subject) {
        // What is over at once is not listed, and there is nothing to heal.
        guard case .fault(let fault) = item.act, !fault.isMomentary else { continue }
        var desk = Desk()
        desk.loop.state.give(.fail(fault), said: "")
        #expect(desk.state.observation.faults.count == 1, "\(fault.text)")
        #expect(desk.state.brokenItems().count == 3)
        desk.press("H")
        #expect(desk.state.observation.faults.isEmpty)
      }
    }
  }

  @Test("the line says what a fault will cost before it is done")
  func costs() {
    var desk = Desk()
    #expect(desk.state.warning(before: Fault(.host("master-1"))) == nil)
    let zone = desk.state.warning(before: Fault(.zone("zone-1")))
    #expect(zone == "quorum will be lost: 0 of 3 left, 2 needed")
    desk.press("5 f")
    let second = desk.state.observation.members.first { $0.state == .running }?.name ?? ""
    #expect(
      desk.state.warning(before: Fault(.host(second)))
        == "quorum will be lost: 1 of 3 left, 2 needed")
    desk.press("F")
    #expect(desk.text.contains("Start"))
  }

  @Test("pictures in every format, and what is copied")
  func exports() throws {
    var desk = Desk()
    desk.press("y")
    let errands = desk.loop.state.takeErrands()
    #expect(errands == [.copy("worker-1")])
    desk.press("enter y")
    guard case .copy(let text)? = desk.loop.state.takeErrands().first else {
      Issue.record("nothing was copied")
      return
    }
    #expect(text.contains("powered on") && text.contains("kind: Node"))
    desk.press("esc :")
    desk.type("export a.gif")
    desk.press("enter")
    let none = desk.loop.state.takeErrands()
    #expect(none.isEmpty && desk.text.contains(".svg"))
  }

  @Test("big mode shows one list under a large clock, and clicks still hit")
  func bigMode() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
      var desk = Desk(width: width, height: height)
      desk.press("Z")
      #expect(desk.lines[0].contains("███"))
      let row = desk.lines.firstIndex { $0.contains("worker-4") } ?? 0
      desk.frame(keys: [.mouse(MouseEvent(.press, at: Point(x: 5, y: row)))])
      #expect(desk.state.selectedRow == .node("worker-4"), "\(width)x\(height)")
      desk.press("Z")
      #expect(!desk.lines[0].contains("███"))
    }
  }

  @Test("sentences instead of a screen")
  func plain() {
    var options = Desk.options
    options.isPaused = false
    options.speed = .maximum
    var narrator = Narrator(options)
    var clock: UInt64 = 1_000_000
    var said: [String] = []
    func listen(_ turns: Int) {
      for _ in 0..<turns {
        var reads = 0
        narrator.advance(now: clock) {
          reads += 1
          return reads < 20
        }
        clock += 50_000
        said += narrator.takeSentences()
      }
    }
    listen(400)
    #expect(said.contains { $0.contains("The cluster is up: 8 of 8 nodes Ready") })
    narrator.submit("fail node/worker-2")
    let goesOn = !narrator.isOver(after: nil)
    #expect(goesOn)
    listen(60)
    #expect(said.contains { $0.hasSuffix("worker-2 loses power.") })
    #expect(said.contains { $0.contains("marks worker-2 Ready=Unknown") })
    narrator.submit("quit")
    listen(1)
    let hasEnded = narrator.isOver(after: nil)
    #expect(hasEnded)
    let colours = said.joined().unicodeScalars.contains { $0.value == 0x1B }
    #expect(!colours)
  }

  @Test("waits are skipped and moments are slow, and it is said how much was skipped")
  func slowMotion() {
    var desk = Desk()
    desk.press("j f a space")
    var notices: [String] = []
    for _ in 0..<400 {
      desk.frame()
      if let text = desk.state.notice?.text, notices.last != text { notices.append(text) }
    }
    let skipped = notices.first { $0.hasPrefix("skipped ") } ?? ""
    #expect(skipped.contains(" s: "), "\(notices)")
    #expect(desk.microseconds > 60_000_000, "a minute's wait takes no minute")
    #expect(desk.text.contains("slow motion") || desk.text.contains("skipping"))
  }

  @Test("in steady running a slow link is enough: at most 10 kB/s at 4 pictures a second")
  func slowLink() {
    var desk = Desk(width: 80, height: 24, isPaused: false)
    desk.watch(seconds: 2)
    var encoder = AnsiEncoder(depth: .trueColor)
    encoder.draw(desk.last.buffer, over: nil)
    _ = encoder.take()
    var total = 0
    for _ in 0..<40 {
      let before = desk.last.buffer
      // A quarter of a second between two pictures.
      for _ in 0..<7 { desk.frame() }
      encoder.draw(desk.last.buffer, over: before)
      total += encoder.take().count
    }
    #expect(total < 100_000, "\(total) bytes in ten seconds")
  }
}

extension ScenarioRunner {
  /// The steps of a recording, as they stand in its file.
  static func recorded(in path: String) -> String {
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    let start = text.range(of: "timeline:\n")?.upperBound ?? text.endIndex
    let end = text.range(of: "  - reach:", options: .backwards)?.lowerBound ?? text.endIndex
    return start <= end ? String(text[start..<end]) : ""
  }
}
