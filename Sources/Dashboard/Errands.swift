import Engine
import TerminalCore

/// What the program does outside for the state, which does no I/O itself.
public enum Errand: Sendable, Hashable {
  /// To the clipboard.
  case copy(String)
  /// The screen as it is, into a file.
  case export(path: String, ExportFormat)
  /// The session as an asciicast from now on; an empty path ends it.
  case cast(path: String)
  /// What is done to the cluster, as a scenario file; an empty path ends it.
  case record(path: String)
}

public enum ExportFormat: String, Sendable, Hashable, CaseIterable {
  case text, ansi, svg

  /// By the end of a file's name.
  init?(path: String) {
    switch path.split(separator: ".").last.map({ $0.lowercased() }) ?? "" {
    case "txt", "text": self = .text
    case "ansi", "ans": self = .ansi
    case "svg": self = .svg
    default: return nil
    }
  }
}

extension AppState {
  mutating func export(_ path: String) {
    guard !path.isEmpty else { return say("export FILE: .txt, .ansi or .svg", .warn) }
    guard let format = ExportFormat(path: path) else {
      return say("export FILE: its name ends in .txt, .ansi or .svg", .warn)
    }
    errands.append(.export(path: path, format))
  }

  mutating func record(_ path: String) {
    guard !path.isEmpty else { return say("record FILE.yaml, or record off", .warn) }
    errands.append(.record(path: path == "off" ? "" : path))
  }

  mutating func cast(_ path: String) {
    guard !path.isEmpty else { return say("cast FILE.cast, or cast off", .warn) }
    errands.append(.cast(path: path == "off" ? "" : path))
  }

  /// `y`: the name of what is selected, or the text of the popup.
  mutating func copy() {
    if case .sheet(let sheet) = overlays.last {
      guard sheet.content != .help else { return say("nothing to copy here") }
      let text = sheet.lines.map { $0.ink.map(\.text).joined() }.joined(separator: "\n") + "\n"
      errands.append(.copy(text))
      let count = sheet.lines.count
      return say("\(count) line\(count == 1 ? "" : "s") copied")
    }
    guard let row = selectedRow else { return say("nothing is selected") }
    let text = title(of: row)
    errands.append(.copy(text))
    say("copied: \(text)")
  }

  mutating func toggleBig() {
    isBig.toggle()
    say(isBig ? "big mode: Z leaves it" : "big mode is off")
  }

  public mutating func takeErrands() -> [Errand] {
    defer { errands = [] }
    return errands
  }

  /// What came of an errand.
  public mutating func report(_ text: String, isProblem: Bool) {
    say(text, isProblem ? .error : .changed)
  }
}
