import Basics
import Engine
import KubeAPI
import TerminalCore
import Widgets

/// The ways that messages take over the map, and what is wrong with the links.
extension TopologyMap {
  func draw(_ flight: Flight, _ canvas: inout Canvas) {
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

  /// Cut, slow and lossy links: a mark on the way of each, beside the boxes that the way runs
  /// through; the title has the words.
  func drawFaults(_ canvas: inout Canvas) {
    let world = state.timeline.world
    for (from, to, fault) in world.network.faultyDirections {
      let path = route(from, to, raftBoxes.contains { $0.host == to } ? .raft : .api)
      guard let point = Self.middle(path, avoiding: Array(places.values)) else { continue }
      let glyph = fault.isCut ? canvas.glyphs.cross : fault.lossPercent > 0 ? "%" : "~"
      canvas.frame.buffer.text(
        glyph, x: point.x, y: point.y, style: canvas.theme[fault.isCut ? .error : .warn],
        clip: area)
    }
    // Workers that are but cells have no place.
    let workers = cells.isEmpty ? model.workers : []
    for box in model.etcd + model.masters + workers
    where world.network.isIsolated(box.host) || !world.hosts[box.host].isPowered {
      guard let rect = places[box.host] else { continue }
      if raftBoxes.contains(where: { $0.host == box.host }) {
        mark(Point(x: center(rect), y: raftRow), &canvas)
      }
      let row = rect.bottom <= apiRow ? apiRow : nodeRow
      mark(Point(x: center(rect), y: row), &canvas)
    }
  }

  /// The point nearest to the middle of a way that no box lies on.
  private static func middle(_ path: [Point], avoiding boxes: [Rect]) -> Point? {
    let half = path.count / 2
    let free = path.indices.filter { at in !boxes.contains { $0.contains(path[at]) } }
    return free.min { (abs($0 - half), $0) < (abs($1 - half), $1) }.map { path[$0] }
  }

  private func mark(_ point: Point, _ canvas: inout Canvas) {
    canvas.frame.buffer.text(
      canvas.glyphs.cross, x: point.x, y: point.y, style: canvas.theme[.error], clip: area)
  }
}
