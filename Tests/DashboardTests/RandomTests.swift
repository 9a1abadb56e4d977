import TerminalCore
import Testing

@testable import Dashboard

/// Whatever is typed at whatever size: it must not trap, and keep its promises.
@Suite struct RandomTests {
  struct Dice {
    var state: UInt64
    mutating func roll(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(max(bound, 1)))
    }
  }

  @Test(arguments: [1, 2, 3])
  func keysAndSizes(seed: UInt64) {
    var dice = Dice(state: seed)
    var desk = Desk()
    desk.reading = 4_000
    var keys = KeyMap.entries.filter { $0.id != "suspend" && $0.id != "quit" }.flatMap(\.keys)
    keys += [.char("y"), .enter, .tab, .escape, .backspace, .char("é"), .paste("get pods")]
    for turn in 0..<600 {
      if turn % 25 == 0 {
        desk.width = dice.roll(220)
        desk.height = dice.roll(70)
      }
      var key = keys[dice.roll(keys.count)]
      if dice.roll(12) == 0 {
        let at = Point(x: dice.roll(desk.width), y: dice.roll(desk.height))
        key = .mouse(MouseEvent(dice.roll(2) == 0 ? .press : .wheelDown, at: at))
      }
      desk.frame(keys: [key])
      #expect(desk.last.buffer.width == desk.width)
      for pane in desk.state.screen.panes {
        let cursor = desk.state.cursor(pane)
        #expect(cursor.index >= 0 && cursor.index < max(desk.state.rowCount(pane), 1))
      }
    }
  }

  @Test func everySize() {
    var desk = Desk()
    for width in stride(from: 0, through: 240, by: 13) {
      for height in stride(from: 0, through: 80, by: 7) {
        desk.width = width
        desk.height = height
        desk.frame()
      }
    }
  }
}
