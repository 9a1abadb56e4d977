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
  /// The caches instead of the controllers, where both don't fit.
  var showsCaches = false
  var trace = TraceScope.all
  /// The object whose beliefs are shown.
  var believed: ObjectReference?
  /// Heartbeats, leases and events too.
  var showsRoutine = false
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
    if new == .beliefs { chooseBelieved() }
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
      // The overview shows all there is: what is narrowed has a view of its own.
      if screen == .overview, !newValue.isEmpty { show(focus.home) }
      views.filters[screen] = newValue.isEmpty ? nil : newValue
      readModel()
      settleCursors()
    }
  }

  /// Reads what the open view shows off the world.
  mutating func readModel() {
    switch screen {
    case .pods:
      model = PodList(observation.pods, views.pods, filter, after: model as? PodList)
      snapshot.readEvents(timeline.world)
    case .nodes: model = NodeList(observation, views.nodes, RowFilter(filter))
    case .etcd: model = EtcdModel(timeline.world, views, filter)
    case .topology: model = TopologyModel.of(timeline.world, after: model as? TopologyModel)
    case .control: model = ControlModel(timeline.world, masters, after: model as? ControlModel)
    case .network:
      let network = NetworkModel(timeline.world, RowFilter(filter))
      traffic.sample(
        timeline.world,
        services: network.services.prefix(NetworkModel.trafficLimit).map(\.key))
      model = network
    case .trace: readTrace()
    case .next:
      model = NextModel(
        timeline.world, showsRoutine: views.showsRoutine, filter: RowFilter(filter))
    case .beliefs: model = BeliefsModel(timeline.world, views.believed)
    case .overview: model = PlainModel()
    }
  }

  /// The trace only grows: what was read stays.
  private mutating func readTrace() {
    var trace: TraceModel
    if let old = model as? TraceModel, old.scope == views.trace,
      old.showsRoutine == views.showsRoutine, old.filter == filter
    {
      trace = old
    } else {
      trace = TraceModel(views.trace, showsRoutine: views.showsRoutine, filter: filter)
    }
    trace.read(timeline.world)
    model = trace
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

  mutating func nextColumns() {
    guard screen == .pods else { return say("columns can be chosen among the pods (4)") }
    let all = PodArrangement.Choice.allCases
    let at = all.firstIndex(of: views.pods.choice) ?? 0
    views.pods.choice = all[(at + 1) % all.count]
    say("columns: \(views.pods.choice.rawValue)")
  }

  mutating func reverseSort() {
    guard screen == .pods else { return say("the pods (4) can be sorted") }
    views.pods.isDescending.toggle()
    readModel()
  }

  mutating func arrange() {
    guard overlays.isEmpty else { return markRevision() }
    switch screen {
    case .pods:
      views.pods.group = views.pods.group.next
      readModel()
      say(views.pods.group == .none ? "pods one by one" : "pods by \(views.pods.group.rawValue)")
    case .nodes:
      views.nodes = views.nodes == .table ? .zones : .table
      readModel()
      say(views.nodes == .table ? "a row each" : "by zone")
    case .etcd:
      views.keys = views.keys == .tree ? .newest : .tree
      focus = .keys
      cursors[Pane.keys.rawValue] = PaneCursor()
      readModel()
      say(views.keys == .tree ? "keys as a tree" : "newest writes first")
    case .control:
      views.showsCaches.toggle()
      say(views.showsCaches ? "caches" : "controllers")
    case .trace:
      views.trace = nextScope
      cursors[Pane.trace.rawValue] = PaneCursor()
      readModel()
      settleCursors()
    case .beliefs: nextBelievedKind()
    default: say("nothing to arrange here")
    }
  }

  /// All records, those of the selected one's component, of its object, its causes and effects,
  /// the API's events.
  private var nextScope: TraceScope {
    let entry: Trace.Entry? =
      if case .action(let id)? = selectedRow { timeline.world.trace[id] } else { nil }
    let role = entry?.record.process.map { timeline.world.processes[$0].role }
    let object = entry?.record.note.subject
    switch views.trace {
    case .all:
      return role.map { .component($0) } ?? object.map { .object($0) } ?? .events
    case .component: return object.map { .object($0) } ?? entry.map { .causes($0.id) } ?? .events
    case .object: return entry.map { .causes($0.id) } ?? .events
    case .causes: return .events
    case .events: return .all
    }
  }

  /// What `v` does here, for the hints; nil where it does nothing.
  var arrangeTitle: String? {
    switch screen {
    case .pods: "Group"
    case .nodes: views.nodes == .table ? "By zone" : "Table"
    case .etcd: views.keys == .tree ? "Newest writes" : "Tree"
    case .control:
      geometry.tables[.controllers] != nil && geometry.hasCaches
        ? nil : views.showsCaches ? "Controllers" : "Caches"
    case .trace: "Narrow"
    case .beliefs: "Another kind"
    case .overview, .topology, .network, .next: nil
    }
  }

  /// The same of `o`.
  var foldTitle: String? {
    switch (screen, selectedRow) {
    case (.trace, _), (.next, _): views.showsRoutine ? "Fold heartbeats" : "All heartbeats"
    case (.etcd, .key(let key)?) where key.hasSuffix("/"):
      views.openKeys.contains(key) ? "Close" : "Open"
    case (.pods, .group(let name)?): views.pods.folded.contains(name) ? "Unfold" : "Fold"
    default: nil
    }
  }

  mutating func fold() {
    if screen == .trace || screen == .next {
      views.showsRoutine.toggle()
      readModel()
      return say(views.showsRoutine ? "heartbeats are shown" : "heartbeats are folded away")
    }
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
