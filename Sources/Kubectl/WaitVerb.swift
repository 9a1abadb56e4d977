import Basics
import KubeAPI

/// `kubectl wait`: until objects are there, are gone, or are as they should be.
///
/// kubectl watches each object in turn; this one asks for it twice a second.
struct WaitVerb: KubectlVerb {
  static var isReading: Bool { true }

  private enum Goal {
    case deleted, created
    case condition(type: String, status: String)
    case path(JSONPath, value: String?)
  }

  private var query: ObjectQuery
  private let goals: [Goal]
  private let timeout: Span
  private typealias Target = (kind: ResourceKind, namespace: String, name: String)
  /// The objects whose turn is still to come, the one waited for first.
  private var targets: [Target] = []
  /// The goal that the first of them has not reached yet.
  private var goal = 0
  private var startedAt: Timestamp?
  private var failures: [KubectlIO.Failure] = []

  private static let interval = Span.milliseconds(500)

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    var goals: [Goal] = []
    for text in arguments.all("for") { goals.append(try Self.goal(text)) }
    guard !goals.isEmpty else {
      throw KubectlProblem(message: "error: unrecognized condition: []")
    }
    self.goals = goals
    let limit = try arguments.duration("timeout") ?? .seconds(30)
    timeout = limit < .zero ? .hours(168) : limit
    query = try ObjectQuery(
      arguments.words, arguments,
      nothing: "error: You must provide one or more resources by argument or filename.",
      takesAll: false)
  }

  private static func goal(_ text: String) throws(KubectlProblem) -> Goal {
    switch text.lowercased() {
    case "delete": return .deleted
    case "create": return .created
    default: break
    }
    if text.hasPrefix("condition=") {
      let parts = text.dropFirst("condition=".count).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return .condition(
        type: String(parts[0]), status: parts.count > 1 ? String(parts[1]) : "true")
    }
    guard text.hasPrefix("jsonpath=") else {
      throw KubectlProblem(message: "error: unrecognized condition: \"\(text)\"")
    }
    return try path(String(text.dropFirst("jsonpath=".count)))
  }

  /// A path, and after a single `=` the value that is waited for.
  private static func path(_ text: String) throws(KubectlProblem) -> Goal {
    var parts = [""]
    var rest = text[...]
    while let character = rest.popFirst() {
      if character == "=", rest.first == "=" {
        rest.removeFirst()
        parts[parts.count - 1] += "=="
      } else if character == "=" {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    guard parts.count <= 2 else {
      throw KubectlProblem(
        message: "error: jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 "
          + "or --for=jsonpath='{.status.readyReplicas}'")
    }
    let (_, path) = try RelaxedPath.parse(parts[0], about: "error: ")
    guard parts.count == 2 else { return .path(path, value: nil) }
    var value = parts[1][...]
    while let last = value.last, "'\"".contains(last) { value.removeLast() }
    while let first = value.first, "'\"".contains(first) { value.removeFirst() }
    guard !value.isEmpty else {
      throw KubectlProblem(
        message: "error: jsonpath wait has to have a value after equal sign, like "
          + "--for=jsonpath='{.status.readyReplicas}'=3")
    }
    return .path(path, value: String(value))
  }

  private func waits(for isGoal: (Goal) -> Bool) -> Bool { goals.contains(where: isGoal) }
  private var waitsForCreation: Bool { waits { if case .created = $0 { true } else { false } } }
  private var waitsForDeletion: Bool { waits { if case .deleted = $0 { true } else { false } } }

  mutating func begin(_ io: inout KubectlIO) {
    query.ignoresNotFound = waitsForCreation || waitsForDeletion
    query.begin(&io)
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    if startedAt == nil { startedAt = now }
    if request.tag == ObjectQuery.firstFreeTag { return look(response, now, &io) }
    guard let objects = query.receive(request, response, &io) else { return }
    if waitsForCreation, objects.isEmpty || objects.count < query.named.count {
      guard let delay = delay(now) else {
        return io.fail("error: timed out waiting for the condition")
      }
      return query.begin(&io, after: delay)
    }
    if objects.isEmpty, !waitsForDeletion, !query.hasFailed {
      return io.fail("error: no matching resources found")
    }
    targets = objects.map { ($0.kind, $0.metadata.namespace, $0.metadata.name) }
    turn(now, &io)
  }

  /// How long to wait before the next look; nil where the time is over.
  private func delay(_ now: Timestamp) -> Span? {
    let left = timeout - (now - (startedAt ?? now))
    return left > .zero ? min(left, Self.interval) : nil
  }

  /// The next look: at the first that is left, for the goal it has not reached.
  private mutating func turn(_ now: Timestamp, _ io: inout KubectlIO) {
    guard let target = targets.first else { return io.failAll(failures) }
    if case .created = goals[goal] { return reached(now, &io) }
    ask(target, after: .zero, &io)
  }

  private func ask(_ target: Target, after delay: Span, _ io: inout KubectlIO) {
    io.send(
      APIRequest(.get, target.kind, namespace: target.namespace, name: target.name),
      tag: ObjectQuery.firstFreeTag, after: delay)
  }

  private mutating func reached(_ now: Timestamp, _ io: inout KubectlIO) {
    let target = targets[0]
    io.print(target.kind.printed(target.name) + " condition met")
    goal += 1
    if goal == goals.count {
      targets.removeFirst()
      goal = 0
    }
    turn(now, &io)
  }

  private mutating func give(
    up failure: KubectlIO.Failure, _ now: Timestamp, _ io: inout KubectlIO
  ) {
    failures.append(failure)
    targets.removeFirst()
    goal = 0
    turn(now, &io)
  }

  private mutating func look(
    _ response: APIResponse, _ now: Timestamp, _ io: inout KubectlIO
  ) {
    guard let target = targets.first else { return }
    let verdict: Verdict
    if case .status(let status) = response {
      if status.isNotFound, case .deleted = goals[goal] { return reached(now, &io) }
      // What can't be asked now may be later; what is gone is an error.
      if status.isNotFound { return give(up: .status(status), now, &io) }
      verdict = .not
    } else if case .object(let object) = response {
      verdict = judge(object)
    } else {
      verdict = .not
    }
    switch verdict {
    case .met: return reached(now, &io)
    case .never(let problem): return give(up: .words(problem), now, &io)
    case .not: break
    }
    let name = target.kind.plural + "/" + target.name
    if timeout == .zero { return give(up: .words("condition not met for \(name)"), now, &io) }
    guard let delay = delay(now) else {
      return give(up: .words("timed out waiting for the condition on \(name)"), now, &io)
    }
    ask(target, after: delay, &io)
  }

  private enum Verdict {
    case met, not
    case never(String)
  }

  private func judge(_ object: APIObject) -> Verdict {
    switch goals[goal] {
    case .created: return .met
    case .deleted: return .not
    case .condition(let type, let status):
      return Self.isTrue(type, status, object.json()) ? .met : .not
    case .path(let path, let wanted):
      let values = RelaxedPath.values(path, in: object.json())
      guard let value = values.first else { return .not }
      guard values.count == 1 else {
        return .never("given jsonpath expression matches more than one value")
      }
      guard let wanted else { return .met }
      switch value {
      case .array, .object:
        return .never("jsonpath leads to a nested object or list which is not supported")
      default: return (value.stringValue ?? value.text()) == wanted ? .met : .not
      }
    }
  }

  /// Whether a condition has this status, in any case, of the newest generation.
  private static func isTrue(_ type: String, _ status: String, _ json: JSONValue) -> Bool {
    let conditions = json["status"]?["conditions"]?.arrayValue ?? []
    let condition = conditions.first {
      $0["type"]?.stringValue?.lowercased() == type.lowercased()
    }
    guard let condition else { return false }
    let observed = condition["observedGeneration"] ?? json["status"]?["observedGeneration"]
    if let generation = json["metadata"]?["generation"]?.integerValue,
      let observed = observed?.integerValue, observed < generation
    {
      return false
    }
    return condition["status"]?.stringValue?.lowercased() == status.lowercased()
  }
}
