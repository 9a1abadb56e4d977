#if Doors
  import Basics
  import Engine
  import Foundation
  import GRPCCore
  import SwiftProtobuf
  import Testing

  @testable import Gateway

  /// The door beside the real etcd of the system's packages: the same requests, the same answers.
  @Suite(.serialized)
  struct DifferentialTests {
    /// A difference that comes from the version, Debian's etcd being 3.4 or 3.5 and the world's 3.6:
    /// what the real one says, to which requests, and why.
    struct KnownDifference: Sendable {
      let versions: [String]
      let real: String
      let reason: String
      let applies: @Sendable (Operation, _ compactRevision: Int64) -> Bool
    }

    static let knownDifferences = [
      KnownDifference(
        versions: ["3.4", "3.5"],
        real: "outOfRange: etcdserver: mvcc: required revision has been compacted",
        reason: """
          the hash at the compacted revision itself is refused there; 3.6 refuses only those below \
          (server/storage/mvcc/kvstore.go, hashByRev)
          """,
        applies: { operation, compactRevision in
          if case .hashKV(let request) = operation {
            request.revision == compactRevision
          } else {
            false
          }
        })
    ]

    @Test("2,100 operations and 28 watches", arguments: [1] as [UInt64])
    func sameAnswers(seed: UInt64) async throws {
      guard let real = try await RealEtcd() else {
        print("skipped: no etcd here (Debian's etcd-server)")
        return
      }
      defer { real.stop() }
      // Faster than real: what waits for a timer of the world takes no time of the test's.
      try await DoorUnderTest.with(
        spec: .etcdOnly(members: 1, seed: seed), perMille: 20_000
      ) { door in try await compare(real, door, seed: seed) }
    }

    private func compare(_ real: RealEtcd, _ door: DoorUnderTest, seed: UInt64) async throws {
      try await WireClient.with(port: real.port) { try await $0.waitUntilServing() }
      var run = Run(version: real.version, source: OperationSource(seed: seed))
      // The real one resets the stream of each answered request, and the client takes 200 of these
      // for an attack: a new connection before that.
      for chunk in 0..<14 {
        run = try await WireClient.with(port: real.port) { realClient in
          try await WireClient.with(port: door.port(0)) { doorClient in
            var run = run
            try await run.operations(150, real: realClient, door: doorClient)
            if chunk % 2 == 1 { try await run.watches(4, real: realClient, door: doorClient) }
            return run
          }
        }
      }
      #expect(run.count >= 2000)
      #expect(run.refusals > 100, "errors are compared too")
    }

    /// One run against both.
    struct Run: Sendable {
      let version: String
      var source: OperationSource
      var count = 0
      var refusals = 0
      var mismatches = 0

      mutating func operations(
        _ number: Int, real: WireClient, door: WireClient
      ) async throws {
        for _ in 0..<number {
          let operation = source.next()
          count += 1
          async let ours = door.outcome(operation)
          async let theirs = real.outcome(operation)
          let (found, wanted) = (try await ours, try await theirs)
          if wanted.isRefusal { refusals += 1 }
          let before = source.revision
          source.revision = max(source.revision, wanted.revision)
          if case .compact(let request) = operation, !wanted.isRefusal {
            source.compactRevision = request.revision
          }
          guard found.text != wanted.text, !isKnown(operation, wanted.text) else { continue }
          let request = operation.message.textFormatString()
          Issue.record(
            """
            operation \(count): \(type(of: operation.message))
            \(request)
            etcd \(version): \(wanted.text)
            door: \(found.text)
            """)
          // Where the stores have parted, everything after that would differ.
          mismatches += 1
          if mismatches == 8 || max(found.revision, wanted.revision) > before { throw Stop() }
        }
      }

      struct Stop: Error {}

      private func isKnown(_ operation: Operation, _ wanted: String) -> Bool {
        DifferentialTests.knownDifferences.contains {
          $0.versions.contains(version) && $0.real == wanted
            && $0.applies(operation, source.compactRevision)
        }
      }

      /// Opens watches on both and compares what they are told up to the present.
      mutating func watches(_ number: Int, real: WireClient, door: WireClient) async throws {
        for _ in 0..<number {
          let request = source.watch()
          async let ours = door.watch(request)
          async let theirs = real.watch(request)
          let (found, wanted) = (try await ours, try await theirs)
          #expect(
            found == wanted, "watch \(request.textFormatString()) at \(source.revision)")
        }
      }
    }
  }

  /// An answer or a refusal, without what differs by its nature: who answers, and in which term.
  struct Outcome: Sendable {
    let text: String
    let isRefusal: Bool
    let revision: Int64
  }

  extension WireResponseHeader {
    var revisionAlone: WireResponseHeader {
      var header = WireResponseHeader()
      header.revision = revision
      return header
    }
  }

  extension WireClient {
    func outcome(_ operation: Operation) async throws -> Outcome {
      do {
        switch operation {
        case .range(let request):
          var answer = try await call(
            "etcdserverpb.KV", "Range", request, WireRangeResponse.self)
          answer.header = answer.header.revisionAlone
          return Self.told(answer, answer.header)
        case .put(let request):
          var answer = try await call("etcdserverpb.KV", "Put", request, WirePutResponse.self)
          answer.header = answer.header.revisionAlone
          return Self.told(answer, answer.header)
        case .deleteRange(let request):
          var answer = try await call(
            "etcdserverpb.KV", "DeleteRange", request, WireDeleteRangeResponse.self)
          answer.header = answer.header.revisionAlone
          return Self.told(answer, answer.header)
        case .txn(let request):
          var answer = try await call("etcdserverpb.KV", "Txn", request, WireTxnResponse.self)
          answer.header = answer.header.revisionAlone
          return Self.told(answer, answer.header)
        case .compact(let request):
          var answer = try await call(
            "etcdserverpb.KV", "Compact", request, WireCompactionResponse.self)
          answer.header = answer.header.revisionAlone
          return Self.told(answer, answer.header)
        case .grant(let request):
          var answer = try await call(
            "etcdserverpb.Lease", "LeaseGrant", request, WireLeaseGrantResponse.self)
          answer.header = answer.header.revisionAlone
          return Self.told(answer, answer.header)
        case .revoke(let request):
          var answer = try await call(
            "etcdserverpb.Lease", "LeaseRevoke", request, WireLeaseRevokeResponse.self)
          answer.header = answer.header.revisionAlone
          return Self.told(answer, answer.header)
        case .timeToLive(let request):
          var answer = try await call(
            "etcdserverpb.Lease", "LeaseTimeToLive", request, WireLeaseTimeToLiveResponse.self)
          answer.header = answer.header.revisionAlone
          // Time passes for each at its own pace; that it passes at all is tested elsewhere. The
          // real one keeps a lease's keys in no order.
          if answer.ttl > 0 { answer.ttl = answer.grantedTtl }
          answer.keys.sort { $0.lexicographicallyPrecedes($1) }
          return Self.told(answer, answer.header)
        case .leases:
          var answer = try await call(
            "etcdserverpb.Lease", "LeaseLeases", WireLeaseLeasesRequest(),
            WireLeaseLeasesResponse.self)
          answer.header = answer.header.revisionAlone
          // By their end with the real one, by their number with the door.
          answer.leases.sort { $0.id < $1.id }
          return Self.told(answer, answer.header)
        case .hashKV(let request):
          var answer = try await call(
            "etcdserverpb.Maintenance", "HashKV", request, WireHashKVResponse.self)
          answer.header = answer.header.revisionAlone
          // Told since 3.6.
          answer.hashRevision = 0
          return Self.told(answer, answer.header)
        }
      } catch let error as RPCError {
        return Outcome(
          text: "\(error.code): \(error.message)", isRefusal: true, revision: 0)
      }
    }

    private static func told(_ message: some Message, _ header: WireResponseHeader) -> Outcome {
      Outcome(text: message.textFormatString(), isRefusal: false, revision: header.revision)
    }

    /// What one watch is told until nothing more comes, one line each.
    func watch(_ create: WireWatchCreateRequest) async throws -> [String] {
      var request = WireWatchRequest()
      request.createRequest = create
      let (requests, continuation) = AsyncStream<WireWatchRequest>.makeStream()
      continuation.yield(request)
      let lines = Lines()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try await stream(
            "etcdserverpb.Watch", "Watch", requests, WireWatchResponse.self
          ) { response in
            lines.add(response)
            return true
          }
        }
        // Until nothing new has come for a while.
        var before = -1
        while lines.count != before || lines.count == 0 {
          before = lines.count
          try await Task.sleep(for: .milliseconds(250))
        }
        continuation.finish()
        group.cancelAll()
        while (try? await group.next()) != nil {}
      }
      return lines.all
    }

    func waitUntilServing() async throws {
      var range = WireRangeRequest()
      range.key = Data("health".utf8)
      for _ in 0..<100 {
        if (try? await call("etcdserverpb.KV", "Range", range, WireRangeResponse.self)) != nil {
          return
        }
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }

  /// A watch's news as text; how they were cut into answers is left out.
  private final class Lines: Sendable {
    private let lines = Locked<[String]>([])

    func add(_ response: WireWatchResponse) {
      lines.change { lines in
        if response.created || response.canceled {
          lines.append(
            "created \(response.created) canceled \(response.canceled) watch \(response.watchID) "
              + "revision \(response.header.revision) compacted \(response.compactRevision) "
              + response.cancelReason)
        }
        lines += response.events.map { $0.textFormatString() }
      }
    }

    var count: Int { lines.value.count }
    var all: [String] { lines.value }
  }
#endif
