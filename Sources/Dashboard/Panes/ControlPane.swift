import Engine
import TerminalCore
import Widgets

/// The control plane as a matrix: components down, masters across; who leads is starred.
struct ControlPane {
  let state: AppState
  let isNarrow: Bool
  let isFocused: Bool

  private var masters: [String] { state.masters }

  /// Component, one column a master, who holds the lease, and since when it was not renewed.
  func columns(width: Int) -> [Column] {
    let wide = masters.map(\.count).max() ?? 8
    let short = 18 + masters.count * (wide + 1) + 18 > width
    return [
      Column("COMPONENT", width: short ? 15 : 24, priority: 9)
    ]
      + masters.map { name in
        Column(short ? Self.short(name) : name, width: short ? 3 : wide, priority: 8)
      }
      + [
        Column("LEADER", width: 12, weight: 1, priority: 7),
        Column("LEASE", width: 5, alignment: .right, priority: 6),
      ]
  }

  /// `master-12` as `m12`.
  static func short(_ name: String) -> String {
    let digits = String(name.reversed().prefix { $0.isNumber }.reversed())
    return digits.isEmpty ? String(name.prefix(3)) : "m" + digits
  }

  func cell(_ row: Int, _ column: Int, _ theme: Theme) -> TableCell {
    let role = AppState.controlRoles[row]
    let lease = state.observation.leases.first { $0.lease == role.name }
    if column == 0 { return .text(isNarrow ? role.shortName : role.name) }
    if column <= masters.count { return process(role, on: masters[column - 1], theme) }
    if column == masters.count + 1 {
      guard role != .apiServer else {
        let up = state.observation.control.filter { $0.role == role && $0.state == .running }
        let ready = up.count { $0.isReady }
        guard ready == up.count else {
          return .text("\(ready) of \(masters.count) ready", theme[ready == 0 ? .error : .warn])
        }
        return .text("\(ready) of \(masters.count) up", theme[ready == 0 ? .error : .dim])
      }
      guard let lease, !lease.holder.isEmpty else { return .text("nobody", theme[.error]) }
      let isAlive = state.observation.control.contains {
        $0.role == role && $0.host == lease.holderHost && $0.isLeader
      }
      return isAlive
        ? .text(lease.holderHost, theme[.leader]) : .text("was " + lease.holderHost, theme[.warn])
    }
    guard role != .apiServer, let lease else { return .text("-", theme[.dim]) }
    let isOld = lease.renewAge > .seconds(5)
    return .text(lease.renewAge.humanDuration, theme[isOld ? .warn : .dim])
  }

  private func process(_ role: Process.Role, on host: String, _ theme: Theme) -> TableCell {
    let process = state.observation.control.first { $0.role == role && $0.host == host }
    guard let process else { return .text("-", theme[.dim]) }
    let glyphs = theme.glyphs
    let (glyph, ink): (String, Role) =
      switch process.state {
      case .running where process.isLeader: (glyphs.leader, .leader)
      case .running where !process.isReady: (glyphs.warn, .warn)
      case .running: (glyphs.ok, .ok)
      case .starting: (glyphs.pending, .pending)
      case .paused: (glyphs.warn, .warn)
      case .stopped: (glyphs.error, .error)
      }
    let isSelected = state.selectedRow(in: .control) == .control(role, host: host)
    guard isSelected, isFocused else { return .spans([Span(" " + glyph, theme[ink])]) }
    let bracket = theme[.hintKey]
    return .spans([Span("[", bracket), Span(glyph, theme[ink]), Span("]", bracket)])
  }
}
