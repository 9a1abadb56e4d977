import Basics
import Engine
import KubeAPI
import TerminalCore
import Widgets

/// The cluster as a map: machines and processes, and the messages between them in flight.
///
/// etcd's traffic runs on a line above its members, API traffic between the masters and the load
/// balancer, and from there to everybody else.
struct TopologyScreen {
  let model: TopologyModel

  func render(_ canvas: inout Canvas, in rect: Rect) {
    let inner = canvas.framed(.map, in: rect, subtitle: legend(canvas))
    guard !inner.isEmpty else { return }
    var map = TopologyMap(model: model, state: canvas.state, area: inner)
    map.place()
    map.render(&canvas)
  }

  /// What the colours of the dots mean.
  private func legend(_ canvas: Canvas) -> [Span] {
    var spans: [Span] = []
    for (kind, word) in [
      (Flight.Kind.raft, "Raft"), (.api, "API"), (.watch, "watch"), (.cri, "CRI"),
    ] {
      spans += [
        canvas.span(kind.glyph(canvas.glyphs), kind.role), canvas.span(" \(word)  ", .dim),
      ]
    }
    spans.append(canvas.span("\(canvas.glyphs.leader) leads", .leader))
    return spans
  }
}

/// Places the boxes, draws them and the lines, and puts the messages on their way.
struct TopologyMap {
  let model: TopologyModel
  let state: AppState
  let area: Rect
  /// Where each machine is drawn, by its number.
  private var places: [Int: Rect] = [:]
  /// Workers that are cells of one box.
  private var cells = Rect.zero
  private var raftRow = 0
  private var apiRow = 0
  private var nodeRow = 0

  init(model: TopologyModel, state: AppState, area: Rect) {
    self.model = model
    self.state = state
    self.area = area
  }

  // MARK: Places

  mutating func place() {
    let masterHeight = (model.masters.map(\.processes.count).max() ?? 5) + 2
    let external = model.etcd.isEmpty ? 0 : 3
    let fixed = 1 + external + masterHeight + 1 + 3 + 1
    // Room that is left makes the lines between the tiers longer.
    let workers = model.workers.count <= TopologyModel.workerLimit ? 6 : 4
    let slack = min(max((area.height - fixed - workers) / 4, 0), 2)
    var y = area.y
    raftRow = y
    y += 1 + min(slack, 1)
    if !model.etcd.isEmpty {
      let tops = Self.row(model.etcd.count, in: area, y: y, height: 3, widest: 30)
      for (box, rect) in zip(model.etcd, tops) { places[box.host] = rect }
      y += 3
    }
    for (box, rect) in zip(
      model.masters,
      Self.row(model.masters.count, in: area, y: y, height: masterHeight, widest: 40))
    {
      places[box.host] = rect
    }
    y += masterHeight + slack
    apiRow = y
    y += 1 + slack
    let middle = Self.row(3, in: area, y: y, height: 3, widest: 34)
    for (box, rect) in zip(model.middle, middle) { places[box.host] = rect }
    y += 3 + slack
    nodeRow = y
    y += 1 + slack
    placeWorkers(Rect(x: area.x, y: y, width: area.width, height: area.bottom - y))
  }

  /// `count` boxes of the same width, spread over the area.
  private static func row(
    _ count: Int, in area: Rect, y: Int, height: Int, widest: Int
  ) -> [Rect] {
    guard count > 0 else { return [] }
    let slot = area.width / count
    let width = max(min(slot - 2, widest), 4)
    return (0..<count).map { index in
      Rect(
        x: area.x + index * slot + (slot - width) / 2, y: y, width: width,
        height: min(height, max(area.bottom - y, 0)))
    }
  }

  private mutating func placeWorkers(_ rect: Rect) {
    guard rect.height > 0, !model.workers.isEmpty else { return }
    let width = max(min((model.workers.map(\.name.count).max() ?? 8) + 8, 26), 16)
    let perRow = max(min(rect.width / width, model.workers.count), 1)
    let rows = (model.workers.count + perRow - 1) / perRow
    let height = min(6, rect.height / max(rows, 1))
    guard height >= 3, model.workers.count <= TopologyModel.workerLimit else {
      cells = rect
      return
    }
    let slot = rect.width / perRow
    for (index, box) in model.workers.enumerated() {
      places[box.host] = Rect(
        x: rect.x + index % perRow * slot + max((slot - width) / 2, 0),
        y: rect.y + index / perRow * height, width: min(width, slot - (slot > width ? 0 : 1)),
        height: height)
    }
  }

  // MARK: Drawing

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

  private var raftBoxes: [TopologyModel.Box] { model.etcd.isEmpty ? model.masters : model.etcd }
  private func center(_ rect: Rect) -> Int { rect.x + rect.width / 2 }

