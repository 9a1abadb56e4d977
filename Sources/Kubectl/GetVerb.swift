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

  private let kinds: [ResourceKind]
  private let named: [(ResourceKind, String)]
  private let arguments: KubectlArguments
  private let labels: LabelSelector?
  private let fields: FieldSelector?
  private let format: Format
  private let sorting: SortingByPath?
  private var collected: [[APIObject]]
  private var pending = 0
  private let isSingle: Bool

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    guard !arguments.words.isEmpty else {
      throw KubectlProblem(
        message: "You must specify the type of resource to get. Use \"kubectl api-resources\" for "
          + "a complete list of supported resources.\n\nerror: Required resource not specified.")
    }
    // An invocation ends with its answer, and cannot go on as a watch does.
    guard !arguments.isSet("watch"), !arguments.isSet("watch-only") else {
      throw KubectlProblem(
        message: "error: --watch is not supported: the dashboard's lists are live already, and "
          + "`kubectl rollout status` waits for a rollout")
    }
    (kinds, named) = try KubectlArguments.targets(arguments.words)
    self.arguments = arguments
    labels = try arguments.labelSelector()
    fields = try arguments.fieldSelector()
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
    collected = Array(repeating: [], count: named.isEmpty ? kinds.count : named.count)
    isSingle = named.count == 1
  }

  mutating func begin(_ io: inout KubectlIO) {
    if named.isEmpty {
      for (index, kind) in kinds.enumerated() {
        let isAll = arguments.isSet("all-namespaces") || !kind.isNamespaced
        var request = APIRequest(
          .list, kind, namespace: isAll ? "" : arguments.namespace)
        request.options.labelSelector = labels
        request.options.fieldSelector = fields
        io.send(request, tag: index)
      }
    } else {
      for (index, (kind, name)) in named.enumerated() {
        io.send(
          APIRequest(
            .get, kind, namespace: kind.isNamespaced ? arguments.namespace : "", name: name),
          tag: index)
      }
    }
    pending = collected.count
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    pending -= 1
    switch response {
    case .object(let object): collected[request.tag] = [object]
    case .list(let objects, _, _): collected[request.tag] = objects
    case .status(let status):
      if !(status.isNotFound && arguments.isSet("ignore-not-found")) { io.fail(status) }
    case .token: break
    }
    if pending == 0 { printAll(now, &io) }
  }

  private func printAll(_ now: Timestamp, _ io: inout KubectlIO) {
    do throws(KubectlProblem) { try printSorted(now, &io) } catch { io.fail(error.message) }
  }

  private func printSorted(_ now: Timestamp, _ io: inout KubectlIO) throws(KubectlProblem) {
    switch format {
    case .table, .wide: return try printTables(now, &io)
    default: break
    }
    var objects = collected.flatMap { $0 }
    if let sorting, !isSingle { objects = try sorting.sorted(objects) }
    if objects.isEmpty && io.hasFailed { return }
    switch format {
    case .table, .wide: break
    case .name: for object in objects { io.print(object.printedName) }
    case .json: io.print(whole(objects).text(pretty: true))
    case .yaml: io.output += whole(objects).yaml
    case .jsonpath(let path):
      let texts = RelaxedPath.values(path, in: whole(objects)).map { value in
        value.stringValue ?? value.text()
      }
      if !texts.isEmpty { io.print(texts.joined(separator: " ")) }
    case .columns(let columns):
      io.output += columns.table(objects, hasHeader: !arguments.isSet("no-headers"))
    }
  }

  private func whole(_ objects: [APIObject]) -> JSONValue {
    if isSingle, let only = objects.first { return only.json() }
    return .object(
      JSONObject([
        ("apiVersion", .string("v1")), ("items", .array(objects.map { $0.json() })),
        ("kind", .string("List")),
        ("metadata", .object(JSONObject([("resourceVersion", .string(""))]))),
      ]))
  }

  private func printTables(_ now: Timestamp, _ io: inout KubectlIO) throws(KubectlProblem) {
    let isAll = arguments.isSet("all-namespaces")
    var groups: [(ResourceKind, [APIObject])] = []
    for objects in collected where !objects.isEmpty {
      let kind = objects[0].kind
      if let last = groups.indices.last, groups[last].0 == kind {
        groups[last].1 += objects
      } else {
        groups.append((kind, objects))
      }
    }
    if groups.isEmpty {
      guard !io.hasFailed, io.errorOutput.isEmpty, named.isEmpty else { return }
      let isNamespaced = kinds.contains { $0.isNamespaced } && !isAll
      io.errorOutput +=
        isNamespaced
        ? "No resources found in \(arguments.namespace) namespace.\n" : "No resources found\n"
      return
    }
    for (index, (kind, found)) in groups.enumerated() {
      if index > 0 { io.print("") }
      let objects = try sorting?.sorted(found) ?? found
      let table = PrintedTable(kind, objects, now: now)
      let hasPrefix = groups.count > 1 || kinds.count > 1 || (named.count > 1 && groups.count > 1)
      io.output +=
        TableText(
          table, objects, isWide: isWide, showsNamespace: isAll && kind.isNamespaced,
          showsLabels: arguments.isSet("show-labels"), showsKind: hasPrefix,
          hasHeader: !arguments.isSet("no-headers")
        ).text
    }
  }

  private var isWide: Bool {
    if case .wide = format { return true }
    return false
  }
}

/// A table of the server's as kubectl shows it.
struct TableText {
  let text: String

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
    text = TabText.table(rows)
  }
}
