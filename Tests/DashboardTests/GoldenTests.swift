import TerminalCore
import Testing

@testable import Dashboard

/// Pictures of the screen, from a fixed seed and a stopped clock.
@Suite struct GoldenTests {
  @Test(arguments: [(80, 24), (120, 40), (200, 60), (60, 16)], [false, true])
  func main(size: (width: Int, height: Int), ascii: Bool) {
    let desk = Desk(width: size.width, height: size.height, ascii: ascii)
    let alphabet = ascii ? "ascii" : "unicode"
    expectGolden(desk.text, "main-\(size.width)x\(size.height)-\(alphabet)")
    if ascii {
      let foreign = desk.text.unicodeScalars.first { $0.value > 126 }
      #expect(foreign == nil, "not ASCII: \(foreign.map { String($0) } ?? "")")
    }
  }

  @Test func help() {
    var desk = Desk()
    desk.press("?")
    expectGolden(desk.text, "help-80x24")
    desk.press("?")
    #expect(desk.state.overlays.isEmpty)
  }

  @Test func details() {
    var desk = Desk(width: 120, height: 40)
    desk.press("enter")
    expectGolden(desk.text, "details-node-120x40")
    desk.press("esc tab enter")
    expectGolden(desk.text, "details-pod-120x40")
  }

  @Test func commandOutput() {
    var desk = Desk(width: 120, height: 40)
    desk.press(":")
    desk.type("get pods")
    desk.press("enter")
    desk.settle()
    expectGolden(desk.text, "command-120x40")
  }

  @Test func quorumLossIsAskedAbout() {
    var desk = Desk()
    desk.press("5 f j f")
    expectGolden(desk.text, "quorum-80x24")
  }

  @Test(arguments: GoldenTests.views, [(80, 24), (120, 40), (200, 60)])
  func view(screen: Screen, size: (width: Int, height: Int)) {
    var desk = Desk(width: size.width, height: size.height)
    desk.press(screen.key)
    expectGolden(desk.text, "view-\(screen)-\(size.width)x\(size.height)")
  }

  /// The colours and attributes of every cell, a letter for each look, at each depth, and the
  /// picture in ASCII.
  @Test(arguments: GoldenTests.views)
  func looks(screen: Screen) {
    var text = ""
    for depth in [ColorDepth.trueColor, .ansi16, .mono] {
      var desk = Desk(width: 80, height: 24, depth: depth)
      desk.press(screen.key)
      text += "\(depth)\n" + Self.looks(desk.last.buffer)
    }
    var desk = Desk(width: 80, height: 24, ascii: true)
    desk.press(screen.key)
    let foreign = desk.text.unicodeScalars.first { $0.value > 126 }
    #expect(foreign == nil, "not ASCII: \(foreign.map { String($0) } ?? "")")
    expectGolden(text + "ascii\n" + desk.text, "looks-\(screen)-80x24")
  }

  static let views: [Screen] = [
    .topology, .nodes, .pods, .etcd, .control, .network, .trace, .next, .beliefs,
  ]

  /// Cells by look: a line of letters for each row, then what the letters mean.
  private static func looks(_ buffer: CellBuffer) -> String {
    let letters = Array(".abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    var known: [Style] = []
    var text = ""
    for y in 0..<buffer.height {
      var line = ""
      for cell in buffer.row(y) {
        let index = known.firstIndex(of: cell.style) ?? known.count
        if index == known.count { known.append(cell.style) }
        line.append(letters[min(index, letters.count - 1)])
      }
      text += line + "\n"
    }
    for (index, style) in known.enumerated() {
      let letter = letters[min(index, letters.count - 1)]
      text += "\(letter) \(style.foreground) on \(style.background) \(style.attributes.rawValue)\n"
    }
    return text
  }

  @Test func tooSmall() {
    let desk = Desk(width: 50, height: 12)
    #expect(desk.text.contains("too small: 50x12, needs 60x16"))
  }
}
