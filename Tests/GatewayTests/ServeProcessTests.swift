#if Doors
  import Foundation
  import Ncurses
  import TerminalCore
  import Testing

  /// `orrery` itself as a process with its doors open, and the system's etcdctl at them.
  @Suite(.serialized)
  struct ServeProcessTests {
    /// A small world, so that a debug build boots it in a second.
    private static let world = [
      "--masters", "1", "--workers", "1", "--etcd", "external", "--etcd-members", "3",
    ]

    @Test(
      "serve says where it listens, answers etcdctl, and ends on a signal",
      arguments: [SIGINT, SIGTERM])
    func endsOnSignals(signal: Int32) async throws {
      let server = try Server(["serve", "--etcd-listen", "127.0.0.1:0"] + Self.world)
      defer { server.remove() }
      let addresses = try await server.addresses()
      #expect(addresses.count == 3)
      if let etcdctl = EtcdctlTests.binary {
        let endpoints = addresses.joined(separator: ",")
        let put = try await ask(etcdctl, endpoints, "put", "at/the/door", "open")
        #expect(put.output == "OK\n", "\(put.errors)")
        // What one member took, another one tells.
        let got = try await ask(etcdctl, addresses[2], "get", "at/the/door")
        #expect(got.output == "at/the/door\nopen\n", "\(got.errors)")
        let pods = try await ask(
          etcdctl, endpoints, "get", "/registry/pods/", "--prefix", "--keys-only")
        #expect(pods.output.contains("/registry/pods/"), "\(pods)")
      } else {
        print("skipped: no etcdctl here (Debian's etcd-client)")
      }
      kill(server.process.processIdentifier, signal)
      let status = try await server.exitCode()
      #expect(status == 128 + signal, "\(server.errors)")
      #expect(server.errors.isEmpty, "\(server.errors)")
      for address in addresses { #expect(!Port.isOpen(Port.number(of: address))) }
    }

    @Test("A port that is taken, and one that all the world could reach, are one line and exit 2")
    func refusals() async throws {
      let taken = try Port.Taken()
      defer { taken.close() }
      let lines = [
        ("127.0.0.1:\(taken.number)", "127.0.0.1:\(taken.number)", "in use"),
        ("0.0.0.0:2379", "0.0.0.0", "TLS with client certificates"),
        ("nowhere", "nowhere", "expected an address"),
      ]
      for (address, place, reason) in lines {
        let server = try Server(["serve", "--etcd-listen", address] + Self.world)
        defer { server.remove() }
        #expect(try await server.exitCode() == 2)
        #expect(server.output.isEmpty)
        #expect(server.errors.split(separator: "\n").count == 1, "\(server.errors)")
        #expect(server.errors.contains(place) && server.errors.contains(reason), "\(server.errors)")
      }
    }

    @Test("The dashboard with --serve answers etcdctl, paused and running")
    func dashboard() async throws {
      guard let etcdctl = EtcdctlTests.binary else {
        print("skipped: no etcdctl here (Debian's etcd-client)")
        return
      }
      let port = try Tool.freePort()
      let arguments =
        ["/usr/bin/env", "TERM=xterm-256color", "LANG=C.UTF-8", "XDG_CONFIG_HOME=/nonexistent"]
        + [Server.binary.path, "--serve", "--paused", "--etcd-listen", "127.0.0.1:\(port)"]
        + ["--masters", "1", "--workers", "1", "--etcd-members", "1"]
      let pty = try #require(PseudoTerminal(running: arguments, width: 100, height: 30))
      let reader = Reader(pty)
      defer { reader.end() }
      try #require(try await reader.waits(for: "PAUSE"))

      let endpoint = "127.0.0.1:\(port)"
      let put = try await ask(etcdctl, endpoint, "put", "while", "paused")
      #expect(put.output == "OK\n", "\(put.errors)")
      #expect(reader.text.contains("PAUSE"))
      pty.type(" ")
      try #require(try await reader.waits(for: "PAUSE", isThere: false))
      let got = try await ask(etcdctl, endpoint, "get", "while")
      #expect(got.output == "while\npaused\n", "\(got.errors)")
      let again = try await ask(etcdctl, endpoint, "put", "while", "running")
      #expect(again.output == "OK\n", "\(again.errors)")
      pty.type("q")
      #expect(try await reader.exitCode() == 0)
      #expect(!Port.isOpen(port))
    }

    private func ask(
      _ etcdctl: URL, _ endpoints: String, _ arguments: String...
    ) async throws -> Tool.Outcome {
      try await Tool.run(
        etcdctl, ["--endpoints", endpoints, "--command-timeout=20s"] + arguments,
        environment: ["ETCDCTL_API": "3"])
    }
  }

  /// `orrery` as a process, its output in files.
  private final class Server {
    let process = Process()
    private let folder: URL

    /// Beside the test bundle, in the build folder.
    static var binary: URL {
      let own = URL(fileURLWithPath: CommandLine.arguments.first ?? "")
      let beside = own.deletingLastPathComponent().appendingPathComponent("orrery")
      if FileManager.default.isExecutableFile(atPath: beside.path) { return beside }
      let link =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
      return URL(fileURLWithPath: link).deletingLastPathComponent()
        .appendingPathComponent("orrery")
    }

    init(_ arguments: [String]) throws {
      folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("orrery-serve-" + UUID().uuidString)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for name in ["out", "err"] { try Data().write(to: folder.appendingPathComponent(name)) }
      process.executableURL = Self.binary
      process.arguments = arguments
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = try FileHandle(
        forWritingTo: folder.appendingPathComponent("out"))
      process.standardError = try FileHandle(forWritingTo: folder.appendingPathComponent("err"))
      try process.run()
    }

    var output: String { text("out") }
    var errors: String { text("err") }

    private func text(_ name: String) -> String {
      String(
        decoding: (try? Data(contentsOf: folder.appendingPathComponent(name))) ?? Data(),
        as: UTF8.self)
    }

    /// The members' addresses, once they are printed.
    func addresses() async throws -> [String] {
      for _ in 0..<1200 {
        if let line = output.split(separator: "\n").first(where: { $0.hasPrefix("etcdctl ") }) {
          let words = line.split(separator: " ")
          return words.count > 2 ? words[2].split(separator: ",").map(String.init) : []
        }
        try #require(process.isRunning, "\(errors)")
        try await Task.sleep(for: .milliseconds(50))
      }
      return []
    }

    /// As a shell tells it; nil where it does not end within a minute.
    func exitCode() async throws -> Int32? {
      for _ in 0..<1200 {
        if !process.isRunning {
          let status = process.terminationStatus
          return process.terminationReason == .uncaughtSignal ? 128 + status : status
        }
        try await Task.sleep(for: .milliseconds(50))
      }
      return nil
    }

    func remove() {
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      try? FileManager.default.removeItem(at: folder)
    }
  }

  /// Reads a pseudo terminal without holding a thread of the pool, and sees what a person would.
  private final class Reader {
    private let pty: PseudoTerminal
    private var screen = VTScreen(width: 100, height: 30)
    private var isGone = false

    init(_ pty: PseudoTerminal) { self.pty = pty }

    var text: String { screen.buffer.plainText() }

    private func read() {
      guard !isGone else { return }
      if let bytes = pty.read(timeoutMilliseconds: 0) { screen.feed(bytes) } else { isGone = true }
    }

    func waits(for wanted: String, isThere: Bool = true) async throws -> Bool {
      for _ in 0..<800 {
        read()
        if text.contains(wanted) == isThere { return true }
        try await Task.sleep(for: .milliseconds(50))
      }
      print(text)
      return false
    }

    /// The program's exit code; nil where it does not end.
    func exitCode() async throws -> Int? {
      for _ in 0..<400 where !isGone {
        read()
        try await Task.sleep(for: .milliseconds(50))
      }
      guard isGone else { return nil }
      isWaited = true
      return pty.wait()
    }

    private var isWaited = false

    func end() {
      if !isWaited {
        kill(pty.child, SIGKILL)
        _ = pty.wait()
      }
      pty.close()
    }
  }

  /// Ports of loopback.
  private enum Port {
    static func number(of address: String) -> Int {
      address.split(separator: ":").last.flatMap { Int($0) } ?? 0
    }

    private static func withAddress<Result>(
      _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      address.sin_port = UInt16(port).bigEndian
      return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }

    /// Whether somebody listens there.
    static func isOpen(_ port: Int) -> Bool {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(descriptor) }
      return withAddress(port) { connect(descriptor, $0, $1) == 0 }
    }

    /// A port that this process listens on.
    struct Taken {
      let number: Int
      private let descriptor: Int32

      init() throws {
        number = try Tool.freePort()
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let socket = descriptor
        let isListening = Port.withAddress(number) { bind(socket, $0, $1) == 0 }
        guard isListening, listen(descriptor, 1) == 0 else { throw Tool.NoPort() }
      }

      func close() { _ = Glibc.close(descriptor) }
    }
  }
#endif
