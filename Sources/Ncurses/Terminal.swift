import CNcurses
import TerminalCore

#if canImport(Glibc)
  import Glibc
#endif

/// The real terminal, through ncurses: opens, shows buffers, hands out keys, and is given back as
/// it was in every way out (return, `exit`, a trap, a signal).
///
/// Used from one thread; only `wake` may be called from others. One is open at a time.
public final class Terminal {
  /// How to open; the defaults are the process's own terminal and environment.
  public struct Configuration: Sendable {
    /// File descriptors of the terminal.
    public var input: Int32 = 0
    public var output: Int32 = 1
    public var capabilities: Capabilities
    public var mouse = true
    /// Restore the terminal on fatal signals, and hold back stderr while the screen is up.
    public var handlesCrashes = true

    public init(capabilities: Capabilities) { self.capabilities = capabilities }

    /// From the environment, with the user's wishes.
    public init(depth: ColorDepth? = nil, ascii: Bool = false) {
      self.init(
        capabilities: Capabilities(
          variable: { getenv($0).map { String(cString: $0) } }, depth: depth, ascii: ascii))
    }
  }

  public let configuration: Configuration
  /// Colours the terminal really has; themes are resolved for it. Final after `open`.
  public private(set) var depth: ColorDepth
  /// Whether to draw in ASCII only. Final after `open`.
  public private(set) var ascii: Bool
  public private(set) var isOpen = false
  private var shown: CellBuffer?
  private var shownCursor: Point?
  private var scratch: [Cell] = []

  public init(_ configuration: Configuration = Configuration()) {
    self.configuration = configuration
    depth = configuration.capabilities.depth
    ascii = configuration.capabilities.ascii
  }

  deinit { close() }

  /// Takes the terminal over. Throws when there is none, or when it cannot show a screen.
  public func open() throws(TerminalError) {
    let type = configuration.capabilities.type
    guard orrery_is_tty(configuration.input), orrery_is_tty(configuration.output) else {
      throw .notATerminal
    }
    if type == "dumb" { throw .cannotPlaceCursor(type: type) }
    if !orrery_locale_utf8() { ascii = true }
    let status = type.withCString { name in
      var options = orrery_open_options()
      options.input = configuration.input
      options.output = configuration.output
      options.type = name
      options.colors = Self.colors(depth)
      options.embedded = configuration.capabilities.isXtermFamily
      options.mouse = configuration.mouse
      options.crash_handlers = configuration.handlesCrashes
      return orrery_term_open(&options)
    }
    switch status {
    case ORRERY_OPEN_OK: break
    case ORRERY_OPEN_BUSY: throw .alreadyOpen
    case ORRERY_OPEN_NOT_A_SCREEN: throw .cannotPlaceCursor(type: type)
    default: throw .unknownType(type)
    }
    isOpen = true
    shown = nil
    depth = min(depth, Self.depth(colors: Int(orrery_term_colors()), wanted: depth))
  }

  private static func colors(_ depth: ColorDepth) -> Int32 {
    switch depth {
    case .mono: 1
    case .ansi8: 8
    case .ansi16: 16
    case .indexed256: 256
    case .trueColor: 1 << 24
    }
  }

  private static func depth(colors: Int, wanted: ColorDepth) -> ColorDepth {
    if wanted == .mono || colors < 8 { return .mono }
    if colors > 256 { return .trueColor }
    return colors >= 256 ? .indexed256 : colors >= 16 ? .ansi16 : .ansi8
  }

