import Basics
import Engine
import Kubectl
import TerminalCore

/// A word of the command line that is the dashboard's own, not kubectl's.
struct CommandWord: Sendable {
  let name: String
  let summary: String
  /// Something has to follow.
  var needsMore = true

  init(_ name: String, _ summary: String, needsMore: Bool = true) {
    self.name = name
    self.summary = summary
    self.needsMore = needsMore
  }

  static let all = [
    CommandWord("fail", "does harm: fail node/worker-2 cut"),
    CommandWord("heal", "undoes it: heal node/worker-2, or all"),
    CommandWord("kill", "kills a process once: kill process/master-1/etcd"),
    CommandWord("why", "why? why node/worker-2, why drain worker-2, why lb", needsMore: false),
    CommandWord("faults", "what is broken", needsMore: false),
    CommandWord("goto", "goes to a moment: goto 1m30s, goto 0:01:30"),
    CommandWord("speed", "how fast time passes: speed 10"),
    CommandWord("theme", "colours: theme nord"),
    CommandWord("big", "big mode, for projectors", needsMore: false),
    CommandWord("export", "this screen as text, ANSI or SVG: export screen.svg"),
    CommandWord("record", "what you do, as a scenario: record mine.yaml, record off"),
    CommandWord("cast", "the session, as an asciicast: cast session.cast, cast off"),
    CommandWord("filter", "narrows the list: filter web"),
    CommandWord("mark", "a bookmark here: mark before the crash"),
    CommandWord("branch", "names this future: branch drained"),
    CommandWord("branches", "all futures", needsMore: false),
    CommandWord("topology", "the same with etcd elsewhere, beside this: topology external"),
    CommandWord("help", "all keys", needsMore: false),
    CommandWord("quit", "ends", needsMore: false),
  ]

  static let names = all.map(\.name) + ["q"]
}

extension AppState {
  /// Does a line that begins with a word of the dashboard's own; false where it does not.
  mutating func submitOwn(_ words: [String]) -> Bool {
    let rest = Array(words.dropFirst())
    switch words.first {
    case "q", "quit", "q!": wish = .quit
    case "help": reduce(.help)
    case "fail": fail(rest)
    case "heal": heal(rest)
    case "kill": kill(rest)
    case "faults": open(.broken)
    case "why": askWhy(rest)
    case "theme":
      if rest.isEmpty { open(.themes) } else { setTheme(rest[0]) }
    case "speed":
      guard rest.count == 1, let new = Speed(rest[0]) else {
        say("speed X: 1/1000 to 1000, or max", .warn)
        return true
      }
      setSpeed(new)
    case "big": toggleBig()
    case "filter": filter = rest.joined(separator: " ")
    case "goto": goTo(rest.first ?? "")
    case "export": export(rest.first ?? "")
    case "record": record(rest.first ?? "")
    case "cast": cast(rest.first ?? "")
    case "branch": renameBranch(rest.joined(separator: " "))
    case "branches": open(.branches)
    case "topology": changeTopology(rest.first ?? "")
    case "mark": mark(rest.joined(separator: " "))
    default: return false
    }
    return true
  }

  private mutating func setTheme(_ name: String) {
    guard themeNames.contains(name) else {
      return say("theme NAME, one of: \(themeNames.joined(separator: ", "))", .warn)
    }
    themeName = name
  }

  private mutating func fail(_ words: [String]) {
    guard !isBooting else { return say("booting: wait until the cluster stands") }
    do throws(FaultProblem) { strikeOrAsk(try Fault(words: words)) } catch {
      say(error.message, .error)
    }
  }

  private mutating func heal(_ words: [String]) {
    guard let word = words.first, word != "all" else { return healAll() }
    guard let target = Fault.Target(word) else {
      return say("\"\(word)\" is no target; \(Fault.Target.forms)", .error)
    }
    give(.heal(target), said: "\(target.text) is healed")
  }

  private mutating func kill(_ words: [String]) {
    guard case .process(let host, let name)? = words.first.flatMap({ Fault.Target($0) }) else {
      return say("kill process/HOST/NAME", .warn)
    }
    give(.kill(host: host, process: name), said: "\(name) on \(host) is killed")
  }

  /// `90s`, `1h2m`, or a clock's `0:01:30`.
  static func tick(_ text: String) -> Tick? {
    if let span = TimeSpan(goDuration: text), span >= .zero { return .zero + span }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count) else { return nil }
    var seconds = 0
    for part in parts.dropLast() {
      guard let value = Int(part), (0..<100_000).contains(value) else { return nil }
      seconds = (seconds + value) * 60
    }
    guard let last = TimeSpan(goDuration: String(parts[parts.count - 1]) + "s"), last >= .zero
    else { return nil }
    return .zero + .seconds(seconds) + last
  }

  private mutating func goTo(_ text: String) {
    guard !isBooting else { return say("booting: wait until the cluster stands") }
    guard let tick = Self.tick(text) else {
      return say("goto 90s or goto 0:01:30, counted from power-on", .warn)
    }
    jump(to: tick)
  }

  /// Words that can follow what stands on the line.
  func ownCandidates(after words: [String]) -> [String]? {
    switch (words[0], words.count) {
    case ("theme", 1): return themeNames
    case ("speed", 1): return ["1", "10", "100", "1/10", "1/100", "max"]
    case ("fail", 1): return targets
    case ("fail", 2):
      guard let target = Fault.Target(words[1]) else { return Fault.Effect.names }
      return target.effects.map { $0.words[0] }.reduce(into: []) {
        if !$0.contains($1) { $0.append($1) }
      }
    case ("fail", 3):
      guard let target = Fault.Target(words[1]) else { return [] }
      return target.effects.filter { $0.words[0] == words[2] }.compactMap {
        $0.words.count > 1 ? $0.words[1] : nil
      }
    case ("heal", 1):
      return ["all"] + observation.faults.map(\.target.text)
    case ("kill", 1): return targets.filter { $0.hasPrefix("process/") }
    case ("topology", 1):
      return [ClusterSpec.EtcdTopology.external, .stacked].map(\.rawValue)
    case ("why", _): return whyCandidates(after: words)
    case ("export", 1): return ["screen.txt", "screen.ansi", "screen.svg"]
    case ("record", 1): return ["recording.yaml", "off"]
    case ("cast", 1): return ["session.cast", "off"]
    case (let word, _) where CommandWord.names.contains(word): return []
    default: return nil
    }
  }

  /// Everything that can be failed, by name; of a big cluster the first machines.
  private var targets: [String] {
    let hosts = timeline.world.hosts.filter { $0.role != .cloud && $0.role != .laptop }.prefix(60)
    var all = hosts.map { "node/" + $0.name }
    for host in hosts {
      for id in host.processes {
        all.append("process/\(host.name)/\(timeline.world.processes[id].role.name)")
      }
    }
    all += observation.members.map { "disk/" + $0.name }
    all += hosts.map { "clock/" + $0.name }
    for a in hosts.prefix(8) {
      all += hosts.prefix(8).filter { $0.name > a.name }.map { "link/\(a.name)/\($0.name)" }
    }
    var zones: [String] = []
    for host in hosts where !host.zone.isEmpty && !zones.contains(host.zone) {
      zones.append(host.zone)
    }
    all += zones.map { "zone/" + $0 }
    all += hosts.map { "cloud/" + $0.name }
    all += observation.pods.prefix(200).map { "container/\($0.key.namespace)/\($0.key.name)" }
    return all
  }
}