  /// The line of etcd, the line of the API, and the line of the nodes.
  private func drawLines(_ canvas: inout Canvas) {
    var strokes = StrokeGrid(area)
    add(&strokes, row: raftRow, taps: raftBoxes.compactMap { places[$0.host] })
    if let balancer = model.middle.first(where: { $0.role == .loadBalancer }),
      let rect = places[balancer.host]
    {
      add(&strokes, row: apiRow, taps: model.masters.compactMap { places[$0.host] } + [rect])
      let first = model.workers.compactMap { places[$0.host] }.map(\.y).min()
      let nodes = model.workers.compactMap { places[$0.host] }.filter { $0.y == first }
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
    let pods = state.observation.pods.pods(on: name, limit: max(rect.width - 2, 0))
    var spans = [Span(" ")]
    for pod in pods { spans.append(canvas.span(PodsPane.glyph(pod, canvas.glyphs), pod.role)) }
    canvas.line(spans, in: rect)
  }

  /// Workers as cells, where there are too many for boxes.
  private func drawCells(_ canvas: inout Canvas) {
    let theme = canvas.theme
    let nodes = state.observation.nodes.filter { $0.roles == "<none>" }
    let ready = nodes.count { $0.ready == "True" }
    let inner = Panel(
      "\(nodes.count) workers",
      subtitle: [canvas.span("\(ready) Ready", ready == nodes.count ? .ok : .warn)]
    ).render(into: &canvas.frame.buffer, in: cells, theme: theme)
    var selected: Int?
    if case .node(let name)? = state.selectedRow(in: .map) {
      selected = nodes.firstIndex { $0.name == name }
    }
    HeatMap(count: nodes.count, selected: selected)
      .render(into: &canvas.frame.buffer, in: inner, theme: theme) { index in
        let (_, role) = NodesPane.mark(nodes[index], theme.glyphs)
        return role == .ok
          ? .heat(Int(nodes[index].cpuRequested), of: Int(max(nodes[index].cpuAllocatable, 1)))
          : .role(role)
      }
  }

  // MARK: Messages

  private func draw(_ flight: Flight, _ canvas: inout Canvas) {
    let world = state.timeline.world
    let (from, to) = (world.processes[flight.from].host, world.processes[flight.to].host)
    guard from != to else { return }
    let path = route(from, to, flight.kind)
    guard !path.isEmpty else { return }
    let point = path[min(flight.progress, 1000) * (path.count - 1) / 1000]
    canvas.frame.buffer.text(
      flight.kind.glyph(canvas.glyphs), x: point.x, y: point.y,
      style: canvas.theme[flight.kind.role].adding(.bold), clip: area)
  }

  /// The cells from one machine to another.
  func route(_ from: Int, _ to: Int, _ kind: Flight.Kind) -> [Point] {
    let (a, b) = (anchor(from), anchor(to))
    guard let a, let b else { return [] }
    let balancer = model.middle.first { $0.role == .loadBalancer }.flatMap { places[$0.host] }
    if kind == .raft {
      return FlowMap.path([
        Point(x: center(a), y: a.y - 1), Point(x: center(a), y: raftRow),
        Point(x: center(b), y: raftRow), Point(x: center(b), y: b.y - 1),
      ])
    }
    guard let balancer else { return [] }
    let gate = center(balancer)
    var corners: [Point] = []
    func leg(_ rect: Rect, _ host: Int) -> [Point] {
      if rect.bottom <= apiRow {
        return [
          Point(x: center(rect), y: rect.bottom), Point(x: center(rect), y: apiRow),
          Point(x: gate, y: apiRow), Point(x: gate, y: balancer.y - 1),
        ]
      }
      if rect.y > nodeRow {
        return [
          Point(x: center(rect), y: max(rect.y - 1, nodeRow)), Point(x: center(rect), y: nodeRow),
          Point(x: gate, y: nodeRow), Point(x: gate, y: balancer.bottom),
        ]
      }
      let side = rect.x < balancer.x ? rect.right : rect.x - 1
      return [
        Point(x: side, y: rect.y + 1),
        Point(
          x: side < gate ? balancer.x - 1 : balancer.right,
          y: rect.y + 1),
      ]
    }
    let isBalancer = { (rect: Rect) in rect == balancer }
    if !isBalancer(a) { corners += leg(a, from) }
    if !isBalancer(b) { corners += leg(b, to).reversed() }
    return corners.isEmpty ? [] : FlowMap.path(corners)
  }

  private func anchor(_ host: Int) -> Rect? {
    if let rect = places[host] { return rect }
    return cells.isEmpty ? nil : cells
  }

  // MARK: Faults

  /// Cut, slow and lossy links: a mark where the way of each begins, and words below.
  private func drawFaults(_ canvas: inout Canvas) {
    let world = state.timeline.world
    for (from, to, fault) in world.network.faultyDirections {
      let path = route(from, to, raftBoxes.contains { $0.host == to } ? .raft : .api)
      guard !path.isEmpty else { continue }
      let point = path[path.count / 2]
      let glyph = fault.isCut ? canvas.glyphs.cross : fault.lossPercent > 0 ? "%" : "~"
      canvas.frame.buffer.text(
        glyph, x: point.x, y: point.y, style: canvas.theme[fault.isCut ? .error : .warn],
        clip: area)
    }
    for box in model.etcd + model.masters + model.workers
    where world.network.isIsolated(box.host) || !world.hosts[box.host].isPowered {
      guard let rect = places[box.host] else { continue }
      if raftBoxes.contains(where: { $0.host == box.host }) {
        mark(Point(x: center(rect), y: raftRow), &canvas)
      }
      let row = rect.bottom <= apiRow ? apiRow : nodeRow
      mark(Point(x: center(rect), y: row), &canvas)
    }
  }

  private func mark(_ point: Point, _ canvas: inout Canvas) {
    canvas.frame.buffer.text(
      canvas.glyphs.cross, x: point.x, y: point.y, style: canvas.theme[.error], clip: area)
  }
}
