/// A theme fitted to a terminal: what widgets draw with. Look-ups are array reads.
public struct Theme: Sendable {
  public let name: String
  public let depth: ColorDepth
  public let glyphs: Glyphs
  /// Styles from cold to hot; never empty.
  public let heat: [Style]
  /// The ground of everything, with the ink of plain text on it.
  public let base: Style
  private let styles: [Style]

  /// Fits `definition` to `depth`; with `ascii` nothing outside ASCII is drawn.
  public init(_ definition: ThemeDefinition, depth: ColorDepth, ascii: Bool = false) {
    name = definition.name
    self.depth = depth
    var glyphs = Glyphs.named(ascii ? .ascii : definition.alphabet)
    if !ascii {
      for entry in definition.glyphs { _ = glyphs.set(entry.name, to: entry.text) }
    }
    if depth == .mono && !ascii { glyphs.boxFocused = .heavy }
    self.glyphs = glyphs
    let resolver = RoleResolver(definition: definition, depth: depth)
    styles = Role.allCases.map(resolver.style)
    base = resolver.style(.text).over(
      Style(foreground: .terminal, background: resolver.ground))
    heat = resolver.heat(definition.heat)
  }

  /// The style of a role; its background is `.inherit` unless the theme gives it one.
  public subscript(role: Role) -> Style { styles[role.index] }

  /// The style for `value` on a scale of `total`.
  public func heat(_ value: Int, of total: Int) -> Style {
    guard total > 0, value > 0 else { return heat[0] }
    if value >= total { return heat[heat.count - 1] }
    let scaled = value.multipliedReportingOverflow(by: heat.count)
    return heat[scaled.overflow ? value / max(total / heat.count, 1) : scaled.partialValue / total]
  }

  /// The theme used where none is chosen: the terminal's own sixteen colours.
  public static let plain = Theme(.terminalColors, depth: .ansi16)
}

extension ThemeDefinition {
  /// Only the terminal's own palette; right on light and dark ground alike.
  public static let terminalColors: ThemeDefinition = {
    var theme = ThemeDefinition(name: "terminal")
    func ink(_ slot: UInt8, _ more: Attributes = []) -> RoleDefinition {
      RoleDefinition(foreground: .slot(slot), ansiForeground: .slot(slot), attributes: more)
    }
    theme.roles = [
      .dim: ink(8), .title: RoleDefinition(attributes: .bold), .border: ink(8),
      .borderFocused: ink(4), .header: RoleDefinition(attributes: .bold), .hintKey: ink(6, .bold),
      .selection: RoleDefinition(attributes: .reverse),
      .selectionInactive: RoleDefinition(attributes: .underline),
      .ok: ink(2), .warn: ink(3), .error: ink(1, .bold), .info: ink(4), .leader: ink(5),
    ]
    theme.heat = RampDefinition(
      stops: [.slot(4), .slot(6), .slot(3), .slot(1)], steps: 4,
      ansi: [.slot(4), .slot(6), .slot(3), .slot(1)])
    return theme
  }()
}

/// Follows the fallbacks of roles, for one depth.
struct RoleResolver {
  let definition: ThemeDefinition
  let depth: ColorDepth

  /// The ground: a theme's `bg`, but the terminal's own where only 16 colours are.
  var ground: Color {
    guard depth >= .indexed256 else { return .terminal }
    return (definition.roles[.bg]?.background ?? .terminal).reduced(to: depth)
  }

  func style(_ role: Role) -> Style {
    if role == .bg { return Style(foreground: .inherit, background: ground) }
    if depth == .mono {
      return Style(attributes: first(role) { $0.mono } ?? monoDefault(role))
    }
    return depth >= .indexed256 ? rich(role) : poor(role)
  }

  /// The first answer of the role or of what it falls back to.
  private func first<T>(_ role: Role, _ ask: (RoleDefinition) -> T?) -> T? {
    var current: Role? = role
    while let r = current {
      if let definition = definition.roles[r], let answer = ask(definition) { return answer }
      current = r.fallback
    }
    return nil
  }

  private func monoDefault(_ role: Role) -> Attributes {
    var current: Role? = role
    while let r = current {
      if !r.monoDefault.isEmpty { return r.monoDefault }
      current = r.fallback
    }
    return []
  }

  private func rich(_ role: Role) -> Style {
    Style(
      foreground: (first(role) { $0.foreground } ?? .inherit).reduced(to: depth),
      background: (own(role) { $0.background } ?? .inherit).reduced(to: depth),
      attributes: attributes(role))
  }

  /// Weight goes with the ink: that of the first role in the chain which the theme mentions.
  private func attributes(_ role: Role) -> Attributes { first(role) { $0.attributes ?? [] } ?? [] }

  private func poor(_ role: Role) -> Style {
    var attributes = attributes(role)
    var ink = first(role) { $0.ansiForeground } ?? .inherit
    var ground = own(role) { $0.ansiBackground } ?? .inherit
    if depth == .ansi8 {
      if let slot = ink.slotIndex, slot >= 8 {
        // Bright black would be black on black; the others turn into bold.
        ink = slot == 8 ? .inherit : .slot(slot - 8)
        attributes.insert(slot == 8 ? .dim : .bold)
      }
      if let slot = ground.slotIndex, slot >= 8 { ground = .slot(slot - 8) }
    }
    if ground != .inherit, ground == ink { ink = .terminal }
    // A selection has to show, whatever the theme left out.
    if ground == .inherit, role == .selection || role == .inputCursor {
      attributes.insert(.reverse)
    }
    if ground == .inherit, role == .selectionInactive { attributes.insert(.underline) }
    return Style(foreground: ink, background: ground, attributes: attributes)
  }

  /// Grounds are inherited only by roles that are another's ground by nature.
  private func own(_ role: Role, _ ask: (RoleDefinition) -> Color?) -> Color? {
    if let definition = definition.roles[role], let answer = ask(definition) { return answer }
    return role == .inputCursor ? own(.selection, ask) : nil
  }

  func heat(_ ramp: RampDefinition) -> [Style] {
    if depth == .mono {
      return [.dim, [], .bold, [.bold, .reverse]].map { Style(attributes: $0) }
    }
    guard depth >= .indexed256, ramp.stops.count > 1 else {
      let slots = ramp.ansi.isEmpty ? RampDefinition.standard.ansi : ramp.ansi
      return slots.map { Style(foreground: $0.reduced(to: depth)) }
    }
    if ramp.stops.contains(where: { $0.rgbValue == nil }) {
      return ramp.stops.map { Style(foreground: $0.reduced(to: depth)) }
    }
    var styles: [Style] = []
    let last = ramp.steps - 1
    for step in 0...last {
      let scaled = step * (ramp.stops.count - 1)
      let segment = min(scaled / last, ramp.stops.count - 2)
      let color = ramp.stops[segment].mixed(
        with: ramp.stops[segment + 1], step: scaled - segment * last, of: last)
      styles.append(Style(foreground: color.reduced(to: depth)))
    }
    return styles
  }
}
