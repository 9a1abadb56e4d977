import Basics
import KubeAPI
import Kubelet

/// Faults as words, for the command line of the dashboard and for recordings:
/// `node/worker-2 cut`, `link/master-1->master-2 delay 200ms`.
extension Fault {
  /// It happens and is over: nothing is left to be healed.
  public var isMomentary: Bool {
    switch effect {
    case .crash, .oomKill, .unsynced, .lost, .corruptLog, .corruptValue: true
    case .probes(let probes): probes.isEmpty
    default: false
    }
  }

  /// The target and the effect, as `init(words:)` reads them.
  public var words: [String] { [target.text] + effect.words }

  /// Reads a target and, where there is one, an effect with its figures.
  public init(words: [String]) throws(FaultProblem) {
    guard let first = words.first else {
      throw FaultProblem(message: "expected a target such as node/worker-2")
    }
    guard let target = Target(first) else {
      throw FaultProblem(message: "\"\(first)\" is no target; \(Target.forms)")
    }
    self.init(target)
    if words.count > 1 { effect = try Effect(words: Array(words.dropFirst())) }
  }
}

extension Fault.Target {
  /// What a target may look like, for messages.
  public static let forms =
    "expected node/HOST, process/HOST/NAME, etcd/HOST, link/A/B, link/A->B, disk/HOST, "
    + "clock/HOST, zone/NAME, cloud/HOST or container/NAMESPACE/POD/NAME"

  /// The effects that this target can suffer, each with figures that do something visible.
  public var effects: [Fault.Effect] {
    switch self {
    case .host: [.powerOff, .shutdown, .cut]
    case .process(_, let name):
      [.stop, .terminate, .pause]
        + (name == "kube-apiserver" ? [.overload(.milliseconds(500))] : [])
    case .link:
      [
        .cut, .delay(.milliseconds(200)), .loss(percent: 20),
        .flap(up: .seconds(10), down: .seconds(5)),
      ]
    case .disk: [.slow(.milliseconds(500)), .full, .unsynced, .corruptLog, .corruptValue, .lost]
    case .clock: [.offset(.seconds(60)), .jump(.seconds(-30)), .rate(perMillion: 1_050_000)]
    case .zone: [.powerOff, .cut]
    case .cloud: [.powerOff]
    case .container:
      [.crash(exitCode: 1), .oomKill, .probes(.readiness), .probes(.liveness), .probes(.startup)]
    }
  }
}

extension Fault.Effect {
  /// The effect and its figure: `delay 200ms`.
  public var words: [String] {
    switch self {
    case .powerOff: ["power"]
    case .shutdown: ["shutdown"]
    case .cut: ["cut"]
    case .delay(let span): ["delay", span.text]
    case .loss(let percent): ["loss", String(percent)]
    case .flap(let up, let down): ["flap", up.text + "/" + down.text]
    case .stop: ["stop"]
    case .terminate: ["terminate"]
    case .pause: ["pause"]
    case .slow(let span): ["slow", span.text]
    case .full: ["full"]
    case .unsynced: ["unsynced"]
    case .lost: ["lost"]
    case .corruptLog: ["corrupt-log"]
    case .corruptValue: ["corrupt-value"]
    case .offset(let span): ["offset", span.text]
    case .jump(let span): ["jump", span.text]
    case .rate(let rate): ["rate", String(rate)]
    case .overload(let span): ["overload", span.text]
    case .crash(let code): ["crash", String(code)]
    case .oomKill: ["oom"]
    case .probes(let probes):
      ["probes", probes.isEmpty ? "none" : probes.names.joined(separator: ",")]
    }
  }

  /// Every effect's word, for completion.
  public static let names = [
    "cut", "crash", "corrupt-log", "corrupt-value", "delay", "flap", "full", "jump", "loss", "lost",
    "offset", "oom", "overload", "pause", "power", "probes", "rate", "shutdown", "slow", "stop",
    "terminate", "unsynced",
  ]

  public init(words: [String]) throws(FaultProblem) {
    let name = words.first ?? ""
    let figure = words.count > 1 ? words[1] : nil
    func span(_ text: String?, _ example: String) throws(FaultProblem) -> Span {
      guard let span = text.flatMap(Span.init(goDuration:)) else {
        throw FaultProblem(message: "\(name) needs a time, such as \(name) \(example)")
      }
      return span
    }
    func number(_ range: ClosedRange<Int>, _ example: Int) throws(FaultProblem) -> Int {
      guard let number = figure.flatMap({ Int($0) }), range.contains(number) else {
        throw FaultProblem(message: "\(name) needs a number, such as \(name) \(example)")
      }
      return number
    }
    switch name {
    case "power": self = .powerOff
    case "shutdown": self = .shutdown
    case "cut": self = .cut
    case "delay": self = .delay(try span(figure, "200ms"))
    case "loss": self = .loss(percent: try number(0...100, 20))
    case "flap":
      let parts = (figure ?? "").split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw FaultProblem(message: "flap needs two times, up and down, such as flap 10s/5s")
      }
      self = .flap(
        up: try span(String(parts[0]), "10s/5s"), down: try span(String(parts[1]), "10s/5s"))
    case "stop": self = .stop
    case "terminate": self = .terminate
    case "pause": self = .pause
    case "slow": self = .slow(try span(figure, "500ms"))
    case "full": self = .full
    case "lost": self = .lost
    case "unsynced": self = .unsynced
    case "corrupt-log": self = .corruptLog
    case "corrupt-value": self = .corruptValue
    case "offset": self = .offset(try span(figure, "60s"))
    case "jump": self = .jump(try span(figure, "-30s"))
    case "rate": self = .rate(perMillion: try number(1...100_000_000, 1_050_000))
    case "overload": self = .overload(try span(figure, "500ms"))
    case "crash": self = .crash(exitCode: figure == nil ? 1 : Int32(try number(0...255, 1)))
    case "oom": self = .oomKill
    case "probes": self = .probes(try ProbeFaults(names: figure ?? ""))
    default:
      throw FaultProblem(
        message: "\"\(name)\" is no effect; there are \(Self.names.joined(separator: ", "))")
    }
  }
}

extension ProbeFaults {
  fileprivate static let all: [(name: String, fault: ProbeFaults)] = [
    ("liveness", .liveness), ("readiness", .readiness), ("startup", .startup),
  ]

  var names: [String] { Self.all.filter { contains($0.fault) }.map(\.name) }
  /// `the readiness probe`.
  var words: [String] { names.map { "the \($0) probe" } }

  /// Reads `readiness,liveness`, or `none`.
  fileprivate init(names: String) throws(FaultProblem) {
    self = []
    for word in names.split(separator: ",") where word != "none" {
      guard let found = Self.all.first(where: { $0.name == word }) else {
        throw FaultProblem(message: "\"\(word)\" is no probe: liveness, readiness, startup or none")
      }
      insert(found.fault)
    }
    guard !names.isEmpty else {
      throw FaultProblem(message: "probes needs a probe's name, such as probes readiness")
    }
  }
}

extension Span {
  /// Exactly, as `init(goDuration:)` reads it: `5s`, `200ms`, `1234us`.
  public var text: String {
    if microseconds % 1_000_000 == 0 { return "\(microseconds / 1_000_000)s" }
    return microseconds % 1000 == 0 ? "\(microseconds / 1000)ms" : "\(microseconds)us"
  }
}
