import TerminalCore

/// The keys that matter now, in one line: `q Quit  / Filter  ? Help`. In a narrow line the least
/// important go first.
public struct HintLine: Sendable {
  public struct Hint: Hashable, Sendable {
    public var key: String
    public var title: String
    public var priority: Int
    public var disabled: Bool
    /// The caller's own number for it, for the mouse.
    public var number: Int

    public init(
      _ key: String, _ title: String, priority: Int = 1, disabled: Bool = false, number: Int = 0
    ) {
      self.key = key
      self.title = title
      self.priority = priority
      self.disabled = disabled
      self.number = number
    }
  }

  public var hints: [Hint]
  /// Shown at the right end when there is room.
  public var trailing: [Span]

  public init(_ hints: [Hint], trailing: [Span] = []) {
    self.hints = hints
    self.trailing = trailing
  }

  /// Hints for the commands of a key table that have a priority, each with its first key.
  public init(_ bindings: [KeyBinding], glyphs: Glyphs, trailing: [Span] = []) {
    self.init(
      bindings.compactMap { binding in
        guard binding.priority > 0, let key = binding.keys.first else { return nil }
        return Hint(
          key.label(glyphs), binding.title, priority: binding.priority,
          disabled: binding.disabledReason != nil)
      }, trailing: trailing)
  }

  /// The hints that fit into so many columns, in their order.
  func fitting(_ columns: Int) -> [Hint] {
    var kept = hints
    func width() -> Int {
      kept.reduce(0) { $0 + TextWidth.of($1.key) + 1 + TextWidth.of($1.title) + 2 } - 2
    }
    while !kept.isEmpty, width() > columns {
      var victim = kept.count - 1
      for index in kept.indices.reversed() where kept[index].priority < kept[victim].priority {
        victim = index
      }
      kept.remove(at: victim)
    }
    return kept
  }

  /// Draws the line; returns where each hint is, for the mouse.
  @discardableResult
  public func render(
    into buffer: inout CellBuffer, in rect: Rect, theme: Theme
  ) -> [(hint: Hint, area: Rect)] {
    guard rect.width > 2, rect.height > 0 else { return [] }
    let trailingWidth = trailing.reduce(0) { $0 + $1.width }
    var area = rect.cut(top: 1).top.inset(horizontal: 1)
    if trailingWidth > 0 && trailingWidth + 12 < area.width {
      let parts = area.cut(right: trailingWidth)
      buffer.spans(trailing, in: parts.right, base: theme[.dim])
      area = parts.rest.cut(right: 1).rest
    }
    var x = area.x
    var places: [(hint: Hint, area: Rect)] = []
    for hint in fitting(area.width) {
      let start = x
      x += buffer.text(
        hint.key, x: x, y: area.y, style: theme[hint.disabled ? .dim : .hintKey], clip: area)
      x += 1
      x += buffer.text(
        hint.title, x: x, y: area.y, style: theme[hint.disabled ? .dim : .hint], clip: area)
      places.append((hint, Rect(x: start, y: area.y, width: x - start, height: 1)))
      x += 2
    }
    return places
  }
}
