import Basics
import Engine
import KubeAPI
import Scenarios

/// The dashboard without a screen: what happens as sentences, for a pipe or a screen reader.
public struct Narrator: Sendable {
  private var state: AppState
  private var seen = TraceID.none
  private var sentences: [String] = []
  /// Kept until it is clear whether the next says the same.
  private var last: ActionRow?
  private var begun: Tick?
  private var notice: AppState.Notice?
  /// Lines that were typed and not begun: each waits for the cluster to stand, and for the answer to
  /// the one before.
  private var lines: [String] = []
  private var isQuit = false

  public init(_ options: AppState.Options) {
    state = AppState(options)
    func some(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
    sentences.append(
      "A cluster of \(some(options.spec.masters.count, "master")) and "
        + "\(some(options.spec.workers.count, "worker")) starts, seed \(options.spec.seed).")
  }

  /// Whether nothing more can happen unless something is typed.
  public var isStill: Bool {
    begun != nil && !state.isRunning && lines.isEmpty && state.command == nil
      && state.pursuit == nil
  }

  /// Whether it wants all the time it can get.
  public var isHurried: Bool { state.isHurried }

  /// Whether so much virtual time has passed since the cluster was up, or a line said to end.
  public func isOver(after span: Basics.Span?) -> Bool {
    if isQuit { return true }
    guard let span, let begun else { return false }
    return state.timeline.now >= begun + span
  }

  public mutating func advance(now: UInt64, hasTime: () -> Bool) {
    let wasBooting = state.isBooting
    state.advance(now: now, hasTime: hasTime)
    if state.isBooting { return }
    if begun == nil {
      begun = state.timeline.now
      let ready = state.observation.nodes.readyCount
      let pods = state.observation.pods.readyCount
      if wasBooting || seen == .none {
        // How it came up is no news.
        seen = TraceID(state.timeline.world.trace.total)
        say(
          "The cluster is up: \(ready) of \(state.observation.nodes.count) nodes Ready, "
            + "\(pods) of \(state.observation.pods.count) pods ready.")
      }
    }
    read()
    beginLines()
  }

  /// A line that was typed.
  public mutating func submit(_ line: String) {
    if line.contains(where: { !$0.isWhitespace }) { lines.append(line) }
  }

  private mutating func beginLines() {
    while begun != nil, state.command == nil, !isQuit, !lines.isEmpty {
      state.submit(lines.removeFirst())
      if state.takeWish() == .quit { isQuit = true }
      _ = state.takeErrands()
      read()
    }
  }

  public mutating func takeSentences() -> [String] {
    defer { sentences = [] }
    return sentences
  }

  /// A recording of what was done.
  public var recordingText: String {
    var recording = Recording(state.timeline.world.spec)
    var text = recording.header(name: "plain")
    for input in state.timeline.inputs {
      text += recording.step(input.input, at: input.at, events: input.events)
    }
    return text + recording.end(state.timeline.world)
  }

  private mutating func say(_ text: String) {
    sentences.append("\(clockText(state.timeline.now))  \(text)")
  }

  private mutating func read() {
    let world = state.timeline.world
    if world.trace.total < seen.rawValue {
      seen = TraceID(world.trace.total)
      say("Time is back at \(clockText(state.timeline.now)).")
    }
    for entry in world.trace.after(seen) where !entry.record.note.isRoutine {
      tell(world.action(entry))
    }
    seen = TraceID(world.trace.total)
    if let last, state.timeline.now > last.action.at + .seconds(1) { flush() }
    answer()
    if let new = state.notice, new != notice {
      notice = new
      if new.role == .error || new.role == .warn { say(Self.sentence(new.text)) }
    }
  }

  /// What is said again and again, or of every machine, is said once, with how often.
  private mutating func tell(_ action: Observation.Action) {
    let row = ActionRow(action)
    if last?.absorbs(row) ?? false {
      last?.more += 1
      return
    }
    flush()
    last = row
  }

  private mutating func flush() {
    guard let row = last else { return }
    last = nil
    let more = row.more > 0 ? " (and \(row.more) more)" : ""
    let text = ActionText(row.action).text
    sentences.append("\(clockText(row.action.at))  \(Self.sentence(text))\(more)")
  }

  /// What kubectl says, as it stands.
  private mutating func answer() {
    guard let run = state.command, run.isFinished else { return }
    for line in run.text.split(separator: "\n", omittingEmptySubsequences: false)
    where !line.isEmpty {
      sentences.append("  " + line)
    }
    state.command = nil
    state.overlays = []
  }

  private static func sentence(_ text: String) -> String {
    guard let first = text.first else { return text }
    // A component's name is written small.
    let isName = text.prefix { $0 != " " }.contains("-") || text.prefix { $0 != " " }.contains("/")
    let head = isName || first == "k" || first == "e" ? String(first) : first.uppercased()
    let end = text.hasSuffix(".") || text.hasSuffix("?") || text.hasSuffix(")") ? "" : "."
    return head + text.dropFirst() + end
  }
}
