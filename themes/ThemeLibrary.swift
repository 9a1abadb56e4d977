import TerminalCore

/// The themes that come with the program.
public enum ThemeLibrary {
  /// Every theme file of `data`; a test compares this list with the folder.
  static var files: [(name: String, bytes: [UInt8])] {
    [
      ("dark", PackageResources.dark_yaml),
      ("dracula", PackageResources.dracula_yaml),
      ("gruvbox-dark", PackageResources.gruvbox_dark_yaml),
      ("gruvbox-light", PackageResources.gruvbox_light_yaml),
      ("high-contrast", PackageResources.high_contrast_yaml),
      ("high-contrast-light", PackageResources.high_contrast_light_yaml),
      ("light", PackageResources.light_yaml),
      ("mono", PackageResources.mono_yaml),
      ("nord", PackageResources.nord_yaml),
      ("okabe-ito", PackageResources.okabe_ito_yaml),
      ("solarized-dark", PackageResources.solarized_dark_yaml),
      ("solarized-light", PackageResources.solarized_light_yaml),
      ("terminal-16", PackageResources.terminal_16_yaml),
      ("tokyo-night", PackageResources.tokyo_night_yaml),
    ]
  }

  /// The names of the built-in themes, in order.
  public static var names: [String] { files.map(\.name) }

  /// Every built-in theme.
  public static var all: [ThemeDefinition] { names.compactMap(theme(named:)) }

  /// A built-in theme by its file's name; nil when there is none.
  public static func theme(named name: String) -> ThemeDefinition? {
    file(named: name)?.theme
  }

  /// A built-in theme's file as read, with its problems (there are none).
  public static func file(named name: String) -> ThemeFile? {
    files.first { $0.name == name }.map {
      ThemeFile(String(decoding: $0.bytes, as: UTF8.self), name: name)
    }
  }

  /// The theme used where nobody chose one.
  public static var standard: ThemeDefinition { theme(named: "dark") ?? .terminalColors }
}
