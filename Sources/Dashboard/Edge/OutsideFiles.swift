import Foundation

/// Files that the dashboard writes: whole ones, which are there in full or not at all, and growing
/// ones, which keep what they have when the disk is full.
public struct OutsideFiles: Sendable {
  public init() {}

  /// Writes a file as a whole; what stood there before stays where that fails.
  ///
  /// - Returns: what went wrong, with the path; nil where nothing did.
  public func write(_ bytes: [UInt8], to path: String) -> String? {
    // A device or a pipe has no other place to be prepared in.
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG { return pour(bytes, path) }
    let beside = path + ".new-\(getpid())"
    let descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { return Self.problem(path) }
    var problem: String?
    if Self.put(bytes, into: descriptor) < bytes.count || fsync(descriptor) != 0 {
      problem = "not written: " + Self.problem(path)
    }
    if close(descriptor) != 0, problem == nil {
      problem = "not written: " + Self.problem(path)
    }
    if problem == nil, rename(beside, path) != 0 { problem = Self.problem(path) }
    if problem != nil { unlink(beside) }
    return problem
  }

  private func pour(_ bytes: [UInt8], _ path: String) -> String? {
    let descriptor = open(path, O_WRONLY)
    guard descriptor >= 0 else { return Self.problem(path) }
    defer { close(descriptor) }
    return Self.put(bytes, into: descriptor) < bytes.count ? Self.problem(path) : nil
  }

  /// How many of the bytes could be written.
  static func put(_ bytes: [UInt8], into descriptor: Int32) -> Int {
    var done = 0
    bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      while done < buffer.count {
        let count = Foundation.write(descriptor, base + done, buffer.count - done)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return }
        done += count
      }
    }
    return done
  }

  /// What went wrong first: a long path is cut where there is little room.
  static func problem(_ path: String) -> String { "\(String(cString: strerror(errno))): \(path)" }
}

/// A file that only grows, by whole pieces: what does not fit is kept and tried again.
final class GrowingFile {
  let path: String
  private let descriptor: Int32
  private var size: Int
  private var waiting: [UInt8] = []
  /// The last piece could not be written.
  private(set) var isBehind = false

  /// A new, empty file; nil where it can't be made, with `errno` saying why.
  init?(path: String) {
    self.path = path
    size = 0
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  /// Adds a piece.
  ///
  /// - Returns: what went wrong, the first time it does.
  func append(_ bytes: [UInt8]) -> String? {
    waiting += bytes
    guard !waiting.isEmpty else { return nil }
    let done = OutsideFiles.put(waiting, into: descriptor)
    guard done == waiting.count else {
      let problem = OutsideFiles.problem(path)
      // A piece is there in full or not at all, so that what is there can be read.
      ftruncate(descriptor, off_t(size))
      lseek(descriptor, off_t(size), SEEK_SET)
      defer { isBehind = true }
      return isBehind ? nil : "kept, and tried again: " + problem
    }
    size += done
    waiting = []
    isBehind = false
    return nil
  }
}
