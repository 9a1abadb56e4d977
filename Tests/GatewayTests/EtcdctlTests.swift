#if Doors
  import Basics
  import Engine
  import Etcd
  import Foundation
  import Testing

  @testable import Gateway

  /// The real etcdctl of the system's packages against the doors of a world with three members.
  @Suite(.serialized)
  struct EtcdctlTests {
    static let binary = Tool.find("etcdctl")

    /// An etcdctl, pointed at some doors.
    struct Etcdctl {
      let binary: URL
      let endpoints: String
      var flags: [String] = []

      func callAsFunction(_ arguments: String..., input: String = "") async throws -> Tool.Outcome {
        try await Tool.run(
          binary, ["--endpoints", endpoints] + flags + arguments, input: input,
          environment: ["ETCDCTL_API": "3"])
      }
    }

    /// Runs `body` with the doors of a world of three members and an etcdctl for all of them.
    private func withDoors(
      prepare: (inout World) throws -> Void = { _ in },
      _ body: (DoorUnderTest, Etcdctl) async throws -> Void
    ) async throws {
      guard let binary = Self.binary else {
        print("skipped: no etcdctl here (Debian's etcd-client)")
        return
      }
      try await DoorUnderTest.with(
        spec: .etcdOnly(members: 3), perMille: 10_000, prepare: prepare
      ) { door in
        try await body(door, Etcdctl(binary: binary, endpoints: door.addresses))
      }
    }

    private func expect(
      _ outcome: Tool.Outcome, prints wanted: String,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(
        outcome.output == wanted && outcome.exitCode == 0, "\(outcome.errors)",
        sourceLocation: sourceLocation)
    }

    @Test("Keys: put, get, del, txn, compaction")
    func keys() async throws {
      try await withDoors { _, etcdctl in
        expect(try await etcdctl("put", "dir/a", "1"), prints: "OK\n")
        expect(try await etcdctl("put", "dir/b", "2"), prints: "OK\n")
        expect(try await etcdctl("put", "dir/b", "3", "--prev-kv"), prints: "OK\ndir/b\n2\n")
        expect(try await etcdctl("get", "dir/a"), prints: "dir/a\n1\n")
        expect(
          try await etcdctl("get", "--prefix", "dir/", "--keys-only"), prints: "dir/a\n\ndir/b\n\n")
        expect(
          try await etcdctl("get", "dir/", "--prefix", "--order=DESCEND", "--limit=1"),
          prints: "dir/b\n3\n")
        expect(try await etcdctl("get", "dir/b", "--rev=3"), prints: "dir/b\n2\n")
        let txn = """
          value("dir/b") = "3"

          put dir/c 4
          get dir/b

          del dir/b


          """
        expect(try await etcdctl("txn", input: txn), prints: "SUCCESS\n\nOK\n\ndir/b\n3\n")
        expect(
          try await etcdctl("txn", input: txn.replacing("\"3\"", with: "\"9\"")),
          prints: "FAILURE\n\n1\n"
        )
        expect(
          try await etcdctl("del", "--prefix", "dir/", "--prev-kv"),
          prints: "2\ndir/a\n1\ndir/c\n4\n")
        expect(try await etcdctl("compaction", "5"), prints: "compacted revision 5\n")
        let past = try await etcdctl("get", "dir/a", "--rev=3")
        #expect(past.exitCode != 0)
        #expect(
          past.errors.contains("etcdserver: mvcc: required revision has been compacted"))
      }
    }

    @Test("A watch is told what happens, from the past on")
    func watch() async throws {
      try await withDoors { door, etcdctl in
        expect(try await etcdctl("put", "k", "1"), prints: "OK\n")
        let watcher = try Watcher(etcdctl, door.endpoints[1].address, ["watch", "k", "--rev=1"])
        defer { watcher.stop() }
        #expect(try await watcher.waits(for: "PUT\nk\n1\n"))
        expect(try await etcdctl("put", "k", "2"), prints: "OK\n")
        expect(try await etcdctl("del", "k"), prints: "1\n")
        #expect(try await watcher.waits(for: "PUT\nk\n1\nPUT\nk\n2\nDELETE\nk\n\n"))
      }
    }

    @Test("Leases: grant, timetolive, keep-alive, list, revoke")
    func leases() async throws {
      try await withDoors { _, etcdctl in
        let granted = try await etcdctl("lease", "grant", "600")
        let id = String(granted.output.split(separator: " ").dropFirst().first ?? "")
        expect(granted, prints: "lease \(id) granted with TTL(600s)\n")
        expect(try await etcdctl("put", "leased", "v", "--lease=\(id)"), prints: "OK\n")
        let left = try await etcdctl("lease", "timetolive", id, "--keys")
        #expect(left.output.hasPrefix("lease \(id) granted with TTL(600s), remaining("))
        #expect(left.output.hasSuffix("attached keys([leased])\n"))
        expect(
          try await etcdctl("lease", "keep-alive", "--once", id),
          prints: "lease \(id) keepalived with TTL(600)\n")
        expect(try await etcdctl("lease", "list"), prints: "found 1 leases\n\(id)\n")
        expect(try await etcdctl("lease", "revoke", id), prints: "lease \(id) revoked\n")
        expect(try await etcdctl("get", "leased"), prints: "")
        let gone = try await etcdctl("lease", "revoke", id)
        #expect(gone.errors.contains("etcdserver: requested lease not found"))
      }
    }

    @Test("Members and their leader, by their doors' addresses")
    func members() async throws {
      try await withDoors { door, etcdctl in
        let list = try await etcdctl("member", "list")
        let lines = list.output.split(separator: "\n")
        #expect(lines.count == 3, "\(list.errors)")
        for endpoint in door.endpoints {
          #expect(
            lines.contains {
              $0.contains("started, \(endpoint.member), ") && $0.contains(endpoint.url)
            })
        }
        let before = try await status(etcdctl)
        #expect(before.count == 3)
        let leader = try #require(before.first { $0.isLeader })
        let heir = try #require(before.first { !$0.isLeader })
        let refused = try await Etcdctl(binary: etcdctl.binary, endpoints: heir.endpoint)(
          "move-leader", heir.id)
        #expect(refused.exitCode != 0)
        expect(
          try await etcdctl("move-leader", heir.id),
          prints: "Leadership transferred from \(leader.id) to \(heir.id)\n")
        let after = try await status(etcdctl)
        #expect(after.first { $0.isLeader }?.id == heir.id)

        let added = try await etcdctl("member", "add", "etcd-4", "--peer-urls=http://10.2.0.9:2380")
        #expect(added.output.contains(" added to cluster "), "\(added.errors)")
        let four = try await etcdctl("member", "list").output.split(separator: "\n")
        let new = try #require(four.first { $0.contains("unstarted") })
        let id = String(new.split(separator: ",")[0])
        #expect(
          try await etcdctl("member", "update", id, "--peer-urls=http://10.2.0.8:2380").output
            .contains("updated in cluster"))
        #expect(
          try await etcdctl("member", "remove", id).output.contains("removed from cluster"))
        #expect(try await etcdctl("member", "list").output.split(separator: "\n").count == 3)
      }
    }

    private struct Status {
      let endpoint: String
      let id: String
      let isLeader: Bool
    }

    /// `endpoint status`: endpoint, ID, version, size, is leader, …
    private func status(_ etcdctl: Etcdctl) async throws -> [Status] {
      try await etcdctl("endpoint", "status").output.split(separator: "\n").map { line in
        let fields = line.split(separator: ",").map { $0.drop { $0 == " " } }
        #expect(fields[2] == "3.6.8")
        return Status(
          endpoint: String(fields[0]), id: String(fields[1]), isLeader: fields[4] == "true")
      }
    }

    @Test("Upkeep: health, hashkv, alarm, defrag")
    func upkeep() async throws {
      try await withDoors { door, etcdctl in
        expect(try await etcdctl("put", "a", "1"), prints: "OK\n")
        let health = try await etcdctl("endpoint", "health")
        #expect(health.exitCode == 0)
        for endpoint in door.endpoints {
          #expect((health.output + health.errors).contains("\(endpoint.address) is healthy"))
        }
        let hashes = Set(
          try await etcdctl("endpoint", "hashkv", "--rev=2").output.split(separator: "\n")
            .compactMap { $0.split(separator: " ").last })
        #expect(hashes.count == 1, "three members, one hash")
        expect(try await etcdctl("alarm", "list"), prints: "")
        expect(try await etcdctl("alarm", "disarm"), prints: "")
        let defrag = try await etcdctl("defrag")
        #expect(defrag.exitCode == 0)
        #expect((defrag.output + defrag.errors).contains("Finished defragmenting etcd member"))
      }
    }

    @Test("A snapshot saved over the wire is one that status accepts")
    func snapshot() async throws {
      let file = FileManager.default.temporaryDirectory
        .appendingPathComponent("orrery-snapshot-" + UUID().uuidString)
      defer { try? FileManager.default.removeItem(at: file) }
      try await withDoors { door, etcdctl in
        for number in 1...3 {
          expect(try await etcdctl("put", "k\(number)", "v"), prints: "OK\n")
        }
        // One member is asked, and it may be a follower.
        let one = Etcdctl(binary: etcdctl.binary, endpoints: door.endpoints[1].address)
        let saved = try await one("snapshot", "save", file.path)
        #expect(saved.exitCode == 0, "\(saved.errors)")
        let bytes = [UInt8](try Data(contentsOf: file))
        let status = try BackendFile.status(of: bytes)
        #expect(status.revision == 4)
        #expect(status.totalKeys == 3)
        let theirs = try await etcdctl("snapshot", "status", file.path)
        // Until 3.5 it counts what lies in all buckets, and not keys.
        #expect(theirs.output.contains(", \(status.revision), "), "\(theirs)")
      }
    }

    @Test("A follower answers, and a member cut off says what it can")
    func oneMember() async throws {
      func cut(_ world: inout World) throws {
        for other in ["etcd-1", "etcd-2"] {
          try world.apply(
            .fail(Fault(.link(from: "etcd-3", to: other, isOneWay: false))))
        }
        world.advance(to: world.now + .seconds(10))
      }
      try await withDoors(prepare: cut) { door, etcdctl in
        let two = Etcdctl(
          binary: etcdctl.binary,
          endpoints: door.endpoints[0...1].map(\.address).joined(separator: ","))
        let states = try await status(two)
        let follower = try #require(states.first { !$0.isLeader })
        let atFollower = Etcdctl(binary: etcdctl.binary, endpoints: follower.endpoint)
        expect(try await atFollower("put", "k", "v"), prints: "OK\n")
        expect(try await atFollower("get", "k"), prints: "k\nv\n")

        var alone = Etcdctl(
          binary: etcdctl.binary, endpoints: door.endpoints[2].address,
          flags: ["--command-timeout=2s"])
        expect(try await alone("get", "k", "--consistency=s"), prints: "")
        let read = try await alone("get", "k")
        #expect(read.exitCode != 0)
        #expect(
          read.errors.contains("request timed out") || read.errors.contains("deadline exceeded"),
          "\(read.errors)")
        let health = try await alone("endpoint", "health")
        #expect((health.output + health.errors).contains("is unhealthy"))
        alone.flags = []
        let write = try await alone("put", "k", "w")
        #expect(write.exitCode != 0)
        #expect(write.errors.contains("etcdserver: request timed out"), "\(write.errors)")
      }
    }

    @Test("A paused world answers, and stands still between the answers")
    func paused() async throws {
      guard let binary = Self.binary else { return }
      let door = try await DoorUnderTest(spec: .etcdOnly(members: 3))
      let etcdctl = Etcdctl(binary: binary, endpoints: door.addresses)
      let granted = try await etcdctl("lease", "grant", "2")
      let id = String(granted.output.split(separator: " ").dropFirst().first ?? "")
      expect(try await etcdctl("put", "k", "v", "--lease=\(id)"), prints: "OK\n")
      // Twice its life in real time.
      try await Task.sleep(for: .seconds(4))
      expect(try await etcdctl("get", "k"), prints: "k\nv\n")
      await door.close()
    }
  }

  /// An etcdctl that goes on until it is stopped, with what it has printed so far.
  private final class Watcher {
    private let process = Process()
    private let file: URL

    init(_ etcdctl: EtcdctlTests.Etcdctl, _ endpoint: String, _ arguments: [String]) throws {
      file = FileManager.default.temporaryDirectory
        .appendingPathComponent("orrery-watch-" + UUID().uuidString)
      try Data().write(to: file)
      process.executableURL = etcdctl.binary
      process.arguments = ["--endpoints", endpoint] + arguments
      process.environment = ProcessInfo.processInfo.environment.merging(["ETCDCTL_API": "3"]) { $1 }
      process.standardOutput = try FileHandle(forWritingTo: file)
      process.standardError = FileHandle.nullDevice
      try process.run()
    }

    /// Whether this is what it has printed, within ten seconds.
    func waits(for text: String) async throws -> Bool {
      for _ in 0..<200 {
        if String(decoding: try Data(contentsOf: file), as: UTF8.self) == text { return true }
        try await Task.sleep(for: .milliseconds(50))
      }
      print("printed: " + String(decoding: try Data(contentsOf: file), as: UTF8.self))
      return false
    }

    func stop() {
      process.terminate()
      try? FileManager.default.removeItem(at: file)
    }
  }
#endif
