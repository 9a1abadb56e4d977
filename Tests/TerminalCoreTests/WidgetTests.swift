import TerminalCore
import Testing
import Themes
import Widgets

struct WidgetTests {
  static let unicode = ThemeDefinition.terminalColors.resolved(for: .ansi16)
  static let ascii = ThemeDefinition.terminalColors.resolved(for: .ansi16, ascii: true)

  static func drawn(
    _ width: Int, _ height: Int, theme: Theme = unicode,
    _ draw: (inout CellBuffer, Rect, Theme) -> Void
  ) -> String {
    var buffer = CellBuffer(width: width, height: height, style: theme.base)
    draw(&buffer, buffer.bounds, theme)
    return buffer.plainText()
  }

  static func nodes(_ buffer: inout CellBuffer, _ rect: Rect, _ theme: Theme) {
    let inner = Panel("Nodes", key: "1", subtitle: [Span("4/5 ready")], focused: true)
      .render(into: &buffer, in: rect, theme: theme)
    var table = Table(
      columns: [
        Column("NAME", width: 8, weight: 1, priority: 9, cutsMiddle: true),
        Column("STATUS", width: 10, priority: 8),
        Column("CPU", width: 6, weight: 1, priority: 3),
        Column("PODS", width: 6, alignment: .right, priority: 5),
      ], rowCount: 5, cursor: ListCursor(selected: 1), focused: true)
    table.sortColumn = 0
    table.render(into: &buffer, in: inner, theme: theme) { row, column in
      switch column {
      case 0: .text("worker-\(row)")
      case 1:
        row == 2
          ? .spans([Span(theme.glyphs.error, theme[.error]), Span(" NotReady", theme[.error])])
          : .spans([Span(theme.glyphs.ok, theme[.ok]), Span(" Ready")])
      case 2: .bar(value: row, of: 5, theme[.bar])
      default: .text("\(row * 10)/110")
      }
    }
  }

