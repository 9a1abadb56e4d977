import Basics
import Engine
import KubeAPI
import TerminalCore
import Widgets

/// The map's lines, machines and processes.
extension TopologyMap {
  func render(_ canvas: inout Canvas) {
    let flights = Flight.all(in: state.timeline.world, limit: 400)
    drawLines(&canvas)
    for box in model.etcd + model.masters + model.middle { draw(box, flights, &canvas) }
    if cells.isEmpty {
      for box in model.workers { draw(box, flights, &canvas) }
    } else {
      drawCells(&canvas)
    }
    for flight in flights { draw(flight, &canvas) }
    drawFaults(&canvas)
  }

  var raftBoxes: [TopologyModel.Box] { model.etcd.isEmpty ? model.masters : model.etcd }
  func center(_ rect: Rect) -> Int { rect.x + rect.width / 2 }

  /// The line of etcd, the line of the API, and the line of the nodes.
  private func drawLines(_ canvas: inout Canvas) {
    var strokes = StrokeGrid(area)
    add(&strokes, row: raftRow, taps: raftBoxes.compactMap { places[$0.host] })
    if let balancer = model.middle.first(where: { $0.role == .loadBalancer }),
      let rect = places[balancer.host]
    {
      add(&strokes, row: apiRow, taps: model.masters.compactMap { places[$0.host] } + [rect])
      let workers = cells.isEmpty ? model.workers.compactMap { places[$0.host] } : []
      let first = workers.map(\.y).min()
      let nodes = workers.filter { $0.y == first }
      add(&strokes, row: nodeRow, taps: (nodes.isEmpty ? [cells] : nodes) + [rect])
      for box in model.middle where box.host != balancer.host {
        guard let other = places[box.host] else { continue }
        let (left, right) = other.x < rect.x ? (other, rect) : (rect, other)
        strokes.add(
          (left.right..<max(right.x, left.right)).map { Point(x: $0, y: left.y + 1) },
          role: .border, upright: false)
      }
    }
    strokes.render(into: &canvas.frame.buffer, theme: canvas.theme)
  }

  /// A line across, and a piece from it to each box.
  private func add(_ strokes: inout StrokeGrid, row: Int, taps: [Rect]) {
    let columns = taps.filter { !$0.isEmpty }.map(center)
    guard let first = columns.min(), let last = columns.max() else { return }
    strokes.add((first...last).map { Point(x: $0, y: row) }, role: .border, upright: false)
    for rect in taps where !rect.isEmpty {
      let x = center(rect)
      // Into the frame, which is drawn over it: so the line joins.
      let ys = rect.y > row ? Array(row...rect.y) : Array((rect.bottom - 1...row).reversed())
      strokes.add(ys.map { Point(x: x, y: $0) }, role: .border, upright: true)
    }
  }

  /// A machine with its processes, a line each.
  private func draw(
    _ box: TopologyModel.Box, _ flights: [Flight], _ canvas: inout Canvas
  ) {
    guard let rect = places[box.host], rect.height > 0 else { return }
    let world = state.timeline.world
    let host = world.hosts[box.host]
    let isSelected = state.selectedRow(in: .map) == box.id
    let isIsolated = world.network.isIsolated(box.host)
    let panel = Panel(
      box.role == .laptop ? "you" : box.name,
      subtitle: host.isPowered
        ? (isIsolated ? [canvas.span("cut off", .error)] : []) : [canvas.span("OFF", .error)],
      focused: isSelected && canvas.isFocused(.map))
    let inner = panel.render(into: &canvas.frame.buffer, in: rect, theme: canvas.theme)
    if !host.isPowered || isIsolated {
      canvas.frame.buffer.restyle(
        Rect(x: rect.x, y: rect.y, width: 1, height: rect.height), canvas.theme[.error])
    }
    spot(box.id, rect.cut(top: 1).top, &canvas)
    if box.processes.isEmpty { return drawPlain(box, &canvas, inner) }
    for (row, entry) in box.processes.enumerated() where row < inner.height {
      let line = inner.row(row)
      draw(entry, flights, &canvas, line)
      spot(entry.id, line, &canvas)
    }
    if box.role == .worker, inner.height > box.processes.count {
      drawPods(of: box.name, &canvas, inner.row(box.processes.count))
    }
  }

