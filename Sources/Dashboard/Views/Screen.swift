import TerminalCore

/// The ten views, in the order of their keys: `1` to `9`, then `0`.
public enum Screen: Int, Sendable, Hashable, CaseIterable {
  case overview, topology, nodes, pods, etcd, control, network, trace, next, beliefs

  /// `1` … `9`, `0`.
  var key: String { String((rawValue + 1) % 10) }

  /// The key that opens it.
  public var keyStroke: Key { .char(Unicode.Scalar(UInt8(48 + (rawValue + 1) % 10))) }

  var title: String {
    switch self {
    case .overview: "Overview"
    case .topology: "Topology"
    case .nodes: "Nodes"
    case .pods: "Pods"
    case .etcd: "etcd"
    case .control: "Control plane"
    case .network: "Network"
    case .trace: "Trace"
    case .next: "Next"
    case .beliefs: "Beliefs"
    }
  }

  /// As the tab row of a narrow screen has it.
  var shortTitle: String {
    switch self {
    case .topology: "Map"
    case .control: "Control"
    case .network: "Net"
    default: title
    }
  }

  /// The lists of the view, in the order in which Tab goes through them; the first has the focus.
  var panes: [Pane] {
    switch self {
    case .overview: [.nodes, .pods, .etcd, .control, .actions]
    case .topology: [.map]
    case .nodes: [.nodes]
    case .pods: [.pods]
    case .etcd: [.etcd, .keys]
    case .control: [.controllers, .queue, .verdicts]
    case .network: [.services, .proxies]
    case .trace: [.trace]
    case .next: [.next]
    case .beliefs: [.beliefs]
    }
  }
}

/// The row that names the views.
struct TabRow {
  let active: Screen

  /// Draws the tabs as wide as there is room for; returns where each is.
  func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) -> [Screen: Rect] {
    var places: [Screen: Rect] = [:]
    let style = fittingStyle(rect.width)
    var x = rect.x
    for screen in Screen.allCases {
      let isActive = screen == active
      let title =
        style == .bare && !isActive ? "" : style == .full ? screen.title : screen.shortTitle
      let pad = style == .full ? " " : ""
      let start = x
      let ground = theme[isActive ? .tabActive : .tab]
      x += buffer.text(
        pad + screen.key, x: x, y: rect.y,
        style: isActive ? ground : theme[.hintKey].on(ground.background), clip: rect)
      if !title.isEmpty {
        x += buffer.text(" " + title + pad, x: x, y: rect.y, style: ground, clip: rect)
      }
      places[screen] = Rect(x: start, y: rect.y, width: x - start, height: 1)
      x += 1
    }
    return places
  }

  private enum Style { case full, short, bare }

  private func fittingStyle(_ width: Int) -> Style {
    func needed(_ title: (Screen) -> Int, pad: Int) -> Int {
      Screen.allCases.reduce(-1) { $0 + 2 + title($1) + 2 * pad + 1 }
    }
    if needed({ TextWidth.of($0.title) }, pad: 1) <= width { return .full }
    return needed({ TextWidth.of($0.shortTitle) }, pad: 0) <= width ? .short : .bare
  }
}
