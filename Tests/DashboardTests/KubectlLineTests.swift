import Testing

@testable import Dashboard

/// kubectl's verbs on the line behind `:`.
struct KubectlLineTests {
  @Test(arguments: [
    ("rollo", ["rollout"]), ("ann", ["annotate"]), ("rollout st", ["status"]),
    ("rollout undo deployment/w", ["deployment/web"]),
    ("kubectl label depl", ["deployment"]), ("patch deployment w", ["web"]),
    ("expose deployment w", ["web"]), ("create dep", ["deployment"]),
  ])
  func theLineCompletesThem(_ typed: String, _ choices: [String]) {
    var desk = Desk()
    desk.press(":")
    desk.type(typed)
    #expect(desk.state.prompt.map { desk.state.completions($0).choices } == choices)
  }

  @Test func aWatchGoesOnBehindTheNextCommand() {
    var desk = Desk(width: 120, height: 40)
    let name = desk.state.names(of: .deployment).first ?? "none"
    desk.command("get deployment \(name) -w")
    #expect(desk.text.contains("streaming until Esc"))
    #expect(!desk.state.isBusy, "nobody waits for its end")
    desk.command("scale deployment \(name) --replicas=1")
    #expect(desk.text.contains("\(name) scaled"))
    desk.press("esc space")
    desk.watch(seconds: 5)
    #expect(desk.text.contains("streaming until Esc") && desk.text.contains("1/1"))
    desk.press("esc")
    #expect(!desk.text.contains("streaming"))
  }

  @Test func theNewestOfAWatchIsInSight() {
    var desk = Desk(width: 80, height: 18)
    desk.command("get events -w")
    #expect(desk.text.contains("streaming until Esc"), "the last line")
    desk.press("k k")
    #expect(!desk.text.contains("streaming until Esc"))
    desk.frame()
    #expect(!desk.text.contains("streaming until Esc"), "one looks at an older line")
    desk.press("end")
    #expect(desk.text.contains("streaming until Esc"))
    desk.command("delete pods --all -n default")
    desk.press("esc space")
    desk.watch(seconds: 3)
    #expect(desk.text.contains("streaming until Esc"))
  }

  @Test func aRolloutIsWaitedForWhileTheClockStands() {
    var desk = Desk(width: 120, height: 40)
    desk.press(":")
    desk.type("rollout restart deployment/web")
    desk.press("enter")
    desk.settle()
    #expect(desk.text.contains("deployment.apps/web restarted"))
    desk.press("esc :")
    desk.type("rollout status deployment/web")
    desk.press("enter")
    desk.settle()
    #expect(desk.text.contains("deployment \"web\" successfully rolled out"), "\(desk.text)")
  }

  @Test func aRolloutThatGetsStuckIsWaitedForUntilItsDeadline() {
    var desk = Desk(width: 120, height: 40)
    desk.press(":")
    desk.type("set image deployment/web nginx=none.invalid/x:1")
    desk.press("enter")
    desk.settle()
    desk.press("esc :")
    desk.type("rollout status deployment/web")
    desk.press("enter")
    for _ in 0..<40 { desk.settle() }
    #expect(desk.text.contains("exceeded its progress deadline"), "\(desk.text)")
  }

  @Test func whoLooksAgainLaterIsNotSaidToWaitForTheServer() {
    var desk = Desk(width: 120, height: 40)
    desk.press("space :")
    desk.type("wait deployment/web --for=condition=Available=false --timeout=60s")
    desk.press("enter")
    desk.watch(seconds: 2)
    #expect(desk.text.contains("waiting, 1s so far"), "\(desk.text)")
  }
}
