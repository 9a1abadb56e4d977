import Engine
import Scenarios
import TerminalCore

/// Writes what is done to the cluster into a scenario file, as it is done.
struct SessionRecorder {
  let path: String
  private var file: GrowingFile
  private var recording: Recording
  private var written = 0
  private var hasBegun = false
  private var last: (at: UInt64, events: UInt64) = (0, 0)

  /// Nil where the file can't be made.
  init?(path: String, _ timeline: WorldTimeline) {
    guard let file = GrowingFile(path: path) else { return nil }
    self.path = path
    self.file = file
    recording = Recording(timeline.world.spec)
  }

  private static func key(_ input: WorldTimeline.Recorded) -> (at: UInt64, events: UInt64) {
    (input.at.microseconds, input.events)
  }

  /// Adds what was done since the last call. On another branch the file begins anew: it holds the
  /// way to what is seen.
  mutating func update(_ timeline: WorldTimeline) -> String? {
    let inputs = timeline.inputs
    var text = ""
    let isSame =
      written <= inputs.count && (written == 0 || Self.key(inputs[written - 1]) == last)
    if !isSame {
      guard let fresh = GrowingFile(path: path) else { return OutsideFiles.problem(path) }
      file = fresh
      written = 0
      hasBegun = false
      recording = Recording(timeline.world.spec)
    }
    if !hasBegun {
      hasBegun = true
      text = recording.header(name: name)
    }
    for input in inputs[written...] {
      text += recording.step(input.input, at: input.at, events: input.events)
      last = Self.key(input)
    }
    written = inputs.count
    return file.append(Array(text.utf8))
  }

  private var name: String {
    path.split(separator: "/").last.map(String.init) ?? "recording"
  }

  /// The last lines, with the digest of the world as it is.
  mutating func finish(_ timeline: WorldTimeline) -> String? {
    update(timeline) ?? file.append(Array(recording.end(timeline.world).utf8))
  }
}

/// Writes the session as an asciicast.
struct SessionCast {
  let path: String
  private let file: GrowingFile
  private var cast: Asciicast
  private let start: UInt64
  /// The first line, until it is written.
  private var header: String

  init?(path: String, width: Int, height: Int, depth: ColorDepth, now: UInt64) {
    guard let file = GrowingFile(path: path) else { return nil }
    self.path = path
    self.file = file
    cast = Asciicast(depth: depth)
    start = now
    header = cast.header(width: width, height: height, title: "orrery")
  }

  mutating func add(_ buffer: CellBuffer, now: UInt64) -> String? {
    let text = header + cast.frame(buffer, milliseconds: Int((now - min(start, now)) / 1000))
    header = ""
    return text.isEmpty ? nil : file.append(Array(text.utf8))
  }
}
