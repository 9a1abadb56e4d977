import KubeAPI
import Manifests

/// What `-f` names: the objects of its files, and what in them the engine has no kind for.
struct ManifestFiles {
  private(set) var documents: [ManifestDocument] = []
  private(set) var unknown = UnknownKinds()

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    let files = arguments.all("filename")
    guard !files.isEmpty else {
      throw KubectlProblem(message: "error: must specify one of -f and -k")
    }
    for file in files {
      do throws(ManifestProblem) {
        let read = try ManifestReader.readKnown(path: file)
        documents += read.documents
        unknown.problems += read.unknown
      } catch {
        // Of a file that is not there kubectl speaks without naming it twice.
        throw KubectlProblem(
          message: "error: " + (error.kind == .missingFile ? error.message : error.description))
      }
    }
  }
}

/// Objects of kinds that the engine does not model: the others are dealt with, and these are told
/// of at the end.
struct UnknownKinds {
  var problems: [ManifestProblem] = []

  /// kubectl's error for a kind the server does not have, and one line of our own.
  func say(_ io: inout KubectlIO) {
    guard !problems.isEmpty else { return }
    io.failAll(problems.map { .words($0.kubectlWords) })
    let modelled = ResourceKind.allCases.map(\.kind).joined(separator: ", ")
    io.fail(
      problems.count == 1
        ? "Orrery does not model that kind. It models: \(modelled)"
        : "Orrery does not model those kinds. It models: \(modelled)")
  }
}
