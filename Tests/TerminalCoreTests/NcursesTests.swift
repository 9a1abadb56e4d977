import Foundation
import Ncurses
import Synchronization
import TerminalCore
import Testing

/// ncurses keeps its state per process, so these run one after the other.
@Suite(.serialized) struct NcursesTests {
  /// A picture with every kind of cell; different for each `seed`.
  static func picture(
    width: Int, height: Int, seed: Int, attributes: Bool = true
  ) -> CellBuffer {
    var buffer = CellBuffer(width: width, height: height)
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    let texts = [
      "plain text", "wide 漢字 here", "e\u{301}tude", "▁▂▃▄▅▆▇█", "⣿⠿⡀", "╭──╮│", "→ ● ▲", "\u{7F}x",
    ]
    for _ in 0..<(width * height / 20 + 3) {
      let colors: [Color] = [
        .terminal, .rgb(UInt32(next(0x1000000))), .rgb(UInt32(next(9))), .slot(UInt8(next(16))),
        .slot(UInt8(next(256))),
      ]
      let style = Style(
        foreground: colors[next(5)], background: colors[next(5)],
        attributes: Attributes(rawValue: attributes ? UInt16(next(32)) : 0))
      buffer.text(texts[next(texts.count)], x: next(width) - 3, y: next(height), style: style)
    }
    return buffer
  }

  /// The buffer as a terminal of that depth can show it.
  static func reduced(_ buffer: CellBuffer, _ depth: ColorDepth) -> CellBuffer {
    var result = buffer
    for y in 0..<buffer.height {
      for x in 0..<buffer.width where buffer[x, y].width > 0 {
        var cell = buffer[x, y]
        cell.foreground = cell.foreground.reduced(to: depth)
        cell.background = cell.background.reduced(to: depth)
        result.set(cell, x: x, y: y)
      }
    }
    return result
  }

  /// The first difference that shows, as text; ink of a bare space does not show.
  static func difference(_ wanted: CellBuffer, _ got: CellBuffer) -> String? {
    for y in 0..<wanted.height {
      for x in 0..<wanted.width {
        var (a, b) = (wanted[x, y], got[x, y])
        if a.width == 0 && b.width == 0 { continue }
        if a.scalar == 0x20 && a.mark == 0 && a.attributes.isDisjoint(with: [.reverse, .underline])
        {
          a.foreground = .terminal
          b.foreground = .terminal
          a.attributes = []
          b.attributes.subtract([.bold, .dim, .italic])
        }
        if a != b { return "at \(x),\(y): wanted \(a), got \(b)" }
      }
    }
    return nil
  }

