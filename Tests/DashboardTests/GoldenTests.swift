import TerminalCore
import Testing

@testable import Dashboard

/// Pictures of the screen, from a fixed seed and a stopped clock.
@Suite struct GoldenTests {
  /// Every view at every size in every colour mode, one file a view and size.
  @Test(arguments: Screen.allCases, [(80, 24), (120, 40), (200, 60)])
  func view(screen: Screen, size: (width: Int, height: Int)) {
    let buffers = GoldenModes.depths.map { depth in
      var desk = Desk(width: size.width, height: size.height, depth: depth)
      desk.press(screen.key)
      return desk.last.buffer
    }
    var desk = Desk(width: size.width, height: size.height, ascii: true)
    desk.press(screen.key)
    let foreign = desk.text.unicodeScalars.first { $0.value > 126 }
    #expect(foreign == nil, "not ASCII: \(foreign.map { String($0) } ?? "")")
    expectGolden(
      GoldenModes.text(buffers, ascii: desk.lines), "view-\(screen)-\(size.width)x\(size.height)")
  }

  @Test(arguments: [false, true])
  func smallest(ascii: Bool) {
    let desk = Desk(width: 60, height: 16, ascii: ascii)
    expectGolden(desk.text, "main-60x16-\(ascii ? "ascii" : "unicode")")
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

  @Test func tooSmall() {
    let desk = Desk(width: 50, height: 12)
    #expect(desk.text.contains("too small: 50x12, needs 60x16"))
  }
}
