import Basics
import Engine
import KubeAPI
import Kubectl

/// A kubectl command under way on a timeline: what it asks is sent, what is answered is handed to
/// it, and nothing waits.
struct CommandRun: Sendable {
  private(set) var invocation: KubectlInvocation
  let line: String
  let startedAt: Tick
  private var open: [(request: UInt64, token: Int)] = []
  /// What is to be sent later.
  private var waiting: [(at: Tick, outgoing: KubectlInvocation.Outgoing)] = []

  /// After so much virtual time nobody waits any longer; as long as kubectl's own patience with a
  /// dead API server.
  static let patience = TimeSpan.seconds(90)

  init(_ invocation: KubectlInvocation, line: String, at now: Tick) {
    self.invocation = invocation
    self.line = line
    startedAt = now
  }

  var isFinished: Bool { invocation.isFinished }

  /// Sends and hears what there is now.
  mutating func pump(_ timeline: inout WorldTimeline) {
    send(&timeline)
    let waiting = open
    open = []
    for entry in waiting {
      if let answer = timeline.takeAnswer(entry.request) {
        invocation.receive(entry.token, answer, now: timeline.world.wallClock)
      } else {
        open.append(entry)
      }
    }
    send(&timeline)
  }

  private mutating func send(_ timeline: inout WorldTimeline) {
    waiting += invocation.takeRequests().map { (timeline.now + $0.delay, $0) }
    let all = waiting
    waiting = []
    for (at, outgoing) in all {
      guard at <= timeline.now else {
        waiting.append((at, outgoing))
        continue
      }
      // A request is never refused as an input, only answered.
      if case .some(.some(let id)) = try? timeline.apply(.request(outgoing.request)) {
        open.append((id, outgoing.token))
      }
    }
  }

  /// Everything printed so far, errors last.
  var text: String { invocation.output + invocation.errorOutput }
}
