import Ncurses
import TerminalCore
import Testing

struct BufferTests {
  @Test func textIsClippedOnEverySide() {
    var buffer = CellBuffer(width: 6, height: 2)
    buffer.text("abcdefgh", x: -2, y: 0)
    buffer.text("xyz", x: 4, y: 1)
    buffer.text("never", x: 0, y: 2)
    buffer.text("never", x: 0, y: -1)
    buffer.text("12345", x: 0, y: 1, clip: Rect(x: 1, y: 0, width: 2, height: 2))
    #expect(buffer.plainText() == "cdefgh\n 23 xy\n")
  }

  @Test func controlCharactersAreDropped() {
    var buffer = CellBuffer(width: 8, height: 1)
    let columns = buffer.text("a\u{1B}[31m\u{7}\u{0}b", x: 0, y: 0)
    #expect(buffer.plainText() == "a[31mb\n")
    #expect(columns == 6)
  }

  @Test func aSpaceTakesTheInkBeforeItWhereNobodySeesIt() {
    let (red, blue) = (Color.rgb(0xFF0000), Color.rgb(0x0000FF))
    let left = Cell(
      scalar: 0x61, foreground: red, background: red, attributes: [.bold, .underline])
    var space = Cell(foreground: blue, background: blue)
    space.takeInk(of: left)
    #expect(space == Cell(foreground: red, background: blue, attributes: .bold))
    for seen in [Attributes.reverse, .underline, .strike] {
      var marked = Cell(foreground: blue, attributes: seen)
      marked.takeInk(of: left)
      #expect(marked == Cell(foreground: blue, attributes: seen))
    }
    var letter = Cell(scalar: 0x62, foreground: blue)
    letter.takeInk(of: left)
    #expect(letter.foreground == blue && letter.attributes.isEmpty)
  }

  @Test func aWideCharacterIsNeverCutInHalf() {
    var buffer = CellBuffer(width: 4, height: 1)
    buffer.text("漢字", x: 0, y: 0)
    #expect(buffer[0, 0].width == 2 && buffer[1, 0].width == 0)
    // Its left half goes: the right half turns into a blank, and the other way round.
    buffer.text("x", x: 0, y: 0)
    #expect(buffer[1, 0] == .blank)
    buffer.text("y", x: 3, y: 0)
    #expect(buffer.plainText() == "x  y\n")
    // At the edge there is no room for it.
    buffer.text("漢", x: 3, y: 0)
    #expect(buffer[3, 0].width == 1)
  }

  @Test func combiningMarksJoinTheirCell() {
    var buffer = CellBuffer(width: 4, height: 1)
    let columns = buffer.text("e\u{301}x", x: 0, y: 0)
    #expect(columns == 2)
    #expect(buffer[0, 0].mark == 0x301)
    #expect(buffer.plainText() == "e\u{301}x\n")
  }

  @Test func textKeepsTheGroundItIsDrawnOn() {
    var buffer = CellBuffer(
      width: 3, height: 1, style: Style(foreground: .terminal, background: .slot(4)))
    buffer.text("a", x: 0, y: 0, style: Style(foreground: .slot(1)))
    #expect(buffer[0, 0].background == .slot(4))
    #expect(buffer[0, 0].foreground == .slot(1))
  }

  @Test func fillAndRestyleStayInside() {
    var buffer = CellBuffer(width: 3, height: 2)
    buffer.text("abc", x: 0, y: 0)
    buffer.fill(Rect(x: -5, y: -5, width: 6, height: 6))
    buffer.restyle(
      Rect(x: 2, y: 0, width: 99, height: 99), Style(background: .slot(1), attributes: .bold))
    #expect(buffer.plainText() == " bc\n\n")
    #expect(buffer[2, 0].attributes == .bold && buffer[1, 0].attributes == [])
  }

  @Test func widthsAreThoseOfTheSystem() {
    var differences: [String] = []
    // glibc 2.36 is the reference; another libc may know more characters, never other widths.
    for value in UInt32(1)..<0x30000 where !(0xD800..<0xE000).contains(value) {
      let system = Terminal.systemWidth(of: value)
      let ours = TextWidth.of(value)
      if ours != system && ours >= 0 { differences.append("\(value): \(ours), not \(system)") }
    }
    #expect(differences.count < 20, "\(differences.prefix(5))")
  }

