/// Looks for what makes a theme hard to read.
public enum ThemeCheck {
  /// One thing that should be better.
  public struct Finding: Hashable, Sendable, CustomStringConvertible {
    public var role: Role
    public var message: String
    public var description: String { "\(role.name): \(message)" }
  }

  /// Roles that may be faint: what is inactive, or said elsewhere too.
  static let faint: Set<Role> = [.dim, .ghost, .terminating, .tab]

  /// Everything found, in the order of the roles.
  public static func findings(_ definition: ThemeDefinition) -> [Finding] {
    contrast(definition) + fewColors(definition) + vision(definition)
  }

  /// Text needs 4.5:1 against its ground and against a popup's (WCAG 2, level AA), what may be faint
  /// 3:1; what is drawn and not read less: a frame 2:1, the track of a bar 1.3:1.
  private static func contrast(_ definition: ThemeDefinition) -> [Finding] {
    let theme = definition.resolved(for: .trueColor)
    let popup = theme[.popup].over(theme.base)
    return Role.allCases.compactMap { role in
      guard role != .bg else { return nil }
      let isDrawn = role == .barTrack || role == .border
      let found = (isDrawn ? [theme.base] : [theme.base, popup]).compactMap { ground in
        let style = theme[role].over(ground)
        return style.foreground.contrast(with: style.background)
      }
      guard let contrast = found.min() else { return nil }
      let least =
        role == .barTrack ? 130 : role == .border ? 200 : faint.contains(role) ? 300 : 450
      if contrast >= least { return nil }
      return Finding(
        role: role, message: "contrast \(decimal(contrast)):1, needs \(decimal(least)):1")
    }
  }

  private static func decimal(_ hundredths: Int) -> String {
    "\(hundredths / 100).\(hundredths / 10 % 10)"
  }

  /// With 16 or 8 colours no ink may be its ground, and the selection has to show.
  private static func fewColors(_ definition: ThemeDefinition) -> [Finding] {
    var findings: [Finding] = []
    for depth in [ColorDepth.ansi16, .ansi8] {
      let theme = definition.resolved(for: depth)
      for role in Role.allCases where role != .bg {
        let style = theme[role]
        if style.foreground != .inherit, style.foreground == style.background {
          findings.append(Finding(role: role, message: "invisible with few colours"))
        }
      }
    }
    return findings
  }

  /// ok, warn and error look different to every kind of colour vision.
  private static func vision(_ definition: ThemeDefinition) -> [Finding] {
    let theme = definition.resolved(for: .trueColor)
    let pairs: [(Role, Role)] = [(.error, .ok), (.warn, .ok), (.error, .warn)]
    var findings: [Finding] = []
    for vision in ColorVision.allCases {
      for (a, b) in pairs {
        guard let x = theme[a].foreground.rgbValue, let y = theme[b].foreground.rgbValue else {
          continue
        }
        // A difference of weight tells them apart as well.
        if theme[a].attributes != theme[b].attributes { continue }
        let distance = vision.distance(x, y)
        if distance < 60 {
          findings.append(
            Finding(role: a, message: "too close to \(b.name) for \(vision): \(distance)"))
        }
      }
    }
    return findings
  }
}
