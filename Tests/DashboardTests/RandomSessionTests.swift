import Basics
import Engine
import Foundation
import TerminalCore
import Testing

@testable import Dashboard

/// Whatever is typed, clicked, dragged, pasted, said on the command line, at whatever size, in
/// whatever world: it must not trap, hang, or get stuck in a mode.
///
/// `ORRERY_RANDOM_KEYS=200000` makes it long, `ORRERY_RANDOM_SEED=17` begins with that world.
@Suite struct RandomSessionTests {
  typealias Dice = RandomTests.Dice

  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  private static var keyCount: Int {
    if let count = number("ORRERY_RANDOM_KEYS") { return max(count / 4, 1) }
    #if DEBUG
      return 1_000
    #else
      return 6_000
    #endif
  }

  private static var seeds: [UInt64] {
    let first = UInt64(number("ORRERY_RANDOM_SEED") ?? 1)
    return (0..<4).map { first + $0 }
  }

  @Test("random keys, lines, mouse and sizes over random worlds", arguments: seeds)
  func session(seed: UInt64) throws {
    var monkey = try Monkey(seed: seed)
    defer { monkey.cleanUp() }
    var left = Self.keyCount
    while left > 0 {
      left -= monkey.play()
      if left % 997 < 8 { monkey.expectWayOut() }
    }
    monkey.expectWayOut()
    monkey.expectEnd()
    if Self.number("ORRERY_RANDOM_KEYS") != nil { print(monkey.figures) }
  }
}

/// Somebody who presses whatever there is.
struct Monkey {
  private var dice: RandomTests.Dice
  private var desk: Desk
  private let terminal = NoTerminal()
  private let folder: URL
  private let keys: [Key]
  private let seed: UInt64
  private var slowest: Double = 0
  private var turns = 0
  private var files = 0
  private var branches = 0
  private var latest = Tick.zero

  init(seed: UInt64) throws {
    self.seed = seed
    dice = RandomTests.Dice(state: seed &* 7919)
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "orrery-monkey-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var options = Desk.options
    options.isPaused = dice.roll(2) == 0
    options.isCold = dice.roll(4) == 0
    options.spec = ClusterSpec(
      masters: [1, 3, 3][dice.roll(3)], workers: 1 + dice.roll(5), zones: 1 + dice.roll(3),
      etcd: dice.roll(3) == 0 ? .external : .stacked, seed: seed)
    desk = Desk(cold: options)
    desk.reading = 3_000
    // Those that end the session are pressed at its end.
    var all = KeyMap.entries.filter { $0.id != "suspend" && $0.id != "quit" }.flatMap(\.keys)
    all += [
      .enter, .enter, .tab, .escape, .escape, .backspace, .char("é"), .char("y"), .up, .down,
      .ctrl("n"), .ctrl("p"), .home, .end, .paste("get pods"), .focus(false), .focus(true),
    ]
    keys = all
  }

  func cleanUp() { try? FileManager.default.removeItem(at: folder) }

  var figures: String {
    "seed \(seed): \(turns) frames, slowest \(Int(slowest * 1000)) ms of CPU, "
      + "\(files) files, \(branches) branches, up to \(clockText(latest))"
  }

  /// A few keys and a frame; how many keys.
  mutating func play() -> Int {
    var pressed: [Key] = []
    switch dice.roll(14) {
    case 0: pressed = [.char(":"), .paste(line()), .enter]
    case 1: pressed = harm()
    case 2: pressed = travel()
    case 3: return forward()
    default: for _ in 0..<(1 + dice.roll(8)) { pressed.append(key()) }
    }
    frame(pressed)
    // A line that makes one wait is waited for, now and then.
    if dice.roll(4) == 0 { for _ in 0..<dice.roll(20) { frame([]) } }
    return pressed.count
  }

  private mutating func frame(_ keys: [Key]) {
    let start = Self.cpu()
    desk.frame(keys: keys)
    for errand in desk.loop.state.takeErrands() where isHarmless(errand) {
      desk.loop.state.errands.append(errand)
    }
    desk.loop.perform(on: terminal, now: desk.now)
    desk.loop.keepUp(desk.last.buffer, now: desk.now)
    _ = desk.loop.state.takeWish()
    let spent = Self.cpu() - start
    slowest = max(slowest, spent)
    turns += 1
    branches = max(branches, desk.state.timeline.branches.count)
    #expect(desk.last.buffer.width == desk.width && desk.last.buffer.height == desk.height)
    #expect(spent < 20, "seed \(seed), frame \(turns): \(keys) took \(spent) s")
  }

  /// Only the test's own folder is written to.
  private mutating func isHarmless(_ errand: Errand) -> Bool {
    let path: String
    switch errand {
    case .copy: return true
    case .export(let to, _), .cast(let to), .record(let to): path = to
    }
    files += path.isEmpty ? 0 : 1
    return path.isEmpty || path.hasPrefix(folder.path)
  }

  private static func cpu() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private mutating func key() -> Key {
    switch dice.roll(10) {
    case 0, 1:
      let actions: [MouseEvent.Action] = [.press, .drag, .release, .wheelUp, .wheelDown]
      let at = Point(x: dice.roll(desk.width + 2), y: dice.roll(desk.height + 2))
      let button: MouseEvent.Button = dice.roll(5) == 0 ? .right : .left
      return .mouse(MouseEvent(actions[dice.roll(5)], button, at: at))
    case 2:
      desk.width = dice.roll(230)
      desk.height = dice.roll(75)
      return .resize(width: desk.width, height: desk.height)
    default: return keys[dice.roll(keys.count)]
    }
  }

  private mutating func pick(_ choices: [String]) -> String { choices[dice.roll(choices.count)] }

