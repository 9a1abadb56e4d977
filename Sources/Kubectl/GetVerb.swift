import Basics
import KubeAPI
import Manifests

/// `kubectl get`.
struct GetVerb: KubectlVerb {
  private enum Format {
    case table, wide, name, json, yaml
    case jsonpath(JSONPath)
  }

  private let kinds: [ResourceKind]
  private let named: [(ResourceKind, String)]
  private let arguments: KubectlArguments
  private let labels: LabelSelector?
  private let fields: FieldSelector?
  private let format: Format
  private var collected: [[APIObject]]
  private var pending = 0
  private let isSingle: Bool

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    guard !arguments.words.isEmpty else {
      throw KubectlProblem(
        message: "You must specify the type of resource to get. Use \"kubectl api-resources\" for "
          + "a complete list of supported resources.\n\nerror: Required resource not specified.")
    }
    (kinds, named) = try KubectlArguments.targets(arguments.words)
    self.arguments = arguments
    labels = try arguments.labelSelector()
    fields = try arguments.fieldSelector()
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
    case let other?:
      throw KubectlProblem(
        message: "error: unable to match a printer suitable for the output format \"\(other)\", "
          + "allowed formats are: json,jsonpath,name,wide,yaml")
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
    let objects = collected.flatMap { $0 }
    switch format {
    case .table, .wide: printTables(now, &io)
    case .name: for object in objects { io.print(object.printedName) }
    case .json:
      guard !objects.isEmpty || !io.hasFailed else { return }
      io.print(whole(objects).text(pretty: true))
    case .yaml:
      guard !objects.isEmpty || !io.hasFailed else { return }
      io.output += whole(objects).yaml
    case .jsonpath(let path):
      if let value = path.value(in: whole(objects)) { io.print(value.text()) }
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

  private func printTables(_ now: Timestamp, _ io: inout KubectlIO) {
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
    for (index, (kind, objects)) in groups.enumerated() {
      if index > 0 { io.print("") }
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

/// A table as kubectl lays it out: columns padded by three blanks (`printers.GetNewTabWriter`).
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
    text = Self.aligned(rows)
  }

  static func aligned(_ rows: [[String]]) -> String {
    var widths: [Int] = []
    for row in rows {
      for (index, cell) in row.enumerated() {
        if index == widths.count { widths.append(0) }
        widths[index] = max(widths[index], cell.count)
      }
    }
    var text = ""
    for row in rows {
      for (index, cell) in row.enumerated() {
        text += cell
        if index < row.count - 1 {
          text += String(repeating: " ", count: widths[index] - cell.count + 3)
        }
      }
      text += "\n"
    }
    return text
  }
}
