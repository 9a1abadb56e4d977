import Engine
import KubeAPI
import TerminalCore
import Widgets

/// A list to choose from, over the screen: the fault menu, the palette, what is broken, themes.
struct Menu: Sendable {
  enum Topic: Sendable, Hashable {
    /// What can be done to the selection.
    case faults(FaultSubject)
    /// The other end of a link.
    case linkTo(String)
    case palette
    /// What is broken now.
    case broken
    case themes
    case marks
    case branches
  }

  let topic: Topic
  let title: String
  private(set) var items: [MenuItem]
  /// What narrows the list; nil where letters choose at once.
  private(set) var search: TextInput?
  private(set) var shown: [MenuItem]
  var cursor = ListCursor()
  /// What is in force again when it is left without a choice.
  var before = ""

  init(_ topic: Topic, title: String, items: [MenuItem], isSearched: Bool = false) {
    self.topic = topic
    self.title = title
    self.items = items
    shown = items
    if isSearched { search = TextInput() }
    if let first = items.firstIndex(where: { $0.act != nil }) { cursor.selected = first }
  }

  var current: MenuItem? {
    shown.indices.contains(cursor.selected) ? shown[cursor.selected] : nil
  }

  /// The items as they are now; the selection stays where it was.
  mutating func update(_ new: [MenuItem]) {
    items = new
    narrow(keepingSelection: true)
  }

  mutating func search(_ input: TextInput) {
    search = input
    narrow(keepingSelection: false)
  }

  private mutating func narrow(keepingSelection: Bool) {
    let words = (search?.text ?? "").lowercased().split(separator: " ").map(String.init)
    if words.isEmpty {
      shown = items
    } else {
      let ranked = items.enumerated().compactMap { index, item -> (Int, Int)? in
        item.rank(words).map { ($0, index) }
      }
      shown = ranked.sorted { $0 < $1 }.map { items[$0.1] }
    }
    if !keepingSelection { cursor = ListCursor() }
    cursor.selected = min(cursor.selected, max(shown.count - 1, 0))
  }

  /// To the next item that can be chosen.
  mutating func move(_ step: Int) {
    guard !shown.isEmpty else { return }
    var index = cursor.selected
    for _ in 0..<shown.count {
      index = (index + step + shown.count) % shown.count
      if shown[index].act != nil { break }
    }
    cursor.selected = index
  }

  mutating func select(_ index: Int) {
    cursor.selected = min(max(index, 0), max(shown.count - 1, 0))
  }
}

/// A line of a menu.
struct MenuItem: Sendable {
  /// The key that chooses it.
  var key: Unicode.Scalar?
  var title: String
  /// What it means, or its key.
  var detail = ""
  /// What it will cost, or why it can't be done.
  var warning = ""
  /// Nil for a heading, and for what can't be done now.
  var act: Act?

  enum Act: Sendable {
    case intent(Intent)
    case fault(Fault)
    case input(Input, said: String)
    case kubectl(String)
    /// The command line, with this on it.
    case prompt(String)
    case menu(Menu.Topic)
    case theme(String)
  }

  init(
    _ key: Unicode.Scalar?, _ title: String, _ detail: String, warning: String = "", _ act: Act?
  ) {
    self.key = key
    self.title = title
    self.detail = detail
    self.warning = warning
    self.act = act
  }

  init(_ key: Unicode.Scalar?, _ title: String, warning: String = "", _ act: Act?) {
    self.init(key, title, "", warning: warning, act)
  }

  static func heading(_ title: String) -> MenuItem { MenuItem(nil, title, nil) }

  /// The line that does the same, for `Tab`.
  var line: String? {
    switch act {
    case .fault(let fault): "fail " + fault.words.joined(separator: " ")
    case .kubectl(let line), .prompt(let line): line
    case .input(.heal(let target), _): "heal " + target.text
    case .input(.kill(let host, let process), _): "kill process/\(host)/\(process)"
    default: nil
    }
  }

  /// How well it answers a search, the lower the better; nil where a word is not in it.
  func rank(_ words: [String]) -> Int? {
    guard act != nil else { return nil }
    let name = title.lowercased()
    let all = name + " " + detail.lowercased()
    var total = 0
    for word in words {
      if name.hasPrefix(word) {
        continue
      } else if name.contains(" " + word) {
        total += 1
      } else if all.contains(word) {
        total += 2
      } else if Self.holds(name, lettersOf: word) {
        total += 5
      } else {
        return nil
      }
    }
    return total
  }

  /// The letters of `word` in their order, whatever is between them.
  private static func holds(_ text: String, lettersOf word: String) -> Bool {
    var rest = word[...]
    for character in text where character == rest.first { rest.removeFirst() }
    return rest.isEmpty
  }
}

extension AppState {
  /// Opens a menu over what is open.
  mutating func open(_ topic: Menu.Topic) {
    guard !isBooting || topic == .palette || topic == .themes else {
      return say("booting: wait until the cluster stands")
    }
    var menu = makeMenu(topic)
    guard menu.items.contains(where: { $0.act != nil }) else {
      switch topic {
      case .broken: return say(nothingBroken)
      case .marks: return say("no bookmarks yet: m makes one")
      default: return say("nothing can be done to that", .warn)
      }
    }
    if topic == .themes {
      menu.before = themeName
      menu.select(menu.shown.firstIndex { $0.title == themeName } ?? 0)
    }
    overlays.append(.menu(menu))
  }

