import TerminalCore

/// A replicated log as a row of cells, one an entry: applied, committed, or only stored; coloured
/// by term. Strips of several members over one range of indices show who lags behind.
public struct LogStrip: Sendable {
  /// Index of the first entry that the member still has; what is before went into a snapshot.
  public var firstIndex: Int
  /// Term of each entry from `firstIndex`.
  public var terms: [Int]
  public var commit: Int
  public var applied: Int

  public init(firstIndex: Int, terms: [Int], commit: Int, applied: Int) {
    self.firstIndex = firstIndex
    self.terms = terms
    self.commit = commit
    self.applied = applied
  }

  public var lastIndex: Int { firstIndex + terms.count - 1 }

  /// Roles that terms take by turns, so that a change of leader shows.
  static let termRoles: [Role] = [.accent1, .accent3, .accent4, .accent2, .accent6, .accent5]

  /// The colour of a term.
  public static func role(ofTerm term: Int) -> Role { termRoles[abs(term % termRoles.count)] }

  /// Draws the entries with index `range.lowerBound` and on, one a column.
  public func render(
    into buffer: inout CellBuffer, in rect: Rect, theme: Theme, range: Range<Int>
  ) {
    guard rect.height > 0 else { return }
    let ascii = theme.glyphs.alphabet == .ascii
    for column in 0..<min(rect.width, range.count) {
      let index = range.lowerBound + column
      let (x, y) = (rect.x + column, rect.y)
      if index > lastIndex {
        buffer.put(ascii ? " " : "·", x: x, y: y, style: theme[.barTrack])
      } else if index < firstIndex {
        buffer.put(ascii ? ":" : "░", x: x, y: y, style: theme[.dim])
      } else {
        let term = terms[index - firstIndex]
        let style = theme[Self.role(ofTerm: term)]
        let glyph: Unicode.Scalar =
          index <= applied
          ? (ascii ? "#" : "█") : index <= commit ? (ascii ? "=" : "▓") : (ascii ? "-" : "▒")
        buffer.put(glyph, x: x, y: y, style: style)
      }
    }
  }
}
