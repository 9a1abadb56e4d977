import Dashboard
import Foundation
import Manifests
import TerminalCore
import Themes

/// The user's own files: configuration, themes, history, the last copy.
struct UserFiles {
  let configuration: Configuration
  let themes: [ThemeDefinition]

  /// Reads `config.yaml` and the themes beside it. Ends the process with one line and exit code 2
  /// where something in them is wrong.
  init(configurationPath: String?) {
    let folder = Self.folder("XDG_CONFIG_HOME", ".config")
    let path = configurationPath ?? folder.appendingPathComponent("config.yaml").path
    themes = Self.themes(
      URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("themes"))
    guard configurationPath != nil || FileManager.default.fileExists(atPath: path) else {
      configuration = Configuration()
      return
    }
    do throws(ManifestProblem) {
      configuration = try Configuration.read(
        try ManifestReader.bytes(path: path), file: path, themes: Self.names(themes))
    } catch {
      Failure.badInput(error.description)
    }
  }

  /// Every theme's name, the user's own first.
  var themeNames: [String] { Self.names(themes) }

  private static func names(_ own: [ThemeDefinition]) -> [String] {
    let names = own.map(\.name)
    return names + ThemeLibrary.names.filter { !names.contains($0) }
  }

  private static func themes(_ folder: URL) -> [ThemeDefinition] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.sorted().map { name in
      let path = folder.appendingPathComponent(name).path
      guard let data = FileManager.default.contents(atPath: path) else {
        Failure.badInput("\(path): cannot be read")
      }
      let file = ThemeFile(
        String(decoding: data, as: UTF8.self), name: String(name.dropLast(".yaml".count)))
      if let problem = file.problems.first {
        Failure.badInput("\(path):\(problem.line):1: \(problem.message)")
      }
      return file.theme
    }
  }

  private static func folder(_ variable: String, _ fallback: String) -> URL {
    let environment = ProcessInfo.processInfo.environment
    let base =
      environment[variable].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? (environment["HOME"] ?? "/") + "/" + fallback
    return URL(fileURLWithPath: base).appendingPathComponent("orrery")
  }

  // MARK: State

  private static var state: URL { folder("XDG_STATE_HOME", ".local/state") }

  /// Lines typed before, the oldest first.
  static var history: [String] {
    guard
      let data = FileManager.default.contents(atPath: state.appendingPathComponent("history").path)
    else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").suffix(500).map(String.init)
  }

  /// Keeps them; what can't be kept is no reason to complain.
  static func keep(history: [String]) {
    guard !history.isEmpty else { return }
    write(history.suffix(500).joined(separator: "\n") + "\n", as: "history")
  }

  /// The last copy, for terminals that take none.
  static func keep(clip: String) { write(clip, as: "clip") }

  private static func write(_ text: String, as name: String) {
    try? FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
    _ = OutsideFiles().write(
      Array(text.utf8), to: state.appendingPathComponent(name).path)
  }
}
