#if Doors
  import Basics
  import Foundation
  import GRPCCore
  import NIOCore
  import NIOPosix
  import Testing

  @testable import Gateway

  /// The door's own HTTP/2, from the side of clients that are large, hasty or no clients at all.
  struct HTTP2Tests {
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

    @Test("What is no HTTP/2 ends its own connection and no other")
    func garbage() async throws {
      try await DoorUnderTest.with(spec: .etcdOnly(members: 1), perMille: 10_000) { door in
        var prng = PRNG(seed: 3, stream: 1)
        for number in 0..<60 {
          var bytes = ByteBuffer()
          if number % 4 != 0 { bytes.writeString("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") }
          for _ in 0..<(1 + prng.index(below: 12)) { Self.writeFrame(&bytes, &prng) }
          try await Self.send(bytes, to: door.port(0))
        }
        let status = try await WireClient.with(port: door.port(0)) { client in
          try await client.call(
            "etcdserverpb.Maintenance", "Status", WireStatusRequest(), WireStatusResponse.self)
        }
        #expect(status.version == "3.6.8")
      }
    }

    /// A frame with a head that may be right, and anything in it.
    private static func writeFrame(_ bytes: inout ByteBuffer, _ prng: inout PRNG) {
      let length = prng.index(below: 40)
      let type = FrameType(rawValue: UInt8(prng.index(below: 10))) ?? .data
      let claimed = prng.index(below: 8) == 0 ? prng.index(below: 70_000) : length
      bytes.writeFrameHead(
        type, flags: UInt8(prng.index(below: 64)), stream: UInt32(prng.index(below: 6)),
        length: claimed)
      for _ in 0..<length { bytes.writeInteger(UInt8(prng.index(below: 256))) }
    }

    /// Sends it all and hangs up, without a look at what comes back.
    private static func send(_ bytes: ByteBuffer, to port: Int) async throws {
      let channel = try await ClientBootstrap(
        group: MultiThreadedEventLoopGroup.singletonMultiThreadedEventLoopGroup
      ).connect(host: "127.0.0.1", port: port).get()
      try? await channel.writeAndFlush(bytes)
      try? await channel.close()
    }

    @Test("An unknown method is not implemented, and a door without calls says so in gRPC's words")
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
