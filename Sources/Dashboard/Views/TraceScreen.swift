import Basics
import Engine
import KubeAPI
import TerminalCore
import Widgets

/// What happened, in the order of time: a lane for each component, an arrow to the record from who
/// asked for the write that it is, or else from what caused it.
struct TraceScreen {
  let model: TraceModel

  func render(_ canvas: inout Canvas, in rect: Rect) {
    let title =
      switch model.scope {
      case .all: "Trace"
      case .component(let role): "Trace of \(role.name)"
      case .object(let object): "Trace of \(object.kind.singular) \(object.key.text)"
      case .causes(let id): "Causes and effects of record \(id.rawValue)"
      case .events: "Events of the API"
      }
    var subtitle = "\(model.shown) shown"
    if model.folded > 0 { subtitle += ", \(model.folded) heartbeats, leases and events folded" }
    let inner = canvas.framed(
      .trace, in: rect, title: title,
      subtitle: legend(canvas, width: rect.width) + [canvas.span(subtitle, .dim)])
    if model.scope == .events {
      renderEvents(&canvas, in: inner)
    } else {
      renderLanes(&canvas, in: inner)
    }
  }

  /// What the shapes mean, where there is room.
  private func legend(_ canvas: Canvas, width: Int) -> [Span] {
    guard width >= 118, model.scope != .events else { return [] }
    let glyphs = canvas.glyphs
    let shapes = [
      (glyphs.bullet, "write"), (glyphs.info, "decision"), (glyphs.follower, "observation"),
      (glyphs.ok, "lifecycle"), (glyphs.warn, "input"),
    ]
    return shapes.map { canvas.span("\($0) \($1)  ", .dim) }
  }

  // MARK: Lanes

  private struct Lanes {
    var lanes: [TraceLane] = []
    var width = 3

    init(_ state: AppState, _ columns: Int) {
      let masters = state.masters
      let members = state.timeline.world.etcdMemberNames
      var roles: [Process.Role?] = [
        nil, .etcd, .apiServer, .controllerManager, .scheduler, .cloudControllerManager, .kubelet,
        .kubeProxy,
      ]
      // The runtime has a lane of its own only where there is room.
      if columns >= 100 { roles.insert(.containerRuntime, at: 7) }
      let apart = members.count + masters.count + roles.count - 2
      let isApart = columns >= 70 + apart * 4
      for role in roles {
        let hosts = role == .etcd ? members : role == .apiServer ? masters : []
        if isApart, !hosts.isEmpty {
          lanes += hosts.map { TraceLane(role: role, host: $0) }
        } else {
          lanes.append(TraceLane(role: role, host: ""))
        }
      }
      width = columns >= 44 + lanes.count * 4 ? 4 : 3
    }

    var columns: Int { lanes.count * width }

    /// The lane that the arrow to a record comes from; nil where nothing is known before it.
    func origin(of entry: Trace.Entry, _ world: World) -> Int? {
      if let author = ActionText.author(of: entry.record.note) {
        let lane = author == .user ? 0 : lanes.firstIndex { $0.role == author }
        if let lane { return lane }
      }
      return world.trace[entry.cause].map { index(of: $0.record.process, world) }
    }

    func index(of process: ProcessID?, _ world: World) -> Int {
      guard let process else { return 0 }
      let role = world.processes[process].role
      let host = world.hosts[world.processes[process].host].name
      let own = lanes.firstIndex { $0.role == role && ($0.host.isEmpty || $0.host == host) }
      return own ?? lanes.firstIndex { $0.role == .kubelet } ?? 0
    }

    /// The middle of a lane.
    func x(_ lane: Int) -> Int { lane * width + width / 2 }
  }

