import Basics
import Foundation

/// Why a file could not be read or written, as etcd's tools say it.
struct SnapshotFileProblem: Error {
  let message: String
}

/// Snapshots on the user's own disk: the one place where a world touches it.
enum SnapshotFiles {
  /// Files larger than this are refused unread.
  static let limit = 2 << 30

  /// Writes a file whole or not at all: beside it first, synced, and then renamed. A disk that is
  /// full leaves nothing behind.
  static func save(_ bytes: [UInt8], to name: String) throws(SnapshotFileProblem) {
    let path = expanded(name)
    let part = path + ".part"
    let file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw SnapshotFileProblem(message: "could not open \(part) (open \(part): \(reason()))")
    }
    var problem = put(bytes, into: file, part)
    if problem == nil, fsync(file) != 0 { problem = "fsync \(part): \(reason())" }
    if close(file) != 0, problem == nil { problem = "close \(part): \(reason())" }
    if problem == nil, rename(part, path) != 0 {
      problem = "could not rename \(part) to \(path) (\(reason()))"
    }
    guard let problem else { return }
    unlink(part)
    throw SnapshotFileProblem(message: problem)
  }

  private static func put(_ bytes: [UInt8], into file: Int32, _ path: String) -> String? {
    bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let count = write(
          file, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
        if count < 0 {
          if errno == EINTR { continue }
          return "write \(path): \(reason())"
        }
        offset += count
      }
      return nil
    }
  }

  /// The bytes of a file.
  static func bytes(of name: String) throws(EtcdctlProblem) -> [UInt8] {
    let path = expanded(name)
    var info = stat()
    guard stat(path, &info) == 0 else {
      throw EtcdctlProblem("stat \(path): \(reason())", code: 1)
    }
    guard info.st_mode & S_IFMT == S_IFREG else {
      throw EtcdctlProblem("\(path) is no file", code: 1)
    }
    guard info.st_size <= limit else {
      throw EtcdctlProblem("\(path) is larger than \(limit) bytes", code: 1)
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw EtcdctlProblem("open \(path): permission denied", code: 1)
    }
    return Array(data)
  }

  /// A name as a shell would hand it on: `~/` and `$TMPDIR/` at its beginning mean folders.
  private static func expanded(_ name: String) -> String {
    if name.hasPrefix("~/") {
      return FileManager.default.homeDirectoryForCurrentUser.path + name.dropFirst()
    }
    if name.hasPrefix("$TMPDIR/") {
      return FileManager.default.temporaryDirectory.path + name.dropFirst("$TMPDIR".count)
    }
    return name
  }

  /// What the last call failed for, as Go says it: the C library's text in small letters.
  private static func reason() -> String {
    let text = String(cString: strerror(errno))
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}
