import Basics
import Engine
import KubeAPI
import Manifests

/// Reads scenario files (`apiVersion: orrery/v1`, `kind: Scenario`), with the place of every error.
public enum ScenarioReader {
  /// True where the text is a scenario and no Kubernetes manifest.
  public static func isScenario(_ trees: [YAMLTree]) -> Bool {
    trees.contains { $0["apiVersion"]?.json == .string("orrery/v1") }
  }

  /// The scenario in the file at `path`; `-` is standard input.
  public static func read(path: String) throws(ManifestProblem) -> Scenario {
    try read(bytes: try ManifestReader.bytes(path: path), file: path)
  }

  public static func read(bytes: [UInt8], file: String) throws(ManifestProblem) -> Scenario {
    let trees = try YAMLTree.documents(bytes, file: file)
    guard let tree = trees.first, isScenario(trees) else {
      throw ManifestProblem(
        SourceLocation(file: file, line: 1, column: 1),
        "expected a scenario: apiVersion: orrery/v1, kind: Scenario")
    }
    return try ScenarioReading(file: file).scenario(tree)
  }
}

/// One reading of one file.
struct ScenarioReading {
  let file: String

  func problem(_ tree: YAMLTree, _ message: String) -> ManifestProblem {
    problem(tree.place, message)
  }

  func problem(_ place: YAMLTree.Place, _ message: String) -> ManifestProblem {
    ManifestProblem(
      SourceLocation(file: file, line: place.line, column: place.column), message)
  }

  func source(_ tree: YAMLTree) -> String { "\(file):\(tree.place.line)" }

  /// Refuses fields that are not in `known`.
  func check(_ tree: YAMLTree, _ known: [String]) throws(ManifestProblem) {
    guard case .object = tree.json else {
      throw problem(tree, "expected a mapping of \(known.joined(separator: ", "))")
    }
    for field in tree.fields where !known.contains(field.key) {
      throw problem(
        field.place, "unknown field \"\(field.key)\"; expected \(known.joined(separator: ", "))")
    }
  }

  // MARK: Values

  /// The value of a field that may be absent.
  func optional<T>(
    _ tree: YAMLTree?, _ read: (YAMLTree) throws(ManifestProblem) -> T
  ) throws(ManifestProblem) -> T? {
    guard let tree else { return nil }
    return try read(tree)
  }

  func text(_ tree: YAMLTree) throws(ManifestProblem) -> String {
    switch tree.json {
    case .string(let text): return text
    case .integer(let number): return String(number)
    case .bool(let value): return value ? "true" : "false"
    default: throw problem(tree, "expected a string")
    }
  }

  func integer(_ tree: YAMLTree, _ range: ClosedRange<Int>) throws(ManifestProblem) -> Int {
    guard case .integer(let number) = tree.json, let value = Int(exactly: number),
      range.contains(value)
    else {
      throw problem(
        tree, "expected a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func bool(_ tree: YAMLTree) throws(ManifestProblem) -> Bool {
    guard case .bool(let value) = tree.json else { throw problem(tree, "expected true or false") }
    return value
  }

  func span(_ tree: YAMLTree) throws(ManifestProblem) -> Span {
    let text = try text(tree)
    guard let span = Span(goDuration: text), span >= .zero, span <= .hours(24 * 365) else {
      throw problem(tree, "expected a duration such as 300ms, 60s or 1h30m, not \"\(text)\"")
    }
    return span
  }

  func selector(_ tree: YAMLTree) throws(ManifestProblem) -> LabelSelector {
    let text = try text(tree)
    do throws(SelectorProblem) { return try LabelSelector(text: text) } catch {
      throw problem(tree, error.message)
    }
  }

  // MARK: The file

  func scenario(_ tree: YAMLTree) throws(ManifestProblem) -> Scenario {
    try check(tree, ["apiVersion", "kind", "metadata", "cluster", "start", "timeline"])
    guard tree["kind"]?.json == .string("Scenario") else {
      throw problem(tree["kind"] ?? tree, "expected kind: Scenario")
    }
    var scenario = Scenario(name: "")
    if let metadata = tree["metadata"] {
      try check(metadata, ["name", "title", "description", "labels", "annotations"])
      if let name = metadata["name"] { scenario.name = try text(name) }
      if let title = metadata["title"] { scenario.title = try text(title) }
    }
    if let cluster = tree["cluster"] { scenario.cluster = try self.cluster(cluster) }
    if let start = tree["start"] {
      switch try text(start) {
      case "power-on": scenario.startsAtPowerOn = true
      case "at-rest": break
      default: throw problem(start, "expected power-on or at-rest")
      }
    }
    if let timeline = tree["timeline"] {
      guard case .array = timeline.json else {
        throw problem(timeline, "expected a list of steps")
      }
      for step in timeline.items { scenario.steps.append(try self.step(step)) }
    }
    return scenario
  }
}
