import KubeAPI

/// A place in a file that a person wrote.
public struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
  /// The path as it was given; `-` for standard input.
  public var file: String
  /// From 1; 0 where the problem is with the file as a whole.
  public var line: Int
  /// From 1, in characters (Unicode scalars); 0 where it is not known.
  public var column: Int

  public init(file: String, line: Int = 0, column: Int = 0) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// `shop.yaml:12:7`, as compilers print it.
  public var description: String {
    if line == 0 { return file }
    return column == 0 ? "\(file):\(line)" : "\(file):\(line):\(column)"
  }
}

/// Why a file cannot be used: one clear line.
public struct ManifestProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// What those who go on in spite of some problems ask for.
  public enum Kind: Sendable, Equatable {
    /// There is no such file.
    case missingFile
    /// An object names a kind that is not modelled.
    case unknownKind
    case other
  }

  public var location: SourceLocation
  /// What is wrong and, where that is not plain from it, what was expected.
  public var message: String
  /// What the API server's decoder said, where it was the one to refuse.
  public var decoding: DecodingProblem?
  public var kind: Kind

  public init(
    _ location: SourceLocation, _ message: String, decoding: DecodingProblem? = nil,
    kind: Kind = .other
  ) {
    self.location = location
    self.kind = kind
    self.message = message
    self.decoding = decoding
  }

  /// `shop.yaml:12:7: unknown field "spec.replica"`.
  public var description: String { "\(location): \(message)" }

  /// What `kubectl apply -f` prints for this; its own line where kubectl's says no more.
  public var kubectlText: String {
    guard let decoding, decoding.kind != .unknownKind else { return "error: " + kubectlWords }
    return "Error from server (BadRequest): error when creating \"\(location.file)\": "
      + decoding.message
  }

  /// What it says of this among other errors.
  public var kubectlWords: String {
    kind == .unknownKind ? message + "\nensure CRDs are installed first" : description
  }
}
