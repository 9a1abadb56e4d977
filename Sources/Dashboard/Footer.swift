import Basics
import Engine
import KubeAPI
import TerminalCore
import Widgets

/// The two lines at the bottom: what was said or could be tried, and the keys that matter now.
struct Footer {
  let state: AppState

  func render(into frame: inout MainScreen.Frame, layout: ScreenLayout, theme: Theme) {
    let message = layout.message.inset(horizontal: 1)
    if let notice = state.notice {
      frame.buffer.line(
        notice.text, in: message, style: theme[notice.role], ellipsis: theme.glyphs.ellipsis)
    } else if let setup = state.setup, !setup.isFast {
      frame.buffer.line(
        setup.progress(state.observation), in: message, style: theme[.dim],
        ellipsis: theme.glyphs.ellipsis)
    } else if state.overlays.isEmpty, let text = state.suggestion {
      frame.buffer.spans([Span("Try: ", theme[.hintKey]), Span(text, theme[.text])], in: message)
    }
    let places = HintLine(state.hints(theme.glyphs))
      .render(into: &frame.buffer, in: layout.hints, theme: theme)
    for (hint, area) in places { frame.geometry.hints[hint.number] = area }
  }

  /// The command line over the hints, with proposals above it.
  func renderPrompt(into frame: inout MainScreen.Frame, layout: ScreenLayout, theme: Theme) {
    guard let input = state.prompt else { return }
    frame.buffer.fill(layout.hints, theme.base)
    let (word, choices) = state.completions(input)
    let ghost = choices.first.map { String($0.dropFirst(word.count)) } ?? ""
    let shown = input.cursor == input.characters.count && !word.isEmpty ? ghost : ""
    frame.cursor = input.render(
      into: &frame.buffer, in: layout.hints, theme: theme, prompt: state.promptKind.sign,
      ghost: shown)
    guard choices.count > 1 || (word.isEmpty && !choices.isEmpty) else { return }
    let list = ChoiceList(choices.prefix(60).map { ChoiceList.Choice($0) })
    let column = TextWidth.of(input.head) - TextWidth.of(word)
    list.renderAbove(
      row: layout.hints.y, x: column, rows: 8, into: &frame.buffer, in: frame.buffer.bounds,
      theme: theme)
  }
}

extension AppState {
  /// The keys that matter now, titled for what is selected.
  func hints(_ glyphs: Glyphs) -> [HintLine.Hint] {
    let context = context
    var hints: [HintLine.Hint] = []
    for (index, entry) in keys.entries.enumerated() where entry.contexts.contains(context) {
      guard let key = entry.keys.first else { continue }
      var title = entry.title
      var priority = entry.priority
      switch entry.id {
      case "run": title = pursuit != nil ? "Stop" : isRunning ? "Pause" : "Run"
      case "fail":
        guard let target = failTarget else { continue }
        title = failTitle(target)
      case "heal-all" where observation.faults.isEmpty: continue
      case "broken" where observation.faults.isEmpty: continue
      case "branches" where !hasBranches: continue
      case "fault-menu" where faultSubject == nil: continue
      case "do-step" where guide?.current == nil: continue
      case "open" where focus == .actions || focus == .trace: continue
      case "open" where screen == .next: title = "Go there"
      case "open" where context == .popup: continue
      case "arrange":
        guard context == .main, let words = arrangeTitle else { continue }
        title = words
      case "fold":
        guard let words = foldTitle else { continue }
        title = words
      case "sort" where screen != .pods: continue
      case "columns" where screen != .pods: continue
      case "deliver", "hold", "drop":
        guard selectedMessage != nil else { continue }
        priority = 6
      case "back":
        guard context != .main || isZoomed else { continue }
        priority = 9
      case "help" where context == .popup: priority = 2
      case "why" where context == .popup && !isInDetails: continue
      default: break
      }
      guard priority > 0 else { continue }
      hints.append(HintLine.Hint(key.label(glyphs), title, priority: priority, number: index))
    }
    return hints
  }

  private var isInDetails: Bool {
    guard case .sheet(let sheet) = overlays.last, case .details = sheet.content else {
      return false
    }
    return true
  }

  private func failTitle(_ target: Fault.Target) -> String {
    switch target {
    case .host: isBroken(target) ? "Power on" : "Cut power"
    case .process: isBroken(target) ? "Start it" : "Stop it"
    default: isBroken(target) ? "Heal" : "Fail"
    }
  }

  /// One thing to do next, from how things stand.
  var suggestion: String? {
    if isBooting || setup != nil { return nil }
    if let step = guide?.text { return step }
    if !observation.hasQuorum {
      return "nothing can be written; f on a stopped master or member brings it back"
    }
    if let alarm = observation.alarms.first {
      return alarm.kind == .noSpace
        ? "etcd is full; :etcdctl compaction REV, then defrag, then alarm disarm"
        : "a member's data differs (alarm CORRUPT): replace it, then :etcdctl alarm disarm"
    }
    if observation.pods.tally.entries.contains(where: { $0.status == "Pending" }) {
      // Of very many pods the first: it is looked for in every frame.
      let pod = observation.pods.prefix(100).first { $0.summary.status == "Pending" }
      let place = screen == .pods ? "" : " (4)"
      return "\(pod?.key.name ?? "a pod") is Pending: select it\(place) and press w: why?"
    }
    if let dark = observation.nodes.firstDark { return suggestion(dark) }
    if !observation.faults.isEmpty { return "H heals everything; w asks why something happened" }
    if timeline.isInPast, let lost = lostLater {
      return "before \(lost)\(nodesPlace) is lost: F D drains it, and another future begins"
    }
    if hasBranches, timeline.branch.parent != nil {
      return "B: this future beside the one before, what differs and since when"
    }
    if screen == .etcd, let leader = observation.members.first(where: { $0.role == .leader }) {
      return "select \(leader.name) and press f: who leads after it, and when?"
    }
    guard let worker = observation.nodes.last(where: { $0.roles == "<none>" && $0.pods > 0 }) else {
      return "select a node\(nodesPlace) and press f: who notices, and when?"
    }
    let busiest =
      observation.nodes.place(of: "worker-2").map { observation.nodes[$0] }
      .flatMap { $0.pods > 0 ? $0 : nil } ?? worker
    return "select \(busiest.name)\(nodesPlace) and press f: who notices, and when?"
  }

  /// The key of the view where nodes can be selected, for one that has none.
  private var nodesPlace: String {
    switch screen {
    case .overview, .topology, .nodes: ""
    default: " (\(Screen.nodes.key))"
    }
  }

  /// What to do about a machine that has no power.
  private func suggestion(_ dark: Observation.Node) -> String {
    if dark.ready == "True" {
      return "N: who notices that \(dark.name) is gone, and when? (+ runs faster)"
    }
    if observation.pods.states(on: dark.name).contains(where: { !$0.isTerminating }) {
      return "w on \(dark.name)\(nodesPlace) asks why; its pods have 300 s left: N or + to see"
    }
    return "[ goes back to before it: drain \(dark.name)\(nodesPlace) there; f brings it back"
  }

  /// The machine that loses its power later on, in the future that was left.
  private var lostLater: String? {
    for input in timeline.inputs where input.at >= timeline.now {
      if case .fail(let fault) = input.input, case .host(let name) = fault.target,
        fault.effect == .powerOff
      {
        return name
      }
    }
    return nil
  }
}
