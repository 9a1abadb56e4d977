import Basics
import Engine
import Scenarios
import Testing

@testable import Dashboard

/// What the screen must not leave unsaid.
@Suite struct HonestyTests {
  @Test("a change is where it was, however fast one went past it")
  func changesDoNotDependOnTheFrames() {
    var places: [[UInt64]] = []
    for (speed, frames) in [("+ + + + +", 40), ("+ + + + + + +", 12)] {
      var desk = Desk()
      desk.press("j j j j f")
      desk.press(speed)
      desk.press("space")
      for _ in 0..<frames { desk.frame() }
      desk.press("space")
      let struck = desk.state.timeline.inputs.first { $0.at > .zero + .seconds(30) }?.at ?? .zero
      var seen: [UInt64] = []
      desk.press("[")
      desk.settle()
      seen.append(desk.microseconds)
      desk.press("]")
      desk.settle()
      seen.append(desk.microseconds)
      #expect(seen.contains { $0 + 1 == struck.microseconds || $0 == struck.microseconds })
      places.append(seen)
    }
    #expect(places[0] == places[1])
  }

  @Test("an alarm of etcd's is in the header, in the title, in what to try")
  func alarms() {
    var options = Desk.options
    options.spec.flags = [
      ClusterSpec.ComponentFlag(component: "etcd", name: "quota-backend-bytes", value: "700000")
    ]
    options.isPaused = false
    options.speed = .maximum
    var desk = Desk(cold: options)
    for _ in 0..<600 where desk.state.observation.alarms.isEmpty || desk.state.isBooting {
      desk.frame()
    }
    desk.press("space")
    desk.press("esc")
    #expect(desk.text.contains("etcd alarm NOSPACE"))
    let title = desk.lines.first { $0.contains("─ 5 etcd ") } ?? ""
    #expect(title.contains("─ alarm NOSPACE"))
    #expect(
      desk.text.contains(
        "Try: etcd is full; :etcdctl compaction REV, then defrag, then alarm disarm"))
    desk.press("A")
    #expect(desk.text.contains("no fault was made; etcd has its alarm NOSPACE"))
  }

  @Test("an API server that has lost its etcd is not ready")
  func readiness() {
    var desk = Desk()
    #expect(desk.text.contains("3 of 3 up"))
    desk.press(":")
    desk.type("fail process/master-3/etcd")
    desk.press("enter N")
    desk.settle()
    #expect(desk.text.contains("2 of 3 ready"))
  }

  @Test("a scenario that is through says so")
  func scenarioIsOver() throws {
    let text = """
      apiVersion: orrery/v1
      kind: Scenario
      metadata: {name: short}
      cluster: {masters: 1, workers: 1}
      timeline:
        - until: converged
        - wait: 5s
        - expect: {etcd: {healthy: 3}}
      """
    var options = Desk.options
    options.take(try ScenarioReader.read(bytes: Array(text.utf8), file: "short.yaml"))
    options.isPaused = false
    var desk = Desk(cold: options)
    let start = desk.state.timeline.now
    for _ in 0..<5_000 where desk.state.isBooting || desk.state.isRunning { desk.frame() }
    // Time stands at the moment of the check, which fails.
    #expect(desk.state.timeline.now > start && !desk.state.isRunning)
    #expect(desk.text.contains("the check fails: "))
    desk.press("esc x")
    #expect(desk.text.contains("the scenario is over: all of its 3 steps are done"))
  }

  @Test("no digit is cut off a time")
  func times() {
    func short(_ seconds: Double) -> String {
      TraceScreen.shortClock(Tick(microseconds: UInt64(seconds * 1_000_000)))
    }
    #expect(short(83.456) == "1:23.45")
    #expect(short(2_483.456) == "41:23.4")
    #expect(short(6_083.456) == "1:41:23")
    #expect(short(79_210.3) == "22:00:10")
  }
}
