import KubeAPI

/// `get -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName`.
struct CustomColumns {
  private let columns: [(header: String, path: JSONPath)]

  init(_ spec: String) throws(KubectlProblem) {
    guard !spec.isEmpty else {
      throw KubectlProblem(
        message: "error: custom-columns format specified but no custom columns given")
    }
    var columns: [(header: String, path: JSONPath)] = []
    for part in spec.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2 else {
        throw KubectlProblem(
          message: "error: unexpected custom-columns spec: \(part), expected "
            + "<header>:<json-path-expr>")
      }
      let path = try RelaxedPath.parse(String(pair[1]), about: "error: ").path
      columns.append((String(pair[0]), path))
    }
    self.columns = columns
  }

  func table(_ objects: [APIObject], hasHeader: Bool) -> String {
    var rows = hasHeader ? [columns.map(\.header)] : []
    for object in objects {
      let json = object.json()
      rows.append(
        columns.map { column in
          let values = RelaxedPath.values(column.path, in: json)
          return values.isEmpty ? "<none>" : values.map(\.goText).joined(separator: ",")
        })
    }
    return TabText.table(rows)
  }
}

extension JSONValue {
  /// The value as Go's `fmt.Sprint` prints it: `map[a:1 b:2]`, `[1 2]`.
  var goText: String {
    switch self {
    case .null: "<nil>"
    case .bool(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .number(let text), .string(let text): text
    case .array(let items): "[" + items.map(\.goText).joined(separator: " ") + "]"
    case .object(let object):
      "map["
        + object.fields.sorted { $0.key < $1.key }.map { $0.key + ":" + $0.value.goText }
        .joined(separator: " ") + "]"
    }
  }
}
