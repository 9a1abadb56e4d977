import KubeAPI
import Manifests

/// Where `create configmap` and `create secret generic` take their data from.
struct DataSources {
  struct Entry {
    let key: String
    let bytes: [UInt8]

    /// Nil where they are no UTF-8.
    var text: String? { String(validating: bytes, as: UTF8.self) }
  }

  private let arguments: KubectlArguments

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    self.arguments = arguments
    let others = arguments.all("from-file") + arguments.all("from-literal")
    guard others.isEmpty || arguments.all("from-env-file").isEmpty else {
      throw KubectlProblem(
        message: "error: from-env-file cannot be combined with from-file or from-literal")
    }
  }

  /// `--from-literal=KEY=VALUE`; the value may hold more signs.
  func literals() throws(KubectlProblem) -> [Entry] {
    var entries: [Entry] = []
    for source in arguments.all("from-literal") {
      guard let sign = source.firstIndex(of: "="), sign > source.startIndex else {
        throw KubectlProblem(
          message: "error: invalid literal source \(source), expected key=value")
      }
      entries.append(
        Entry(
          key: String(source[..<sign]), bytes: Array(source[source.index(after: sign)...].utf8)))
    }
    return entries
  }

  /// `--from-file=[KEY=]FILE`, several behind commas, or of a folder each file.
  func files() throws(KubectlProblem) -> [Entry] {
    var entries: [Entry] = []
    for source in paths("from-file") {
      let (key, path) = try Self.split(source)
      if let names = ManifestReader.files(inFolder: path) {
        guard !source.contains("=") else {
          throw KubectlProblem(message: "error: cannot give a key name for a directory path")
        }
        for name in names {
          entries.append(Entry(key: name, bytes: try Self.bytes(path + "/" + name)))
        }
      } else {
        entries.append(Entry(key: key, bytes: try Self.bytes(path)))
      }
    }
    return entries
  }

  /// `--from-env-file=FILE`: lines of `KEY=VALUE`. A key alone has no value here: nobody's
  /// environment is part of a simulation.
  ///
  /// - Parameter what: how kubectl calls the file.
  func variables(_ what: String) throws(KubectlProblem) -> [Entry] {
    var entries: [Entry] = []
    for path in paths("from-env-file") {
      guard ManifestReader.files(inFolder: path) == nil else {
        throw KubectlProblem(message: "error: env \(what) file cannot be a directory")
      }
      let text = String(decoding: try Self.bytes(path), as: UTF8.self)
      for line in text.split(whereSeparator: \.isNewline) {
        let line = line.drop(while: \.isWhitespace)
        guard let first = line.first, first != "#" else { continue }
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let problems = LabelText.problems(ofVariable: String(parts[0]))
        guard problems.isEmpty else {
          throw KubectlProblem(
            message: "error: \"\(parts[0])\" is not a valid key name: "
              + problems.joined(separator: ";"))
        }
        entries.append(
          Entry(key: String(parts[0]), bytes: parts.count == 2 ? Array(parts[1].utf8) : []))
      }
    }
    return entries
  }

  private func paths(_ flag: String) -> [String] {
    arguments.all(flag).flatMap { $0.split(separator: ",").map(String.init) }
  }

  private static func split(_ source: String) throws(KubectlProblem) -> (key: String, path: String)
  {
    let parts = source.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1 else {
      return (source.split(separator: "/").last.map(String.init) ?? source, source)
    }
    guard parts.count == 2 else {
      throw KubectlProblem(message: "error: key names or file paths cannot contain '='")
    }
    guard !parts[0].isEmpty else {
      throw KubectlProblem(message: "error: key name for file path \(parts[1]) missing")
    }
    guard !parts[1].isEmpty else {
      throw KubectlProblem(message: "error: file path for key name \(parts[0]) missing")
    }
    return (parts[0], parts[1])
  }

  private static func bytes(_ path: String) throws(KubectlProblem) -> [UInt8] {
    do throws(ManifestProblem) { return try ManifestReader.bytes(path: path) } catch {
      let why = error.kind == .missingFile ? "no such file or directory" : error.message
      throw KubectlProblem(message: "error: error reading \(path): \(why)")
    }
  }
}
