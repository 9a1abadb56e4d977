#if Doors
  import Basics
  import Engine
  import Etcdctl
  import Foundation
  import Testing

  @testable import Gateway

  /// A backup that the system's etcdctl took at a door, and what becomes of it.
  struct WireSnapshotTests {
    @Test("A snapshot saved over the wire is restored, and the members serve its keys")
    func restored() async throws {
      guard let binary = EtcdctlTests.binary else {
        print("skipped: no etcdctl here (Debian's etcd-client)")
        return
      }
      let file = FileManager.default.temporaryDirectory
        .appendingPathComponent("orrery-wire-" + UUID().uuidString + ".db")
      defer { try? FileManager.default.removeItem(at: file) }

      try await DoorUnderTest.with(spec: .etcdOnly(members: 3), perMille: 10_000) { door in
        let etcdctl = EtcdctlTests.Etcdctl(binary: binary, endpoints: door.endpoints[1].address)
        for number in 1...9 {
          let put = try await etcdctl("put", "k\(number % 4)", "v\(number)")
          #expect(put.exitCode == 0, "\(put.errors)")
        }
        #expect(try await etcdctl("del", "k3").output == "1\n")
        let saved = try await etcdctl("snapshot", "save", file.path)
        try #require(saved.exitCode == 0, "\(saved.errors)")
      }

      // Another cluster, with a life of its own that the restore ends.
      func restore(_ world: inout World) throws {
        for line in [
          "etcdctl put k1 other", "etcdctl put mine 1", "etcdutl snapshot restore \(file.path)",
        ] {
          var invocation = EtcdctlInvocation(line: line)
          world.run(&invocation, for: .minutes(1))
          try #require(invocation.exitCode == 0, "\(line): \(invocation.errorOutput)")
        }
        world.advance(to: world.now + .seconds(15))
      }
      try await DoorUnderTest.with(
        spec: .etcdOnly(members: 3, seed: 9), perMille: 10_000, prepare: restore
      ) { door in
        for endpoint in door.endpoints {
          let etcdctl = EtcdctlTests.Etcdctl(binary: binary, endpoints: endpoint.address)
          let all = try await etcdctl("get", "", "--from-key")
          #expect(all.output == "k0\nv8\nk1\nv9\nk2\nv6\n", "\(all.errors)")
          let past = try await etcdctl("get", "k3", "--rev=9")
          #expect(past.output == "k3\nv7\n", "\(past.errors)")
        }
      }
    }
  }
#endif
