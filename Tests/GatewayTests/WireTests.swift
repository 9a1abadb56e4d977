#if Doors
  import Basics
  import Engine
  import Etcd
  import GRPCCore
  import MVCC
  import NIOCore
  import NIOPosix
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

    @Test("What is no HTTP/2, or no gRPC, ends its own connection and no other")
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
      let claimed = prng.index(below: 8) == 0 ? prng.index(below: 70_000) : length
      bytes.writeInteger(UInt8(claimed >> 16))
      bytes.writeInteger(UInt16(truncatingIfNeeded: claimed))
      bytes.writeInteger(UInt8(prng.index(below: 11)))
      bytes.writeInteger(UInt8(prng.index(below: 64)))
      bytes.writeInteger(UInt32(prng.index(below: 6)))
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

    @Test("A call whose head HTTP/2 calls malformed is reset, and its connection serves on")
    func malformedHeads() async throws {
      try await DoorUnderTest.with(spec: .etcdOnly(members: 1), perMille: 10_000) { door in
        let right = [
          (":method", "POST"), (":scheme", "http"), (":path", "/etcdserverpb.KV/Range"),
          (":authority", "localhost"), ("content-type", "application/grpc"),
        ]
        let wrong = [
          right + [("X-Capital", "1")],
          right + [("connection", "close")],
          right + [(":path", "/etcdserverpb.KV/Put")],
          [right[4]] + right[..<4],
          right + [(":unknown", "1")],
          Array(right[1...]),
        ]
        let ends = try await HeadSender.send(wrong + [right], to: door.port(0))
        #expect(ends == wrong.map { _ in .reset(.protocolError) } + [.status("13")])
      }
    }

    @Test("Questions that nobody answers keep no others waiting while time stands still")
    func unanswered() throws {
      let spec = ClusterSpec.etcdOnly(members: 3)
      var world = World(spec)
      world.powerOn()
      world.advance(to: world.now + .seconds(30))
      for host in ["etcd-1", "etcd-2"] { try world.apply(.fail(Fault(.host(host)))) }
      world.advance(to: world.now + .seconds(10))
      let mailbox = Mailbox()
      let answers = Locked<[String]>([])
      func ask(_ request: EtcdRequest) {
        let ticket = Ticket { result in
          let text =
            switch result {
            case .success: "answered"
            case .failure(let error): error.message
            }
          answers.change { $0.append(text) }
        }
        mailbox.post(.request(member: 2, .read(request), requiresLeader: false, ticket))
      }
      let key = Key(bytes: Array("k".utf8))
      for _ in 0..<150 { ask(.put(PutRequest(key: key, value: .bytes([1])))) }
      ask(.range(RangeRequest(key: key, serializable: true)))
      var loop = ServeLoop(
        Timeline(world), desk: EtcdDesk(members: spec.etcdMachines.map(\.name), mailbox: mailbox),
        mailbox: mailbox, perMille: 1000, isPaused: true)
      loop.run(clock: { 0 }) { answers.value.count == 151 }
      let all = answers.value
      #expect(all.first == "answered", "it was asked last, and waits for nobody")
      #expect(Set(all.dropFirst()) == ["etcdserver: request timed out"])
    }

    @Test("A load of small puts is answered, every one of them")
    func load() {
      let load = DoorLoad(members: 1, clients: 20, puts: 2_000, valueBytes: 64)
      let result = load.run()
      #expect(result.puts == 2_000 && result.failures == 0)
    }
  }
#endif