  @Test(arguments: [
    ("xterm-256color", "truecolor", ColorDepth.trueColor),
    ("xterm-256color", "", .indexed256),
    ("tmux-256color", "truecolor", .trueColor),
    ("xterm", "", .ansi8),
    ("linux", "", .ansi8),
    ("screen", "", .ansi8),
    ("vt100", "", .mono),
    ("rxvt-unicode-256color", "rxvt-xpm", .indexed256),
  ])
  func whatIsPresentedIsShown(type: String, colorTerm: String, depth: ColorDepth) throws {
    for (width, height) in [(80, 24), (300, 60), (7, 3)] {
      let screen = try #require(
        Screen(width: width, height: height, type: type, colorTerm: colorTerm))
      try screen.terminal.open()
      #expect(screen.terminal.depth == depth)
      #expect(screen.terminal.size == (width, height))
      for seed in 1...(width > 200 ? 4 : 10) {
        // Others have only some attributes, or none together with a colour.
        let wanted = Self.picture(
          width: width, height: height, seed: seed,
          attributes: type.hasPrefix("xterm") || type.hasPrefix("tmux"))
        screen.terminal.present(wanted)
        let got = try #require(screen.after { $0.buffer })
        #expect(Self.difference(Self.reduced(wanted, depth), got) == nil)
      }
      screen.finish()
    }
  }

  @Test func anUnchangedPictureWritesNothing() throws {
    let screen = try #require(Screen(width: 80, height: 24))
    try screen.terminal.open()
    let picture = Self.picture(width: 80, height: 24, seed: 5)
    screen.terminal.present(picture)
    _ = screen.after { _ in }
    let before = screen.bytesRead
    screen.terminal.present(picture)
    _ = screen.after { _ in }
    // The mark alone.
    #expect(screen.bytesRead - before < 12)
    screen.finish()
  }

  @Test func moreColorPairsThanThereAreStillShowRight() throws {
    let (width, height) = (200, 60)
    let screen = try #require(Screen(width: width, height: height))
    try screen.terminal.open()
    for frame in 0..<8 {
      var picture = CellBuffer(width: width, height: height)
      for y in 0..<height {
        for x in 0..<width {
          let n = UInt32((frame * height + y) * width + x)
          picture.set(
            Cell(scalar: 0x41, foreground: .rgb(n &* 97), background: .rgb(n &* 31 + 7)),
            x: x, y: y)
        }
      }
      screen.terminal.present(picture)
      let got = try #require(screen.after { $0.buffer })
      #expect(Self.difference(picture, got) == nil)
    }
    screen.finish()
  }

  @Test func everyModeIsOffAfterClosing() throws {
    for _ in 0..<20 {
      let screen = try #require(Screen(width: 80, height: 24))
      try screen.terminal.open()
      screen.terminal.present(Self.picture(width: 80, height: 24, seed: 1))
      let during = try #require(screen.after { $0.modes })
      #expect(during.isSuperset(of: [1002, 1004, 1006, 1049, 2004]))
      #expect(!during.contains(25))
      screen.terminal.close()
      let after = try #require(screen.after { $0.modes })
      #expect(after.isDisjoint(with: [1, 1000, 1002, 1004, 1006, 1049, 2004, 2026]))
      #expect(after.contains(25))
      screen.finish()
    }
  }

  @Test func keysArrive() throws {
    let screen = try #require(Screen(width: 300, height: 50))
    try screen.terminal.open()
    let expected: [(String, Key)] = [
      ("q", .char("q")), ("é", .char("é")), ("漢", .char("漢")), ("\u{4}", .ctrl("d")),
      ("\u{0}", .ctrl(" ")), ("\r", .enter), ("\t", .tab), ("\u{1B}[Z", .backTab),
      ("\u{7F}", .backspace), ("\u{1B}x", .alt("x")), ("\u{1B}", .escape),
      ("\u{1B}[A", .up), ("\u{1B}OB", .down), ("\u{1B}[1;5C", .special(.right, .ctrl)),
      ("\u{1B}[1;2D", .special(.left, .shift)), ("\u{1B}[H", .home), ("\u{1B}[4~", .end),
      ("\u{1B}[5~", .pageUp), ("\u{1B}[6;3~", .special(.pageDown, .alt)), ("\u{1B}[3~", .delete),
      ("\u{1B}OP", .function(1)), ("\u{1B}[15~", .function(5)), ("\u{1B}[24~", .function(12)),
      ("\u{1B}[15;5~", .special(.function(5), .ctrl)),
      ("\u{1B}[200~two\rlines\u{1B}[201~", .paste("two\nlines")),
      ("\u{1B}[I", .focus(true)), ("\u{1B}[O", .focus(false)),
      ("\u{1B}[<0;5;7M", .mouse(MouseEvent(.press, at: Point(x: 4, y: 6)))),
      ("\u{1B}[<32;6;7M", .mouse(MouseEvent(.drag, at: Point(x: 5, y: 6)))),
      ("\u{1B}[<0;6;7m", .mouse(MouseEvent(.release, at: Point(x: 5, y: 6)))),
      ("\u{1B}[<65;290;7M", .mouse(MouseEvent(.wheelDown, .none, at: Point(x: 289, y: 6)))),
      ("\u{1B}[<64;1;1M", .mouse(MouseEvent(.wheelUp, .none, at: Point(x: 0, y: 0)))),
      ("\u{1B}[<2;1;1M", .mouse(MouseEvent(.press, .right, at: Point(x: 0, y: 0)))),
    ]
    for (bytes, key) in expected {
      screen.pty.type(bytes)
      #expect(screen.key() == key, "after \(bytes.debugDescription)")
    }
    screen.finish()
  }

  @Test func severalKeysAtOnceAreAllHandedOut() throws {
    let screen = try #require(Screen(width: 80, height: 24))
    try screen.terminal.open()
    screen.pty.type("abc\u{1B}[Ad")
    let keys = (0..<5).map { _ in screen.key() }
    #expect(keys == [.char("a"), .char("b"), .char("c"), .up, .char("d")])
    #expect(screen.terminal.nextEvent(timeoutMilliseconds: 0) == nil)
    screen.finish()
  }

  @Test func aNewSizeIsReportedAndDrawn() throws {
    let screen = try #require(Screen(width: 80, height: 24))
    try screen.terminal.open()
    screen.terminal.present(Self.picture(width: 80, height: 24, seed: 1))
    _ = screen.after { _ in }
    screen.pty.resize(width: 60, height: 10)
    // The pseudo terminal is not this process's controlling one, so the signal is sent by hand.
    kill(getpid(), SIGWINCH)
    #expect(screen.key() == .resize(width: 60, height: 10))
    #expect(screen.terminal.size == (60, 10))
    let wanted = Self.picture(width: 60, height: 10, seed: 2)
    screen.terminal.present(wanted)
    let text = try #require(screen.after { $0.buffer.plainText() })
    let rows = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(10)
    #expect(rows.joined(separator: "\n") + "\n" == wanted.plainText())
    screen.finish()
  }

  @Test func noInputUpsetsTheDecoding() throws {
    let screen = try #require(Screen(width: 80, height: 24))
    try screen.terminal.open()
    let pieces = [
      "\u{1B}", "[", "O", ">", "1", ";", "5", "M", "m", "~", "200", "A", "\u{7F}", "\u{0}", "é",
      "\u{1B}[200~", "\u{1B}[201~", "\u{1B}[<0;1;1M", "\u{1B}[<35;9;9M", "\u{1B}[1;99A", "\u{9B}",
    ]
    var state: UInt64 = 3
    for _ in 0..<60 {
      var text = ""
      for _ in 0..<20 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += pieces[Int(state >> 33) % pieces.count]
      }
      screen.pty.type(text)
      while let key = screen.terminal.nextEvent(timeoutMilliseconds: 5) {
        #expect(key != .hangup)
        if case .mouse(let mouse) = key { #expect(mouse.position.x >= 0) }
      }
    }
    // A paste that was left open ends by itself, and then keys are keys again.
    while screen.terminal.nextEvent(timeoutMilliseconds: 700) != nil {}
    screen.pty.type("q")
    #expect(screen.key() == .char("q"))
    screen.finish()
  }

  @Test func aTerminalThatGoesAwayIsAHangup() throws {
    let screen = try #require(Screen(width: 80, height: 24))
    try screen.terminal.open()
    screen.stopReading()
    screen.pty.closeMaster()
    #expect(screen.key() == .hangup)
    screen.terminal.close()
  }

  @Test func aWakeEndsTheWait() throws {
    let screen = try #require(Screen(width: 80, height: 24))
    try screen.terminal.open()
    Terminal.wake()
    let start = ContinuousClock.now
    #expect(screen.terminal.nextEvent(timeoutMilliseconds: 5000) == nil)
    #expect(ContinuousClock.now - start < .seconds(4))
    screen.finish()
  }

  @Test func whatIsNoTerminalIsRefused() throws {
    var configuration = Terminal.Configuration(
      capabilities: Capabilities(variable: { ["TERM": "dumb"][$0] }))
    let pty = try #require(PseudoTerminal(width: 80, height: 24))
    configuration.input = pty.slave
    configuration.output = pty.slave
    #expect(throws: TerminalError.cannotPlaceCursor(type: "dumb")) {
      try Terminal(configuration).open()
    }
    configuration.capabilities.type = "no-such-terminal"
    #expect(throws: TerminalError.unknownType("no-such-terminal")) {
      try Terminal(configuration).open()
    }
    configuration.capabilities.type = "xterm"
    configuration.input = 999
    #expect(throws: TerminalError.notATerminal) { try Terminal(configuration).open() }
    pty.close()
  }
}
