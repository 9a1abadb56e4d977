import Basics
import Engine
import TerminalCore
import Testing

@testable import Dashboard

/// What a person sees and does in the views.
@Suite struct ViewStoryTests {
  @Test("every view is a key away, named in the tab row, and opens by a click on its name")
  func tabs() {
    var desk = Desk()
    for screen in Screen.allCases {
      desk.press(screen.key)
      #expect(desk.state.screen == screen)
      #expect(desk.lines[1].contains("\(screen.key) \(screen.shortTitle)"))
    }
    let row = desk.lines[1]
    let at = row.firstRange(of: "5 etcd").map {
      row.distance(from: row.startIndex, to: $0.lowerBound)
    }
    desk.frame(keys: [.mouse(MouseEvent(.press, at: Point(x: at ?? 0, y: 1)))])
    #expect(desk.state.screen == .etcd)
  }

  @Test("a view remembers what was selected in it, by what it is")
  func selectionStays() {
    var desk = Desk()
    desk.press("4 j j")
    let pod = desk.state.selectedRow
    desk.press("5 4")
    #expect(desk.state.selectedRow == pod)
    desk.press("s")
    #expect(desk.state.selectedRow == pod, "sorted otherwise, the same pod is selected")
    desk.press("v")
    #expect(desk.state.selectedRow == pod, "grouped, the same pod is selected")
  }

  @Test("pods are sorted, grouped by node, namespace and owner, and folded")
  func pods() {
    var desk = Desk(width: 120, height: 40)
    desk.press("4 s s")
    #expect(desk.text.contains("NODE▲"))
    desk.press("S")
    #expect(desk.text.contains("NODE▼"))
    desk.press("S v")
    #expect(desk.text.contains("▾ worker-1"))
    desk.press("g o")
    #expect(desk.text.contains("▸ worker-1"))
    desk.press("o v")
    #expect(desk.text.contains("▾ default"))
    desk.press("v")
    #expect(desk.text.contains("▾ ReplicaSet web-"))
    desk.press("v")
    #expect(!desk.text.contains("▾"))
  }

  @Test("a narrowed list shows what fits the words, and says of how many")
  func filter() {
    var desk = Desk(width: 120, height: 40)
    desk.press("4")
    desk.loop.edit { $0.filter = "cache" }
    desk.frame()
    #expect(desk.text.contains("2 of 8 pods"))
    desk.loop.edit { $0.filter = "!cache worker-1" }
    desk.frame()
    let own = desk.state.observation.pods.count {
      $0.node == "worker-1" && $0.key.name.hasPrefix("web-")
    }
    #expect(own > 0 && desk.text.contains("\(own) of 8 pods"))
    desk.loop.edit { $0.filter = "" }
    desk.frame()
    #expect(desk.text.contains("8 pods"))
  }

  @Test("nodes show requests, conditions and taints of a dead machine, and its zone")
  func nodes() {
    var desk = Desk(width: 120, height: 40)
    desk.press("j f N")
    desk.settle()
    desk.press("3")
    #expect(desk.text.contains("NodeStatusUnknown"))
    #expect(desk.line(with: "worker-2").contains("OFF"))
    desk.press("v")
    #expect(desk.text.contains("zone-1  7 of 8 Ready"))
  }

  @Test("etcd: the leader is stopped, the others vote, and the log shows the new term")
  func election() {
    var desk = Desk(width: 120, height: 40)
    desk.press("5")
    #expect(desk.text.contains("replicate"))
    let leader = desk.state.observation.members.firstIndex { $0.role == .leader } ?? 0
    desk.press("h h")
    for _ in 0..<leader { desk.press("l") }
    #expect(desk.state.selectedRow == .member(desk.state.observation.members[leader].name))
    desk.press("f N")
    desk.settle()
    for _ in 0..<40 { desk.press(".") }
    #expect(desk.state.observation.members.contains { $0.role == .leader && $0.state == .running })
    #expect(desk.text.contains("stopped"))
    #expect(desk.text.contains("2 healthy"))
    #expect(desk.lines.contains { $0.contains("█3") }, "entries of the third term")
  }

  @Test("etcd's keys open as a tree; the newest writes stand before the compaction")
  func keys() {
    var desk = Desk(width: 120, height: 40)
    desk.press("5 tab j j j enter")
    #expect(desk.state.focus == .keys)
    #expect(desk.text.contains("▾ endpointslices/"))
    desk.press("v")
    #expect(desk.text.contains("Newest writes"))
    desk.press("enter")
    #expect(desk.text.contains("Version"))
  }

  @Test("the map shows who leads, and a machine without power")
  func topology() {
    var desk = Desk()
    desk.press("2")
    #expect(desk.text.contains("★ etcd"))
    #expect(desk.text.contains("3 of 3 API servers up"))
    desk.press("l")
    #expect(desk.state.selectedRow == .node("master-2"))
    desk.press("f")
    #expect(desk.lines.contains { $0.contains("master-2") && $0.contains("OFF") })
    #expect(desk.state.observation.faults.count == 1)
  }

  @Test("messages fly over the map, each where it is at the instant")
  func flights() {
    var desk = Desk(width: 120, height: 40)
    desk.press("2")
    // A heartbeat of the leader is under way in one instant of a hundred: look at many.
    var seen = 0
    for _ in 0..<40 {
      desk.loop.edit { state in
        state.timeline.step()
        state.refresh()
      }
      desk.frame()
      let flying = Flight.all(in: desk.state.timeline.world, limit: 500)
      if flying.contains(where: { $0.kind == .raft && $0.progress < 1000 }) { seen += 1 }
    }
    #expect(seen > 0)
  }

