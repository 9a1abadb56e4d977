/// A value of a theme file: the part of YAML that themes need, on one line.
enum ThemeValue: Equatable {
  case scalar(String)
  case list([ThemeValue])
  case map([ThemeEntry])
}

/// A key and its value in braces.
struct ThemeEntry: Equatable {
  var key: String
  var value: ThemeValue
}

/// Why a value could not be read.
struct ThemeSyntaxError: Error {
  var message: String
}

/// Reads `word`, `"text"`, `[a, b]` and `{k: v, …}`; the rest of the line may be a comment.
struct ThemeValueReader {
  private let text: [Character]
  private var at = 0

  init(_ text: Substring) { self.text = Array(text) }

  /// Reads the one value that the line holds.
  static func read(_ text: Substring) throws(ThemeSyntaxError) -> ThemeValue {
    var reader = ThemeValueReader(text)
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.at == reader.text.count || reader.atComment else {
      throw ThemeSyntaxError(
        message: "unexpected \"\(String(reader.text[reader.at...]))\" behind the value")
    }
    return value
  }

  private var atComment: Bool {
    at < text.count && text[at] == "#" && (at == 0 || text[at - 1] == " ")
  }

  private mutating func skipSpace() {
    while at < text.count, text[at] == " " || text[at] == "\t" { at += 1 }
  }

  private mutating func value(depth: Int) throws(ThemeSyntaxError) -> ThemeValue {
    skipSpace()
    guard at < text.count, !atComment else {
      throw ThemeSyntaxError(
        message: "a value is missing (a colour needs quotes: \"#rrggbb\")")
    }
    guard depth < 4 else { throw ThemeSyntaxError(message: "brackets nest too deep") }
    switch text[at] {
    case "\"", "'": return .scalar(try quoted())
    case "[": return .list(try list(depth: depth))
    case "{": return .map(try map(depth: depth))
    default: return .scalar(word(inBrackets: depth > 0))
    }
  }

  private mutating func quoted() throws(ThemeSyntaxError) -> String {
    let quote = text[at]
    at += 1
    var result = ""
    while at < text.count, text[at] != quote {
      result.append(text[at])
      at += 1
    }
    guard at < text.count else { throw ThemeSyntaxError(message: "a quote is not closed") }
    at += 1
    return result
  }

  private mutating func word(inBrackets: Bool) -> String {
    var result = ""
    while at < text.count, !atComment {
      if inBrackets, ",]}:".contains(text[at]) { break }
      result.append(text[at])
      at += 1
    }
    while result.last == " " || result.last == "\t" || result.last == "\r" { result.removeLast() }
    return result
  }

  private mutating func list(depth: Int) throws(ThemeSyntaxError) -> [ThemeValue] {
    at += 1
    var values: [ThemeValue] = []
    while true {
      skipSpace()
      if take("]") { return values }
      values.append(try value(depth: depth + 1))
      skipSpace()
      if !take(",") {
        guard take("]") else { throw ThemeSyntaxError(message: "a list needs \",\" or \"]\"") }
        return values
      }
    }
  }

  private mutating func map(depth: Int) throws(ThemeSyntaxError) -> [ThemeEntry] {
    at += 1
    var entries: [ThemeEntry] = []
    while true {
      skipSpace()
      if take("}") { return entries }
      let key = word(inBrackets: true)
      guard !key.isEmpty, take(":") else {
        throw ThemeSyntaxError(message: "a map in braces needs \"key: value\"")
      }
      entries.append(ThemeEntry(key: key, value: try value(depth: depth + 1)))
      skipSpace()
      if !take(",") {
        guard take("}") else { throw ThemeSyntaxError(message: "a map needs \",\" or \"}\"") }
        return entries
      }
    }
  }

  private mutating func take(_ character: Character) -> Bool {
    guard at < text.count, text[at] == character else { return false }
    at += 1
    return true
  }
}