  /// On, to where the cluster stands: back is where most keys lead.
  private mutating func forward() -> Int {
    let keys: [Key] = [
      .escape, .escape, .char(":"), .paste("goto \(40 + 10 * dice.roll(12))s"), .enter,
    ]
    frame(keys)
    for _ in 0..<40 where desk.state.pursuit != nil { frame([]) }
    latest = max(latest, desk.state.timeline.now)
    return keys.count
  }

  /// Something out of the harm menu, of whatever is selected.
  private mutating func harm() -> [Key] {
    var keys: [Key] = [.escape, .char("F")]
    for _ in 0..<dice.roll(8) { keys.append(.down) }
    keys += [.enter, dice.roll(3) == 0 ? .char("y") : .enter]
    return keys
  }

  /// Back, forward, to another future.
  private mutating func travel() -> [Key] {
    switch dice.roll(5) {
    case 0: [.escape, .char("<"), .char("f")]
    case 1: [.escape, .char("B"), .down, .enter]
    case 2: [.escape, .char("'"), .down, .enter]
    case 3: [.escape, .char("m"), .char(">")]
    default: [.escape, .char("["), .char("["), .char("]")]
    }
  }

  /// A line that means something.
  private mutating func line() -> String {
    let node = pick(["worker-1", "worker-2", "worker-9", "master-1", "master-2", "etcd-1"])
    let pod =
      desk.state.observation.pods.isEmpty
      ? "web" : desk.state.observation.pods[dice.roll(desk.state.observation.pods.count)].key.name
    let kind = pick(["pods", "nodes", "deployments", "endpointslices", "leases", "events", "all"])
    let count = dice.roll(8)
    let file = folder.path + "/" + pick(["a", "b"])
    switch dice.roll(12) {
    case 0:
      let form = pick(["", " -o wide", " -o yaml", " -o json", " -A", " -l app=web"])
      return "get \(kind)\(form)"
    case 1:
      return pick(["describe pod \(pod)", "describe node \(node)", "describe deployment web"])
    case 2: return "scale deployment \(pick(["web", "cache", "none"])) --replicas \(count)"
    case 3: return pick(["delete pod \(pod)", "delete node \(node)", "delete deployment cache"])
    case 4:
      return pick([
        "cordon \(node)", "uncordon \(node)", "drain \(node) --force --ignore-daemonsets",
        "taint nodes \(node) a=b:NoExecute", "set image deployment/web nginx=nginx:bad",
        "create deployment more --image nginx", "create configmap c --from-literal a=b",
      ])
    case 5:
      let effect = pick([
        "", "power", "shutdown", "pause", "cut", "slow 1s", "full", "lost", "loss 20%",
        "delay 200ms",
      ])
      let target = pick([
        "node/\(node)", "disk/master-1", "clock/\(node)", "link/master-1/\(node)", "zone/zone-1",
        "process/master-1/etcd", "cloud/\(node)", "container/default/\(pod)",
        "process/\(node)/kubelet",
      ])
      return "fail \(target) \(effect)"
    case 6: return pick(["heal all", "heal node/\(node)", "kill process/master-1/etcd", "faults"])
    case 7: return pick(["goto 70s", "goto 0:02:0\(count)", "goto 9m", "goto 30s", "goto x"])
    case 8: return pick(["branch b\(count)", "branches", "mark m\(count)", "filter w", "filter"])
    case 9:
      return pick([
        "export \(file).svg", "export \(file).txt", "export \(file).ansi", "cast \(file).cast",
        "cast off", "record \(file).yaml", "record off", "export \(file)/none.txt",
      ])
    case 10:
      return pick([
        "speed 1", "speed 100", "speed max", "speed 1/100", "speed x", "theme nord", "theme", "big",
        "help",
      ])
    default:
      return pick([
        "etcdctl member list", "etcdctl put a \(count)", "etcdctl get / --prefix --keys-only",
        "etcdctl endpoint status -w table", "etcdctl watch a", "etcdctl defrag",
        "etcdctl compact 90",
        "etcdctl move-leader 8b0ef8b1e2914415", "etcdctl member remove 371ee3c467b14436",
        "etcdctl alarm list",
      ])
    }
  }

  // MARK: What must hold

  /// Esc leads out of everything, and then keys mean what they always mean.
  mutating func expectWayOut() {
    let old = (desk.width, desk.height)
    (desk.width, desk.height) = (80, 24)
    for _ in 0..<40 { frame([.escape]) }
    #expect(desk.state.overlays.isEmpty && desk.state.prompt == nil)
    #expect(desk.state.pursuit == nil || desk.state.isBooting)
    frame([.char("?")])
    #expect(desk.state.overlays.count == 1)
    frame([.escape])
    if !desk.state.isBooting {
      // Time passes and stands still again.
      let was = desk.state.isRunning
      frame([.char(" ")])
      #expect(desk.state.isRunning != was)
      frame([.char(" ")])
      #expect(desk.state.isRunning == was)
    }
    (desk.width, desk.height) = old
  }

  mutating func expectEnd() {
    #expect(desk.state.timeline.world.monitor.violations.isEmpty)
    (desk.width, desk.height) = (80, 24)
    desk.frame(keys: [.char("?")])
    desk.frame(keys: [.char("q"), .char("q")])
    #expect(desk.state.wish == .quit)
    #expect(desk.loop.finish() == nil)
  }
}

/// A terminal that takes what it is given.
private final class NoTerminal: DashboardTerminal {
  var size: (width: Int, height: Int) { (80, 24) }
  func nextEvent(timeoutMilliseconds: Int) -> Key? { nil }
  func present(_: CellBuffer, cursor: Point?) {}
  func copy(_: String) {}
  func suspend() {}
}
