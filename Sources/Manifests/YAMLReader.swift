import KubeAPI
import Yams

/// Turns Yams' nodes into trees.
struct YAMLReader {
  let file: String
  let text: String
  /// Nodes that aliases may still add; the screen has estimated, this counts.
  private var budget = 500_000

  init(file: String, text: String) {
    self.file = file
    self.text = text
  }

  mutating func documents() throws(ManifestProblem) -> [YAMLTree] {
    var trees: [YAMLTree] = []
    do {
      // libYAML reads from the text's own storage, which a very short text does not have.
      let parser = try Parser(yaml: text + String(repeating: "\n", count: 16), encoding: .utf8)
      while let node = try parser.nextRoot() {
        let tree = try self.tree(node)
        if tree.json != .null { trees.append(tree) }
      }
    } catch let problem as ManifestProblem {
      throw problem
    } catch let error as YamlError {
      throw self.problem(error)
    } catch {
      throw ManifestProblem(SourceLocation(file: file), "\(error)")
    }
    return trees
  }

  private func place(_ node: Yams.Node) -> YAMLTree.Place {
    YAMLTree.Place(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
  }

  private func problem(_ place: YAMLTree.Place, _ message: String) -> ManifestProblem {
    ManifestProblem(
      SourceLocation(file: file, line: place.line, column: place.column), message)
  }

  private mutating func tree(_ node: Yams.Node) throws(ManifestProblem) -> YAMLTree {
    budget -= 1
    guard budget > 0 else {
      throw problem(place(node), "yaml: document contains excessive aliasing")
    }
    switch node {
    case .scalar(let scalar):
      return YAMLTree(place: place(node), json: try value(scalar, node))
    case .sequence(let sequence):
      var items: [YAMLTree] = []
      for item in sequence { items.append(try tree(item)) }
      return YAMLTree(place: place(node), json: .array(items.map(\.json)), items: items)
    case .mapping(let mapping):
      return try tree(mapping, node)
    case .alias:
      throw problem(place(node), "yaml: unresolved alias")
    }
  }

  private mutating func tree(
    _ mapping: Yams.Node.Mapping, _ node: Yams.Node
  ) throws(ManifestProblem) -> YAMLTree {
    var fields: [YAMLTree.Field] = []
    var merged: [YAMLTree.Field] = []
    var seen: Set<String> = []
    for (key, value) in mapping {
      if case .scalar(let scalar) = key, scalar.style == .plain, scalar.string == "<<" {
        merged += try merge(value)
        continue
      }
      let name = try self.key(key)
      guard seen.insert(name).inserted else {
        throw problem(place(key), "key \"\(name)\" already set in map")
      }
      fields.append(YAMLTree.Field(key: name, place: place(key), tree: try tree(value)))
    }
    // What a mapping says itself wins over what it merges in, and the first merged over later.
    for field in merged where seen.insert(field.key).inserted { fields.append(field) }
    let object = JSONObject(fields.map { ($0.key, $0.tree.json) })
    return YAMLTree(place: place(node), json: .object(object), fields: fields)
  }

  private mutating func merge(_ node: Yams.Node) throws(ManifestProblem) -> [YAMLTree.Field] {
    let sources: [Yams.Node] =
      if case .sequence(let sequence) = node { Array(sequence) } else { [node] }
    var fields: [YAMLTree.Field] = []
    for source in sources {
      guard case .mapping = source else {
        throw problem(place(node), "map merge requires map or sequence of maps as the value")
      }
      fields += try tree(source).fields
    }
    return fields
  }

  /// A key as JSON's: numbers and booleans become their text.
  private func key(_ node: Yams.Node) throws(ManifestProblem) -> String {
    guard case .scalar(let scalar) = node else {
      throw problem(place(node), "expected a plain text as the key of a mapping")
    }
    switch try value(scalar, node) {
    case .string(let text), .number(let text): return text
    case .integer(let number): return String(number)
    case .bool(let flag): return String(flag)
    default:
      throw problem(place(node), "expected a text as the key of a mapping, found null")
    }
  }

  private func value(_ scalar: Yams.Node.Scalar, _ node: Yams.Node) throws(ManifestProblem)
    -> JSONValue
  {
    let tag = scalar.tag.description
    if tag.isEmpty || tag == "!" {
      return scalar.style == .plain && tag.isEmpty
        ? YAMLScalar.resolve(scalar.string) : .string(scalar.string)
    }
    return try value(scalar.string, tag: tag, node)
  }

  private func value(
    _ text: String, tag: String, _ node: Yams.Node
  ) throws(ManifestProblem) -> JSONValue {
    let resolved = YAMLScalar.resolve(text)
    let short = tag.replacing("tag:yaml.org,2002:", with: "!!")
    switch (short, resolved) {
    case ("!!str", _), ("!!timestamp", _): return .string(text)
    case ("!!int", .integer), ("!!float", .integer), ("!!float", .number), ("!!bool", .bool),
      ("!!null", .null):
      return resolved
    case ("!!binary", _):
      guard let bytes = Base64.decode(text) else {
        throw problem(place(node), "!!binary value contains invalid base64 data")
      }
      return .string(String(decoding: bytes, as: UTF8.self))
    case ("!!int", _), ("!!float", _), ("!!bool", _), ("!!null", _):
      throw problem(place(node), "cannot decode `\(text)` as a \(short)")
    // A tag of somebody's own means nothing to Kubernetes.
    default: return resolved
    }
  }

  // MARK: Errors of libYAML

  private func problem(_ error: YamlError) -> ManifestProblem {
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      return syntax(problem, mark, context)
    case .reader(let text, let offset, _, _):
      let place = SourceText.place(of: offset ?? 0, in: Array(self.text.utf8))
      return problem(
        YAMLTree.Place(line: place.line, column: place.column), "yaml: \(text)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let name = duplicates.first ?? ""
      let place = repetition(of: name, after: context.mark)
      return problem(place, "key \"\(name)\" already set in map")
    default:
      return ManifestProblem(SourceLocation(file: file), "yaml: cannot be read")
    }
  }

  private func syntax(
    _ text: String, _ mark: Mark, _ context: YamlError.Context?
  ) -> ManifestProblem {
    var place = YAMLTree.Place(line: mark.line, column: mark.column)
    let lines = self.text.split(separator: "\n", omittingEmptySubsequences: false)
    if place.line > lines.count || place.line == lines.count && lines.last?.isEmpty == true {
      // At the end of the text: the last line that says something.
      let last = lines.lastIndex { !$0.allSatisfy(\.isWhitespace) } ?? 0
      place = YAMLTree.Place(
        line: last + 1, column: (lines.isEmpty ? 0 : lines[last].unicodeScalars.count) + 1)
    }
    var message = "yaml: \(text)"
    // Where a node begins that is not there, libyaml does not know: its mark is of anywhere.
    if let context, !context.text.hasSuffix(" node") {
      message += " \(context.text)"
      if context.mark.line < place.line { message += " that began in line \(context.mark.line)" }
    }
    return problem(place, message)
  }

  /// Where the key is written a second time: below the first, in the same column.
  private func repetition(of key: String, after mark: Mark) -> YAMLTree.Place {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated().dropFirst(mark.line) {
      let indent = line.prefix { $0 == " " }.count
      let isSame = [key, "\"\(key)\"", "'\(key)'"].contains {
        line.dropFirst(mark.column - 1).hasPrefix($0 + ":")
      }
      if isSame, indent == mark.column - 1 {
        return YAMLTree.Place(line: index + 1, column: mark.column)
      }
      if indent < line.count, indent < mark.column - 1 { break }
    }
    return YAMLTree.Place(line: mark.line, column: mark.column)
  }
}