  /// Gives the terminal back. May be called again and again.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    shown = nil
    orrery_term_close()
  }

  /// The size in cells.
  public var size: (width: Int, height: Int) {
    var width: Int32 = 0
    var height: Int32 = 0
    orrery_term_size(&width, &height)
    return (Int(width), Int(height))
  }

  /// Shows `buffer`, with the text cursor at `cursor` or hidden. Rows that have not changed cost a
  /// comparison; when none has, nothing is written.
  public func present(_ buffer: CellBuffer, cursor: Point? = nil) {
    guard isOpen else { return }
    var changed = cursor != shownCursor || shown == nil
    // Emptying the table of colour pairs makes every row stale, so it starts over, once.
    for attempt in 0..<2 {
      let last = attempt == 0 ? shown : nil
      let comparable = last?.width == buffer.width && last?.height == buffer.height
      let complete = buffer.withCells { cells in
        guard comparable, let last else { return put(cells, of: buffer, unlike: nil, &changed) }
        return last.withCells { put(cells, of: buffer, unlike: $0, &changed) }
      }
      if complete { break }
    }
    shown = buffer
    shownCursor = cursor
    if changed {
      orrery_term_flush(Int32(clamping: cursor?.x ?? -1), Int32(clamping: cursor?.y ?? -1))
    }
  }

  private func put(
    _ cells: UnsafeBufferPointer<Cell>, of buffer: CellBuffer,
    unlike old: UnsafeBufferPointer<Cell>?, _ changed: inout Bool
  ) -> Bool {
    guard let base = cells.baseAddress else { return true }
    let length = buffer.width * MemoryLayout<Cell>.stride
    for y in 0..<buffer.height {
      let start = base + y * buffer.width
      if let old = old?.baseAddress, memcmp(start, old + y * buffer.width, length) == 0 {
        continue
      }
      changed = true
      if !putRow(start, count: buffer.width, y: y) { return false }
    }
    return true
  }

  private func putRow(_ cells: UnsafePointer<Cell>, count: Int, y: Int) -> Bool {
    func put(_ pointer: UnsafePointer<Cell>) -> Bool {
      // Cell and orrery_cell have one layout, which a test compares.
      pointer.withMemoryRebound(to: orrery_cell.self, capacity: count) {
        orrery_term_put_row(Int32(clamping: y), $0, Int32(clamping: count))
      }
    }
    scratch.removeAll(keepingCapacity: true)
    for index in 0..<count {
      var cell = cells[index]
      if depth != .trueColor {
        cell.foreground = cell.foreground.reduced(to: depth)
        cell.background = cell.background.reduced(to: depth)
      }
      // A change of colour is some 20 bytes over a slow link, for a space as for anything.
      if let left = scratch.last { cell.takeInk(of: left) }
      scratch.append(cell)
    }
    return scratch.withUnsafeBufferPointer { $0.baseAddress.map(put) ?? true }
  }

  /// Draws everything anew at the next `present`: after something else wrote on the terminal.
  public func invalidate() {
    shown = nil
    orrery_term_invalidate()
  }

  /// The next key, waiting up to `timeoutMilliseconds` (-1: for ever).
  ///
  /// nil when there is none: time is up, or `wake` was called. After a key call again with 0
  /// until nil: several may have come at once.
  public func nextEvent(timeoutMilliseconds: Int) -> Key? {
    var event = orrery_event()
    orrery_term_next_event(Int32(clamping: timeoutMilliseconds), &event)
    let key = Key(event)
    if case .resize = key { shown = nil }
    return key
  }

  /// Ends a wait in `nextEvent`; from any thread.
  public static func wake() { orrery_term_wake() }

  /// Stops the process as ctrl-z does, with the terminal given back; returns when it goes on.
  public func suspend() {
    guard isOpen else { return }
    orrery_term_suspend()
    shown = nil
  }

  /// Without a screen: from now on signals that ask the process to end are only noted.
  public static func listenForEnd() { orrery_end_listen() }

  /// A signal has asked the process to end.
  public static var isAskedToEnd: Bool { orrery_crash_asked() != 0 }

  /// What is said beside the signal, on standard error, when a bug ends the process.
  public static func noteForCrash(_ text: String) { orrery_crash_note(text) }

  /// Ends the process by the signal that asked it to end, if one did: who sent it sees that it was
  /// heard. After `close`, when nothing is left to do.
  public static func obeySignal() { orrery_crash_obey() }

  /// Ends the process by a signal, as if nobody had handled it; nothing where it is 0.
  public static func end(bySignal number: Int32) { orrery_end_by(number) }

  /// Turns mouse reports on or off; off lets the terminal select text.
  public func reportMouse(_ on: Bool) { orrery_term_mouse(on) }

  /// Columns of a character as the system's library has them, in a UTF-8 locale.
  public static func systemWidth(of scalar: UInt32) -> Int {
    _ = orrery_locale_utf8()
    return Int(orrery_width(scalar))
  }

  /// Asks the terminal to put `text` on the clipboard (OSC 52; tmux needs `set-clipboard on`).
  public func copy(_ text: String) {
    guard isOpen, configuration.capabilities.isXtermFamily else { return }
    let bytes = Array("\u{1B}]52;c;\(Self.base64(Array(text.utf8)))\u{7}".utf8)
    bytes.withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { orrery_term_write($0.baseAddress, $0.count) }
    }
  }

  static func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var out: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var group = 0
      for offset in 0..<3 { group = group << 8 | (offset < count ? Int(bytes[start + offset]) : 0) }
      for digit in 0..<4 {
        out.append(digit <= count ? digits[group >> (18 - 6 * digit) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
