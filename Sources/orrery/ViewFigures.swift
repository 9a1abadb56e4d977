import Dashboard
import Foundation
import KubeAPI
import Ncurses
import TerminalCore

/// What each view costs, looked at while the world goes on by a quarter of a second between two
/// pictures, as it does with four pictures a second.
struct ViewFigures {
  let fields: [(String, JSONValue)]

  private static let frames = 24
  private static let steadyFrames = 12
  private static let size = (width: 200, height: 60)

  init(_ loop: DashboardLoop) {
    var loop = loop
    var fields: [(String, JSONValue)] = []
    let wire = Wire(width: Self.size.width, height: Self.size.height)
    for screen in Screen.allCases {
      let opened = Stopwatch()
      loop.take(screen.keyStroke)
      var frame = loop.draw(width: Self.size.width, height: Self.size.height)
      let open = opened.cpuMicroseconds
      _ = wire?.present(frame)
      var draws: [Double] = []
      var looks: [Double] = []
      var keys: [Double] = []
      var bytes = 0
      var presents: [Double] = []
      for turn in 0..<Self.frames {
        loop.pass(.milliseconds(250))
        let look = Stopwatch()
        loop.look()
        looks.append(look.cpuMicroseconds)
        let draw = Stopwatch()
        frame = loop.draw(width: Self.size.width, height: Self.size.height)
        draws.append(draw.cpuMicroseconds)
        if let wire {
          let sent = wire.present(frame)
          bytes += sent.bytes
          presents.append(sent.microseconds)
        }
        // A step down the list, and back: what a person does most.
        let key = Stopwatch()
        loop.take(turn % 2 == 0 ? .char("j") : .char("k"))
        _ = loop.draw(width: Self.size.width, height: Self.size.height)
        keys.append(key.cpuMicroseconds)
      }
      // Nobody touches a key: what a slow link has to carry all the time.
      var steady = 0
      for _ in 0..<Self.steadyFrames {
        loop.pass(.milliseconds(250))
        loop.look()
        frame = loop.draw(width: Self.size.width, height: Self.size.height)
        if let wire { steady += wire.present(frame).bytes }
      }
      func field(_ name: String, _ value: Double) -> (String, JSONValue) {
        ("\(screen)\(name)", .number(Benchmark.decimal(value)))
      }
      fields += [
        field("OpenMs", open / 1000), field("DrawMs", Self.median(draws) / 1000),
        field("LookMs", Self.median(looks) / 1000),
        field("LookWorstMs", (looks.max() ?? 0) / 1000),
        field("KeyMs", Self.median(keys) / 1000),
      ]
      if wire != nil {
        fields += [
          field("WriteMs", Self.median(presents) / 1000),
          ("\(screen)BytesPerFrame", .integer(Int64(bytes / Self.frames))),
          ("\(screen)SteadyBytesPerFrame", .integer(Int64(steady / Self.steadyFrames))),
        ]
      }
    }
    loop.take(Screen.overview.keyStroke)
    fields += Self.growth(&loop)
    wire?.close()
    self.fields = fields
  }

  /// Bytes of the heap after 10,000 pictures of a cluster at rest, less those before.
  private static func growth(_ loop: inout DashboardLoop) -> [(String, JSONValue)] {
    for _ in 0..<200 { _ = loop.draw(width: size.width, height: size.height) }
    let before = Heap.bytesInUse
    for _ in 0..<10_000 { _ = loop.draw(width: size.width, height: size.height) }
    return [("heapGrowthBytesOver10000Frames", .integer(Int64(Heap.bytesInUse - before)))]
  }

  private static func median(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.sorted()[values.count / 2]
  }
}

/// A real terminal's way: ncurses writes into a pseudo terminal, whose other end is read and counted.
private final class Wire {
  private let terminal: Terminal
  private let pty: PseudoTerminal
  private let counter = Counter()

  private final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0
    func add(_ more: Int) { lock.withLock { count += more } }
    var value: Int { lock.withLock { count } }
  }

  init?(width: Int, height: Int) {
    guard let pty = PseudoTerminal(width: width, height: height) else { return nil }
    self.pty = pty
    let variables = [
      "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8",
    ]
    var configuration = Terminal.Configuration(
      capabilities: Capabilities(variable: { variables[$0] }))
    configuration.input = pty.slave
    configuration.output = pty.slave
    configuration.handlesCrashes = false
    terminal = Terminal(configuration)
    let (counter, end) = (counter, pty)
    Thread.detachNewThread {
      while let bytes = end.read(timeoutMilliseconds: 1000) { counter.add(bytes.count) }
    }
    do throws(TerminalError) { try terminal.open() } catch { return nil }
  }

  /// What came out at the other end for this picture, and the time it took to write it.
  func present(_ frame: MainScreen.Frame) -> (bytes: Int, microseconds: Double) {
    let before = counter.value
    let stopwatch = Stopwatch()
    terminal.present(frame.buffer, cursor: frame.cursor)
    let took = stopwatch.wallSeconds * 1e6
    var last = -1
    // Until nothing more comes: the reader is another thread.
    while counter.value != last {
      last = counter.value
      usleep(3000)
    }
    return (last - before, took)
  }

  func close() {
    terminal.close()
    pty.close()
  }
}

/// What malloc has handed out.
enum Heap {
  /// From `malloc_info`: what the system gave less what lies free.
  static var bytesInUse: Int {
    guard let symbol = dlsym(nil, "malloc_info") else { return 0 }
    typealias Info = @convention(c) (Int32, UnsafeMutablePointer<FILE>) -> Int32
    var text: UnsafeMutablePointer<CChar>?
    var size = 0
    guard let stream = open_memstream(&text, &size) else { return 0 }
    _ = unsafeBitCast(symbol, to: Info.self)(0, stream)
    fclose(stream)
    defer { free(text) }
    guard let text else { return 0 }
    // The totals come last.
    let xml = String(cString: text)
    func last(_ mark: String) -> Int {
      guard let at = xml.range(of: mark, options: .backwards),
        let start = xml[at.upperBound...].range(of: "size=\"")
      else { return 0 }
      return Int(xml[start.upperBound...].prefix { $0.isNumber }) ?? 0
    }
    return last("<system type=\"current\"") + last("<total type=\"mmap\"")
      - last("<total type=\"fast\"") - last("<total type=\"rest\"")
  }
}