  @Test("the control plane's view tells the scores of the last cycle")
  func control() {
    var desk = Desk(width: 120, height: 40)
    desk.press("6")
    #expect(desk.text.contains("replicaset"))
    #expect(desk.text.contains("✓ worker-3"))
    #expect(desk.text.contains("untolerated") || desk.text.contains("TaintToleration"))
    #expect(desk.text.contains("Caches by revision"))
  }

  @Test("pods that fit nowhere stand in the scheduler's queue, with who refused them")
  func stuck() {
    var desk = Desk(width: 120, height: 40)
    desk.press(":")
    desk.type("scale deployment web --replicas 400")
    desk.press("enter")
    desk.settle()
    desk.press("esc 6")
    for _ in 0..<60 where !desk.text.contains("NodeResourcesFit") {
      desk.loop.edit { $0.timeline.advance(to: $0.timeline.now + .milliseconds(500)) }
      desk.press(".")
    }
    #expect(desk.text.contains("unschedulable"))
    #expect(desk.text.contains("NodeResourcesFit"))
  }

  @Test("requests to a service fail while its pods' machine is dark and rules still name them")
  func traffic() {
    var desk = Desk(width: 120, height: 40)
    desk.press("7")
    #expect(desk.text.contains("100%"))
    #expect(desk.text.contains("endpoints, current"))
    desk.press("1 j f 7")
    for _ in 0..<5 {
      desk.loop.edit { $0.timeline.advance(to: $0.timeline.now + .seconds(1)) }
      desk.press(".")
    }
    #expect(desk.text.contains("timed out"))
  }

  @Test("the trace narrows to a component, an object, a chain of causes, and to events")
  func trace() {
    var desk = Desk(width: 120, height: 40)
    desk.press("8")
    #expect(desk.text.contains("WHAT HAPPENED"))
    desk.press("v")
    #expect(desk.text.contains("Trace of kube-apiserver"))
    desk.press("v v")
    #expect(desk.text.contains("Causes and effects"))
    desk.press("v")
    #expect(desk.text.contains("Events of the API"))
    #expect(desk.text.contains("Scheduled"))
    desk.press("v o")
    #expect(desk.text.contains("heartbeats are shown"))
  }

  @Test("what comes next: Enter lets time pass until it happens")
  func next() {
    var desk = Desk(width: 120, height: 40)
    desk.press("9")
    #expect(desk.text.contains("timers and messages wait"))
    #expect(desk.text.contains("(retryPeriod)"))
    let before = desk.microseconds
    desk.press("j j enter")
    desk.settle()
    #expect(desk.microseconds > before)
    #expect(desk.microseconds < before + 2_000_000)
  }

  @Test("beliefs: a cut-off kubelet takes its node for what it was; etcd knows better")
  func beliefs() {
    var desk = Desk(width: 120, height: 40)
    desk.press("j 0")
    #expect(desk.text.contains("Beliefs about node worker-2"))
    #expect(desk.text.contains("all agree with etcd"))
    #expect(desk.lines.contains { $0.contains("etcd@master-1") })
    desk.loop.edit { $0.give(.fail(Fault(.host("worker-2"), .cut)), said: "cut") }
    desk.press("N")
    desk.settle()
    #expect(desk.text.contains("differ from etcd"))
    #expect(desk.lines.contains { $0.contains("▲") && $0.contains("kubelet@worker-2") })
    desk.press("v")
    #expect(desk.text.contains("Beliefs about pod"))
    let first = desk.lines.first { $0.contains("Beliefs about") }
    desk.press("l")
    #expect(desk.lines.first { $0.contains("Beliefs about") } != first)
  }

  @Test("the timeline strip: a fault and the loss of quorum show, [ goes back to the change")
  func strip() {
    var desk = Desk(width: 120, height: 40)
    desk.press("5 f l f y")
    #expect(desk.lines[0].contains("NO ETCD QUORUM"))
    for _ in 0..<30 { desk.press(".") }
    desk.loop.edit { $0.timeline.advance(to: $0.timeline.now + .seconds(20)) }
    desk.press(".")
    #expect(desk.text.contains("nothing can be written"))
    let now = desk.microseconds
    desk.press("[")
    #expect(desk.microseconds < now)
    #expect(desk.lines[0].contains("PAST"))
    desk.press(">")
    desk.settle()
    #expect(desk.lines[0].contains("NO ETCD QUORUM"))
  }

  @Test("a pod's details lead to its owners and to what each write changed")
  func history() {
    var desk = Desk(width: 120, height: 40)
    desk.press("4 G enter")
    #expect(desk.text.contains("owned by ReplicaSet"))
    func isRevision(_ desk: Desk) -> Bool {
      guard case .sheet(let sheet) = desk.state.overlays.last, case .diff? = sheet.selectedLink
      else { return false }
      return true
    }
    for _ in 0..<30 where !isRevision(desk) { desk.press("j") }
    #expect(isRevision(desk))
    desk.press("enter")
    #expect(desk.text.contains(": revision"))
    #expect(desk.lines.contains { $0.contains("    + ") })
    desk.press("esc v j j enter")
    #expect(desk.text.contains(": revision"), "between any two")
    desk.press("esc esc")
    #expect(desk.state.overlays.isEmpty)
  }
}
