import TerminalCore
import Testing

struct EncoderTests {
  /// What the encoder writes, drawn by the emulator, is the buffer again.
  @Test(arguments: [ColorDepth.trueColor, .indexed256, .ansi16, .mono])
  func differencesDrawTheSamePicture(depth: ColorDepth) {
    for (width, height) in [(80, 24), (7, 3), (1, 1)] {
      var encoder = AnsiEncoder(depth: depth)
      var screen = VTScreen(width: width, height: height)
      var last: CellBuffer?
      for seed in 1...20 {
        let wanted = NcursesTests.picture(width: width, height: height, seed: seed)
        encoder.draw(wanted, over: last)
        screen.feed(encoder.take())
        last = wanted
        let reduced = NcursesTests.reduced(wanted, depth)
        #expect(NcursesTests.difference(reduced, screen.buffer) == nil)
      }
    }
  }

  @Test func theSamePictureAgainIsNothing() {
    var encoder = AnsiEncoder(depth: .trueColor)
    let picture = NcursesTests.picture(width: 40, height: 10, seed: 3)
    encoder.draw(picture, over: nil)
    let first = encoder.take()
    #expect(!first.isEmpty)
    encoder.draw(picture, over: picture)
    let second = encoder.take()
    #expect(second.isEmpty)
  }

  @Test func linesEndWithoutColor() {
    var buffer = CellBuffer(width: 4, height: 2)
    buffer.text("ab", x: 0, y: 0, style: Style(foreground: .slot(1), attributes: .bold))
    #expect(buffer.ansiText(depth: .ansi16) == "\u{1B}[1;31mab\u{1B}[0m\n\n")
    #expect(buffer.ansiText(depth: .mono) == "\u{1B}[1mab\u{1B}[0m\n\n")
  }

  @Test func dimColorsAreNeverReducedToBlackOnBlack() {
    // What the nearest of sixteen colours would do to a dark theme's border.
    #expect(Color.rgb(0x45475A).reduced(to: .ansi16) == .terminal)
    #expect(Color.rgb(0x45475A).reduced(to: .indexed256) == .slot(239))
    #expect(Color.rgb(0xFF0000).reduced(to: .indexed256) == .slot(196))
    #expect(Color.slot(12).reduced(to: .ansi8) == .slot(4))
  }

  @Test func exportsHoldTheText() {
    var buffer = CellBuffer(width: 6, height: 1)
    buffer.text("a<b>&", x: 0, y: 0, style: Style(foreground: .rgb(0x89B4FA)))
    let svg = buffer.svg()
    #expect(svg.contains("a&lt;b&gt;&amp;") && svg.contains("#89b4fa"))
    var cast = Asciicast()
    let header = cast.header(width: 6, height: 1, title: "a \"b\"")
    #expect(header.contains("\\\"b\\\"") && header.contains("\"version\": 2"))
    let line = cast.frame(buffer, milliseconds: 1042)
    #expect(line.hasPrefix("[1.042, \"o\", \"\\u001b["))
    let same = cast.frame(buffer, milliseconds: 1100)
    #expect(same == "")
  }

  @Test func theEmulatorScrollsAndWraps() {
    var screen = VTScreen(width: 4, height: 3)
    screen.feed("abcdef\r\nx\r\ny")
    #expect(screen.buffer.plainText() == "ef\nx\ny\n")
    screen.feed("\u{1B}[2;1H\u{1B}[L--")
    #expect(screen.buffer.plainText() == "ef\n--\nx\n")
    screen.feed("\u{1B}[1;1H\u{1B}[2@>>\u{1B}[3;1H\u{1B}[Kz\u{1B}[3b")
    #expect(screen.buffer.plainText() == ">>ef\n--\nzzzz\n")
    screen.feed("\u{1B}]2;title\u{1B}\\\u{1B}[?25l")
    #expect(screen.title == "title" && !screen.modes.contains(25))
  }
}
