import ArgumentParser
import Basics
import Engine
import Foundation
import Scenarios

/// `orrery fuzz`: random clusters, loads and faults against the invariants, then healing and the
/// demand that everything converges.
struct FuzzCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz", abstract: "Random faults against the invariants, over seeds.")

  @Option(help: "The first seed.") var seed: UInt64 = 1
  @Option(help: "How many seeds.") var seeds = 1
  @Option(name: .customLong("for"), help: "Virtual time under faults for each seed.")
  var span = "10m"

  mutating func validate() throws {
    guard seeds > 0 else { throw ValidationError("--seeds \(seeds): expected 1 or more") }
    if Span(goDuration: span).map({ $0 <= .zero }) ?? true {
      throw ValidationError("--for \(span): expected a duration such as 90s or 10m")
    }
  }

  mutating func run() throws {
    let length = Span(goDuration: span) ?? .minutes(10)
    var failures = 0
    for number in seed..<(seed + UInt64(seeds)) {
      let result = Fuzzer(seed: number, span: length).run()
      // Written at once, so that what was found is seen when the rest is cut short.
      FileHandle.standardOutput.write(Data((result.text + "\n").utf8))
      if !result.isGood { failures += 1 }
    }
    if failures > 0 { throw ExitCode(3) }
  }
}
