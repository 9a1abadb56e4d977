import TerminalCore

/// Something in a theme file that could not be used; the rest of the file still counts.
public struct ThemeProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// From 1.
  public var line: Int
  public var message: String
  public var description: String { "line \(line): \(message)" }
}

/// Reads a theme file: `name`, `appearance`, and the sections `palette`, `roles` and `glyphs`,
/// each as indented lines or as one map in braces.
public struct ThemeFile {
  /// The theme, with whatever could be read.
  public private(set) var theme: ThemeDefinition
  /// What could not, in the order of the file.
  public private(set) var problems: [ThemeProblem] = []
  private var palette: [String: Color] = [:]
  private var line = 0

  /// Reads `text`; `name` is the theme's name when the file gives none.
  public init(_ text: String, name: String) {
    theme = ThemeDefinition(name: name)
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let entries = collect(lines)
    // The palette first: roles may stand before it in the file.
    for entry in entries where entry.section == "palette" { define(entry) }
    for entry in entries where entry.section != "palette" { apply(entry) }
    problems.sort { $0.line < $1.line }
  }

  /// A `key: value` of the file, with the section it stands in.
  private struct Entry {
    var line: Int
    var section: String
    var key: String
    var value: ThemeValue
  }

  private static let sections = ["palette", "roles", "glyphs"]

  private mutating func collect(_ lines: [Substring]) -> [Entry] {
    var entries: [Entry] = []
    var section = ""
    for (number, text) in lines.enumerated() {
      line = number + 1
      let trimmed = text.drop { $0 == " " || $0 == "\t" }
      if trimmed.isEmpty || trimmed.first == "#" || trimmed == "---" { continue }
      guard let colon = trimmed.firstIndex(of: ":") else {
        report("expected \"key: value\"")
        continue
      }
      let key = String(trimmed[..<colon])
      let rest = trimmed[trimmed.index(after: colon)...]
      let indented = trimmed.startIndex != text.startIndex
      let bare = rest.allSatisfy { $0 == " " }
      if !indented { section = "" }
      if !indented && Self.sections.contains(key) {
        if bare {
          section = key
        } else {
          entries += flow(rest, section: key)
        }
        continue
      }
      if indented && section.isEmpty {
        report("\"\(key)\" is indented but stands in no section")
        continue
      }
      if let value = read(rest) {
        entries.append(Entry(line: line, section: section, key: key, value: value))
      }
    }
    return entries
  }

  private mutating func flow(_ text: Substring, section: String) -> [Entry] {
    guard let value = read(text) else { return [] }
    guard case .map(let map) = value else {
      report("\"\(section)\" needs indented lines or a map in braces")
      return []
    }
    return map.map { Entry(line: line, section: section, key: $0.key, value: $0.value) }
  }

  private mutating func read(_ text: Substring) -> ThemeValue? {
    do {
      return try ThemeValueReader.read(text)
    } catch {
      report(error.message)
      return nil
    }
  }

  private mutating func report(_ message: String) {
    problems.append(ThemeProblem(line: line, message: message))
  }

  private mutating func define(_ entry: Entry) {
    line = entry.line
    guard case .scalar(let text) = entry.value, let color = Color(hex: text) else {
      return report("palette \"\(entry.key)\" needs a colour \"#rrggbb\"")
    }
    palette[entry.key] = color
  }

  private mutating func apply(_ entry: Entry) {
    line = entry.line
    switch entry.section {
    case "roles" where entry.key == "heat": ramp(entry.value)
    case "roles": role(entry)
    case "glyphs": glyph(entry)
    default: setting(entry)
    }
  }

  private mutating func setting(_ entry: Entry) {
    guard case .scalar(let text) = entry.value else {
      return report("\"\(entry.key)\" needs a word")
    }
    switch entry.key {
    case "name": theme.name = text
    case "appearance":
      guard let appearance = ThemeDefinition.Appearance(rawValue: text) else {
        return report("appearance is dark, light or any, not \"\(text)\"")
      }
      theme.appearance = appearance
    default: report("unknown key \"\(entry.key)\"")
    }
  }

