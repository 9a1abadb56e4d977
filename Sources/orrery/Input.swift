import Engine
import Foundation
import KubeAPI
import Manifests
import Scenarios

/// What the arguments of a command name: a scenario, or manifests to be applied.
enum InputFiles {
  /// The scenario that `paths` amount to: the scenario file itself, or one that applies the
  /// manifests. Ends the process with one line and exit code 2 where something can't be read.
  static func scenario(_ paths: [String], options: ClusterOptions) -> Scenario {
    do throws(ManifestProblem) { return try read(paths, options) } catch {
      Failure.badInput(error.description)
    }
  }

  private static func read(
    _ paths: [String], _ options: ClusterOptions
  ) throws(ManifestProblem) -> Scenario {
    var scenario = Scenario(name: "manifests")
    for path in paths {
      let bytes = try ManifestReader.bytes(path: path)
      if isScenario(bytes, path) {
        guard paths.count == 1 else {
          throw ManifestProblem(
            SourceLocation(file: path), "a scenario must be the only file given")
        }
        scenario = try ScenarioReader.read(bytes: bytes, file: path)
      } else {
        let manifests = try ManifestReader.read(bytes: bytes, file: path)
        scenario.steps.append(ScenarioStep(.apply(manifests), source: path))
      }
    }
    scenario.cluster = options.applied(to: scenario.cluster)
    return scenario
  }

  /// Only its first lines are looked at: what is no scenario is a manifest, and errors are the
  /// manifest reader's.
  private static func isScenario(_ bytes: [UInt8], _ path: String) -> Bool {
    let head = String(decoding: bytes.prefix(4096), as: UTF8.self)
    guard head.contains("orrery/v1") else { return false }
    return head.split(separator: "\n").contains { line in
      line.hasPrefix("apiVersion:") && line.contains("orrery/v1")
        || line.contains("\"apiVersion\"") && line.contains("orrery/v1")
    }
  }
}

/// The ways a command ends that is not well.
enum Failure {
  /// Bad input: one line on standard error, exit code 2.
  static func badInput(_ message: String) -> Never {
    warn(message)
    exit(2)
  }

  /// One line on standard error.
  static func warn(_ message: String) {
    FileHandle.standardError.write(Data(("orrery: " + oneLine(message) + "\n").utf8))
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
