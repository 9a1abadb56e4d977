import TerminalCore
import Testing
import Widgets

struct TextInputTests {
  /// Types characters and named keys (in angle brackets) and shows the line, `|` at the cursor.
  static func typed(_ script: String, into input: inout TextInput) -> String {
    var rest = Substring(script)
    while let first = rest.unicodeScalars.first {
      if first == "<", let end = rest.firstIndex(of: ">") {
        if let key = Key(name: String(rest[rest.index(after: rest.startIndex)..<end])) {
          _ = input.handle(key)
        }
        rest = rest[rest.index(after: end)...]
      } else {
        _ = input.handle(.char(first))
        rest = rest.dropFirst()
      }
    }
    return input.head + "|" + input.text.dropFirst(input.head.count)
  }

  @Test(arguments: [
    ("get pods", "get pods|"),
    ("get pods<home>x", "x|get pods"),
    ("get pods<left><left><backspace>", "get p|ds"),
    ("get pods<ctrl-w>nodes", "get nodes|"),
    ("get pods<ctrl-a><ctrl-k>", "|"),
    ("a b c<ctrl-left><ctrl-left><delete>", "a | c"),
    ("abc<ctrl-b><ctrl-u>", "|c"),
    ("漢字<left>x", "漢x|字"),
  ])
  func editing(script: String, line: String) {
    var input = TextInput()
    let got1 = Self.typed(script, into: &input)
    #expect(got1 == line)
  }

  @Test func historyComesBackAndTheDraftIsKept() {
    var input = TextInput()
    _ = Self.typed("one<enter>two<enter>two<enter>dra", into: &input)
    #expect(input.history == ["one", "two"])
    let got2 = Self.typed("<up>", into: &input)
    #expect(got2 == "two|")
    let got3 = Self.typed("<up><up>", into: &input)
    #expect(got3 == "one|")
    let got4 = Self.typed("<down><down>", into: &input)
    #expect(got4 == "dra|")
  }

  @Test func outcomesAndPastes() {
    var input = TextInput("x")
    let got5 = input.handle(.paste("a\nb\u{1B}"))
    #expect(got5 == .edited)
    #expect(input.text == "xa b")
    let got6 = input.handle(.tab)
    #expect(got6 == .ignored)
    let got7 = input.handle(.escape)
    #expect(got7 == .cancelled)
    let got8 = input.handle(.enter)
    #expect(got8 == .submitted("xa b"))
    #expect(input.isEmpty)
    input.set("get po")
    input.replace(last: 2, with: "pods")
    #expect(input.text == "get pods")
  }

  @Test func theCursorStaysInSight() {
    var buffer = CellBuffer(width: 10, height: 1)
    let input = TextInput("abcdefghijkl")
    let cursor = input.render(into: &buffer, in: buffer.bounds, theme: .plain, prompt: ":")
    #expect(cursor == Point(x: 9, y: 0))
    #expect(buffer.plainText() == ":efghijkl\n")
  }

  @Test func listCursorsStayInTheirList() {
    var cursor = ListCursor()
    let moved9 = cursor.handle(.char("G"), count: 100, visible: 10)
    #expect(moved9)
    #expect(cursor == ListCursor(selected: 99, offset: 90))
    let moved10 = cursor.handle(.ctrl("u"), count: 100, visible: 10)
    #expect(moved10)
    #expect(cursor == ListCursor(selected: 94, offset: 90))
    let moved11 = cursor.handle(.home, count: 0, visible: 10)
    #expect(moved11)
    #expect(cursor == ListCursor())
    let moved12 = cursor.handle(.char("x"), count: 9, visible: 3)
    #expect(!moved12)
  }
}
