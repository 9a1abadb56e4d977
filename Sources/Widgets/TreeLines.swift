import TerminalCore

/// The strokes in front of the rows of a tree, for lists of causes and of owners.
public enum TreeLines {
  /// - Parameter path: for each level down to the row's own, whether it is the last of its
  ///   siblings. An empty path is a root.
  public static func prefix(_ path: [Bool], glyphs: Glyphs) -> String {
    guard let own = path.last else { return "" }
    let ascii = glyphs.alphabet == .ascii
    var text = ""
    for last in path.dropLast() { text += last ? "   " : ascii ? "|  " : "│  " }
    return text + (own ? (ascii ? "`- " : "└─ ") : (ascii ? "|- " : "├─ "))
  }
}
