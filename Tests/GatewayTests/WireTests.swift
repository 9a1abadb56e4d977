#if Doors
  import GRPCCore
  import Testing

  @testable import Gateway

  /// What passes over the wire whole, and what is refused there.
  @Suite struct WireTests {
    @Test("Values larger than any window come and go whole")
    func largeValues() async throws {
      guard let binary = EtcdctlTests.binary else {
        print("skipped: no etcdctl here (Debian's etcd-client)")
        return
      }
      try await DoorUnderTest.with(spec: .etcdOnly(members: 1), perMille: 10_000) { door in
        let etcdctl = EtcdctlTests.Etcdctl(binary: binary, endpoints: door.addresses)
        let value = String(repeating: "0123456789", count: 120_000)
        #expect(try await etcdctl("put", "large", input: value).output == "OK\n")
        let got = try await etcdctl("get", "large", "--print-value-only")
        #expect(got.output == value + "\n", "\(got.output.utf8.count) bytes")
        let tooLarge = String(repeating: "0123456789", count: 160_000)
        let refused = try await etcdctl("put", "large", input: tooLarge)
        #expect(refused.errors.contains("etcdserver: request is too large"), "\(refused.errors)")
      }
    }

    @Test("An unknown method or service is not implemented")
    func unknownMethod() async throws {
      try await DoorUnderTest.with(spec: .etcdOnly(members: 1), perMille: 10_000) { door in
        try await WireClient.with(port: door.port(0)) { client in
          for (service, method) in [
            ("etcdserverpb.KV", "Nothing"), ("etcdserverpb.Nobody", "Put"),
          ] {
            do {
              _ = try await client.call(
                service, method, WirePutRequest(), WirePutResponse.self)
              Issue.record("\(service)/\(method) was answered")
            } catch let error as RPCError {
              #expect(error.code == .unimplemented)
            }
          }
        }
      }
    }
  }
#endif