  private func makeMenu(_ topic: Menu.Topic) -> Menu {
    switch topic {
    case .faults(let subject):
      Menu(topic, title: "What happens to \(subject.title(self))?", items: faultItems(subject))
    case .linkTo(let host):
      Menu(topic, title: "The link from \(host) to", items: linkItems(from: host), isSearched: true)
    case .palette:
      Menu(topic, title: "What do you want to do?", items: paletteItems(), isSearched: true)
    case .broken: Menu(topic, title: "What is broken", items: brokenItems())
    case .branches: Menu(topic, title: "Futures", items: branchItems())
    case .marks: Menu(topic, title: "Bookmarks", items: bookmarkItems())
    case .themes:
      Menu(
        topic, title: "Themes", items: themeNames.map { MenuItem(nil, $0, .theme($0)) },
        isSearched: true)
    }
  }

  /// Keeps the list of what is broken up to date while time passes.
  mutating func updateMenus() {
    for index in overlays.indices {
      guard case .menu(var menu) = overlays[index], menu.topic == .broken else { continue }
      menu.update(brokenItems())
      overlays[index] = .menu(menu)
    }
  }

  // MARK: Keys

  /// A key while a menu is open.
  mutating func menuKey(_ key: Key) {
    guard case .menu(var menu) = overlays.last else { return }
    switch key {
    case .escape,
      .char("q") where menu.search == nil || key == .escape:
      return leaveMenu(menu)
    case .enter: return choose(menu.current, in: menu)
    case .tab: return editChoice(menu)
    case .up, .ctrl("p"),
      .char("k") where menu.search == nil || !key.isTyped:
      menu.move(-1)
    case .down, .ctrl("n"),
      .char("j") where menu.search == nil || !key.isTyped:
      menu.move(1)
    case .pageUp: menu.select(menu.cursor.selected - 10)
    case .pageDown: menu.select(menu.cursor.selected + 10)
    case .home: menu.select(0)
    case .end: menu.select(menu.shown.count - 1)
    case .ctrl("k"):
      leaveMenu(menu)
      if menu.topic != .palette { reduce(.palette) }
      return
    case .char("H") where menu.topic == .broken:
      overlays.removeLast()
      return healAll()
    case .mouse(let mouse): return menuMouse(mouse, menu)
    case .character(let scalar, []) where menu.search == nil:
      if let item = menu.shown.first(where: { $0.key == scalar && $0.act != nil }) {
        return choose(item, in: menu)
      }
      if let item = menu.shown.first(where: { $0.key == scalar }) {
        return say(item.warning.isEmpty ? "\(item.title): not now" : item.warning, .warn)
      }
      return say("a letter of the list, Enter for the marked line, Esc to leave", .warn)
    default:
      guard var input = menu.search, input.handle(key) == .edited else { return }
      menu.search(input)
    }
    overlays[overlays.count - 1] = .menu(menu)
    preview(menu)
  }

  /// A theme is seen as soon as it is marked.
  private mutating func preview(_ menu: Menu) {
    if menu.topic == .themes, case .theme(let name) = menu.current?.act { themeName = name }
  }

  private mutating func leaveMenu(_ menu: Menu) {
    overlays.removeLast()
    if menu.topic == .themes, !menu.before.isEmpty { themeName = menu.before }
  }

  private mutating func menuMouse(_ mouse: MouseEvent, _ menu: Menu) {
    var menu = menu
    switch mouse.action {
    case .wheelUp: menu.move(-1)
    case .wheelDown: menu.move(1)
    case .press where mouse.button == .left:
      guard geometry.menuFrame.contains(mouse.position) else { return leaveMenu(menu) }
      guard geometry.menu.contains(mouse.position) else { return }
      let index = geometry.menuOffset + mouse.position.y - geometry.menu.y
      guard menu.shown.indices.contains(index) else { return }
      menu.select(index)
      return choose(menu.shown[index], in: menu)
    default: return
    }
    overlays[overlays.count - 1] = .menu(menu)
    preview(menu)
  }

  /// Puts what the marked line would do on the command line.
  private mutating func editChoice(_ menu: Menu) {
    guard let line = menu.current?.line else { return say("Enter chooses it") }
    closeMenus()
    ask(.command, text: line)
  }

  private mutating func closeMenus() {
    while case .menu = overlays.last { overlays.removeLast() }
  }

  private mutating func choose(_ item: MenuItem?, in menu: Menu) {
    guard let item else { return }
    guard let act = item.act else {
      return say(item.warning.isEmpty ? "that can't be done now" : item.warning, .warn)
    }
    if case .menu(let topic) = act { return open(topic) }
    closeMenus()
    switch act {
    case .intent(let intent): reduce(intent)
    case .fault(let fault): strikeOrAsk(fault)
    case .input(let input, let said):
      give(input, said: said)
      // One of several was healed: the others may be next.
      if menu.topic == .broken, !observation.faults.isEmpty { open(.broken) }
    case .kubectl(let line): reduce(.submit(line))
    case .prompt(let line): ask(.command, text: line)
    case .theme(let name):
      themeName = name
      say("theme \(name)")
    case .menu: break
    }
  }
}

extension Key {
  /// A character without ctrl or alt.
  fileprivate var isTyped: Bool {
    if case .character(_, let modifiers) = self { return modifiers.isSubset(of: .shift) }
    return false
  }
}
