import Foundation
import Testing

/// The built `orrery`, run as a process.
struct OrreryCommand {
  let exitCode: Int32
  let output: String
  let errors: String
  let seconds: Double

  var errorLines: [Substring] { errors.split(separator: "\n") }

  /// Beside the test bundle, in the build folder.
  static var binary: URL {
    let own = CommandLine.arguments.first ?? ""
    let beside = URL(fileURLWithPath: own).deletingLastPathComponent()
      .appendingPathComponent("orrery")
    if FileManager.default.isExecutableFile(atPath: beside.path) { return beside }
    let link = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: link).deletingLastPathComponent().appendingPathComponent("orrery")
  }

  /// Runs it to its end with `input` on standard input.
  init(
    _ arguments: [String], input: Data = Data(), environment: [String: String] = [:]
  ) throws {
    let folder = try TemporaryFolder()
    let inputFile = try folder.write("stdin", input)
    let outputFile = try folder.write("stdout", Data())
    let errorFile = try folder.write("stderr", Data())
    let process = Process()
    process.executableURL = Self.binary
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files and not pipes: nothing has to be drained while it runs.
    process.standardInput = try FileHandle(forReadingFrom: inputFile)
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    let start = DispatchTime.now().uptimeNanoseconds
    try process.run()
    process.waitUntilExit()
    seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    exitCode = process.terminationStatus
    output = String(decoding: try Data(contentsOf: outputFile), as: UTF8.self)
    errors = String(decoding: try Data(contentsOf: errorFile), as: UTF8.self)
  }
}

/// A folder for one test, gone with the value.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "orrery-test-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func write(_ name: String, _ data: Data) throws -> URL {
    let file = url.appendingPathComponent(name)
    try data.write(to: file)
    return file
  }
}

/// The files of the scenario tests, which are those that ship.
func dataFile(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("ScenariosTests/Data").appendingPathComponent(name).path
}
