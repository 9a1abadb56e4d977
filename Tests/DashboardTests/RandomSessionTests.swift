import Basics
import Engine
import Foundation
import TerminalCore
import Testing

@testable import Dashboard

/// Whatever is typed, clicked, dragged, pasted, at whatever size, in whatever world: it must not
/// trap, hang, or get stuck in a mode. `ORRERY_RANDOM_KEYS=200000` makes it long.
@Suite struct RandomSessionTests {
  typealias Dice = RandomTests.Dice

  private static var keyCount: Int {
    if let text = ProcessInfo.processInfo.environment["ORRERY_RANDOM_KEYS"], let count = Int(text) {
      return max(count / 4, 1)
    }
    #if DEBUG
      return 1_000
    #else
      return 8_000
    #endif
  }

  @Test("random keys, mouse and sizes over random worlds", arguments: [1, 2, 3, 4] as [UInt64])
  func session(seed: UInt64) {
    var dice = Dice(state: seed &* 7919)
    var options = Desk.options
    options.isPaused = dice.roll(2) == 0
    options.isCold = dice.roll(4) == 0
    options.spec = ClusterSpec(
      masters: [1, 3, 3][dice.roll(3)], workers: 1 + dice.roll(5), zones: 1 + dice.roll(3),
      etcd: dice.roll(3) == 0 ? .external : .stacked, seed: seed)
    var desk = Desk(cold: options)
    desk.reading = 3_000
    var all = KeyMap.entries.filter { $0.id != "suspend" && $0.id != "quit" }.flatMap(\.keys)
    all += [
      .enter, .enter, .tab, .escape, .escape, .backspace, .char("é"), .char("y"), .up, .down,
      .ctrl("n"), .ctrl("p"), .home, .end, .paste("get pods"), .paste("fail node/worker-1 cut"),
      .paste("scale deployment web --replicas 3"), .paste("goto 70s"), .paste("heal all"),
      .paste("drain worker-1 --force"), .focus(false), .focus(true),
    ]
    var left = Self.keyCount
    while left > 0 {
      var keys: [Key] = []
      for _ in 0..<(1 + dice.roll(8)) {
        left -= 1
        switch dice.roll(10) {
        case 0, 1:
          let actions: [MouseEvent.Action] = [.press, .drag, .release, .wheelUp, .wheelDown]
          let at = Point(x: dice.roll(desk.width + 2), y: dice.roll(desk.height + 2))
          let button: MouseEvent.Button = dice.roll(5) == 0 ? .right : .left
          keys.append(.mouse(MouseEvent(actions[dice.roll(5)], button, at: at)))
        case 2:
          desk.width = dice.roll(230)
          desk.height = dice.roll(75)
          keys.append(.resize(width: desk.width, height: desk.height))
        default: keys.append(all[dice.roll(all.count)])
        }
      }
      desk.frame(keys: keys)
      #expect(desk.last.buffer.width == desk.width && desk.last.buffer.height == desk.height)
      // Wishes and errands are the program's: here nobody takes them.
      _ = desk.loop.state.takeWish()
      _ = desk.loop.state.takeErrands()
    }
    // Esc leads out of everything, and then keys mean what they always mean.
    desk.width = 80
    desk.height = 24
    for _ in 0..<40 { desk.frame(keys: [.escape]) }
    #expect(desk.state.overlays.isEmpty && desk.state.prompt == nil)
    #expect(desk.state.timeline.world.monitor.violations.isEmpty)
    desk.frame(keys: [.char("?")])
    #expect(desk.state.overlays.count == 1)
    desk.frame(keys: [.char("q"), .char("q")])
    #expect(desk.state.wish == .quit)
  }
}
