import TerminalCore

/// Where the panes stand at a size.
struct ScreenLayout: Sendable, Hashable {
  enum Style: Sendable { case boxes, rules }

  var header = Rect.zero
  /// The names of the views.
  var screens = Rect.zero
  /// What is left for the view.
  var main = Rect.zero
  /// The tabs of the smallest layout; empty in the others.
  var tabs = Rect.zero
  var panes: [Pane: Rect] = [:]
  /// The past in a few rows, where there is room.
  var strip = Rect.zero
  var message = Rect.zero
  var hints = Rect.zero
  var style = Style.rules

  static let minimum = (width: 60, height: 16)

  /// - Parameters:
  ///   - nodes: rows the nodes need; members: rows etcd needs.
  init(width: Int, height: Int, focus: Pane, isZoomed: Bool, nodes: Int, members: Int) {
    let screen = Rect(x: 0, y: 0, width: width, height: height)
    let (top, below) = screen.cut(top: 1)
    header = top
    let (second, rest) = below.cut(top: 1)
    screens = second
    let (upper, hintRow) = rest.cut(bottom: 1)
    hints = hintRow
    let (content, messageRow) = upper.cut(bottom: 1)
    let (main, past) = content.cut(bottom: height >= 50 ? 5 : height >= 34 && width >= 76 ? 3 : 0)
    self.main = main
    strip = past
    message = messageRow
    let isRoomy = width >= 100 && height >= 34
    style = isRoomy ? .boxes : .rules
    if isZoomed {
      panes[focus] = main
    } else if width < 76 || height < 22 {
      tabbed(main, focus)
    } else if isRoomy {
      boxes(main, nodes: nodes, members: members)
    } else {
      rules(main, nodes: nodes, members: members)
    }
  }

  /// One pane at a time, and the actions under it.
  private mutating func tabbed(_ main: Rect, _ focus: Pane) {
    let (top, rest) = main.cut(top: 1)
    tabs = top
    let actionRows = focus == .actions ? 0 : max(rest.height / 3, 3)
    let parts = rest.cut(bottom: actionRows)
    panes[focus] = parts.rest
    if focus != .actions { panes[.actions] = parts.bottom }
  }

  /// Two columns under rules instead of frames: nothing is spent on borders.
  private mutating func rules(_ main: Rect, nodes: Int, members: Int) {
    let middle = max(min(members, 5) + 2, 6)
    let rest = main.height - middle
    let top = min(max(min(nodes + 2, rest - 4), rest * 11 / 20), rest - 4)
    let (upper, below) = main.cut(top: top)
    let (between, lower) = below.cut(top: middle)
    split(upper, .nodes, .pods)
    split(between, .etcd, .control)
    panes[.actions] = lower
  }

  private mutating func split(_ rect: Rect, _ left: Pane, _ right: Pane) {
    let width = min(max(rect.width * 48 / 100, 38), 96)
    let parts = rect.cut(left: width)
    panes[left] = parts.left.cut(right: 1).rest
    panes[right] = parts.rest
  }

  /// The cluster at the left, its pods at the right, what happens below.
  private mutating func boxes(_ main: Rect, nodes: Int, members: Int) {
    let etcd = min(members, 7) + 4
    let control = 7
    let wanted = nodes + 3 + etcd + control
    let top = min(max(min(wanted, main.height - 9), main.height * 11 / 20), main.height - 9)
    let (upper, lower) = main.cut(top: top)
    panes[.actions] = lower
    let width = main.width >= 160 ? 84 : max(main.width * 48 / 100, 52)
    let (left, right) = upper.cut(left: width)
    panes[.pods] = right
    let rows = left.rows([.min(6), .fixed(etcd), .fixed(control)])
    panes[.nodes] = rows[0]
    panes[.etcd] = rows[1]
    panes[.control] = rows[2]
  }
}
