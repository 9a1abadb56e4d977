import Basics
import Engine
import Etcdctl
import KubeAPI
import Kubectl

/// A command under way on a timeline: what it asks is sent, what is answered is handed to it, and
/// nothing waits.
struct CommandRun: Sendable {
  private enum Program: Sendable {
    case kubectl(KubectlInvocation)
    case etcd(EtcdctlInvocation)
  }

  private var program: Program
  let line: String
  let startedAt: Tick
  /// When the last answer came, or it began: `rollout status` asks again and again.
  private(set) var heardAt: Tick
  private var open: [(request: UInt64, token: Int)] = []
  /// How the watch ended that it went on with.
  private(set) var ending: String?
  /// What is to be sent later.
  private var waiting: [(at: Tick, outgoing: KubectlInvocation.Outgoing)] = []

  /// After so much virtual time without an answer nobody waits any longer; as long as kubectl's own
  /// patience with a dead API server.
  static let patience = TimeSpan.seconds(90)

  init(_ invocation: KubectlInvocation, line: String, at now: Tick) {
    program = .kubectl(invocation)
    self.line = line
    startedAt = now
    heardAt = now
  }

  init(_ invocation: EtcdctlInvocation, line: String, at now: Tick) {
    program = .etcd(invocation)
    self.line = line
    startedAt = now
    heardAt = now
  }

  /// The program's name, for a title.
  var name: String {
    switch program {
    case .kubectl: "kubectl"
    case .etcd(let invocation): invocation.arguments.first ?? "etcdctl"
    }
  }

  /// Whom it waits for; nil where all is answered and it looks again later, as `kubectl wait` does.
  var server: String? {
    guard case .kubectl = program else { return "etcd" }
    return open.isEmpty && !waiting.isEmpty ? nil : "the API server"
  }

  var exitCode: Int32? {
    switch program {
    case .kubectl(let invocation): invocation.exitCode
    case .etcd(let invocation): invocation.exitCode
    }
  }
  var output: String {
    switch program {
    case .kubectl(let invocation): invocation.output
    case .etcd(let invocation): invocation.output
    }
  }
  var errorOutput: String {
    switch program {
    case .kubectl(let invocation): invocation.errorOutput
    case .etcd(let invocation): invocation.errorOutput
    }
  }

  /// What was printed, in the order in which a terminal shows it.
  var pieces: [(text: String, isError: Bool)] {
    switch program {
    case .kubectl(let invocation): invocation.pieces.map { ($0.text, $0.isError) }
    case .etcd(let invocation): [(invocation.output, false), (invocation.errorOutput, true)]
    }
  }

  var isFinished: Bool { exitCode != nil }

  /// It shows what happens until it is closed: nobody waits for its end.
  var isEndless: Bool {
    switch program {
    case .kubectl(let invocation): invocation.isFollowing
    case .etcd(let invocation): invocation.isEndless
    }
  }

  /// Whether it only looks: what it asks changes no object and no key.
  var isReading: Bool {
    switch program {
    case .kubectl(let invocation): invocation.isReading
    case .etcd(let invocation): invocation.isReading
    }
  }

  /// Lets time pass until it is answered.
  mutating func answer(_ timeline: inout WorldTimeline) {
    pump(&timeline)
    while isAwaited, timeline.now < heardAt + Self.patience {
      timeline.step(through: horizon(timeline.now))
      pump(&timeline)
    }
  }

  /// Whether time has to pass for it.
  var isAwaited: Bool { !isFinished && !isEndless }

  /// How far time may pass before it wants to be pumped again.
  func horizon(_ now: Tick) -> Tick {
    let limit = heardAt + Self.patience
    guard case .etcd(let invocation) = program, let wake = invocation.nextWake else { return limit }
    return min(limit, max(now, wake))
  }

  /// It is closed before its end.
  mutating func interrupt(_ timeline: inout WorldTimeline) {
    guard case .etcd(var invocation) = program else { return }
    invocation.interrupt(&timeline)
    program = .etcd(invocation)
  }

  /// Sends and hears what there is now.
  mutating func pump(_ timeline: inout WorldTimeline) {
    switch program {
    case .kubectl(var invocation):
      pump(&invocation, &timeline)
      program = .kubectl(invocation)
    case .etcd(var invocation):
      invocation.pump(&timeline)
      program = .etcd(invocation)
    }
  }

  private mutating func pump(
    _ invocation: inout KubectlInvocation, _ timeline: inout WorldTimeline
  ) {
    send(&invocation, &timeline)
    let waiting = open
    open = []
    for entry in waiting {
      if let answer = timeline.takeAnswer(entry.request) {
        heardAt = timeline.now
        invocation.receive(entry.token, answer, now: timeline.world.wallClock)
      } else {
        open.append(entry)
      }
    }
    send(&invocation, &timeline)
    guard let number = invocation.watchNumber, let news = timeline.takeNews(number) else { return }
    invocation.follow(news, now: timeline.world.wallClock)
    if news.isOver {
      ending = "the watch has ended" + (news.status.map { ": " + $0.message } ?? "")
    }
  }

  private mutating func send(
    _ invocation: inout KubectlInvocation, _ timeline: inout WorldTimeline
  ) {
    waiting += invocation.takeRequests(seed: timeline.world.spec.seed).map {
      (timeline.now + $0.delay, $0)
    }
    let all = waiting
    waiting = []
    for (at, outgoing) in all {
      guard at <= timeline.now else {
        waiting.append((at, outgoing))
        continue
      }
      // A request is never refused as an input, only answered.
      if case .some(.some(let id)) = try? timeline.apply(.request(outgoing.request)) {
        if outgoing.request.verb == .watch {
          invocation.watchNumber = id
        } else {
          open.append((id, outgoing.token))
        }
      }
    }
  }

  /// Everything printed so far.
  var text: String { pieces.map(\.text).joined() }
}
