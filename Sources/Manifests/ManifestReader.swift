import Foundation
import KubeAPI

/// One object of a manifest file.
public struct ManifestDocument: Sendable {
  public var object: APIObject
  /// Where the object begins.
  public var location: SourceLocation
  /// The object as written, for `kubectl apply`'s last-applied annotation.
  public var json: JSONValue
  /// The places of its fields.
  public var tree: YAMLTree
}

/// Reads manifests: YAML or JSON, one or more documents, `kind: List` taken apart.
public enum ManifestReader {
  /// The objects of the file at `path`; `-` is standard input.
  public static func read(path: String) throws(ManifestProblem) -> [ManifestDocument] {
    try read(bytes: try bytes(path: path), file: path)
  }

  public static func read(text: String, file: String) throws(ManifestProblem) -> [ManifestDocument]
  {
    try read(bytes: Array(text.utf8), file: file)
  }

  /// The objects in `bytes`; `file` is what errors call them.
  public static func read(
    bytes: [UInt8], file: String
  ) throws(ManifestProblem) -> [ManifestDocument] {
    if file.hasSuffix(".json") {
      // Of a file that says it is JSON the errors of a JSON parser are the better ones.
      do { _ = try JSONParser.parse(bytes) } catch {
        throw ManifestProblem(
          SourceLocation(file: file, line: error.line, column: error.column), error.message)
      }
    }
    return try read(bytes, file) { (problem) throws(ManifestProblem) in throw problem }
  }

  /// The objects of the file at `path`, and beside them what is of kinds that are not known: whoever
  /// deals with the others says so in the end. Everything else that is wrong is an error here too.
  public static func readKnown(
    path: String
  ) throws(ManifestProblem) -> (documents: [ManifestDocument], unknown: [ManifestProblem]) {
    var unknown: [ManifestProblem] = []
    let documents = try read(try bytes(path: path), path) { (problem) throws(ManifestProblem) in
      // What names no kind at all is no object of any cluster.
      guard problem.kind == .unknownKind else { throw problem }
      unknown.append(problem)
    }
    return (documents, unknown)
  }

  /// - Parameter refuse: deals with an object that cannot be read; it is left out.
  private static func read(
    _ bytes: [UInt8], _ file: String, refuse: (ManifestProblem) throws(ManifestProblem) -> Void
  ) throws(ManifestProblem) -> [ManifestDocument] {
    var documents: [ManifestDocument] = []
    var refused = 0
    for tree in try YAMLTree.documents(bytes, file: file) {
      documents += try objects(tree, file) { (problem) throws(ManifestProblem) in
        refused += 1
        try refuse(problem)
      }
    }
    guard documents.count + refused > 0 else {
      throw ManifestProblem(
        SourceLocation(file: file), "no objects found; expected at least one Kubernetes object")
    }
    return documents
  }

  /// The bytes of a file, refused before they are read where they are too many.
  public static func bytes(path: String) throws(ManifestProblem) -> [UInt8] {
    let location = SourceLocation(file: path)
    if path == "-" { return try bytes(FileHandle.standardInput, location) }
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw ManifestProblem(
        location, "the path \"\(path)\" does not exist", kind: .missingFile)
    }
    if isDirectory.boolValue {
      throw ManifestProblem(location, "is a directory; expected a manifest file")
    }
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    let size = (attributes?[.size] as? NSNumber)?.intValue ?? 0
    guard size <= YAMLTree.maximumBytes else { throw tooLarge(location, "\(size)") }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw ManifestProblem(location, "cannot be read; check its permissions")
    }
    defer { try? handle.close() }
    return try bytes(handle, location)
  }

  /// The regular files of a folder, in the order of their names; nil where `path` is no folder.
  public static func files(inFolder path: String) -> [String]? {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
      isDirectory.boolValue
    else { return nil }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().filter { name in
      let found = try? FileManager.default.attributesOfItem(atPath: path + "/" + name)
      return found?[.type] as? FileAttributeType == .typeRegular
    }
  }

  /// A pipe or device tells no size: read up to the limit.
  private static func bytes(
    _ handle: FileHandle, _ location: SourceLocation
  ) throws(ManifestProblem) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count <= YAMLTree.maximumBytes {
      let chunk: Data?
      do { chunk = try handle.read(upToCount: 1 << 20) } catch {
        throw ManifestProblem(location, "cannot be read: \(error.localizedDescription)")
      }
      guard let chunk, !chunk.isEmpty else { return bytes }
      bytes += chunk
    }
    throw tooLarge(location, "more than \(YAMLTree.maximumBytes)")
  }

  private static func tooLarge(_ location: SourceLocation, _ size: String) -> ManifestProblem {
    ManifestProblem(
      location,
      "the file has \(size) bytes; expected at most \(YAMLTree.maximumBytes) (16 MiB)")
  }

  // MARK: Objects

  /// The object, or with `kind: List` the objects, of one document of `file`.
  public static func objects(
    in tree: YAMLTree, file: String
  ) throws(ManifestProblem) -> [ManifestDocument] {
    try objects(tree, file) { (problem) throws(ManifestProblem) in throw problem }
  }

  private static func objects(
    _ tree: YAMLTree, _ file: String,
    _ refuse: (ManifestProblem) throws(ManifestProblem) -> Void
  ) throws(ManifestProblem) -> [ManifestDocument] {
    guard case .object = tree.json else {
      throw ManifestProblem(
        SourceLocation(file: file, line: tree.place.line, column: tree.place.column),
        "expected a Kubernetes object, a mapping with apiVersion and kind, found "
          + kindName(tree.json))
    }
    if let kind = tree.json["kind"]?.stringValue, kind.hasSuffix("List"),
      let items = tree["items"], case .array = items.json
    {
      var documents: [ManifestDocument] = []
      for item in items.items { documents += try objects(item, file, refuse) }
      return documents
    }
    let location = SourceLocation(file: file, line: tree.place.line, column: tree.place.column)
    let object: APIObject
    do { object = try APIObject(json: tree.json) } catch {
      try refuse(problem(error, tree, file))
      return []
    }
    return [ManifestDocument(object: object, location: location, json: tree.json, tree: tree)]
  }

  private static func kindName(_ json: JSONValue) -> String {
    switch json {
    case .null: "nothing"
    case .bool, .integer, .number: "\(json.text())"
    case .string(let text): "the text \"\(text.prefix(40))\""
    case .array: "a sequence"
    case .object: "a mapping"
    }
  }

  private static func problem(
    _ problem: DecodingProblem, _ tree: YAMLTree, _ file: String
  ) -> ManifestProblem {
    let place = tree.place(of: problem.path, ofValue: problem.kind == .type)
    let location = SourceLocation(file: file, line: place.line, column: place.column)
    let kind = tree.json["kind"]?.stringValue ?? ""
    let version = tree.json["apiVersion"]?.stringValue ?? ""
    if problem.kind == .unknownKind, !kind.isEmpty, !version.isEmpty {
      let metadata = tree.json["metadata"]
      return ManifestProblem(
        location,
        "resource mapping not found for name: \"\(metadata?["name"]?.stringValue ?? "")\" "
          + "namespace: \"\(metadata?["namespace"]?.stringValue ?? "")\" from \"\(file)\": "
          + problem.message, decoding: problem, kind: .unknownKind)
    }
    if problem.kind == .unknownKind {
      // The API's words repeat the whole document: name what is missing instead.
      let missing = kind.isEmpty ? "Kind" : "apiVersion"
      return ManifestProblem(location, "Object '\(missing)' is missing", decoding: problem)
    }
    return ManifestProblem(location, problem.reason, decoding: problem)
  }
}
