import Basics
import Engine
import KubeAPI
import Kubectl
import Manifests
import Scenarios
import TerminalCore
import Widgets

/// Everything the dashboard knows: the world on its timeline, and what a person sees of it.
///
/// Pure: keys come in as intents (`reduce`), real time as a number (`advance`), and the screen is a
/// function of it (`MainScreen.render`).
public struct AppState: Sendable {
  /// What the program has to do for the state, since the state does no I/O.
  public enum Wish: Sendable, Hashable { case quit, suspend }

  /// A search for a moment, done in slices between frames.
  enum Pursuit: Sendable {
    case write(after: TraceID)
    case moment(Moments, since: Tick)
    case time(Tick)
  }

  struct Notice: Sendable, Hashable {
    var text: String
    var role: Role
    /// Real microseconds.
    var since: UInt64
  }

  public internal(set) var timeline: WorldTimeline
  var snapshot: Snapshot
  /// Virtual time passes.
  public internal(set) var isRunning = false
  var speed: Speed
  var meter = SpeedMeter()
  var setup: Setup?
  /// When the application had come to rest and the screen opened; nil until then.
  var openedAt: Tick?
  var startsPaused: Bool
  var pursuit: Pursuit?

  /// The view that is open.
  public internal(set) var screen = Screen.overview
  public internal(set) var focus = Pane.nodes
  /// How the views' lists are arranged.
  var views = ViewState()
  /// What the open view reads off the world.
  var model: any ViewModel = PlainModel()
  /// Requests tried while the network's view is open.
  var traffic = TrafficHistory()
  /// What the timeline strip shows.
  var track = TimeTrack()
  /// Those of the other futures, and whose the present one is.
  var otherTracks: [BranchID: TimeTrack] = [:]
  var trackBranch: BranchID = 0
  /// The revision that an object's others are compared with.
  var diffBase: DiffBase?
  var isZoomed = false
  var cursors: [PaneCursor] = Array(repeating: PaneCursor(), count: Pane.allCases.count)
  var overlays: [Overlay] = []
  var prompt: TextInput?
  var promptKind = PromptKind.command
  /// What counts as which key.
  var keys = KeyTable()
  /// What the program is to do outside, in order.
  var errands: [Errand] = []
  /// In the order of time.
  var bookmarks: [Bookmark] = []
  /// Drawn for people far away.
  public internal(set) var isBig = false
  /// Where the help was asked for, and what narrows it.
  var helpContext = KeyMap.Context.main
  var helpFilter = ""
  var history: [String] = []
  /// The command whose answer the topmost sheet shows.
  var command: CommandRun?
  /// One that prints until it is closed, behind the command under way.
  var stream: CommandRun?
  var notice: Notice?
  /// A scenario that is gone through by hand.
  var guide: Guide?
  public internal(set) var themeName: String
  let themeNames: [String]
  public internal(set) var wish: Wish?
  /// Where things were drawn last; for pages and clicks.
  var geometry = ScreenGeometry()
  /// The mouse was pressed on the timeline: what it does until it is pressed again moves time.
  var isScrubbing = false

  /// The size drawn last, in cells.
  var screenSize = (width: 0, height: 0)
  /// Real microseconds at the last `advance`.
  var realNow: UInt64 = 0
  var lastRefresh: UInt64 = 0
  var lastSheetUpdate: UInt64 = 0
  /// The last frame had no time for all the virtual time it owed.
  var fellShort = false
  /// Virtual time owed, in thousandths of a microsecond below one.
  var remainder: UInt64 = 0
  var slowMotion: SlowMotion?

  public struct Options: Sendable {
    public var spec = ClusterSpec()
    /// A cluster that is there already, to be opened instead of a new one.
    public var world: World?
    /// What is applied once the cluster is up.
    public var manifests: [ManifestDocument] = []
    public var speed = Speed.real
    public var isPaused = false
    /// Opens at power-on instead of on a cluster at rest.
    public var isCold = false
    public var themeName = "dark"
    public var themeNames: [String] = []
    /// Steps of a scenario, to be proposed one by one.
    public var steps: [ScenarioStep] = []
    public var keys = KeyTable()
    public var isBig = false
    /// Lines typed before.
    public var history: [String] = []
    /// A bug put into the world on purpose, for tests.
    public var plantedBug: PlantedBug?
    public init() {}
  }

  public init(_ options: Options) {
    var world = options.world ?? World(options.spec)
    if let bug = options.plantedBug { world.plant(bug) }
    if options.world == nil { world.powerOn() }
    timeline = WorldTimeline(world)
    snapshot = Snapshot(world)
    speed = options.speed
    startsPaused = options.isPaused
    themeName = options.themeName
    themeNames = options.themeNames
    keys = options.keys
    isBig = options.isBig
    history = options.history
    guide = options.steps.isEmpty ? nil : Guide(steps: options.steps)
    let isThere = options.world != nil
    setup = isThere ? nil : Setup(manifests: options.manifests, isFast: !options.isCold)
    isRunning = (options.isCold || isThere) && !options.isPaused
    // The first worker is what the first suggestion is about.
    let worker = snapshot.observation.nodes.first { $0.roles == "<none>" }
    if let worker { cursors[Pane.nodes.rawValue].id = .node(worker.name) }
    settleCursors()
  }