  @Test func aTableLooksLikeThis() {
    #expect(
      Self.drawn(48, 8, Self.nodes) == """
        ╭─ 1 Nodes ──────────────────────── 4/5 ready ─╮
        │ NAME▲          STATUS     CPU            PODS│
        │ worker-0       ● Ready    ────────────  0/110│
        │▌worker-1       ● Ready    ━━────────── 10/110│
        │ worker-2       ✖ NotReady ━━━━╸─────── 20/110│
        │ worker-3       ● Ready    ━━━━━━━───── 30/110│
        │ worker-4       ● Ready    ━━━━━━━━━╸── 40/110│
        ╰──────────────────────────────────────────────╯

        """)
  }

  @Test func inANarrowTableTheLeastImportantColumnsGo() {
    #expect(
      Self.drawn(30, 8, theme: Self.ascii, Self.nodes) == """
        #= 1 Nodes ====== 4/5 ready =#
        | NAME^     STATUS       PODS|
        | worker-0  o Ready     0/110|
        |>worker-1  o Ready    10/110|
        | worker-2  X NotReady 20/110|
        | worker-3  o Ready    30/110|
        | worker-4  o Ready    40/110|
        #============================#

        """)
  }

  @Test func longTablesScrollToTheirCursor() {
    var offset = -1
    let text = Self.drawn(12, 4) { buffer, rect, theme in
      let table = Table(
        columns: [Column("N", width: 4)], rowCount: 100, cursor: ListCursor(selected: 99),
        focused: true)
      let geometry = table.render(into: &buffer, in: rect, theme: theme) { row, _ in
        .text("\(row)")
      }
      offset = geometry.offset
      #expect(geometry.row(at: Point(x: 3, y: 1)) == 97)
      #expect(geometry.row(at: Point(x: 3, y: 0)) == nil)
      #expect(geometry.headerColumn(at: Point(x: 2, y: 0)) == 0)
    }
    #expect(offset == 97)
    #expect(text == " N\n 97\n 98\n▌99        ▐\n")
  }

  @Test func onlyRowsInSightAreAskedFor() {
    var asked: Set<Int> = []
    _ = Self.drawn(20, 11) { buffer, rect, theme in
      let table = Table(
        columns: [Column("N", width: 8)], rowCount: 1_000_000,
        cursor: ListCursor(selected: 500_000, offset: 499_995))
      table.render(into: &buffer, in: rect, theme: theme) { row, _ in
        asked.insert(row)
        return .text("\(row)")
      }
    }
    #expect(asked == Set(499_995..<500_005))
  }

  @Test func aLogFollowsItsEnd() {
    func log(back: Int) -> String {
      Self.drawn(10, 3) { buffer, rect, theme in
        LogView(lineCount: 9, scrolledBack: back)
          .render(into: &buffer, in: rect, theme: theme) { [Span("line \($0)")] }
      }
    }
    #expect(log(back: 0) == "line 6\nline 7\nline 8   ▐\n")
    #expect(log(back: 99) == "line 0   ▐\nline 1\nline 2\n")
  }

  @Test func hintsShrinkByPriority() {
    let hints = HintLine([
      .init("q", "Quit", priority: 9), .init("x", "Kill", priority: 1),
      .init("?", "Help", priority: 5),
    ])
    func line(_ width: Int) -> String {
      Self.drawn(width, 1) { hints.render(into: &$0, in: $1, theme: $2) }
    }
    #expect(line(30) == " q Quit  x Kill  ? Help\n")
    #expect(line(22) == " q Quit  ? Help\n")
    #expect(line(12) == " q Quit\n")
    #expect(line(4) == "\n")
  }

  @Test func gaugesLineUp() {
    let text = Self.drawn(24, 2) { buffer, rect, theme in
      Gauge("cpu", value: 3, of: 4, labelWidth: 6)
        .render(into: &buffer, in: rect.row(0), theme: theme)
      Gauge("memory", value: 1, of: 4, text: "1Gi").render(
        into: &buffer, in: rect.row(1), theme: theme)
    }
    #expect(text == "cpu    ━━━━━━━━━───  75%\nmemory ━━━─────────  1Gi\n")
  }

  @Test func aDialogWrapsItsMessage() {
    let text = Self.drawn(40, 8) { buffer, rect, theme in
      let places = Dialog(
        "Power off?", message: "All pods of the machine will be lost.", buttons: ["No", "Yes"]
      ).render(into: &buffer, in: rect, theme: theme)
      #expect(places.count == 2 && places.allSatisfy { $0.y == 5 && $0.height == 1 })
    }
    #expect(
      text == """

          ╭─ Power off? ─────────────────────╮
          │ All pods of the machine will be  │
          │ lost.                            │
          │                                  │
          │           No      Yes            │
          ╰──────────────────────────────────╯


        """)
  }

  @Test func theTimelineShowsMarksAndPosition() {
    let timeline = Timeline(
      start: 0, end: 100, position: 50, newest: 100, density: [0, 4, 8, 8, 0],
      marks: [.init(at: 0, "!"), .init(at: 100, "?")], leading: "0s", trailing: "live")
    var track = Rect.zero
    let text = Self.drawn(30, 2) { track = timeline.render(into: &$0, in: $1, theme: $2) }
    #expect(text == "   !                    ?\n0s ─────▄▄▄▄█▌███████──── live\n")
    #expect(timeline.time(at: Point(x: track.x, y: 1), in: track) == 0)
    #expect(timeline.time(at: Point(x: track.right - 1, y: 1), in: track) == 100)
    #expect(timeline.time(at: Point(x: 999, y: 1), in: track) == 100)
  }

  @Test func aLongWordBreaksBetweenItsParts() {
    func broken(_ text: String, _ columns: Int) -> [String] {
      TextPane.wrapped([Span(text)], columns: columns).map { $0.map(\.text).joined() }
    }
    #expect(
      broken("status.conditions[Ready].status", 28) == ["status.conditions[Ready].", "status"])
    #expect(broken("/registry/pods/default/web-1", 20) == ["/registry/pods/", "default/web-1"])
    // Nothing to break at, or only far from the end: the line is filled.
    #expect(broken("abcdefghij", 4) == ["abcd", "efgh", "ij"])
    #expect(broken("a.bcdefghij", 6) == ["a.bcde", "fghij"])
  }

  @Test func styledTextWrapsWithItsIndent() {
    let lines = TextPane.wrapped([Span("  one "), Span("two three", .plain)], columns: 9)
    #expect(lines.map { $0.map(\.text).joined() } == ["  one two", "  three"])
  }

  @Test func helpIsMadeOfTheKeyTable() {
    let bindings = [
      KeyBinding("quit", "Quit", group: "General", keys: [.char("q"), .ctrl("c")]),
      KeyBinding("kill", "Kill", group: "Faults", keys: [.char("x")], disabledReason: "no node"),
    ]
    let text = Self.drawn(60, 8) { HelpScreen(bindings).render(into: &$0, in: $1, theme: $2) }
    #expect(text.contains("q/^C  Quit") && text.contains("x  Kill (no node)"))
    let filtered = Self.drawn(40, 8) {
      HelpScreen(bindings, filter: "FAULT").render(into: &$0, in: $1, theme: $2)
    }
    #expect(!filtered.contains("Quit") && filtered.contains("Kill"))
  }

  @Test func partsAreJoinedAndMessagesTravel() {
    let map = FlowMap(
      nodes: [
        .init("a", area: Rect(x: 0, y: 0, width: 7, height: 3)),
        .init("b", area: Rect(x: 14, y: 0, width: 7, height: 3)),
        .init("c", area: Rect(x: 14, y: 4, width: 7, height: 3)),
      ], edges: [.init(0, 1), .init(0, 2), .init(1, 2), .init(1, 9)],
      dots: [.init(edge: 1, progress: 1000, glyph: "o"), .init(edge: 8, progress: 0, glyph: "x")])
    let text = Self.drawn(21, 7) { map.render(into: &$0, in: $1, theme: $2) }
    #expect(
      text == """
        ╭─ a ─╮       ╭─ b ─╮
        │     │───┬───│     │
        ╰─────╯   │   ╰─────╯
                  │      │
                  │   ╭─ c ─╮
                  ╰──o│     │
                      ╰─────╯

        """)
  }

  @Test func logStripsShowWhoLags() {
    let text = Self.drawn(10, 2, theme: Self.ascii) { buffer, rect, theme in
      LogStrip(firstIndex: 3, terms: [1, 1, 2, 2, 2], commit: 6, applied: 5)
        .render(into: &buffer, in: rect.row(0), theme: theme, range: 1..<99)
      LogStrip(firstIndex: 1, terms: [1, 1], commit: 2, applied: 0)
        .render(into: &buffer, in: rect.row(1), theme: theme, range: 1..<99)
    }
    #expect(text == "::###=-\n==\n")
  }

  @Test func treesHaveBranches() {
    #expect(TreeLines.prefix([], glyphs: .unicode) == "")
    #expect(TreeLines.prefix([false, true], glyphs: .unicode) == "│  └─ ")
    #expect(TreeLines.prefix([true, false], glyphs: .ascii) == "   |- ")
  }

  /// Every widget, in every small size and some large ones, in both alphabets.
  @Test func noSizeMakesAWidgetTrap() {
    let bindings = (0..<9).map {
      KeyBinding("c\($0)", "Command \($0)", group: "Group \($0 % 3)", keys: [.function($0 + 1)])
    }
    var input = TextInput("some long text that scrolls 漢字")
    _ = input.handle(.left)
    let sizes =
      (0...14).flatMap { w in (0...9).map { (w, $0) } } + [(80, 24), (200, 60), (300, 2), (2, 90)]
    for theme in [Self.unicode, Self.ascii, ThemeLibrary.standard.resolved(for: .trueColor)] {
      for (width, height) in sizes {
        _ = Self.drawn(width, height, theme: theme) { buffer, rect, theme in
          Self.nodes(&buffer, rect, theme)
          Popup("Details", width: 30, height: 9, footer: [Span("esc")], danger: true)
            .render(into: &buffer, in: rect, theme: theme)
          Dialog("Sure?", message: "A message of some length.", buttons: ["No", "Yes"])
            .render(into: &buffer, in: rect, theme: theme)
          Toast(.error, "A message of some length.").render(into: &buffer, in: rect, theme: theme)
          Tabs(["one", "two", "three"], active: 2).render(into: &buffer, in: rect, theme: theme)
          Tabs([], active: 0).render(into: &buffer, in: rect, theme: theme)
          HintLine(bindings, glyphs: theme.glyphs, trailing: [Span("end")])
            .render(into: &buffer, in: rect, theme: theme)
          StatusLine(
            left: [.init([Span("left")]), .init([Span("more")], priority: 2)],
            right: [.init([Span("right")])]
          ).render(into: &buffer, in: rect, theme: theme)
          input.render(
            into: &buffer, in: rect, theme: theme, prompt: "command: ", ghost: "ghost")
          ChoiceList([.init("one", detail: "1"), .init("two", detail: "2")])
            .renderAbove(row: height - 1, x: 3, rows: 5, into: &buffer, in: rect, theme: theme)
          HelpScreen(bindings).render(into: &buffer, in: rect, theme: theme)
          TextPane(lines: [[Span("漢字 and words that wrap")], []], offset: 1)
            .render(into: &buffer, in: rect, theme: theme)
          LogView(lineCount: 50, scrolledBack: 3, column: 2, selected: 40)
            .render(into: &buffer, in: rect, theme: theme) { [Span("line \($0)")] }
          Gauge("cpu", value: 3, of: 4).render(into: &buffer, in: rect, theme: theme)
          Graph(values: [1, 5, 3], label: "5/s", heat: true)
            .render(into: &buffer, in: rect, theme: theme)
          Graph(values: [], braille: false).render(into: &buffer, in: rect, theme: theme)
          Timeline(
            start: 5, end: 5, position: 5, newest: 5, density: [1], marks: [.init(at: 5, "x")]
          )
          .render(into: &buffer, in: rect, theme: theme)
          FlowMap(
            nodes: [
              .init("a", lines: [[Span("x")]], area: Rect(x: 1, y: 1, width: 6, height: 3)),
              .init("b", area: Rect(x: 3, y: 8, width: 99, height: 3), role: .leader),
              .init("c", area: Rect(x: 30, y: 0, width: 5, height: 30)),
            ], edges: [.init(0, 1), .init(2, 0), .init(1, 1)],
            dots: [.init(edge: 0, progress: 400, glyph: "o")]
          ).render(into: &buffer, in: rect, theme: theme)
          LogStrip(firstIndex: 5, terms: [1, 2], commit: 5, applied: 5)
            .render(into: &buffer, in: rect, theme: theme, range: 0..<20)
          HeatMap(count: 40, selected: 3)
            .render(into: &buffer, in: rect, theme: theme) { .heat($0, of: 40) }
        }
      }
    }
  }
}
