import Basics
import Engine
import KubeAPI
import TerminalCore
import Widgets

/// Machines with what they can carry and what is asked of them; one closely, all by zone.
struct NodesScreen {
  let list: NodeList

  func render(_ canvas: inout Canvas, in rect: Rect) {
    let state = canvas.state
    var rest = rect
    if rect.width >= 150, !state.isZoomed {
      let parts = rect.cut(right: rect.width * 34 / 100)
      rest = parts.rest
      renderDetails(&canvas, in: parts.right)
    } else if !state.isZoomed, rect.height >= 16 {
      // What the rows leave over tells more of the selected one.
      let boxes = canvas.style == .boxes
      let rows = list.order.count + (boxes ? 3 : 2)
      let wanted = max(rect.height - rows, boxes ? 9 : 8)
      let parts = rect.cut(bottom: min(wanted, rect.height * (boxes ? 60 : 40) / 100))
      rest = parts.rest
      renderDetails(&canvas, in: parts.bottom)
    }
    let ready = list.order.count { list.nodes[$0].ready == "True" }
    var subtitle = "\(ready) of \(list.order.count) Ready"
    if list.order.count < list.nodes.count { subtitle += ", of \(list.nodes.count) nodes" }
    let inner = canvas.framed(.nodes, in: rest, subtitle: [Span(subtitle)])
    if state.views.nodes == .zones {
      ZoneMap(list: list).render(&canvas, in: inner)
    } else {
      let theme = canvas.theme
      canvas.table(.nodes, columns(inner.width), in: inner, placeholder: "no such node") {
        cell($0, $1, state, theme)
      }
    }
  }

  private func columns(_ width: Int) -> [Column] {
    let bar = width >= 130 ? 12 : 6
    return [
      Column(" ", width: 1, priority: 12),
      Column("NAME", width: 9, weight: 2, priority: 11),
      Column("STATUS", width: 12, weight: 1, priority: 10),
      Column("HEARD", width: 5, alignment: .right, priority: 7),
      Column("CPU", width: bar, weight: 1, priority: 6),
      Column("ASKED", width: 5, alignment: .right, priority: 8),
      Column("MEMORY", width: bar, weight: 1, priority: 5),
      Column("ASKED", width: 5, alignment: .right, priority: 8),
      Column("PODS", width: 4, alignment: .right, priority: 9),
      Column(" ", width: 8, weight: 4, priority: 4),
      Column("TAINTS", width: widestTaints, weight: 1, priority: 3),
      Column("ZONE", width: 6, priority: 2),
      Column("AGE", width: 5, alignment: .right, priority: 1),
    ]
  }

  private func cell(_ row: Int, _ column: Int, _ state: AppState, _ theme: Theme) -> TableCell {
    guard let node = list.node(row) else { return .text("") }
    func share(_ part: Int64, _ whole: Int64) -> TableCell {
      .text(whole > 0 ? "\(part * 100 / whole)%" : "-", theme[.dim])
    }
    func bar(_ part: Int64, _ whole: Int64) -> TableCell {
      .bar(value: Int(part), of: Int(max(whole, 1)), theme.heat(Int(part), of: Int(max(whole, 1))))
    }
    switch column {
    case 0:
      let (glyph, role) = NodesPane.mark(node, theme.glyphs)
      return .text(glyph, theme[role])
    case 1: return .text(node.name)
    case 2:
      if !node.isPowered { return .text("\(node.status) OFF", theme[.error]) }
      return .text(node.status, theme[NodesPane.statusRole(node)])
    case 3:
      guard let age = node.heartbeatAge else { return .text("-", theme[.dim]) }
      return .text(age.humanDuration, theme[NodesPane.heartbeatRole(age)])
    case 4: return bar(node.cpuRequested, node.cpuAllocatable)
    case 5: return share(node.cpuRequested, node.cpuAllocatable)
    case 6: return bar(node.memoryRequested, node.memoryAllocatable)
    case 7: return share(node.memoryRequested, node.memoryAllocatable)
    case 8: return .text("\(node.pods)")
    case 9: return .spans(podCells(of: node.name, state.observation, theme))
    case 10:
      let taints = node.taints.map { Self.short($0.key) }
      return .text(taints.joined(separator: ","), theme[.warn])
    case 11: return .text(node.zone, theme[.dim])
    default: return .text(node.age?.humanDuration ?? "-", theme[.dim])
    }
  }

  /// What the taints need, of many nodes the first.
  private var widestTaints: Int {
    var (widest, seen) = (6, 0)
    for at in list.nodes.indices where !list.nodes[at].taints.isEmpty {
      let text = list.nodes[at].taints.map { Self.short($0.key).count }
      widest = max(widest, text.reduce(0, +) + text.count - 1)
      seen += 1
      if seen == 100 { break }
    }
    return min(widest, 26)
  }