  private func renderLanes(_ canvas: inout Canvas, in rect: Rect) {
    let state = canvas.state
    let world = state.timeline.world
    let lanes = Lanes(state, rect.width)
    let (head, body) = rect.cut(top: 1)
    let clock = rect.width >= 100 ? 12 : 8
    let left = rect.x + 1 + clock
    canvas.line(rect.width >= 100 ? "       TIME" : "   TIME", .header, in: head)
    for (index, lane) in lanes.lanes.enumerated() {
      let label = String(lane.label.prefix(lanes.width - (lanes.width > 3 ? 1 : 0)))
      canvas.frame.buffer.text(
        label, x: left + index * lanes.width, y: head.y, style: canvas.theme[.header], clip: head)
    }
    let textX = left + lanes.columns + 1
    canvas.frame.buffer.text(
      "WHAT HAPPENED", x: textX, y: head.y, style: canvas.theme[.header], clip: head)
    let cursor = state.cursor(.trace)
    let fitted = ListCursor(selected: cursor.index, offset: cursor.offset)
      .fitted(count: model.ids.count, visible: body.height)
    var geometry = Table.Geometry()
    geometry.header = head
    geometry.body = body
    geometry.offset = fitted.offset
    geometry.rowCount = model.ids.count
    canvas.frame.geometry.tables[.trace] = geometry
    canvas.frame.geometry.rows[.trace] = body.height
    guard !model.ids.isEmpty else {
      return canvas.line("   nothing to show", .dim, in: body)
    }
    let selected = model.ids[min(max(fitted.selected, 0), model.ids.count - 1)]
    let chain = Set(world.trace.chain(from: selected).map(\.id))
    for row in 0..<min(body.height, max(model.ids.count - fitted.offset, 0)) {
      let id = model.ids[fitted.offset + row]
      guard let entry = world.trace[id] else { continue }
      render(
        entry, lanes, &canvas, body.row(row), clock: clock, left: left, textX: textX,
        isSelected: id == selected, isInChain: chain.contains(id), world)
    }
    ScrollBar(offset: fitted.offset, visible: body.height, total: model.ids.count)
      .render(into: &canvas.frame.buffer, in: body.cut(right: 1).right, theme: canvas.theme)
  }

  private func render(
    _ entry: Trace.Entry, _ lanes: Lanes, _ canvas: inout Canvas, _ rect: Rect, clock: Int,
    left: Int, textX: Int, isSelected: Bool, isInChain: Bool, _ world: World
  ) {
    let theme = canvas.theme
    var ground = theme[.text]
    if isSelected {
      ground = theme.selected(ground, active: canvas.isFocused(.trace))
      canvas.frame.buffer.fill(rect, ground)
    }
    let isActive = canvas.isFocused(.trace)
    let drawn: (Style) -> Style = { style in
      isSelected ? theme.selected(style.over(theme[.text]), active: isActive) : style
    }
    let time = clock >= 12 ? preciseClockText(entry.at) : Self.shortClock(entry.at)
    canvas.frame.buffer.text(
      isSelected ? theme.glyphs.selected : " ", x: rect.x, y: rect.y, style: drawn(theme[.hintKey]),
      clip: rect)
    canvas.frame.buffer.text(
      time, x: rect.x + 1, y: rect.y, style: drawn(theme[isInChain ? .changed : .dim]), clip: rect)
    drawLanes(entry, lanes, &canvas, rect, left, isInChain: isInChain, world, drawn)
    let more = model.more[entry.id] ?? 0
    let action = ActionText(world.action(entry))
    let room = Rect(x: textX, y: rect.y, width: rect.right - textX - 1, height: 1)
    let role: Role = isInChain ? .changed : entry.record.note.role
    canvas.frame.buffer.line(
      more > 0 ? "\(action.text) (and \(more) more)" : action.text, in: room,
      style: drawn(theme[role]), ellipsis: theme.glyphs.ellipsis)
  }

