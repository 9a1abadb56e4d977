import TerminalCore
import Themes

/// A terminal as the dashboard needs it; the real one is ncurses', tests have their own.
public protocol DashboardTerminal {
  var size: (width: Int, height: Int) { get }
  /// The next key within the time (-1: for ever), or nil.
  func nextEvent(timeoutMilliseconds: Int) -> Key?
  func present(_ buffer: CellBuffer, cursor: Point?)
  /// Stops the process as ctrl-z does; returns when it goes on.
  func suspend()
}

/// The main loop: keys in, time on, picture out; one thread.
public struct DashboardLoop {
  public private(set) var state: AppState
  private var theme: Theme
  private let depth: ColorDepth
  private let isAscii: Bool
  private var lastDraw: UInt64 = 0

  /// Real microseconds the world may take of each frame.
  static let worldBudget: UInt64 = 12_000
  /// Real microseconds between two frames: 30 a second.
  static let frameTime: UInt64 = 33_000

  public init(_ state: AppState, depth: ColorDepth, isAscii: Bool) {
    self.state = state
    self.depth = depth
    self.isAscii = isAscii
    theme = Self.theme(state.themeName, depth, isAscii)
  }

  private static func theme(_ name: String, _ depth: ColorDepth, _ isAscii: Bool) -> Theme {
    Theme(ThemeLibrary.theme(named: name) ?? ThemeLibrary.standard, depth: depth, ascii: isAscii)
  }

  /// Changes the state from outside, as tests do.
  mutating func edit(_ change: (inout AppState) -> Void) { change(&state) }

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
      theme = Self.theme(state.themeName, depth, isAscii)
    }
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
    present(on: terminal, clock)
    while true {
      let now = clock()
      var timeout = -1
      if state.isHurried {
        timeout = 0
      } else if state.isBusy {
        timeout = Int((lastDraw + Self.frameTime).saturatingDifference(now) / 1000)
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
        case .quit: return
        case .suspend: terminal.suspend()
        case nil: break
        }
      }
      let start = clock()
      state.advance(now: start) { clock() < start + Self.worldBudget }
      if !keys.isEmpty || !state.isHurried || clock() >= lastDraw + Self.frameTime {
        present(on: terminal, clock)
      }
    }
  }

  private mutating func present(on terminal: some DashboardTerminal, _ clock: () -> UInt64) {
    let size = terminal.size
    let frame = draw(width: size.width, height: size.height)
    terminal.present(frame.buffer, cursor: frame.cursor)
    lastDraw = clock()
  }
}

extension UInt64 {
  fileprivate func saturatingDifference(_ other: UInt64) -> UInt64 {
    self > other ? self - other : 0
  }
}