  /// `node.kubernetes.io/unreachable` as `unreachable`.
  static func short(_ taint: String) -> String {
    String(taint.split(separator: "/").last ?? "")
  }

  /// A sign for each pod on the node; the table cuts what does not fit.
  private func podCells(
    of name: String, _ observation: Observation, _ theme: Theme
  ) -> [Span] {
    observation.pods.states(on: name, limit: 60).map { state in
      Span(PodsPane.glyph(state.role, theme.glyphs), theme[state.role])
    }
  }

  // MARK: The selected node

  private func renderDetails(_ canvas: inout Canvas, in rect: Rect) {
    guard case .node(let name)? = canvas.state.selectedRow(in: .nodes),
      let node = list.nodes.place(of: name).map({ list.nodes[$0] })
    else {
      _ = canvas.framed("Selected node", in: rect)
      return
    }
    let inner = canvas.framed(
      name, in: rect, subtitle: [canvas.span("\(node.roles), \(node.ip), \(node.zone)", .dim)])
    let object = canvas.state.timeline.world.object(.node, ObjectKey(name: name))?.node
    let wide = inner.width >= 100
    let parts = wide ? inner.cut(left: inner.width * 62 / 100) : inner.cut(left: inner.width)
    var lines = conditionLines(object, canvas.state.timeline.world.wallClock)
    if !wide { lines = resourceLines(node, isShort: inner.height < 10) + lines }
    canvas.lines(lines, in: parts.left, wraps: false)
    if wide { canvas.lines(resourceLines(node, isShort: false), in: parts.rest, wraps: false) }
    let used = max(lines.count, wide ? 5 : 0) + 1
    canvas.lines(
      podLines(on: name, canvas.state.observation), in: inner.cut(top: used).rest, wraps: false)
  }

  private func podLines(on name: String, _ observation: Observation) -> [SheetLine] {
    let pods = observation.pods.pods(on: name, limit: 60)
    guard !pods.isEmpty else { return [SheetLine(" no pods on it", .dim)] }
    let width = min(pods.map(\.key.text.count).max() ?? 0, 50)
    return pods.map { pod in
      return SheetLine([
        Ink(" " + padded(pod.key.text, width + 2)), Ink(padded(pod.summary.status, 18), pod.role),
        Ink(padded(pod.ip, 16) + pod.age.humanDuration, .dim),
      ])
    }
  }

  /// Conditions with how long they have been so, and when the kubelet said so last.
  private func conditionLines(_ node: Node?, _ wall: Timestamp) -> [SheetLine] {
    guard let node else { return [SheetLine("The API has no such node yet.", .dim)] }
    return node.status.conditions.map { condition in
      let isBad = (condition.status == "True") != (condition.type == "Ready")
      let role: Role = condition.status == "Unknown" || isBad ? .error : .ok
      let since = condition.lastTransitionTime.map { "for " + (wall - $0).humanDuration } ?? ""
      let heard = condition.lastHeartbeatTime.map { ", heard " + (wall - $0).humanDuration } ?? ""
      return SheetLine([
        Ink(" " + padded(condition.type, 19), .dim), Ink(padded(condition.status, 8), role),
        Ink(padded(since + heard, 22), .dim), Ink(" " + condition.reason, .dim),
      ])
    }
  }

  private func resourceLines(_ node: Observation.Node, isShort: Bool) -> [SheetLine] {
    let cpu = "\(coresText(node.cpuRequested)) of \(coresText(node.cpuAllocatable)) cores"
    let memory = "\(bytesText(node.memoryRequested)) of \(bytesText(node.memoryAllocatable))"
    let taints =
      node.taints.isEmpty
      ? "none" : node.taints.map { "\(Self.short($0.key)):\($0.effect)" }.joined(separator: ", ")
    let machine: Ink =
      node.isPowered
      ? Ink(
        node.faults.isEmpty ? "on" : node.faults.map(\.text).joined(separator: "; "),
        node.faults.isEmpty ? .ok : .warn) : Ink("no power", .error)
    if isShort {
      return [
        SheetLine([
          Ink(" asked ", .dim), Ink("\(cpu), \(memory)"), Ink("   taints ", .dim),
          Ink(taints, node.taints.isEmpty ? .dim : .warn), Ink("   machine ", .dim), machine,
        ])
      ]
    }
    return [
      SheetLine([Ink(" cpu      ", .dim), Ink(cpu + " requested")]),
      SheetLine([Ink(" memory   ", .dim), Ink(memory + " requested")]),
      SheetLine([Ink(" pods     ", .dim), Ink("\(node.pods)")]),
      SheetLine([Ink(" taints   ", .dim), Ink(taints, node.taints.isEmpty ? .dim : .warn)]),
      SheetLine([Ink(" machine  ", .dim), machine]),
    ]
  }
}

