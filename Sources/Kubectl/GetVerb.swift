import Basics
import KubeAPI
import Manifests

/// `kubectl get`.
struct GetVerb: KubectlVerb {
  static var isReading: Bool { true }

  private enum Format {
    case table, wide, name, json, yaml
    case jsonpath(JSONPath)
    case columns(CustomColumns)
  }

  private var query: ObjectQuery
  private let arguments: KubectlArguments
  private let format: Format
  private let sorting: SortingByPath?
  private var watch: GetWatch?

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    query = try ObjectQuery(
      arguments.words, arguments,
      nothing: "You must specify the type of resource to get. Use \"kubectl api-resources\" for "
        + "a complete list of supported resources.\n\nerror: Required resource not specified.",
      takesAll: true)
    watch = try GetWatch(arguments, query)
    self.arguments = arguments
    let path = arguments["sort-by"] ?? ""
    sorting = path.isEmpty ? nil : try SortingByPath(path)
    switch arguments["output"] {
    case nil, "": format = .table
    case "wide": format = .wide
    case "name": format = .name
    case "json": format = .json
    case "yaml": format = .yaml
    case let text? where text.hasPrefix("jsonpath="):
      var path = String(text.dropFirst("jsonpath=".count))
      if path.hasPrefix("{"), path.hasSuffix("}") { path = String(path.dropFirst().dropLast()) }
      if path.hasPrefix(".") { path.removeFirst() }
      do throws(JSONPathProblem) { format = .jsonpath(try JSONPath(path)) } catch {
        throw KubectlProblem(message: "error: error parsing jsonpath \(text)")
      }
    case "custom-columns": format = .columns(try CustomColumns(""))
    case let text? where text.hasPrefix("custom-columns="):
      format = .columns(try CustomColumns(String(text.dropFirst("custom-columns=".count))))
    case let other?:
      throw KubectlProblem(
        message: "error: unable to match a printer suitable for the output format \"\(other)\", "
          + "allowed formats are: custom-columns,json,jsonpath,name,wide,yaml")
    }
  }

  mutating func begin(_ io: inout KubectlIO) { query.begin(&io) }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    guard let found = query.receive(request, response, &io) else { return }
    if let watch, !query.hasFailed {
      printFollowed(watch.isOnly ? [] : found, now, &io)
      return io.send(query.watch(watch.kind), tag: ObjectQuery.firstFreeTag)
    }
    do throws(KubectlProblem) { try print(found, now, &io) } catch { io.fail(error.message) }
  }

  mutating func follow(_ events: [WatchEvent], now: Timestamp, _ io: inout KubectlIO) {
    printFollowed(events.filter { $0.kind != .bookmark }.map(\.object), now, &io)
  }

  /// Rows under those printed before.
  private mutating func printFollowed(
    _ objects: [APIObject], _ now: Timestamp, _ io: inout KubectlIO
  ) {
    guard let first = objects.first, var watch else { return }
    switch format {
    case .table, .wide:
      let table = TableText(
        PrintedTable(first.kind, objects, now: now), objects, isWide: isWide,
        showsNamespace: arguments.isSet("all-namespaces") && first.kind.isNamespaced,
        showsLabels: arguments.isSet("show-labels"), showsKind: false,
        hasHeader: !watch.hasPrinted && !arguments.isSet("no-headers"))
      io.write(TabText.table(table.rows, remembering: &watch.widths))
    case .name: for object in objects { io.print(object.printedName) }
    case .json: for object in objects { io.print(object.json().text(pretty: true)) }
    case .yaml:
      for (index, object) in objects.enumerated() {
        io.write((watch.hasPrinted || index > 0 ? "---\n" : "") + object.json().yaml)
      }
    case .jsonpath(let path):
      for object in objects {
        let values = RelaxedPath.values(path, in: object.json())
        io.print(values.map { $0.stringValue ?? $0.text() }.joined(separator: " "))
      }
    case .columns(let columns):
      io.write(
        columns.table(
          objects, hasHeader: !watch.hasPrinted && !arguments.isSet("no-headers")))
    }
    watch.hasPrinted = true
    self.watch = watch
  }

  private func print(
    _ found: [APIObject], _ now: Timestamp, _ io: inout KubectlIO
  ) throws(KubectlProblem) {
    switch format {
    case .table, .wide: return try printTables(found, now, &io)
    default: break
    }
    var objects = found
    if let sorting, !query.isSingle { objects = try sorting.sorted(objects) }
    if objects.isEmpty && query.hasFailed { return }
    switch format {
    case .table, .wide: break
    case .name: for object in objects { io.print(object.printedName) }
    case .json: io.print(whole(objects).text(pretty: true))
    case .yaml: io.write(whole(objects).yaml)
    case .jsonpath(let path):
      let texts = RelaxedPath.values(path, in: whole(objects)).map { value in
        value.stringValue ?? value.text()
      }
      if !texts.isEmpty { io.print(texts.joined(separator: " ")) }
    case .columns(let columns):
      io.write(columns.table(objects, hasHeader: !arguments.isSet("no-headers")))
    }
  }

  private func whole(_ objects: [APIObject]) -> JSONValue {
    if query.isSingle, let only = objects.first { return only.json() }
    return .object(
      JSONObject([
        ("apiVersion", .string("v1")), ("items", .array(objects.map { $0.json() })),
        ("kind", .string("List")),
        ("metadata", .object(JSONObject([("resourceVersion", .string(""))]))),
      ]))
  }

  private func printTables(
    _ all: [APIObject], _ now: Timestamp, _ io: inout KubectlIO
  ) throws(KubectlProblem) {
    var groups: [(ResourceKind, [APIObject])] = []
    for object in all {
      if let last = groups.indices.last, groups[last].0 == object.kind {
        groups[last].1.append(object)
      } else {
        groups.append((object.kind, [object]))
      }
    }
    guard !groups.isEmpty else {
      guard !arguments.isSet("ignore-not-found") else { return }
      return query.sayNothingFound(
        &io, isInNamespace: query.kinds.allSatisfy(\.isNamespaced))
    }
    let isAll = arguments.isSet("all-namespaces")
    let hasPrefix = groups.count > 1 || query.kinds.count > 1
    for (index, (kind, found)) in groups.enumerated() {
      if index > 0 { io.print("") }
      let objects = try sorting?.sorted(found) ?? found
      let table = PrintedTable(kind, objects, now: now)
      let text = TableText(
        table, objects, isWide: isWide, showsNamespace: isAll && kind.isNamespaced,
        showsLabels: arguments.isSet("show-labels"), showsKind: hasPrefix,
        hasHeader: !arguments.isSet("no-headers"))
      io.write(text.text)
    }
  }

  private var isWide: Bool {
    if case .wide = format { return true }
    return false
  }
}

/// A table of the server's as kubectl shows it.
struct TableText {
  let rows: [[String]]
  var text: String { TabText.table(rows) }

  init(
    _ table: PrintedTable, _ objects: [APIObject], isWide: Bool, showsNamespace: Bool,
    showsLabels: Bool, showsKind: Bool, hasHeader: Bool
  ) {
    let shown = table.columns.indices.filter { isWide || !table.columns[$0].isWide }
    var rows: [[String]] = []
    if hasHeader {
      var header = shown.map { table.columns[$0].name.uppercased() }
      if showsNamespace { header.insert("NAMESPACE", at: 0) }
      if showsLabels { header.append("LABELS") }
      rows.append(header)
    }
    for (row, object) in zip(table.rows, objects) {
      var cells = shown.map { row[$0] }
      if showsKind, table.columns[shown[0]].name == "Name" { cells[0] = object.printedName }
      if showsNamespace { cells.insert(object.metadata.namespace, at: 0) }
      if showsLabels {
        let labels = object.metadata.labels.entries.map { $0.key + "=" + $0.value }
        cells.append(labels.isEmpty ? "<none>" : labels.joined(separator: ","))
      }
      rows.append(cells)
    }
    self.rows = rows
  }
}
