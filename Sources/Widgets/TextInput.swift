import TerminalCore

/// A line that is typed into: editing keys, history, a ghost that can be taken over.
public struct TextInput: Hashable, Sendable {
  /// What a key did.
  public enum Outcome: Hashable, Sendable {
    /// The text or the cursor changed.
    case edited
    /// Enter: the text as it stood. It went into the history, and the line is empty again.
    case submitted(String)
    /// Esc, or ctrl-c.
    case cancelled
    /// Not for a line of text; the caller may use it.
    case ignored
  }

  public private(set) var characters: [Character] = []
  /// From 0 to the number of characters.
  public private(set) var cursor = 0
  /// Submitted lines, oldest first.
  public private(set) var history: [String]
  private var historyIndex: Int?
  private var draft: [Character] = []
  private static let historyLimit = 500
  private static let lengthLimit = 4096

  public init(_ text: String = "", history: [String] = []) {
    self.history = history.suffix(Self.historyLimit)
    set(text)
  }

  public var text: String { String(characters) }
  public var isEmpty: Bool { characters.isEmpty }
  /// The text before the cursor: what completion looks at.
  public var head: String { String(characters[..<cursor]) }

  /// Replaces the text; the cursor goes to its end.
  public mutating func set(_ text: String) {
    characters = Array(Self.printable(text).prefix(Self.lengthLimit))
    cursor = characters.count
  }

  /// Replaces the last `count` characters before the cursor by `text`: takes over a completion.
  public mutating func replace(last count: Int, with text: String) {
    let start = max(cursor - max(count, 0), 0)
    characters.removeSubrange(start..<cursor)
    cursor = start
    insert(text)
  }

  public mutating func insert(_ text: String) {
    let room = max(Self.lengthLimit - characters.count, 0)
    let new = Array(Self.printable(text).prefix(room))
    characters.insert(contentsOf: new, at: cursor)
    cursor += new.count
  }

  /// Without control characters; line ends become spaces.
  private static func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "\n" || scalar == "\t" {
        result.append(" ")
      } else if TextWidth.of(scalar.value) >= 0 {
        result.append(scalar)
      }
    }
    return String(result)
  }

  /// Edits by one key.
  public mutating func handle(_ key: Key) -> Outcome {
    switch key {
    case .enter: return submit()
    case .escape, .ctrl("c"): return .cancelled
    case .paste(let text): insert(text)
    case .character(let scalar, let modifiers) where modifiers.isSubset(of: .shift):
      insert(String(Character(scalar)))
    case .left, .ctrl("b"): cursor = max(cursor - 1, 0)
    case .right, .ctrl("f"): cursor = min(cursor + 1, characters.count)
    case .home, .ctrl("a"): cursor = 0
    case .end, .ctrl("e"): cursor = characters.count
    case .special(.left, .ctrl), .alt("b"): cursor = wordStart
    case .special(.right, .ctrl), .alt("f"): cursor = wordEnd
    case .backspace, .ctrl("h"): remove(max(cursor - 1, 0)..<cursor)
    case .delete, .ctrl("d"): remove(cursor..<min(cursor + 1, characters.count))
    case .ctrl("w"), .special(.backspace, .alt): remove(wordStart..<cursor)
    case .alt("d"): remove(cursor..<wordEnd)
    case .ctrl("u"): remove(0..<cursor)
    case .ctrl("k"): remove(cursor..<characters.count)
    case .up, .ctrl("p"): recall(-1)
    case .down, .ctrl("n"): recall(1)
    default: return .ignored
    }
    return .edited
  }

  private mutating func submit() -> Outcome {
    let line = text
    if !line.isEmpty && history.last != line { history.append(line) }
    if history.count > Self.historyLimit { history.removeFirst() }
    historyIndex = nil
    characters = []
    cursor = 0
    return .submitted(line)
  }

  private mutating func remove(_ range: Range<Int>) {
    characters.removeSubrange(range)
    cursor = range.lowerBound
  }

  private var wordStart: Int {
    var index = cursor
    while index > 0, characters[index - 1] == " " { index -= 1 }
    while index > 0, characters[index - 1] != " " { index -= 1 }
    return index
  }

  private var wordEnd: Int {
    var index = cursor
    while index < characters.count, characters[index] == " " { index += 1 }
    while index < characters.count, characters[index] != " " { index += 1 }
    return index
  }

  /// Walks the history; past its end the line that was being typed is back.
  private mutating func recall(_ step: Int) {
    if historyIndex == nil { draft = characters }
    let index = min(max((historyIndex ?? history.count) + step, 0), history.count)
    if index == history.count {
      historyIndex = nil
      set(String(draft))
    } else {
      historyIndex = index
      set(history[index])
    }
  }

  /// Draws the prompt and the text over one row, scrolled so that the cursor is in sight.
  ///
  /// - Parameter ghost: text shown dimmed behind the end, as a proposal.
  /// - Returns: where the terminal's cursor belongs.
  @discardableResult
  public func render(
    into buffer: inout CellBuffer, in rect: Rect, theme: Theme, prompt: String = "",
    ghost: String = ""
  ) -> Point? {
    guard !rect.isEmpty else { return nil }
    var area = rect.cut(top: 1).top
    let promptWidth = TextWidth.of(prompt)
    if promptWidth < area.width {
      buffer.text(prompt, x: area.x, y: area.y, style: theme[.hintKey], clip: area)
      area = area.cut(left: promptWidth).rest
    }
    let before = TextWidth.of(head)
    let skipped = max(before - area.width + 1, 0)
    var spans = [Span(text, theme[.input])]
    if cursor == characters.count && !ghost.isEmpty { spans.append(Span(ghost, theme[.ghost])) }
    buffer.spans(spans, in: area, skipping: skipped)
    return Point(x: min(area.x + before - skipped, area.right - 1), y: area.y)
  }
}