  @Test func longTextIsCutWithAnEllipsis() {
    #expect(TextWidth.truncated("worker-1", columns: 8) == "worker-1")
    #expect(TextWidth.truncated("worker-12", columns: 8) == "worker-…")
    #expect(TextWidth.truncated("漢字漢字", columns: 5) == "漢字…")
    #expect(TextWidth.truncated("abc", columns: 1) == "a")
    #expect(TextWidth.truncated("abc", columns: 0) == "")
    let name = TextWidth.truncatedMiddle("web-5d9c7b8f6d-x2v4p", columns: 11)
    #expect(name == "web-5…x2v4p")
  }

  @Test func wrappingBreaksAtSpacesAndCutsLongWords() {
    #expect(TextWidth.wrapped("the quick brown fox", columns: 9) == ["the quick", "brown fox"])
    #expect(TextWidth.wrapped("abcdefgh ij", columns: 3) == ["abc", "def", "gh", "ij"])
    #expect(TextWidth.wrapped("a\nb", columns: 9) == ["a", "b"])
    #expect(TextWidth.wrapped("漢", columns: 1) == [""])
  }

  @Test func barsFillInEighths() {
    var buffer = CellBuffer(width: 4, height: 1)
    func bar(_ value: Int, _ glyphs: Glyphs = .unicode, thin: Bool = false) -> String {
      buffer.fill(buffer.bounds)
      buffer.bar(
        buffer.bounds, value: value, of: 32, glyphs: glyphs, style: .plain, thin: thin)
      return buffer.plainText()
    }
    #expect(bar(0) == "────\n")
    #expect(bar(1) == "▏───\n")
    #expect(bar(19) == "██▍─\n")
    #expect(bar(99) == "████\n")
    #expect(bar(-5) == "────\n")
    #expect(bar(Int.max) == "████\n")
    #expect(bar(20, thin: true) == "━━╸─\n")
    #expect(bar(20, .ascii) == "##..\n")
  }

  @Test func graphsGrowFromTheBottomRight() {
    var buffer = CellBuffer(width: 5, height: 2)
    buffer.sparkline(
      buffer.bounds, values: [0, 1, 8, 16], ceiling: 16, glyphs: .unicode, styles: [])
    #expect(buffer.plainText() == "    █\n  ▁██\n")
    buffer.fill(buffer.bounds)
    buffer.brailleGraph(
      buffer.bounds, values: [1, 2, 3, 4, 5, 6, 7, 8], ceiling: 8, glyphs: .unicode, styles: [])
    #expect(buffer.plainText() == "   ⣠⣾\n ⣠⣾⣿⣿\n")
    buffer.fill(buffer.bounds)
    buffer.brailleGraph(
      buffer.bounds, values: [1, 8], ceiling: 8, glyphs: .ascii, styles: [])
    #expect(buffer.plainText() == "    #\n   .#\n")
  }

  @Test func areasSplitAsAsked() {
    #expect(shares(of: 10, among: [.fixed(3), .ratio(1), .ratio(2)]) == [3, 2, 5])
    #expect(shares(of: 10, among: [.min(4), .ratio(1)]) == [7, 3])
    #expect(shares(of: 5, among: [.fixed(4), .fixed(4), .min(2)]) == [4, 1, 0])
    #expect(shares(of: 0, among: [.fixed(4), .ratio(1)]) == [0, 0])
    #expect(shares(of: 10, among: []) == [])
    let rows = Rect(x: 2, y: 3, width: 9, height: 7).rows([.fixed(2), .ratio(1)], spacing: 1)
    #expect(
      rows == [
        Rect(x: 2, y: 3, width: 9, height: 2), Rect(x: 2, y: 6, width: 9, height: 4),
      ])
    for total in 0..<40 {
      let parts = shares(of: total, among: [.ratio(3), .min(5), .fixed(7), .ratio(0)], spacing: 1)
      #expect(parts.reduce(0, +) <= total && parts.allSatisfy { $0 >= 0 })
    }
  }

  @Test func keysHaveNames() {
    let names = [
      "q", "Q", "space", "ctrl-d", "alt-x", "shift-tab", "f5", "ctrl-f12", "enter", "esc",
      "page-up", "-", "ctrl--", "é", "f",
    ]
    for name in names { #expect(Key(name: name)?.name == name) }
    for name in ["", "f0", "f99", "ctrl-", "nonsense", "\u{1B}"] {
      #expect(Key(name: name) == nil)
    }
    #expect(Key.ctrl("d").label(.unicode) == "^D")
    #expect(Key.enter.label(.ascii) == "Enter")
  }
}