  private func spot(_ id: RowID, _ rect: Rect, _ canvas: inout Canvas) {
    guard let index = model.index(of: id, in: .map) else { return }
    canvas.frame.geometry.spots.insert(
      ScreenGeometry.Spot(pane: .map, index: index, rect: rect), at: 0)
  }

  /// Machines without processes of the cluster's own.
  private func drawPlain(_ box: TopologyModel.Box, _ canvas: inout Canvas, _ inner: Rect) {
    let world = state.timeline.world
    switch box.role {
    case .loadBalancer:
      let up = world.loadBalancer.backends.count { $0.isUp }
      let all = world.loadBalancer.backends.count
      canvas.line(
        " \(up) of \(all) API servers up", up == all ? .ok : up > 0 ? .warn : .error, in: inner)
    case .laptop: canvas.line(" kubectl", .dim, in: inner)
    case .cloud: canvas.line(" instances, routes", .dim, in: inner)
    default: break
    }
  }

  private func draw(
    _ entry: TopologyModel.Entry, _ flights: [Flight], _ canvas: inout Canvas, _ rect: Rect
  ) {
    let world = state.timeline.world
    let process = world.processes[entry.process]
    let glyphs = canvas.glyphs
    let leads = process.isRunning && world.believesToLead(process)
    let (glyph, role): (String, Role) =
      switch process.state {
      case .running where leads: (glyphs.leader, .leader)
      case .running: (glyphs.ok, .ok)
      case .starting: (glyphs.pending, .pending)
      case .paused: (glyphs.paused, .warn)
      case .stopped: (glyphs.error, .error)
      }
    let isSelected = state.selectedRow(in: .map) == entry.id
    var base = canvas.theme[.text]
    if isSelected {
      base = canvas.theme.selected(base, active: canvas.isFocused(.map))
      canvas.frame.buffer.fill(rect, base)
    }
    let name = rect.width >= entry.role.name.count + 3 ? entry.role.name : entry.role.shortName
    canvas.frame.buffer.spans(
      [
        canvas.span(" \(glyph) ", role), Span(name, canvas.theme[process.isRunning ? .text : .dim]),
      ],
      in: rect, base: base)
    // What it gets from processes of the same machine moves within the box.
    let own = flights.first {
      $0.to == entry.process && world.processes[$0.from].host == process.host
    }
    if let own, rect.width > name.count + 5 {
      canvas.frame.buffer.text(
        own.kind.glyph(glyphs), x: rect.right - 2, y: rect.y, style: canvas.theme[own.kind.role],
        clip: rect)
    }
  }

  private func drawPods(of name: String, _ canvas: inout Canvas, _ rect: Rect) {
    let count = state.observation.pods.count(on: name)
    var room = max(rect.width - 2, 0)
    let rest = count > room ? " of \(count)" : ""
    room -= rest.count
    var spans = [Span(" ")]
    for pod in state.observation.pods.states(on: name, limit: max(room, 0)) {
      spans.append(canvas.span(PodsPane.glyph(pod.role, canvas.glyphs), pod.role))
    }
    spans.append(canvas.span(rest, .dim))
    canvas.line(spans, in: rect)
  }

  /// Workers as cells, where there are too many for boxes.
  private func drawCells(_ canvas: inout Canvas) {
    let theme = canvas.theme
    let nodes = state.observation.nodes
    let workers = nodes.indices.filter { nodes[$0].roles == "<none>" }
    let ready = workers.count { nodes[$0].ready == "True" }
    let inner = Panel(
      "\(workers.count) workers",
      subtitle: [canvas.span("\(ready) Ready", ready == workers.count ? .ok : .warn)]
    ).render(into: &canvas.frame.buffer, in: cells, theme: theme)
    var selected: Int?
    if case .node(let name)? = state.selectedRow(in: .map) {
      selected = nodes.place(of: name).flatMap { workers.firstIndex(of: $0) }
    }
    HeatMap(count: workers.count, selected: selected)
      .render(into: &canvas.frame.buffer, in: inner, theme: theme) { index in
        // Not taken out: thousands would be copied.
        let at = workers[index]
        let role = NodesPane.mark(nodes[at], theme.glyphs).1
        return role == .ok
          ? .heat(Int(nodes[at].cpuRequested), of: Int(max(nodes[at].cpuAllocatable, 1)))
          : .role(role)
      }
  }
}
