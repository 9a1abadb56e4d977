import Engine
import KubeAPI
import TerminalCore
import Widgets

/// How a person has arranged the views; kept while another one is open.
struct ViewState: Sendable {
  /// The list that had the focus in each view.
  var focus: [Screen: Pane] = [:]
  /// What the rows of each view are narrowed to; see `RowFilter`.
  var filters: [Screen: String] = [:]
  var pods = PodArrangement()
  var nodes = NodeArrangement.table
  /// Directories of etcd's keys that are open.
  var openKeys: Set<String> = ["/registry/"]
  var keys = KeyArrangement.tree
}

/// The words a row must hold: all of them, in any case; with `!` before it, none of it.
struct RowFilter: Sendable {
  private let wanted: [Substring]
  private let unwanted: [Substring]

  init(_ text: String) {
    let words = text.lowercased().split(separator: " ").map { $0 }
    wanted = words.filter { !$0.hasPrefix("!") }
    unwanted = words.filter { $0.hasPrefix("!") && $0.count > 1 }.map { $0.dropFirst() }
  }

  var isEmpty: Bool { wanted.isEmpty && unwanted.isEmpty }

  /// Whether a row with these texts is let through.
  func admits(_ texts: String...) -> Bool {
    if isEmpty { return true }
    let lower = texts.map { $0.lowercased() }
    func holds(_ word: Substring) -> Bool { lower.contains { $0.contains(word) } }
    return wanted.allSatisfy(holds) && !unwanted.contains(where: holds)
  }
}

extension AppState {
  /// Opens a view.
  mutating func show(_ new: Screen) {
    guard new != screen else { return }
    views.focus[screen] = focus
    screen = new
    focus = views.focus[new] ?? new.panes[0]
    isZoomed = false
    readModel()
    settleCursors()
  }

  /// What narrows the rows of the open view; empty for all.
  var filter: String {
    get { views.filters[screen] ?? "" }
    set {
      views.filters[screen] = newValue.isEmpty ? nil : newValue
      readModel()
      settleCursors()
    }
  }

  /// Reads what the open view shows off the world.
  mutating func readModel() {
    switch screen {
    case .pods: model = PodList(observation, views.pods, RowFilter(filter))
    case .nodes: model = NodeList(observation, RowFilter(filter))
    case .etcd: model = EtcdModel(timeline.world, views, filter)
    default: model = PlainModel()
    }
  }

  mutating func sort() {
    guard screen == .pods else { return say("nothing to sort here: 4 opens the pods") }
    let all = PodColumn.sortable
    let index = all.firstIndex(of: views.pods.sort) ?? all.count - 1
    views.pods.sort = all[(index + 1) % all.count]
    views.pods.isDescending = views.pods.sort.startsDescending
    readModel()
    say("pods by \(views.pods.sort.title.lowercased())")
  }

  mutating func reverseSort() {
    guard screen == .pods else { return }
    views.pods.isDescending.toggle()
    readModel()
  }

  mutating func arrange() {
    switch screen {
    case .pods:
      views.pods.group = views.pods.group.next
      readModel()
      say(views.pods.group == .none ? "pods one by one" : "pods by \(views.pods.group.rawValue)")
    case .nodes:
      views.nodes = views.nodes == .table ? .zones : .table
      say(views.nodes == .table ? "a row each" : "by zone")
    case .etcd:
      views.keys = views.keys == .tree ? .newest : .tree
      focus = .keys
      cursors[Pane.keys.rawValue] = PaneCursor()
      readModel()
      say(views.keys == .tree ? "keys as a tree" : "newest writes first")
    default: break
    }
  }

  mutating func fold() {
    switch (screen, selectedRow) {
    case (.etcd, .key(let key)?) where key.hasSuffix("/"): toggleDirectory(key)
    case (.pods, .group(let name)?):
      if views.pods.folded.remove(name) == nil { views.pods.folded.insert(name) }
      readModel()
    default: break
    }
  }

  /// Opens a directory of keys, or closes it.
  mutating func toggleDirectory(_ key: String) {
    if views.openKeys.remove(key) == nil { views.openKeys.insert(key) }
    readModel()
  }
}