  /// `1:23.45`, `41:23.4`, `1:41:23`: what is cut off is the finest.
  static func shortClock(_ tick: Tick) -> String {
    let full = preciseClockText(tick)
    let minutes = tick.microseconds / 60_000_000
    guard minutes < 60 else { return String(full.prefix { $0 != "." }) }
    return String(full.dropFirst(minutes < 10 ? 3 : 2).prefix(7))
  }

  private func drawLanes(
    _ entry: Trace.Entry, _ lanes: Lanes, _ canvas: inout Canvas, _ rect: Rect, _ left: Int,
    isInChain: Bool, _ world: World, _ drawn: (Style) -> Style
  ) {
    let theme = canvas.theme
    let isAscii = theme.glyphs.alphabet == .ascii
    let line: Unicode.Scalar = isAscii ? "|" : "│"
    for lane in lanes.lanes.indices {
      canvas.frame.buffer.put(
        line, x: left + lanes.x(lane), y: rect.y, style: drawn(theme[.barTrack]))
    }
    let own = lanes.index(of: entry.record.process, world)
    let arrow = theme[isInChain ? .changed : .info]
    if let other = lanes.origin(of: entry, world) {
      if other != own {
        let (low, high) = (min(own, other), max(own, other))
        for x in lanes.x(low)...lanes.x(high) {
          canvas.frame.buffer.put(isAscii ? "-" : "─", x: left + x, y: rect.y, style: drawn(arrow))
        }
        canvas.frame.buffer.put(
          isAscii ? "+" : other < own ? "├" : "┤", x: left + lanes.x(other), y: rect.y,
          style: drawn(arrow))
        let head: Unicode.Scalar = other < own ? (isAscii ? ">" : "▶") : (isAscii ? "<" : "◀")
        canvas.frame.buffer.put(
          head, x: left + lanes.x(own) + (other < own ? -1 : 1), y: rect.y, style: drawn(arrow))
      }
    }
    canvas.frame.buffer.text(
      Self.glyph(entry.record.note, theme.glyphs), x: left + lanes.x(own), y: rect.y,
      style: drawn(theme[isInChain ? .changed : entry.record.note.role].adding(.bold)), clip: rect)
  }

  /// A shape for each kind of record.
  static func glyph(_ note: Note, _ glyphs: Glyphs) -> String {
    switch note.kind {
    case .decision: glyphs.info
    case .observation: glyphs.follower
    case .leadership: glyphs.leader
    case .lifecycle: glyphs.ok
    case .failure: glyphs.error
    case .write: glyphs.bullet
    case .input: glyphs.warn
    }
  }

  // MARK: Events

  private func renderEvents(_ canvas: inout Canvas, in rect: Rect) {
    let theme = canvas.theme
    let wall = canvas.state.timeline.world.wallClock
    let columns = [
      Column("LAST", width: 5, alignment: .right, priority: 8),
      Column("TYPE", width: 7, priority: 6),
      Column("REASON", width: 18, weight: 1, priority: 9),
      Column("OBJECT", width: 20, weight: 2, priority: 7, cutsMiddle: true),
      Column("COUNT", width: 5, alignment: .right, priority: 3),
      Column("FROM", width: 14, priority: 1),
      Column("MESSAGE", width: 20, weight: 5, priority: 5),
    ]
    canvas.table(.trace, columns, in: rect, placeholder: "no events") {
      [events = model.events] row, column in
      let event = events[row].event
      let isWarning = event.type == "Warning"
      switch column {
      case 0: return .text((wall - events[row].last).humanDuration, theme[.dim])
      case 1: return .text(event.type, theme[isWarning ? .warn : .dim])
      case 2: return .text(event.reason, theme[isWarning ? .warn : .text])
      case 3: return .text("\(event.involvedObject.kind)/\(event.involvedObject.name)")
      case 4: return .text("\(event.occurrences)", theme[.dim])
      case 5:
        return .text(event.component, theme[.dim])
      default: return .text(event.message, theme[.dim])
      }
    }
  }
}
