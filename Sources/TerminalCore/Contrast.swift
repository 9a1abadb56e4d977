extension Color {
  /// Relative luminance as WCAG defines it, in 0...10000; nil for the terminal's own colours, which
  /// nobody knows.
  public var luminance: Int? {
    guard let rgb = rgbValue ?? slotIndex.map(Color.rgbOfSlot) else { return nil }
    func linear(_ shift: UInt32) -> Int { Self.linear[Int(rgb >> shift & 255)] }
    return (2126 * linear(16) + 7152 * linear(8) + 722 * linear(0)) / 1_000_000
  }

  /// The light of each step of an sRGB channel, in millionths.
  private static let linear: [Int] = (0...255).map { step in
    let value = Double(step) / 255
    let light = value <= 0.03928 ? value / 12.92 : power12Fifths((value + 0.055) / 1.055)
    return Int((light * 1_000_000).rounded())
  }

  /// `x` to the power of 2.4, sRGB's gamma, by Newton's steps towards the fifth root.
  private static func power12Fifths(_ x: Double) -> Double {
    var root = 1.0
    for _ in 0..<30 { root = (4 * root + x / (root * root * root * root)) / 5 }
    return x * x * root * root
  }

  /// Contrast of two colours as WCAG defines it, times 100 (2100 for black on white); nil when
  /// one of them is not known.
  public func contrast(with other: Color) -> Int? {
    guard let a = luminance, let b = other.luminance else { return nil }
    return (max(a, b) + 500) * 100 / (min(a, b) + 500)
  }
}

extension Theme {
  /// `style` as it looks in a selected row: its own ink where that stays readable on the
  /// selection's ground, the selection's ink where not.
  public func selected(_ style: Style, active: Bool) -> Style {
    let selection = self[active ? .selection : .selectionInactive]
    guard depth >= .indexed256, selection.background != .inherit,
      let contrast = style.foreground.contrast(with: selection.background), contrast >= 300
    else { return selection.over(style) }
    return Style(
      foreground: style.foreground, background: selection.background,
      attributes: style.attributes.union(selection.attributes))
  }
}
