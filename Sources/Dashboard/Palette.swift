import Engine
import Kubectl
import TerminalCore
import Widgets

/// `Ctrl-K`: everything that can be done, by name.
extension AppState {
  func paletteItems() -> [MenuItem] {
    var items: [MenuItem] = []
    let glyphs = Glyphs.ascii
    for entry in keys.entries where entry.contexts.contains(.main) && entry.isAction {
      let label = entry.keys.first.map { $0.label(glyphs) } ?? ""
      items.append(
        MenuItem(
          nil, entry.title, label.isEmpty ? entry.group : "\(entry.group), key \(label)",
          .intent(entry.intent)))
    }
    if let subject = faultSubject, !isBooting {
      items += faultsByName(of: subject)
      if case .host = subject {
        for item in faultItems(subject) {
          if case .menu(.faults(let part))? = item.act { items += faultsByName(of: part) }
        }
      }
      if case .host(let name) = subject {
        // Of very many machines a few: each has six harms of its own.
        items += linkItems(from: name).prefix(20).flatMap { item -> [MenuItem] in
          guard case .menu(.faults(let link))? = item.act else { return [] }
          return faultsByName(of: link)
        }
      }
    }
    items += CommandWord.all.map {
      MenuItem(nil, ":\($0.name)", $0.summary, .prompt($0.name + ($0.needsMore ? " " : "")))
    }
    items += KubectlInvocation.verbs.map {
      MenuItem(nil, "kubectl \($0)", "on the command line", .prompt($0 + " "))
    }
    items += themeNames.map { MenuItem(nil, "Theme: \($0)", "", .theme($0)) }
    return items
  }

  /// What can be done to something, each by its whole name.
  private func faultsByName(of subject: FaultSubject) -> [MenuItem] {
    let title = subject.title(self)
    var heading = ""
    var items: [MenuItem] = []
    for var item in faultItems(subject) {
      switch item.act {
      case nil: heading = item.title
      case .menu: continue
      default:
        let isOfIt = heading.isEmpty || title.hasSuffix(heading) || heading == "Power"
        item.title = "\(title): \(isOfIt ? "" : heading.lowercased() + ": ")\(item.title)"
        item.key = nil
        items.append(item)
      }
    }
    return items
  }

  /// What is broken, the oldest first, each with what heals it.
  func brokenItems() -> [MenuItem] {
    var items = observation.faults.map { fault in
      MenuItem(
        nil, fault.text, fault.words.joined(separator: " "),
        .input(.heal(fault.target), said: "\(fault.target.text) is healed"))
    }
    // A machine may be dark without a fault of its own: its zone lost power, or nobody said why.
    for node in observation.nodes where !node.isPowered {
      let isNamed = observation.faults.contains {
        $0.target == .host(node.name) || $0.target == .cloud(node.name)
          || $0.target == .zone(node.zone)
      }
      guard !isNamed else { continue }
      items.append(
        MenuItem(
          nil, "\(node.name) has no power", "node/\(node.name)",
          .input(.heal(.host(node.name)), said: "\(node.name) is powered on")))
    }
    guard !items.isEmpty else { return [] }
    return [
      MenuItem(
        "H", "Heal everything", "\(items.count) fault\(items.count == 1 ? "" : "s")",
        .intent(.healAll)), .heading("Enter heals one"),
    ] + items
  }
}

extension KeyMap.Entry {
  /// Moving about is not worth a name in a list.
  fileprivate var isAction: Bool {
    switch intent {
    case .move, .scroll, .confirm, .back, .palette: false
    default: true
    }
  }
}