  private mutating func role(_ entry: Entry) {
    guard let role = Role(name: entry.key) else {
      return report("unknown role \"\(entry.key)\"")
    }
    var definition = RoleDefinition()
    switch entry.value {
    case .scalar(let text):
      guard let color = color(text) else { return }
      if role == .bg {
        definition.background = color
      } else {
        definition.foreground = color
        if let slot = color.slotIndex, slot < 16 { definition.ansiForeground = color }
      }
    case .map(let parts):
      for part in parts { fill(&definition, part, isGround: role == .bg) }
    case .list:
      return report("role \"\(entry.key)\" needs a colour or a map, not a list")
    }
    theme.roles[role] = definition
  }

  private mutating func fill(_ role: inout RoleDefinition, _ part: ThemeEntry, isGround: Bool) {
    guard case .scalar(let text) = part.value else {
      return report("\"\(part.key)\" needs a word")
    }
    switch part.key {
    case "rgb" where isGround: role.background = color(text)
    case "rgb": role.foreground = color(text)
    case "on": role.background = color(text)
    case "ansi" where isGround: role.ansiBackground = slot(text)
    case "ansi": role.ansiForeground = slot(text)
    case "on-ansi": role.ansiBackground = slot(text)
    case "style": role.attributes = attributes(text)
    case "mono": role.mono = attributes(text)
    default: report("unknown key \"\(part.key)\": a role has rgb, on, ansi, on-ansi, style, mono")
    }
  }

  private mutating func color(_ text: String) -> Color? {
    if let color = palette[text] ?? Color(hex: text) ?? Color(ansiName: text) { return color }
    report("bad colour \"\(text)\": not in the palette, no \"#rrggbb\" and no ANSI name")
    return nil
  }

  private mutating func slot(_ text: String) -> Color? {
    if let color = Color(ansiName: text) { return color }
    report("bad ANSI colour \"\(text)\"")
    return nil
  }

  private mutating func attributes(_ text: String) -> Attributes? {
    if let attributes = Attributes(words: text) { return attributes }
    report("bad attributes \"\(text)\": bold, dim, italic, underline, reverse, blink, strike")
    return nil
  }

  private mutating func ramp(_ value: ThemeValue) {
    guard case .map(let parts) = value else { return report("heat needs {ramp, steps, ansi}") }
    for part in parts {
      switch (part.key, part.value) {
      case ("ramp", .list(let stops)):
        let colors = stops.compactMap { scalar($0).flatMap { self.color($0) } }
        if colors.count > 1 {
          theme.heat.stops = colors
        } else {
          report("a ramp needs two colours")
        }
      case ("ansi", .list(let slots)):
        let colors = slots.compactMap { scalar($0).flatMap { self.slot($0) } }
        if !colors.isEmpty { theme.heat.ansi = colors }
      case ("steps", .scalar(let text)):
        if let steps = Int(text), (2...32).contains(steps) {
          theme.heat.steps = steps
        } else {
          report("steps is a number from 2 to 32")
        }
      default: report("bad \"\(part.key)\" in heat: it has ramp, steps and ansi")
      }
    }
  }

  private func scalar(_ value: ThemeValue) -> String? {
    if case .scalar(let text) = value { return text }
    return nil
  }

  private mutating func glyph(_ entry: Entry) {
    guard case .scalar(let text) = entry.value else {
      return report("glyph \"\(entry.key)\" needs a text")
    }
    if entry.key == "set" {
      guard let alphabet = Glyphs.Alphabet(rawValue: text) else {
        return report("the glyph set is unicode, ascii or nerd, not \"\(text)\"")
      }
      theme.alphabet = alphabet
      return
    }
    var trial = Glyphs.unicode
    guard trial.set(entry.key, to: text) else {
      return report("unknown glyph \"\(entry.key)\", or \"\(text)\" is not one column wide")
    }
    theme.glyphs.append((name: entry.key, text: text))
  }
}
