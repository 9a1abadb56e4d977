import TerminalCore

/// One line of segments, some at the left and some at the right end; where they do not all fit,
/// the least important go first.
public struct StatusLine: Sendable {
  public struct Segment: Sendable {
    public var spans: [Span]
    public var priority: Int

    public init(_ spans: [Span], priority: Int = 1) {
      self.spans = spans
      self.priority = priority
    }

    var width: Int { spans.reduce(0) { $0 + $1.width } }
  }

  public var left: [Segment]
  public var right: [Segment]
  /// The style of the whole line.
  public var role: Role

  public init(left: [Segment], right: [Segment] = [], role: Role = .text) {
    self.left = left
    self.right = right
    self.role = role
  }

  public func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) {
    guard rect.width > 2, rect.height > 0 else { return }
    let line = rect.cut(top: 1).top
    if theme[role].background != .inherit { buffer.fill(line, theme[role].over(theme.base)) }
    let area = line.inset(horizontal: 1)
    let (leftKept, rightKept) = fitting(area.width)
    let base = theme[role]
    let separator = Span("  ")
    buffer.spans(Self.joined(leftKept, separator), in: area, base: base)
    let tail = Self.joined(rightKept, separator)
    let width = tail.reduce(0) { $0 + $1.width }
    buffer.spans(tail, in: area.cut(right: width).right, base: base)
  }

  private static func joined(_ segments: [Segment], _ separator: Span) -> [Span] {
    Array(segments.map(\.spans).joined(separator: [separator]))
  }

  private func fitting(_ columns: Int) -> ([Segment], [Segment]) {
    var (l, r) = (left, right)
    func width() -> Int { (l + r).reduce(0) { $0 + $1.width + 2 } - 2 }
    while l.count + r.count > 1, width() > columns {
      let least = (l + r).map(\.priority).min() ?? 0
      if let index = r.firstIndex(where: { $0.priority == least }) {
        r.remove(at: index)
      } else if let index = l.lastIndex(where: { $0.priority == least }) {
        l.remove(at: index)
      }
    }
    return (l, r)
  }
}
