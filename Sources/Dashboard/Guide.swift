import Basics
import Engine
import Etcdctl
import KubeAPI
import Kubectl
import Scenarios

/// A scenario to be gone through by hand: its steps are proposed one after the other.
struct Guide: Sendable {
  let steps: [ScenarioStep]
  private(set) var next = 0
  /// When the step before was done.
  private var since = Tick.zero

  init(steps: [ScenarioStep]) { self.steps = steps }

  var current: ScenarioStep? { next < steps.count ? steps[next] : nil }

  /// `2/5 worker-2 loses power (x does it)`.
  var text: String? {
    guard let step = current else { return nil }
    return "\(next + 1)/\(steps.count) " + Self.words(step.action)
  }

  /// How much longer a step waits whose end is known.
  func remaining(at now: Tick) -> TimeSpan? {
    waitEnd.map { max(.zero, $0 - now) }
  }

  /// When a step ends whose end is known.
  var waitEnd: Tick? {
    guard case .wait(let span)? = current?.action else { return nil }
    return since + span
  }

  private static func words(_ action: ScenarioStep.Action) -> String {
    switch action {
    case .apply(let manifests):
      "apply \(manifests.map { $0.object.reference.text }.joined(separator: ", ")): x does it"
    case .etcdctl(let words, _, _): ":\(words.joined(separator: " ")): x does it"
    case .kubectl(let words, _): ":\(words.joined(separator: " ")): x does it"
    case .fail(let fault): "\(fault.text): x does it"
    case .heal(let target): "heal \(target.text): x does it"
    case .healAll: "heal everything: x does it"
    case .kill(let host, let process): "kill \(process) on \(host): x does it"
    case .request(let request): "\(request.verb.rawValue) \(request.path): x does it"
    case .input: "a message is meddled with: x does it"
    case .reach: "let time pass"
    case .etcdClients: "etcd's clients, whom `orrery run` alone has: x passes over them"
    case .wait(let span): "let \(span.humanDuration) pass"
    case .until(let predicate, _): "let time pass until \(predicate.text)"
    case .expect(let predicate, _): "check: \(predicate.text)"
    }
  }

  /// Moves past what has come true by itself.
  mutating func poll(_ world: World) {
    while let step = current, Self.isDone(step.action, world, since) { finish(world) }
  }

  mutating func finish(_ world: World) {
    next += 1
    since = world.now
  }

  private static func isDone(_ action: ScenarioStep.Action, _ world: World, _ since: Tick) -> Bool {
    switch action {
    case .fail(let fault): !fault.isMomentary && world.isFailed(fault.target)
    case .heal(let target): !world.isFailed(target)
    case .healAll: world.activeFaults.isEmpty
    case .wait(let span): world.now >= since + span
    case .until(let predicate, _), .expect(let predicate, _): predicate.evaluate(world).holds
    case .reach: true
    case .apply, .kubectl, .etcdctl, .kill, .request, .input, .etcdClients: false
    }
  }
}

extension AppState.Options {
  /// Takes a scenario's cluster, what it applies first, and the rest as a guide.
  public mutating func take(_ scenario: Scenario) {
    spec = scenario.cluster
    var rest = scenario.steps[...]
    while let step = rest.first, case .apply(let applied) = step.action {
      manifests += applied
      rest.removeFirst()
    }
    steps = Array(rest)
  }
}

extension AppState {
  /// Does what the guide proposes.
  mutating func doStep() {
    guard !isBooting, let step = guide?.current else {
      return say(
        guide.map { "the scenario is over: all of its \($0.steps.count) steps are done" }
          ?? "no scenario is under way")
    }
    switch step.action {
    case .apply(let manifests): start(.apply(manifests), words: "apply -f \(step.source)")
    case .kubectl(let words, _):
      start(KubectlInvocation(words), words: words.joined(separator: " "))
    case .etcdctl(let words, let input, _): start(EtcdctlInvocation(words, input: input))
    case .fail(let fault): give(.fail(fault), said: fault.text)
    case .heal(let target): give(.heal(target), said: "\(target.text) is healed")
    case .healAll: healAll()
    case .kill(let host, let process):
      give(.kill(host: host, process: process), said: "\(process) on \(host) is killed")
    case .request(let request): give(.request(request), said: "\(request.verb.rawValue) is sent")
    case .input(let input): give(input, said: "done")
    case .etcdClients: say("passed over: `orrery run` has etcd's clients, the dashboard has not")
    case .expect(let predicate, _):
      // A check is of this moment: what does not hold now is not waited for.
      let found = predicate.evaluate(timeline.world)
      if !found.holds {
        say("the check fails: \(predicate.text): \(found.found)", .error)
        openLongNotice()
      }
    case .wait, .until, .reach:
      guard isRunning else { return reduce(.toggleRun) }
      let left = guide?.remaining(at: timeline.now).map { ", \($0.brief) more" } ?? ""
      return say("still waiting: \(guide?.text ?? "")\(left) (+ is faster)")
    }
    guide?.finish(timeline.world)
  }
}
