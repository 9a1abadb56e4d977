import ArgumentParser
import Basics
import Dashboard
import Engine
import Foundation
import KubeAPI
import Manifests
import Scenarios

/// `orrery run`: the dashboard's world without the dashboard.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a scenario, or a cluster with manifests, without a screen.",
    discussion: """
      Exit code 0: everything asked for held. 1: an expectation failed. 2: bad input. 3: an \
      invariant broke.
      """)

  enum Output: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Argument(help: "A scenario, or manifests (YAML or JSON); - is standard input.")
  var files: [String] = []
  @Option(help: "Go on until: converged.") var until: String?
  @Option(name: .customLong("for"), help: "Go on for a span of virtual time, as 10m.")
  var span: String?
  @Option(help: "At most this much virtual time for --until. Default: 30m.") var timeout: String?
  @Option(help: "text or json.") var output: Output = .text
  @Option(help: "Write the trace to a file, one JSON object a line.") var trace: String?
  @Option(help: "Write what was done as a scenario that replays bit for bit.") var record: String?
  @OptionGroup var cluster: ClusterOptions

  mutating func validate() throws {
    guard !files.isEmpty else {
      throw ValidationError(
        "run: expected a scenario or manifests, or - for standard input (orrery without run opens "
          + "the dashboard)")
    }
    if let until, until != "converged" {
      throw ValidationError("--until \(until): expected converged")
    }
    for (name, text) in [("for", span), ("timeout", timeout)] {
      if let text, Span(goDuration: text).map({ $0 < .zero }) ?? true {
        throw ValidationError("--\(name) \(text): expected a duration such as 90s or 10m")
      }
    }
  }

  mutating func run() throws {
    var scenario = InputFiles.scenario(files, options: cluster)
    if until != nil {
      let limit = timeout.flatMap(Span.init(goDuration:)) ?? ScenarioStep.defaultTimeout
      scenario.steps.append(
        ScenarioStep(.until(.converged, timeout: limit), source: "--until converged"))
    }
    if let span = span.flatMap(Span.init(goDuration:)) {
      scenario.steps.append(ScenarioStep(.wait(span), source: "--for"))
    }
    var runner = ScenarioRunner(scenario)
    do throws(ScenarioProblem) {
      try runner.run()
    } catch {
      Failure.badInput("\(error.source): \(error.message)")
    }
    if let trace { write(runner.world, to: trace) }
    if let record, let problem = OutsideFiles().write(Array(runner.recordingText.utf8), to: record)
    {
      Failure.badInput(problem)
    }
    switch output {
    case .text: print(TextReport(runner).text, terminator: "")
    case .json: print(JSONReport(runner).text)
    }
    if !runner.world.monitor.violations.isEmpty { throw ExitCode(3) }
    if !runner.failed.isEmpty { throw ExitCode(1) }
  }

  private func write(_ world: World, to path: String) {
    var text = ""
    for entry in world.trace.after(.none) {
      let action = world.action(entry)
      var line = JSONObject()
      line["cause"] = .integer(Int64(entry.cause.rawValue))
      line["id"] = .integer(Int64(entry.id.rawValue))
      line["kind"] = .string("\(action.note.kind)")
      line["message"] = .string(action.note.message)
      if let subject = action.note.subject { line["subject"] = .string(subject.text) }
      line["time"] = .number(JSONReport.seconds(entry.at))
      line["who"] = .string(action.who)
      text += JSONValue.object(line).text() + "\n"
    }
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    } catch {
      Failure.badInput("\(path): cannot be written: \(error.localizedDescription)")
    }
  }
}

/// What `--output text` prints: expectations, and the pods at the end.
struct TextReport {
  let text: String

  init(_ runner: ScenarioRunner) {
    let world = runner.world
    var lines: [String] = runner.printed.map {
      $0.hasSuffix("\n") ? String($0.dropLast()) : $0
    }
    for outcome in runner.outcomes {
      let mark = outcome.holds ? "ok  " : "FAIL"
      lines.append("\(mark) \(JSONReport.seconds(outcome.at))s  \(outcome.text)")
      if !outcome.holds {
        lines.append("     \(outcome.source): found \(outcome.found)")
        for cause in outcome.causes { lines.append("       <- " + cause) }
      }
    }
    for violation in world.monitor.violations {
      lines.append(
        "BROKEN \(JSONReport.seconds(violation.at))s  \(violation.rule.rawValue): \(violation.evidence)"
      )
    }
    let state = world.convergence()
    lines.append(
      "virtual time \(JSONReport.seconds(world.now))s, \(world.events) events, seed "
        + "\(world.spec.seed), digest \(world.digest().hexadecimal), "
        + (state.isConverged ? "converged" : "not converged"))
    text = lines.joined(separator: "\n") + "\n"
  }
}

/// What `--output json` prints: one object.
struct JSONReport {
  let text: String

  init(_ runner: ScenarioRunner) {
    let world = runner.world
    var report = JSONObject()
    report["converged"] = .bool(world.convergence().isConverged)
    report["digest"] = .string(world.digest().hexadecimal)
    report["events"] = .integer(Int64(world.events))
    report["expectations"] = .array(
      runner.outcomes.map { outcome in
        var entry = JSONObject()
        entry["at"] = .number(Self.seconds(outcome.at))
        if !outcome.causes.isEmpty {
          entry["causes"] = .array(outcome.causes.map(JSONValue.string))
        }
        entry["found"] = .string(outcome.found)
        entry["holds"] = .bool(outcome.holds)
        entry["source"] = .string(outcome.source)
        entry["text"] = .string(outcome.text)
        return .object(entry)
      })
    let items = ResourceKind.allCases.flatMap { world.objects($0) }.map { $0.json() }
    report["objects"] = .object(
      JSONObject([
        ("apiVersion", .string("v1")), ("items", .array(items)), ("kind", .string("List")),
      ]))
    report["seed"] = .integer(Int64(bitPattern: world.spec.seed))
    report["violations"] = .array(
      world.monitor.violations.map { .string($0.rule.rawValue + ": " + $0.evidence) })
    report["virtualTime"] = .number(Self.seconds(world.now))
    text = JSONValue.object(report).text(pretty: true)
  }

  /// Seconds to the millisecond, without a Double in between.
  static func seconds(_ tick: Tick) -> String {
    let milliseconds = tick.microseconds / 1000
    let rest = String(milliseconds % 1000)
    return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }
}
