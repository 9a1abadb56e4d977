#if Doors
  import Foundation
  import Testing

  /// The etcd of the system's packages, started on loopback with a data folder of its own.
  final class RealEtcd {
    let port: Int
    /// `3.4`, `3.5`, …
    let version: String
    private let process = Process()
    private let folder: URL

    static let binary = Tool.find("etcd")

    /// Nil where the system has none.
    init?() async throws {
      guard let binary = Self.binary else { return nil }
      port = try Tool.freePort()
      let peerPort = try Tool.freePort()
      folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("orrery-etcd-" + UUID().uuidString)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let words =
        try await Tool.run(binary, ["--version"]).output.split(separator: "\n").first ?? ""
      version =
        words.split(separator: " ").last.map {
          $0.split(separator: ".").prefix(2).joined(separator: ".")
        } ?? ""
      let client = "http://127.0.0.1:\(port)"
      let peer = "http://127.0.0.1:\(peerPort)"
      process.executableURL = binary
      process.arguments = [
        "--name", "real", "--data-dir", folder.path, "--listen-client-urls", client,
        "--advertise-client-urls", client, "--listen-peer-urls", peer,
        "--initial-advertise-peer-urls", peer, "--initial-cluster", "real=\(peer)",
        "--max-txn-ops", "128",
      ]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
    }

    /// Ends it and forgets its data.
    func stop() {
      process.terminate()
      try? FileManager.default.removeItem(at: folder)
    }
  }

  /// Programs of the system that tests talk to.
  enum Tool {
    struct Outcome {
      let exitCode: Int32
      let output: String
      let errors: String
    }

    static func find(_ name: String) -> URL? {
      let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
      return path.split(separator: ":")
        .map { URL(fileURLWithPath: String($0)).appendingPathComponent(name) }
        .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    /// Runs a program to its end; after `patience` seconds it is killed.
    static func run(
      _ binary: URL, _ arguments: [String], input: String = "",
      environment: [String: String] = [:], patience: Double = 30
    ) async throws -> Outcome {
      let process = Process()
      process.executableURL = binary
      process.arguments = arguments
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("orrery-tool-" + UUID().uuidString)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      func file(_ name: String, _ text: String = "") throws -> URL {
        let url = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: url)
        return url
      }
      let (stdin, stdout, stderr) = (
        try file("stdin", input), try file("stdout"), try file("stderr")
      )
      process.standardInput = try FileHandle(forReadingFrom: stdin)
      process.standardOutput = try FileHandle(forWritingTo: stdout)
      process.standardError = try FileHandle(forWritingTo: stderr)
      // Nothing here may hold a thread of the pool that the doors' tasks run on.
      let (ended, continuation) = AsyncStream<Never>.makeStream()
      process.terminationHandler = { _ in continuation.finish() }
      try process.run()
      let identifier = process.processIdentifier
      let deadline = Task {
        try await Task.sleep(for: .seconds(patience))
        kill(identifier, SIGKILL)
      }
      for await _ in ended {}
      deadline.cancel()
      return Outcome(
        exitCode: process.terminationStatus,
        output: String(decoding: try Data(contentsOf: stdout), as: UTF8.self),
        errors: String(decoding: try Data(contentsOf: stderr), as: UTF8.self))
    }

    struct NoPort: Error {}

    /// A port of loopback that nobody listens on now.
    static func freePort() throws -> Int {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(descriptor) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let result = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
        }
      }
      guard result else { throw NoPort() }
      return Int(UInt16(bigEndian: address.sin_port))
    }
  }
#endif
