import TerminalCore

/// Boxes joined by lines, with dots that travel along them: messages in flight between parts.
///
/// The caller says where the boxes are; lines are routed at right angles and join where they
/// meet.
public struct FlowMap: Sendable {
  /// A part of the system.
  public struct Node: Sendable {
    public var title: String
    public var lines: [[Span]]
    public var area: Rect
    public var role: Role
    public var focused: Bool

    public init(
      _ title: String, lines: [[Span]] = [], area: Rect, role: Role = .border,
      focused: Bool = false
    ) {
      self.title = title
      self.lines = lines
      self.area = area
      self.role = role
      self.focused = focused
    }
  }

  /// A connection between two nodes, by their indices.
  public struct Edge: Hashable, Sendable {
    public var from: Int
    public var to: Int
    public var role: Role

    public init(_ from: Int, _ to: Int, role: Role = .border) {
      self.from = from
      self.to = to
      self.role = role
    }
  }

  /// A message on an edge.
  public struct Dot: Hashable, Sendable {
    public var edge: Int
    /// How far it has come, in thousandths from `from` to `to`.
    public var progress: Int
    public var glyph: String
    public var role: Role

    public init(edge: Int, progress: Int, glyph: String, role: Role = .info) {
      self.edge = edge
      self.progress = progress
      self.glyph = glyph
      self.role = role
    }
  }

  public var nodes: [Node]
  public var edges: [Edge]
  public var dots: [Dot]

  public init(nodes: [Node], edges: [Edge], dots: [Dot] = []) {
    self.nodes = nodes
    self.edges = edges
    self.dots = dots
  }

  public func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) {
    let area = rect.intersection(buffer.bounds)
    guard !area.isEmpty else { return }
    let routes = edges.map(route)
    var strokes = StrokeGrid(area)
    for (edge, route) in zip(edges, routes) {
      strokes.add(route, role: edge.role, upright: isStacked(edge))
    }
    strokes.render(into: &buffer, theme: theme)
    for node in nodes {
      let inner = Panel(node.title, focused: node.focused)
        .render(into: &buffer, in: node.area.intersection(area), theme: theme)
      if !node.focused && node.role != .border {
        Self.tint(node.area.intersection(area), theme[node.role], &buffer)
      }
      for (row, line) in node.lines.enumerated() {
        buffer.spans(line, in: inner, row: row, base: theme[.text])
      }
    }
    for dot in dots where edges.indices.contains(dot.edge) {
      let route = routes[dot.edge]
      guard !route.isEmpty else { continue }
      let index = min(max(dot.progress, 0), 1000) * (route.count - 1) / 1000
      let point = route[index]
      buffer.text(dot.glyph, x: point.x, y: point.y, style: theme[dot.role], clip: area)
    }
  }

  /// Colours a frame and leaves its title.
  private static func tint(_ area: Rect, _ style: Style, _ buffer: inout CellBuffer) {
    let ink = Style(foreground: style.foreground, attributes: style.attributes)
    guard area.height >= 3 else { return }
    buffer.restyle(area.cut(bottom: 1).bottom, ink)
    for y in area.y..<area.bottom {
      buffer.restyle(Rect(x: area.x, y: y, width: 1, height: 1), ink)
      buffer.restyle(Rect(x: area.right - 1, y: y, width: 1, height: 1), ink)
    }
  }

  /// Whether the boxes of an edge stand one above the other.
  private func isStacked(_ edge: Edge) -> Bool {
    guard nodes.indices.contains(edge.from), nodes.indices.contains(edge.to) else { return false }
    let (a, b) = (nodes[edge.from].area, nodes[edge.to].area)
    return a.right > b.x && b.right > a.x
  }

  /// The cells of an edge, from just outside one box to just outside the other.
  func route(_ edge: Edge) -> [Point] {
    guard nodes.indices.contains(edge.from), nodes.indices.contains(edge.to) else { return [] }
    let (a, b) = (nodes[edge.from].area, nodes[edge.to].area)
    if a.right <= b.x || b.right <= a.x {
      let toRight = a.right <= b.x
      let start = Point(x: toRight ? a.right : a.x - 1, y: a.y + a.height / 2)
      let end = Point(x: toRight ? b.x - 1 : b.right, y: b.y + b.height / 2)
      let middle = (start.x + end.x) / 2
      return Self.path([
        start, Point(x: middle, y: start.y), Point(x: middle, y: end.y), end,
      ])
    }
    if a.bottom <= b.y || b.bottom <= a.y {
      let down = a.bottom <= b.y
      let start = Point(x: a.x + a.width / 2, y: down ? a.bottom : a.y - 1)
      let end = Point(x: b.x + b.width / 2, y: down ? b.y - 1 : b.bottom)
      let middle = (start.y + end.y) / 2
      return Self.path([
        start, Point(x: start.x, y: middle), Point(x: end.x, y: middle), end,
      ])
    }
    return []
  }

  /// Every cell on straight lines between the corners.
  public static func path(_ corners: [Point]) -> [Point] {
    var cells = [corners[0]]
    for corner in corners.dropFirst() {
      while let last = cells.last, last != corner {
        let dx = (corner.x - last.x).signum()
        let dy = dx == 0 ? (corner.y - last.y).signum() : 0
        cells.append(Point(x: last.x + dx, y: last.y + dy))
      }
    }
    return cells
  }
}

/// Lines at right angles over an area, which join where they meet.
public struct StrokeGrid {
  private let area: Rect
  /// For each cell which of its four sides are joined: up 1, right 2, down 4, left 8.
  private var sides: [UInt8]
  private var roles: [Role]

  public init(_ area: Rect) {
    self.area = area
    sides = Array(repeating: 0, count: area.width * area.height)
    roles = Array(repeating: .border, count: sides.count)
  }

  /// - Parameter upright: the direction of a route of a single cell.
  public mutating func add(_ route: [Point], role: Role, upright: Bool) {
    for (index, point) in route.enumerated() {
      if index > 0 { mark(point, toward: route[index - 1], role) }
      if index + 1 < route.count { mark(point, toward: route[index + 1], role) }
      if route.count == 1 { mark(point, side: upright ? 1 | 4 : 2 | 8, role) }
    }
  }

  private mutating func mark(_ point: Point, toward other: Point, _ role: Role) {
    let side: UInt8 =
      other.y < point.y ? 1 : other.x > point.x ? 2 : other.y > point.y ? 4 : 8
    mark(point, side: side, role)
  }

  private mutating func mark(_ point: Point, side: UInt8, _ role: Role) {
    guard area.contains(point) else { return }
    let index = (point.y - area.y) * area.width + point.x - area.x
    sides[index] |= side
    if role != .border { roles[index] = role }
  }

  public func render(into buffer: inout CellBuffer, theme: Theme) {
    // By the sum of the sides joined.
    let ascii = theme.glyphs.alphabet == .ascii
    let glyphs = Array((ascii ? " |-+||++-+-+++++" : " │─╰││╭├─╯─┴╮┤┬┼").unicodeScalars)
    for (index, side) in sides.enumerated() where side != 0 {
      let point = Point(x: area.x + index % area.width, y: area.y + index / area.width)
      buffer.put(glyphs[Int(side)], x: point.x, y: point.y, style: theme[roles[index]])
    }
  }
}
