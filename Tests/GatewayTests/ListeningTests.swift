#if Doors
  import Foundation
  import GRPCCore
  import GRPCNIOTransportHTTP2Posix
  import Testing

  @testable import Gateway

  struct ListeningTests {
    private func refusal(
      _ text: String, cert: String? = nil, key: String? = nil, ca: String? = nil
    ) -> String? {
      do {
        _ = try Listening(text, certFile: cert, keyFile: key, trustedCAFile: ca)
        return nil
      } catch {
        return error.description
      }
    }

    @Test("Loopback needs no keys, in any way of writing it")
    func loopback() throws {
      for text in ["127.0.0.1:2379", "localhost:2379", ":2379", "127.9.9.9:0", "[::1]:2379"] {
        #expect(refusal(text) == nil, "\(text)")
      }
      #expect(try Listening("[::1]:2379").hostText == "[::1]")
      #expect(try Listening(":2379").host == "127.0.0.1")
    }

    @Test("Anything else needs TLS with client certificates")
    func beyondLoopback() throws {
      for text in ["0.0.0.0:2379", "10.0.0.1:2379", "[::]:2379", "[fe80::1]:2379"] {
        #expect(refusal(text)?.contains("TLS with client certificates") ?? false, "\(text)")
        #expect(refusal(text, cert: "c", key: "k") != nil, "\(text)")
        #expect(refusal(text, cert: "c", key: "k", ca: "a") == nil, "\(text)")
      }
    }

    @Test("What is no address or no set of keys is refused")
    func malformed() {
      for text in ["", "2379", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "host:1", "1.2:3"] {
        #expect(refusal(text) != nil, "\(text)")
      }
      #expect(refusal(":1", cert: "c") != nil)
      #expect(refusal(":1", key: "k") != nil)
      #expect(refusal(":1", ca: "a") != nil)
    }

    @Test("A port that is taken is a problem in one line")
    func taken() async throws {
      let mailbox = Mailbox()
      let doors = try await EtcdDoors.open(
        members: ["etcd-1"], at: Listening(port: 0), mailbox: mailbox)
      defer { doors.close() }
      let port = try #require(
        doors.endpoints[0].address.split(separator: ":").last.flatMap { Int($0) })
      do {
        let second = try await EtcdDoors.open(
          members: ["etcd-1"], at: Listening(port: port), mailbox: mailbox)
        second.close()
        Issue.record("the same port twice")
      } catch {
        #expect(error.description.contains("\(port)"))
        #expect(!error.description.contains("\n"))
      }
    }

    @Test("With TLS, who has no certificate of the authority is not let in")
    func mutualTLS() async throws {
      guard let openssl = Tool.find("openssl") else {
        print("skipped: no openssl here")
        return
      }
      let keys = try await Keys(openssl)
      defer { keys.remove() }
      var listening = Listening(port: 0)
      listening.certFile = keys.path("server.crt")
      listening.keyFile = keys.path("server.key")
      listening.trustedCAFile = keys.path("ca.crt")
      try await DoorUnderTest.with(
        spec: .etcdOnly(members: 1), perMille: 10_000, at: listening
      ) { try await knock($0, keys) }
    }

    private func knock(_ door: DoorUnderTest, _ keys: Keys) async throws {
      #expect(door.endpoints[0].url.hasPrefix("https://127.0.0.1:"))

      let roots = TLSConfig.TrustRootsSource.certificates(
        [.file(path: keys.path("ca.crt"), format: .pem)])
      let known = try await answers(
        door,
        .mTLS(
          certificateChain: [.file(path: keys.path("client.crt"), format: .pem)],
          privateKey: .file(path: keys.path("client.key"), format: .pem)
        ) {
          $0.trustRoots = roots
          $0.serverCertificateVerification = .noHostnameVerification
        })
      #expect(known)
      let stranger = try await answers(
        door,
        .tls {
          $0.trustRoots = roots
          $0.serverCertificateVerification = .noHostnameVerification
        })
      #expect(!stranger)
      let plain = try await answers(door, .plaintext)
      #expect(!plain)

      if let etcdctl = EtcdctlTests.binary {
        let put = try await Tool.run(
          etcdctl,
          [
            "--endpoints", door.endpoints[0].url, "--cacert", keys.path("ca.crt"), "--cert",
            keys.path("client.crt"), "--key", keys.path("client.key"), "put", "k", "v",
          ], environment: ["ETCDCTL_API": "3"])
        #expect(put.output == "OK\n", "\(put.errors)")
      }
    }

    private func answers(
      _ door: DoorUnderTest, _ security: HTTP2ClientTransport.Posix.TransportSecurity
    ) async throws -> Bool {
      try await WireClient.with(port: door.port(0), security: security) { client in
        let status = try? await client.call(
          "etcdserverpb.Maintenance", "Status", WireStatusRequest(), WireStatusResponse.self,
          timeout: .seconds(3))
        return status?.version == "3.6.8"
      }
    }

    /// An authority, and a server's and a client's certificate of it.
    private struct Keys {
      let folder: URL

      init(_ openssl: URL) async throws {
        folder = FileManager.default.temporaryDirectory
          .appendingPathComponent("orrery-keys-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("subjectAltName=IP:127.0.0.1\n".utf8).write(
          to: folder.appendingPathComponent("san"))
        func run(_ arguments: [String]) async throws {
          let outcome = try await Tool.run(openssl, arguments)
          try #require(outcome.exitCode == 0, "\(outcome.errors)")
        }
        let ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try await run(
          ["req", "-x509"] + ec + [
            "-keyout", path("ca.key"), "-out", path("ca.crt"), "-subj", "/CN=authority", "-days",
            "2",
          ])
        for name in ["server", "client"] {
          try await run(
            ["req"] + ec + [
              "-keyout", path(name + ".key"), "-out", path(name + ".csr"), "-subj", "/CN=\(name)",
            ])
          try await run([
            "x509", "-req", "-in", path(name + ".csr"), "-CA", path("ca.crt"), "-CAkey",
            path("ca.key"), "-CAcreateserial", "-out", path(name + ".crt"), "-days", "2",
            "-extfile", path("san"),
          ])
        }
      }

      func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
      func remove() { try? FileManager.default.removeItem(at: folder) }
    }
  }
#endif