/// All nodes at a glance, zone by zone: named where there is room, else a cell each.
struct ZoneMap {
  let list: NodeList

  func render(_ canvas: inout Canvas, in rect: Rect) {
    let (theme, state) = (canvas.theme, canvas.state)
    let selected = state.cursor(.nodes).index
    let states = state.timeline.world.zoneStates
    let chip = (list.order.map { list.nodes[$0].name.count }.max() ?? 8) + 4
    let perRow = max((rect.width - 2) / chip, 1)
    let named = list.zones.reduce(0) { $0 + ($1.members.count + perRow - 1) / perRow + 2 }
    let isNamed = named <= rect.height + 1
    var y = rect.y
    for zone in list.zones where y < rect.bottom {
      let disruption = states.first { $0.name.hasSuffix(":" + zone.name) || $0.name == zone.name }
      let title = Rect(x: rect.x, y: y, width: rect.width, height: 1)
      renderTitle(zone, disruption.map { ($0.state.rawValue, $0.waiting.count) }, &canvas, title)
      y += 1
      if isNamed {
        for (number, place) in zone.members.enumerated() {
          let at = Rect(
            x: rect.x + 1 + number % perRow * chip, y: y + number / perRow, width: chip - 1,
            height: 1)
          renderChip(place, isSelected: place == selected, &canvas, at)
        }
        y += (zone.members.count + perRow - 1) / perRow + 1
      } else {
        let rows = HeatMap.capacity(of: Rect(x: 0, y: 0, width: 1, height: 1), theme: theme)
        let needed = (zone.members.count + (rect.width - 2) * rows - 1) / ((rect.width - 2) * rows)
        let left = list.zones.count > 1 ? max((rect.bottom - y) / 2, 2) : rect.bottom - y
        let area = Rect(
          x: rect.x + 1, y: y, width: rect.width - 2, height: min(needed, left))
        let map = HeatMap(
          count: zone.members.count, selected: zone.members.firstIndex(of: selected))
        map.render(into: &canvas.frame.buffer, in: area, theme: theme) { index in
          guard let node = list.node(zone.members[index]) else { return .empty }
          let (_, role) = NodesPane.mark(node, theme.glyphs)
          return role == .ok
            ? .heat(Int(node.cpuRequested), of: Int(max(node.cpuAllocatable, 1))) : .role(role)
        }
        y += area.height + 1
      }
    }
    canvas.frame.geometry.rows[.nodes] = max(perRow, 1)
  }

  private func renderTitle(
    _ zone: NodeList.Zone, _ disruption: (state: String, waiting: Int)?, _ canvas: inout Canvas,
    _ rect: Rect
  ) {
    let isWhole = zone.ready == zone.members.count
    var spans = [
      canvas.span(" \(zone.name.isEmpty ? "no zone" : zone.name)  ", .title),
      canvas.span("\(zone.ready) of \(zone.members.count) Ready", isWhole ? .ok : .error),
    ]
    if let disruption, disruption.state != "Initial" {
      spans.append(
        canvas.span("  \(disruption.state)", disruption.state == "Normal" ? .dim : .error))
      if disruption.waiting > 0 {
        spans.append(canvas.span(", \(disruption.waiting) wait for their taint", .warn))
      }
    }
    let cpu = zone.cpuAllocatable > 0 ? zone.cpuRequested * 100 / zone.cpuAllocatable : 0
    let memory =
      zone.memoryAllocatable > 0 ? zone.memoryRequested * 100 / zone.memoryAllocatable : 0
    spans.append(
      canvas.span("  \(zone.pods) pods, cpu \(cpu)%, memory \(memory)% requested", .dim))
    canvas.line(spans, in: rect)
  }

  private func renderChip(
    _ place: Int, isSelected: Bool, _ canvas: inout Canvas, _ rect: Rect
  ) {
    guard let node = list.node(place) else { return }
    let (glyph, role) = NodesPane.mark(node, canvas.glyphs)
    if isSelected {
      canvas.frame.buffer.fill(
        rect, canvas.theme.selected(canvas.theme[.text], active: canvas.isFocused(.nodes)))
    }
    canvas.frame.buffer.spans(
      [canvas.span(glyph + " ", role), Span(node.name)], in: rect,
      base: isSelected
        ? canvas.theme.selected(canvas.theme[.text], active: canvas.isFocused(.nodes))
        : canvas.theme[.text])
    canvas.frame.geometry.spots.append(
      ScreenGeometry.Spot(pane: .nodes, index: place, rect: rect))
  }
}
