import Basics
import Engine
import Scenarios
import TerminalCore
import Testing

@testable import Dashboard

/// Small things that are only noticed where they are wrong.
@Suite struct MannerTests {
  @Test("Esc and a key that come at once are two keys")
  func escapeInOneRead() {
    var desk = Desk()
    desk.press("enter")
    #expect(desk.state.overlays.count == 1)
    desk.frame(keys: [.alt(":")])
    #expect(desk.state.overlays.isEmpty && desk.state.prompt != nil)
    desk.press("esc F")
    desk.frame(keys: [.alt("4")])
    #expect(desk.state.overlays.isEmpty && desk.state.screen == .pods)
  }

  @Test("a menu's letters are letters: with ctrl they choose nothing")
  func menuLetters() {
    var desk = Desk()
    desk.press("j F")
    let faults = desk.state.observation.faults.count
    for letter in "oscldarDCT".unicodeScalars { desk.frame(keys: [.ctrl(letter)]) }
    #expect(desk.state.observation.faults.count == faults)
    #expect(desk.state.overlays.count == 1)
  }

  @Test("time that passed while the program was stopped is not made up for")
  func stopped() {
    var desk = Desk(isPaused: false)
    let before = desk.microseconds
    // An hour in the background.
    desk.sleep(microseconds: 3_600_000_000)
    desk.frame()
    #expect(desk.microseconds - before <= 300_000)
  }

  @Test("a bookmark belongs to its future and to what comes of it")
  func bookmarks() {
    var desk = Desk()
    desk.command("mark shared")
    desk.command("goto 50s")
    desk.press("j f")
    desk.command("goto 60s")
    desk.command("mark lost")
    desk.command("goto 40s")
    desk.press("F D")
    desk.settle()
    desk.command("goto 60s")
    #expect(desk.state.timeline.branches.count == 2)
    #expect(desk.state.bookmarksHere.map(\.name) == ["shared"])
    // The list has both, and leads back into the other future.
    desk.press("esc '")
    #expect(desk.text.contains("lost") && desk.text.contains("in main"))
    desk.press("end enter")
    #expect(desk.state.timeline.branch.id == 0)
    #expect(desk.state.timeline.now == .zero + .seconds(60))
    #expect(desk.state.bookmarksHere.map(\.name) == ["shared", "lost"])
  }

  @Test("a step that the dashboard can't do is proposed, and passed over by hand")
  func clientsOfEtcd() throws {
    let text = """
      apiVersion: orrery/v1
      kind: Scenario
      metadata: {name: clients}
      cluster: {masters: 1, workers: 2}
      timeline:
        - etcdClients: start
        - fail: node/worker-1
      """
    var options = Desk.options
    options.take(try ScenarioReader.read(bytes: Array(text.utf8), file: "clients.yaml"))
    options.manifests = []
    var desk = Desk(cold: options)
    for _ in 0..<2000 where desk.state.isBooting { desk.frame() }
    #expect(desk.text.contains("1/2 etcd's clients"))
    desk.press("x")
    #expect(desk.text.contains("passed over"))
    desk.press("j")
    #expect(desk.text.contains("2/2 worker-1 loses power"))
  }

  @Test("the next step is done from behind the answer to the last one; a wait says how much longer")
  func stepsBehindAnswers() throws {
    let text = """
      apiVersion: orrery/v1
      kind: Scenario
      metadata: {name: two}
      cluster: {masters: 1, workers: 2}
      timeline:
        - kubectl: get nodes
        - wait: 60s
      """
    var options = Desk.options
    options.take(try ScenarioReader.read(bytes: Array(text.utf8), file: "two.yaml"))
    options.manifests = []
    var desk = Desk(cold: options)
    for _ in 0..<2000 where desk.state.isBooting { desk.frame() }
    desk.press("x")
    desk.settle()
    #expect(desk.state.overlays.count == 1, "what kubectl answers")
    desk.press("x")
    #expect(desk.state.isRunning)
    desk.press("x")
    #expect(desk.text.contains("still waiting: 2/2"))
  }

