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
    desk.press("esc 2 enter")
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
    desk.press("3 f j f")
    expectGolden(desk.text, "quorum-80x24")
  }

  @Test func tooSmall() {
    let desk = Desk(width: 50, height: 12)
    #expect(desk.text.contains("too small: 50x12, needs 60x16"))
  }
}
