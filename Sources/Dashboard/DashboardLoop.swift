import Basics
import TerminalCore
import Themes

/// A terminal as the dashboard needs it; the real one is ncurses', tests have their own.
public protocol DashboardTerminal {
  var size: (width: Int, height: Int) { get }
  /// The next key within the time (-1: for ever), or nil.
  func nextEvent(timeoutMilliseconds: Int) -> Key?
  func present(_ buffer: CellBuffer, cursor: Point?)
  /// To the clipboard, where the terminal has a way to it.
  func copy(_ text: String)
  /// Stops the process as ctrl-z does; returns when it goes on.
  func suspend()
}

/// The main loop: keys in, time on, picture out; one thread.
public struct DashboardLoop {
  public internal(set) var state: AppState
  var theme: Theme
  let depth: ColorDepth
  private let isAscii: Bool
  /// The user's own themes, which come before those of the same name.
  private let themes: [ThemeDefinition]
  let files = OutsideFiles()
  var recorder: SessionRecorder?
  var cast: SessionCast?
  /// Told which files hold what is done, for the case that a bug ends the program.
  public var noteFiles: (@Sendable (String) -> Void)? {
    didSet { noteWhatIsWritten() }
  }
  /// Keeps what was copied where the terminal may not.
  public var keepClip: (@Sendable (String) -> Void)?
  private var lastDraw: UInt64 = 0
  /// Who asks from outside, where the doors are open.
  public var visitor: (any DashboardVisitor)?

  /// Real microseconds the world may take of each frame.
  static let worldBudget: UInt64 = 12_000
  /// Real milliseconds between two looks while somebody outside waits for an answer.
  static let visitTime = 2
  /// Real microseconds between two frames: 30 a second, or fewer for a slow link.
  public var frameTime: UInt64 = 33_000

  public init(
    _ state: AppState, depth: ColorDepth, isAscii: Bool, themes: [ThemeDefinition] = []
  ) {
    self.state = state
    self.depth = depth
    self.isAscii = isAscii
    self.themes = themes
    theme = Self.theme(state.themeName, themes, depth, isAscii)
  }

  private static func theme(
    _ name: String, _ own: [ThemeDefinition], _ depth: ColorDepth, _ isAscii: Bool
  ) -> Theme {
    let found = own.first { $0.name == name } ?? ThemeLibrary.theme(named: name)
    return Theme(found ?? ThemeLibrary.standard, depth: depth, ascii: isAscii)
  }

  /// Lets virtual time pass without looking: for measurements, which count the look apart.
  public mutating func pass(_ span: Basics.Span) {
    state.timeline.advance(to: state.timeline.now + span)
  }

  /// Reads what the screen shows off the world, as a frame does when the world has moved on.
  public mutating func look() { state.refresh() }

  /// Takes a key.
  public mutating func take(_ key: Key) { state.handle(key) }

  /// Changes the state from outside, as tests do.
  mutating func edit(_ change: (inout AppState) -> Void) { change(&state) }
  /// Writes what is done to the cluster into a scenario file from now on.
  public mutating func record(to path: String) { startRecording(path) }

  /// Writes the session as an asciicast from the next picture on.
  public mutating func cast(to path: String) { state.cast(path) }

  /// Ends what is being written.
  public mutating func finish() -> String? { finishRecording() }

  /// One turn: takes the keys, lets the world move on, and gives the picture.
  ///
  /// - Parameter clock: real microseconds; read again and again while the world runs.
  public mutating func frame(
    keys: [Key], width: Int, height: Int, clock: () -> UInt64
  ) -> MainScreen.Frame {
    for key in keys { state.handle(key) }
    let start = clock()
    state.advance(now: start) { clock() < start + Self.worldBudget }
    return draw(width: width, height: height)
  }

  /// The picture of the state as it is.
  public mutating func draw(width: Int, height: Int) -> MainScreen.Frame {
    if theme.name != state.themeName {
      theme = Self.theme(state.themeName, themes, depth, isAscii)
    }
    state.screenSize = (width, height)
    let frame = MainScreen.render(state, width: width, height: height, theme: theme)
    if frame.geometry != state.geometry {
      state.geometry = frame.geometry
      state.settleCursors()
      return MainScreen.render(state, width: width, height: height, theme: theme)
    }
    return frame
  }

  /// Runs until the user quits.
  public mutating func run(on terminal: some DashboardTerminal, clock: () -> UInt64) {
    defer { visitor?.shut() }
    present(on: terminal, clock)
    // Something has changed since the last picture.
    var isStale = false
    while true {
      let now = clock()
      var timeout = -1
      if state.isHurried {
        timeout = 0
      } else if let visitor, visitor.isWaiting(at: state.timeline.now) {
        timeout = state.isRunning ? Self.visitTime : 0
      } else if state.isBusy || isStale {
        timeout = Int((lastDraw + frameTime).saturatingDifference(now) / 1000)
      }
      var keys: [Key] = []
      var next = terminal.nextEvent(timeoutMilliseconds: timeout)
      while let key = next {
        keys.append(key)
        next = keys.count < 256 ? terminal.nextEvent(timeoutMilliseconds: 0) : nil
      }
      for key in keys {
        state.handle(key)
        switch state.takeWish() {
        case .quit:
          keepUp(nil, now: clock())
          return
        case .suspend: terminal.suspend()
        case nil: break
        }
      }
      perform(on: terminal, now: clock())
      let start = clock()
      let isVisited = state.admit(&visitor)
      state.advance(now: start) { clock() < start + Self.worldBudget }
      state.answer(&visitor) { clock() < start + Self.worldBudget }
      keepUp(nil, now: start)
      let mayWait = state.isHurried || isVisited || isStale
      if !keys.isEmpty || !mayWait || clock() >= lastDraw + frameTime {
        present(on: terminal, clock)
        isStale = false
      } else {
        isStale = true
      }
    }
  }

  private mutating func present(on terminal: some DashboardTerminal, _ clock: () -> UInt64) {
    let size = terminal.size
    let frame = draw(width: size.width, height: size.height)
    terminal.present(frame.buffer, cursor: frame.cursor)
    lastDraw = clock()
    if keepUp(frame.buffer, now: lastDraw) {
      let again = draw(width: size.width, height: size.height)
      terminal.present(again.buffer, cursor: again.cursor)
    }
  }
}

extension UInt64 {
  fileprivate func saturatingDifference(_ other: UInt64) -> UInt64 {
    self > other ? self - other : 0
  }
}