  @Test("the map names a cut link and marks it beside the boxes")
  func cutOnTheMap() {
    var desk = Desk()
    desk.press("2")
    let boxes = desk.lines.filter { $0.contains("API servers up") || $0.contains("kubectl") }
    desk.command("fail link/master-1/worker-3 cut")
    #expect(desk.lines[2].contains("link master-1 - worker-3 is cut"))
    #expect(desk.text.contains("✗"))
    #expect(
      desk.lines.filter { $0.contains("API servers up") || $0.contains("kubectl") } == boxes)
  }

  @Test("what a harm costs is not cut by the longest name of the others")
  func prices() {
    var desk = Desk()
    desk.press("g F")
    #expect(desk.text.contains("etcd keeps 2 of 3"))
  }

  @Test("a proposal names what is in view, or the key of the view that has it")
  func proposals() {
    var desk = Desk()
    #expect(desk.text.contains("Try: select worker-2 and press f"))
    desk.press("9")
    #expect(desk.text.contains("Try: select worker-2 (3) and press f"))
    desk.press("5")
    let leader = desk.state.observation.members.first { $0.role == .leader }?.name ?? "?"
    #expect(desk.text.contains("Try: select \(leader) and press f"))
  }

  @Test("the palette's keys are read at 80 columns, though some names are long")
  func paletteDetails() {
    var desk = Desk()
    desk.press("ctrl-k")
    #expect(desk.text.contains("Cluster, key f"))
    #expect(desk.text.contains("Time, key Space"))
  }

  @Test("a restore that would be refused asks nothing")
  func refusedRestore() {
    var desk = Desk()
    desk.command("etcdutl snapshot restore /nonexistent/file.db")
    #expect(!desk.text.contains("will be restored"))
    #expect(desk.text.contains("no such file"))
  }

  @Test("one line is one line")
  func plural() {
    var desk = Desk()
    desk.command("cordon worker-1")
    desk.press("y")
    #expect(desk.text.contains("1 line copied"))
  }

  @Test("the timeline is dragged: time follows the mouse, back and on")
  func dragging() {
    var desk = Desk(width: 120, height: 40)
    desk.press(">")
    desk.settle()
    let track = desk.state.geometry.timeline
    func at(_ column: Int) -> Point { Point(x: track.x + column, y: track.y) }
    let end = desk.microseconds
    desk.frame(keys: [.mouse(MouseEvent(.press, at: at(track.width * 3 / 4)))])
    let first = desk.microseconds
    #expect(first < end && first > end / 2)
    desk.frame(keys: [.mouse(MouseEvent(.drag, at: at(track.width / 2)))])
    let second = desk.microseconds
    #expect(second < first && second > end / 3)
    // The hand need not be steady, and a drag that began elsewhere is none.
    desk.frame(keys: [.mouse(MouseEvent(.drag, at: Point(x: 500, y: track.y - 9)))])
    desk.settle()
    #expect(desk.microseconds > first)
    desk.frame(keys: [
      .mouse(MouseEvent(.press, at: Point(x: 5, y: 5))), .mouse(MouseEvent(.drag, at: at(3))),
    ])
    #expect(desk.microseconds > first)
    #expect(desk.state.timeline.branches.count == 1, "looking about is no other future")
  }

  @Test("f in the details of a member stops that member, not the pane's first row")
  func detailsOfAProcess() {
    var desk = Desk(width: 120, height: 40)
    desk.press("5 down enter")
    let title = desk.state.overlays.first.flatMap { overlay in
      if case .sheet(let sheet) = overlay { sheet.title } else { nil }
    }
    guard let host = title?.split(separator: " ").last.map(String.init) else {
      Issue.record("no details: \(desk.text)")
      return
    }
    desk.press("f")
    desk.settle()
    #expect(desk.state.observation.faults.map(\.target) == [.process(host: host, name: "etcd")])
  }

  @Test("a key of the screen, pressed in a popup, says what to do first")
  func keysBehindAPopup() {
    var desk = Desk()
    desk.press("enter")
    desk.press("[")
    #expect(desk.text.contains("Esc first, then: "))
    #expect(desk.state.overlays.count == 1)
  }

  @Test("[ stops where the session began, ] comes back to its end")
  func thereAndBack() {
    var desk = Desk()
    let opened = desk.microseconds
    desk.press("n n n")
    desk.settle()
    let end = desk.microseconds
    #expect(end > opened)
    desk.press("[")
    desk.settle()
    #expect(desk.microseconds == opened)
    desk.press("[")
    desk.settle()
    #expect(desk.microseconds < opened)
    desk.press("] ] ] ] ] ] ] ] ] ] ] ]")
    desk.settle()
    #expect(desk.microseconds == end)
  }

  @Test("a moment tells what changed of a node, not all that it is")
  func taintedMoments() throws {
    var world = Desk().state.timeline.world
    world.advance(to: world.now + .seconds(1))
    try world.apply(.fail(Fault(.host("worker-1"))))
    var last = Moments(world.observe())
    var told: [String] = []
    for _ in 0..<70 {
      world.advance(to: world.now + .seconds(1))
      let next = Moments(world.observe())
      if let change = next.change(since: last) { told.append(change) }
      last = next
    }
    let loss = "worker-1: Ready -> NotReady (Unknown), tainted unreachable:NoSchedule, "
    #expect(told.contains { $0.hasPrefix(loss + "unreachable:NoExecute") }, "\(told)")
    #expect(
      told.contains("worker-1: tainted node.cloudprovider.kubernetes.io/shutdown:NoSchedule"),
      "\(told)")
  }

  @Test("a look into the past makes no other future")
  func readingInThePast() {
    var desk = Desk(width: 120, height: 40)
    desk.press("n n n <")
    desk.settle()
    let then = desk.microseconds
    desk.command("get nodes")
    #expect(desk.text.contains("worker-5"))
    #expect(desk.text.contains("nothing has changed by it"))
    #expect(desk.microseconds == then)
    #expect(desk.state.timeline.branches.count == 1)
    desk.press("esc")
    desk.command("cordon worker-5")
    #expect(desk.state.timeline.branches.count == 2, "a deed does")
  }

  @Test("a watch goes on behind the next command and shows what it wrote")
  func watching() {
    var desk = Desk(width: 120, height: 40)
    desk.command("etcdctl watch foo")
    #expect(desk.text.contains("streaming until Esc"))
    desk.command("etcdctl put foo bar")
    #expect(desk.text.contains("OK"))
    desk.press("esc")
    #expect(desk.text.contains("PUT") && desk.text.contains("bar"))
    desk.press("esc")
    #expect(desk.state.overlays.isEmpty && desk.state.stream == nil)
  }

  @Test("Esc shows all rows again")
  func filters() {
    var desk = Desk(width: 120, height: 40)
    desk.press("4 /")
    desk.type("cache")
    desk.press("enter")
    #expect(desk.text.contains("2 of 8 pods"))
    desk.press("esc")
    #expect(desk.text.contains("8 pods"))
  }

  @Test("the trace is found by the words that it shows")
  func tracedWords() {
    var desk = Desk(width: 120, height: 40)
    desk.press("8 /")
    desk.type("kubelet on worker-1 updated")
    desk.press("enter")
    #expect(!desk.text.contains(" 0 shown"))
    #expect(desk.text.contains("kubelet on worker-1 updated"))
  }

  @Test("the palette knows what is in the menus' menus")
  func paletteInDepth() {
    var desk = Desk(width: 120, height: 40)
    for _ in 0..<3 { desk.press("up") }
    desk.press("g ctrl-k")
    desk.type("overload")
    #expect(desk.text.contains("kube-apiserver on master-1: Overload"))
    desk.press("esc ctrl-k")
    desk.type("one way")
    #expect(desk.text.contains("Cut one way: master-1 to"))
  }

  @Test("what a fault costs etcd is known of cut links too")
  func quorumOverLinks() throws {
    var desk = Desk(width: 120, height: 40)
    let leader = try #require(desk.state.timeline.world.leaders(of: "etcd").first)
    let others = ["master-1", "master-2", "master-3"].filter { $0 != leader }
    desk.command("fail link/\(leader)/\(others[0]) cut")
    #expect(desk.text.contains("3 members, 2 healthy, quorum 2, can lose 0 more"))
    desk.command("fail node/\(others[1])")
    #expect(desk.text.contains("Quorum will be lost"))
    desk.press("esc")
    // The same link by its other name is the same fault.
    desk.command("heal link/\(others[0])/\(leader)")
    #expect(desk.state.observation.faults.isEmpty)
  }

  @Test("a refusal longer than its line is read in full, and the next key goes on")
  func longRefusals() {
    var desk = Desk()
    desk.press(":")
    desk.type("fail link/master-1/worker-1 oneway")
    desk.press("enter")
    #expect(desk.text.contains("In full") && desk.text.contains("unsynced"))
    desk.press("2")
    #expect(desk.state.overlays.isEmpty && desk.state.screen == .topology)
  }

  @Test("what to try next leads through the first session")
  func suggestions() {
    var desk = Desk()
    func expect(_ text: String) {
      desk.press("esc")
      #expect(desk.text.contains("Try: " + text), "\(text): not in\n\(desk.text)")
    }
    expect("select worker-2 and press f")
    desk.press("j f")
    expect("N: who notices that worker-2 is gone")
    desk.press("N")
    desk.settle()
    expect("w on worker-2 asks why")
    desk.press("[")
    desk.settle()
    expect("before worker-2 is lost: F D drains it")
    desk.press("F D")
    desk.settle()
    expect("B: this future beside the one before")
  }
}
