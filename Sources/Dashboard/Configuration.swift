import KubeAPI
import Manifests
import TerminalCore

/// What `config.yaml` says: options that are also flags, and the user's own keys.
///
/// ```yaml
/// theme: nord
/// color: 256          # 24bit, 256, 16, 8 or none
/// ascii: false
/// speed: 10
/// paused: true
/// mouse: true
/// big: false
/// fps: 30             # 4 suits a slow link
/// keys:
///   fault-menu: [F, f2]
///   palette: ctrl-p
/// ```
public struct Configuration: Sendable {
  public var theme: String?
  public var color: ColorDepth?
  public var ascii: Bool?
  public var speed: Speed?
  public var paused: Bool?
  public var mouse: Bool?
  public var big: Bool?
  /// Pictures a second at most.
  public var fps: Int?
  public var keys = KeyTable()

  public init() {}

  private static let known = [
    "theme", "color", "ascii", "speed", "paused", "mouse", "big", "fps", "keys",
  ]

  /// Colours by the name that flags and the file give them; nil for another.
  public static func depth(_ name: String) -> ColorDepth? {
    switch name {
    case "24bit", "truecolor": .trueColor
    case "256": .indexed256
    case "16": .ansi16
    case "8": .ansi8
    case "none", "mono": .mono
    default: nil
    }
  }

  /// Reads the file's text; what is wrong with it is said with file, line and column.
  ///
  /// - Parameter themes: the names there are.
  public static func read(
    _ bytes: [UInt8], file: String, themes: [String]
  ) throws(ManifestProblem) -> Configuration {
    var result = Configuration()
    guard let tree = try YAMLTree.documents(bytes, file: file).first else { return result }
    func problem(_ place: YAMLTree.Place, _ message: String) -> ManifestProblem {
      ManifestProblem(
        SourceLocation(file: file, line: place.line, column: place.column), message)
    }
    func flag(_ tree: YAMLTree) throws(ManifestProblem) -> Bool {
      guard case .bool(let value) = tree.json else {
        throw problem(tree.place, "expected true or false")
      }
      return value
    }
    func text(_ tree: YAMLTree) throws(ManifestProblem) -> String {
      switch tree.json {
      case .string(let text): return text
      case .integer(let number): return String(number)
      case .number(let text): return text
      default: throw problem(tree.place, "expected a word")
      }
    }
    guard case .object = tree.json else {
      throw problem(tree.place, "expected options: \(known.joined(separator: ", "))")
    }
    for field in tree.fields {
      switch field.key {
      case "theme":
        let name = try text(field.tree)
        guard themes.contains(name) else {
          throw problem(
            field.tree.place,
            "no theme \"\(name)\"; there are \(themes.joined(separator: ", "))")
        }
        result.theme = name
      case "color":
        guard let depth = depth(try text(field.tree)) else {
          throw problem(field.tree.place, "expected 24bit, 256, 16, 8 or none")
        }
        result.color = depth
      case "speed":
        guard let speed = Speed(try text(field.tree)) else {
          throw problem(field.tree.place, "expected a speed: 1/1000 to 1000, or max")
        }
        result.speed = speed
      case "ascii": result.ascii = try flag(field.tree)
      case "paused": result.paused = try flag(field.tree)
      case "mouse": result.mouse = try flag(field.tree)
      case "big": result.big = try flag(field.tree)
      case "fps":
        guard case .integer(let number) = field.tree.json, (1...60).contains(number) else {
          throw problem(field.tree.place, "expected a number from 1 to 60")
        }
        result.fps = Int(number)
      case "keys":
        guard case .object = field.tree.json else {
          throw problem(field.tree.place, "expected actions with their keys, as palette: ctrl-p")
        }
        for action in field.tree.fields {
          let trees = action.tree.items.isEmpty ? [action.tree] : action.tree.items
          var keys: [Key] = []
          for tree in trees {
            let name = try text(tree)
            guard let key = Key(name: name) else {
              throw problem(
                tree.place, "no key \"\(name)\"; keys are named a, ctrl-k, alt-x, f5, space, enter")
            }
            keys.append(key)
          }
          if let wrong = result.keys.bind(action.key, to: keys) {
            throw problem(action.place, wrong)
          }
        }
      default:
        throw problem(
          field.place,
          "unknown option \"\(field.key)\"; expected \(known.joined(separator: ", "))")
      }
    }
    return result
  }
}
