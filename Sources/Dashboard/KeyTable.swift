import TerminalCore
import Widgets

/// The keys in force: the map's own, with what the user's configuration says instead.
public struct KeyTable: Sendable {
  private(set) var entries = KeyMap.entries

  public init() {}

  /// Gives an action other keys. Whatever had them loses them where both would count; nil where it
  /// went well, else what is wrong.
  mutating func bind(_ id: String, to keys: [Key]) -> String? {
    guard let index = entries.firstIndex(where: { $0.id == id }) else {
      let known = entries.map(\.id).sorted().joined(separator: ", ")
      return "there is no action \"\(id)\"; there are \(known)"
    }
    for key in keys where key == .ctrl("c") || key == .escape || key == .ctrl("z") {
      return "\(key.name ?? "that key") can't be given away: it always leads out"
    }
    entries[index].keys = keys
    for other in entries.indices where other != index {
      guard !entries[other].contexts.isDisjoint(with: entries[index].contexts) else { continue }
      entries[other].keys.removeAll { keys.contains($0) }
    }
    return nil
  }

  /// What a key means in a context; nil where it means nothing.
  func intent(_ key: Key, in context: KeyMap.Context) -> Intent? {
    if key == .ctrl("c") { return .quit }
    if case .mouse(let mouse) = key {
      switch mouse.action {
      case .press where mouse.button == .left: return .click(mouse.position)
      case .press where mouse.button == .right: return .menuAt(mouse.position)
      case .drag where mouse.button == .left: return .drag(mouse.position)
      case .wheelUp: return .scroll(.lines(-3))
      case .wheelDown: return .scroll(.lines(3))
      default: return nil
      }
    }
    if context != .main, key == .char("q") { return .back }
    return entries.first { $0.contexts.contains(context) && $0.keys.contains(key) }?.intent
  }

  /// The whole table for the help, what counts here first, and what the signs mean.
  func bindings(_ glyphs: Glyphs, context: KeyMap.Context) -> [KeyBinding] {
    let shown = entries.filter { $0.id != "yes" && !$0.keys.isEmpty }
    func binding(_ entry: KeyMap.Entry) -> KeyBinding {
      KeyBinding(
        entry.id, entry.title, group: entry.group, keys: entry.keys, priority: entry.priority,
        disabledReason: entry.contexts.contains(context) ? nil : "not in a popup")
    }
    let here = shown.filter { $0.contexts.contains(context) }.map(binding)
    let elsewhere = context == .main ? [] : shown.filter { !$0.contexts.contains(context) }
    let signs = [
      (glyphs.ok, "as it should be"), (glyphs.warn, "worth a look"), (glyphs.error, "down"),
      (glyphs.pending, "on its way"), (glyphs.terminating, "terminating"),
      (glyphs.leader, "leads"), (glyphs.follower, "follows"), (glyphs.candidate, "campaigns"),
    ]
    return here + elsewhere.map(binding)
      + signs.compactMap { sign, title in
        sign.unicodeScalars.first.map {
          KeyBinding("sign-" + title, title, group: "Signs", keys: [.char($0)])
        }
      }
  }
}
