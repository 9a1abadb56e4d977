import ArgumentParser
import Basics
import Engine
import Foundation
import Scenarios

/// `orrery fuzz`: random clusters, loads and faults against the invariants, then healing and the
/// demand that everything converges; and clients of etcd alone, whose history must be linearizable.
struct FuzzCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz", abstract: "Random faults against the invariants, over seeds.",
    discussion: """
      Each seed is run twice: as a whole cluster under a load, and as etcd alone under outside \
      clients. A history has one operation a line, in the order of calls: see --history. Exit code \
      3 says that something is wrong; then the scenario that shows it is printed.
      """)

  @Option(help: "The first seed.") var seed: UInt64 = 1
  @Option(help: "How many seeds.") var seeds = 1
  @Option(name: .customLong("for"), help: "Virtual time of the cluster under faults for each seed.")
  var span = "10m"
  @Flag(help: "Only etcd and its clients.") var etcd = false
  @Option(
    help: ArgumentHelp(
      "Write what etcd's clients saw to this file as JSON lines, for checkers of others; implies --etcd.",
      valueName: "file")) var history: String?

  mutating func validate() throws {
    guard seeds > 0 else { throw ValidationError("--seeds \(seeds): expected 1 or more") }
    if Span(goDuration: span).map({ $0 <= .zero }) ?? true {
      throw ValidationError("--for \(span): expected a duration such as 90s or 10m")
    }
  }

  mutating func run() throws {
    let length = Span(goDuration: span) ?? .minutes(10)
    let lines = try history.map(HistoryFile.init)
    var failures = 0
    for number in seed..<(seed + UInt64(seeds)) {
      if !etcd && lines == nil {
        let result = Fuzzer(seed: number, span: length).run()
        say(result.text)
        if !result.isGood { failures += 1 }
      }
      let result = EtcdFuzzer(seed: number).run()
      say(result.text)
      if !result.isGood { failures += 1 }
      try lines?.write(HistoryLines.text(result.history, seed: number))
    }
    if failures > 0 { throw ExitCode(3) }
  }

  /// Written at once, so that what was found is seen when the rest is cut short.
  private func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}

/// The file of `--history`.
private struct HistoryFile {
  private let handle: FileHandle
  private let path: String

  init(_ path: String) throws {
    self.path = path
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let handle = FileHandle(forWritingAtPath: path)
    else { throw ValidationError("--history \(path): can't be written") }
    self.handle = handle
  }

  func write(_ text: String) throws {
    do {
      try handle.write(contentsOf: Data(text.utf8))
    } catch {
      throw ValidationError("--history \(path): can't be written: \(error.localizedDescription)")
    }
  }
}
