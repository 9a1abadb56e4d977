extension Color {
  /// Relative luminance in 0...10000, with a gamma of 2 for sRGB's 2.4; nil for the terminal's
  /// own colours, which nobody knows.
  public var luminance: Int? {
    guard let rgb = rgbValue ?? slotIndex.map(Color.rgbOfSlot) else { return nil }
    let (r, g, b) = (Int(rgb >> 16 & 255), Int(rgb >> 8 & 255), Int(rgb & 255))
    return (2126 * r * r + 7152 * g * g + 722 * b * b) / (255 * 255)
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