  var observation: Observation { snapshot.observation }
  /// There is more than one future.
  var hasBranches: Bool { timeline.branch.id != 0 || timeline.branches.count > 1 }
  /// The lines typed on the command line, the oldest first.
  public var commandHistory: [String] { history }
  var isBooting: Bool { setup.map { $0.isFast && $0.stage != .done } ?? false }

  /// Whether something goes on without a key: else the program may sleep until the next one.
  public var isBusy: Bool {
    isRunning || isBooting || pursuit != nil || (command?.isAwaited ?? false)
  }

  /// Whether it wants all the time it can get.
  public var isHurried: Bool { isBooting || pursuit != nil || (isRunning && fellShort) }

  mutating func say(_ text: String, _ role: Role = .info) {
    notice = Notice(text: text, role: role, since: realNow)
  }

  /// A refusal that is longer than its line, opened in full; the next key closes it.
  mutating func openLongNotice() {
    guard let notice, notice.role == .error || notice.role == .warn, screenSize.width > 2,
      TextWidth.of(notice.text) > screenSize.width - 2
    else { return }
    var sheet = Sheet(content: .message, title: "In full")
    sheet.update([SheetLine(notice.text, notice.role)])
    overlays.append(.sheet(sheet))
  }
}

// MARK: - Rows

extension AppState {
  static let controlRoles: [Process.Role] = [
    .apiServer, .controllerManager, .scheduler, .cloudControllerManager,
  ]

  /// The masters' names in order: the columns of the control plane.
  var masters: [String] { snapshot.masters }

  func rowCount(_ pane: Pane) -> Int {
    if let count = model.count(pane) { return count }
    switch pane {
    case .nodes: return observation.nodes.count
    case .pods: return observation.pods.count
    case .etcd: return observation.members.count
    case .control: return Self.controlRoles.count
    case .actions: return snapshot.actions.count
    default: return 0
    }
  }

  func row(_ pane: Pane, _ index: Int) -> RowID? {
    guard index >= 0, index < rowCount(pane) else { return nil }
    if model.count(pane) != nil { return model.row(pane, index) }
    switch pane {
    case .nodes: return .node(observation.nodes[index].name)
    case .pods: return .pod(observation.pods[index].uid)
    case .etcd: return .member(observation.members[index].name)
    case .control:
      guard let host = selectedMaster else { return nil }
      return .control(Self.controlRoles[index], host: host)
    case .actions: return .action(snapshot.actions[index].id)
    default: return nil
    }
  }

  /// The column of the control plane that is selected.
  var selectedMaster: String? {
    if case .control(_, let host) = cursors[Pane.control.rawValue].id { return host }
    return masters.first
  }

  func index(of id: RowID, in pane: Pane) -> Int? {
    if model.count(pane) != nil { return model.index(of: id, in: pane) }
    switch id {
    case .node(let name): return observation.nodes.place(of: name)
    case .pod(let uid): return observation.pods.index(of: uid)
    case .member(let name): return observation.members.firstIndex { $0.name == name }
    case .control(let role, _): return Self.controlRoles.firstIndex(of: role)
    case .action(let id): return snapshot.actions.firstIndex { $0.id == id }
    case .group, .key, .object, .controller, .host, .pending: return nil
    }
  }

  func cursor(_ pane: Pane) -> PaneCursor { cursors[pane.rawValue] }
  var selectedRow: RowID? { selectedRow(in: focus) }

  func selectedRow(in pane: Pane) -> RowID? {
    cursor(pane).id ?? row(pane, cursor(pane).index)
  }

  /// Follows the selected rows to where they are now; a row that is gone leaves the selection to
  /// its neighbour. The newest action is followed while none is picked.
  mutating func settleCursors() {
    for pane in screen.panes {
      let count = rowCount(pane)
      var cursor = cursors[pane.rawValue]
      if pane == .actions || pane == .trace, cursor.id == nil {
        cursor.index = max(count - 1, 0)
      } else {
        // Mostly it is where it was: a long list is searched only when it has moved.
        if let id = cursor.id, row(pane, cursor.index) != id, let index = index(of: id, in: pane) {
          cursor.index = index
        }
        cursor.index = min(max(cursor.index, 0), max(count - 1, 0))
        cursors[pane.rawValue] = cursor
        cursor.id = row(pane, cursor.index)
      }
      let visible = geometry.rows[pane] ?? 8
      let fitted = ListCursor(selected: cursor.index, offset: cursor.offset)
        .fitted(count: count, visible: visible)
      cursor.offset = fitted.offset
      cursors[pane.rawValue] = cursor
    }
  }

  /// Puts the cursors where a person begins: what was selected while the cluster was being made
  /// means nothing.
  mutating func startFresh() {
    refresh()
    for pane in Pane.allCases where pane != .nodes { cursors[pane.rawValue] = PaneCursor() }
    settleCursors()
  }

  mutating func select(_ pane: Pane, index: Int) {
    let count = rowCount(pane)
    let index = min(max(index, 0), max(count - 1, 0))
    cursors[pane.rawValue].index = index
    // At the end of the actions the newest is followed again.
    let follows = (pane == .actions || pane == .trace) && index == count - 1
    cursors[pane.rawValue].id = follows ? nil : row(pane, index)
    settleCursors()
  }
}
