import Basics
import KubeAPI

/// `kubectl events`: a table of Events in the order of time, all of a namespace or those about one
/// object; with `--watch`, as the API server tells of them, those that are there first.
struct EventsVerb: KubectlVerb {
  static var isReading: Bool { true }

  private let arguments: KubectlArguments
  private let types: [String]
  private let target: (kind: ResourceKind, name: String)?
  private let format: Format
  private var hasHeader: Bool
  private var widths: [Int] = []

  private enum Format { case table, json, yaml, name }

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    self.arguments = arguments
    hasHeader = !arguments.isSet("no-headers")
    if arguments.isSet("watch"), !arguments.canFollow { throw GetWatch.refusal }
    types = arguments.all("types").flatMap { $0.split(separator: ",").map(String.init) }
    guard types.allSatisfy({ ["normal", "warning"].contains($0.lowercased()) }) else {
      throw KubectlProblem(message: "error: valid --types are Normal or Warning")
    }
    switch arguments.nonEmpty("output") {
    case nil: format = .table
    case "json": format = .json
    case "yaml": format = .yaml
    case "name": format = .name
    case let other?:
      throw KubectlProblem(
        message: "error: unable to match a printer suitable for the output format \"\(other)\", "
          + "allowed formats are: json,name,yaml")
    }
    guard let object = arguments.nonEmpty("for") else {
      target = nil
      return
    }
    let parts = object.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1 else {
      throw KubectlProblem(message: "error: --for must be in resource/name form")
    }
    guard parts.count == 2 else {
      throw KubectlProblem(
        message: "error: arguments in resource/name form may not have more than one slash")
    }
    target = (try KubectlArguments.kinds(parts[0])[0], parts[1])
  }

  mutating func begin(_ io: inout KubectlIO) {
    let verb: APIRequest.Verb = arguments.isSet("watch") ? .watch : .list
    io.send(APIRequest(verb, .event, namespace: isEverywhere ? "" : arguments.namespace))
  }

  private var isEverywhere: Bool { arguments.isSet("all-namespaces") }

  /// What runs out after its hour is not shown once more.
  mutating func follow(_ events: [WatchEvent], now: Timestamp, _ io: inout KubectlIO) {
    for told in events where told.kind == .added || told.kind == .modified {
      guard let event = told.object.event, isWanted(event) else { continue }
      switch format {
      case .name: io.print(told.object.printedName)
      case .json: io.print(told.object.json().text(pretty: true))
      case .yaml:
        io.write((hasHeader ? "" : "---\n") + told.object.json().yaml)
        hasHeader = false
      case .table: io.write(TabText.table(rows([event], now), remembering: &widths))
      }
    }
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    guard case .list(let objects, _, _) = response else {
      if case .status(let status) = response { io.fail(status) }
      return
    }
    let chosen = objects.filter { object in object.event.map(isWanted) ?? false }
    guard !chosen.isEmpty else {
      io.warn(
        isEverywhere
          ? "No events found." : "No events found in \(arguments.namespace) namespace.")
      return
    }
    func time(_ object: APIObject) -> Timestamp { object.event?.lastSeen ?? .powerOn }
    let sorted = chosen.sorted { (time($0), $0.key) < (time($1), $1.key) }
    switch format {
    case .name: for object in sorted { io.print(object.printedName) }
    case .json, .yaml:
      let list = JSONValue.object(
        JSONObject([
          ("apiVersion", .string("v1")), ("items", .array(sorted.map { $0.json() })),
          ("kind", .string("EventList")), ("metadata", .object(JSONObject())),
        ]))
      if format == .json { io.print(list.text(pretty: true)) } else { io.write(list.yaml) }
    case .table: io.write(TabText.table(rows(sorted.compactMap(\.event), now)))
    }
  }

  private func isWanted(_ event: Event) -> Bool {
    if let target {
      let object = event.involvedObject
      guard object.kind == target.kind.kind, object.name == target.name,
        object.apiVersion == target.kind.apiVersion
      else { return false }
    }
    return types.isEmpty || types.contains { $0.lowercased() == event.type.lowercased() }
  }

  /// The rows of a table, below its header where that has not been printed yet.
  private mutating func rows(_ events: [Event], _ now: Timestamp) -> [[String]] {
    var rows: [[String]] = []
    if hasHeader {
      rows.append(
        (isEverywhere ? ["NAMESPACE"] : []) + ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"])
      hasHeader = false
    }
    for event in events {
      let object = event.involvedObject
      rows.append(
        (isEverywhere ? [event.metadata.namespace] : []) + [
          event.interval(now), event.type, event.reason, object.kind + "/" + object.name,
          event.message,
        ])
    }
    return rows
  }
}

extension Event {
  /// Since when, and how often where it was more than once: `21s (x6 over 27s)`.
  func interval(_ now: Timestamp) -> String {
    func since(_ time: Timestamp?) -> String {
      time.map { (now - $0).humanDuration } ?? "<unknown>"
    }
    let first = since(eventTime ?? firstTimestamp)
    if let series { return "\(since(series.lastObservedTime)) (x\(series.count) over \(first))" }
    return count > 1 ? "\(since(lastTimestamp)) (x\(count) over \(first))" : first
  }
}
