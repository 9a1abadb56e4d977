import KubeAPI

/// A YAML or JSON document: its value as JSON, and where each part of it was written.
public struct YAMLTree: Sendable {
  public struct Place: Sendable, Equatable {
    public var line: Int
    public var column: Int
  }

  public struct Field: Sendable {
    public var key: String
    /// Where the key is written.
    public var place: Place
    public var tree: YAMLTree
  }

  /// Where the value begins.
  public var place: Place
  public var json: JSONValue
  /// The fields of a mapping, in the order written (merged ones last).
  public var fields: [Field] = []
  /// The items of a sequence.
  public var items: [YAMLTree] = []

  public subscript(key: String) -> YAMLTree? { fields.first { $0.key == key }?.tree }

  /// The deepest written place on the way to `path`: the key of its last field where that is
  /// there, or the value itself when `ofValue`.
  public func place(of path: FieldPath, ofValue: Bool = false) -> Place {
    var tree = self
    var found = place
    for (depth, element) in path.elements.enumerated() {
      let isLast = depth == path.elements.count - 1
      switch element {
      case .key(let key):
        // Of duplicates the last one is at fault.
        guard let field = tree.fields.last(where: { $0.key == key }) else { return found }
        found = isLast && ofValue ? field.tree.place : field.place
        tree = field.tree
      case .index(let index):
        guard tree.items.indices.contains(index) else { return found }
        tree = tree.items[index]
        found = tree.place
      }
    }
    return found
  }
}

extension YAMLTree {
  /// The largest text read: 16 MiB.
  public static let maximumBytes = 16 << 20

  /// Every document of a YAML or JSON text; empty ones are left out.
  /// - Parameters:
  ///   - bytes: UTF-8, with or without a byte order mark.
  ///   - file: what errors call it.
  public static func documents(
    _ bytes: [UInt8], file: String
  ) throws(ManifestProblem) -> [YAMLTree] {
    let text = try decode(bytes, file)
    do { try YAMLScreen.check(bytes) } catch {
      throw ManifestProblem(
        SourceLocation(file: file, line: error.line, column: error.column), error.message)
    }
    var reader = YAMLReader(file: file, text: text)
    return try reader.documents()
  }

  public static func documents(
    _ text: String, file: String
  ) throws(ManifestProblem) -> [YAMLTree] {
    try documents(Array(text.utf8), file: file)
  }

  /// The bytes as text, or the first of them that is none.
  private static func decode(_ bytes: [UInt8], _ file: String) throws(ManifestProblem) -> String {
    guard bytes.count <= maximumBytes else {
      throw ManifestProblem(
        SourceLocation(file: file),
        "the file has \(bytes.count) bytes; expected at most \(maximumBytes) (16 MiB)")
    }
    if let zero = bytes.firstIndex(of: 0) {
      throw binary("a NUL byte", zero, bytes, file)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw binary("bytes that are no UTF-8", firstInvalid(bytes), bytes, file)
    }
    return text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text
  }

  private static func binary(
    _ what: String, _ offset: Int, _ bytes: [UInt8], _ file: String
  ) -> ManifestProblem {
    let place = SourceText.place(of: offset, in: bytes)
    return ManifestProblem(
      SourceLocation(file: file, line: place.line, column: place.column),
      "found \(what); expected YAML or JSON text, not a binary file")
  }

  /// Where the bytes stop being UTF-8: the longest valid prefix, by halving.
  private static func firstInvalid(_ bytes: [UInt8]) -> Int {
    var iterator = bytes.makeIterator()
    var codec = UTF8()
    var offset = 0
    while true {
      switch codec.decode(&iterator) {
      case .scalarValue(let scalar): offset += UTF8.width(scalar)
      case .emptyInput, .error: return min(offset, bytes.count)
      }
    }
  }
}
