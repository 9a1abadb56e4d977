import Basics
import Etcd
import Foundation
import MVCC
import Testing

/// A member's state as a snapshot file, and back.
struct BackendFileTests {
  /// A cluster with revisions, tombstones, a compaction, leases and a transaction behind it.
  private func used(seed: UInt64 = 3) throws -> Cluster {
    let cluster = Cluster(3, seed: seed)
    cluster.run(for: .seconds(3))
    let leader = try #require(cluster.leader)
    guard case .leaseGrant(let lease, _)? = cluster.ask(.leaseGrant(id: 77, ttl: 600), of: leader)
    else { throw Missing() }
    for number in 0..<300 {
      _ = cluster.put(Key("/k/\(number % 40)"), "value \(number)", at: leader)
    }
    _ = cluster.ask(
      .put(PutRequest(key: "/leased", value: Blob("x"), lease: lease)), of: leader)
    for number in 0..<5 {
      _ = cluster.ask(.deleteRange(DeleteRangeRequest(key: Key("/k/\(number)"))), of: leader)
    }
    _ = cluster.ask(.compact(revision: 200), of: leader)
    _ = cluster.ask(
      .txn(
        TxnRequest(success: [
          .put(PutRequest(key: "/t/1", value: Blob("1"))),
          .put(PutRequest(key: "/t/2", value: Blob(String(repeating: "long ", count: 2_000)))),
        ])), of: leader)
    return cluster
  }
  private struct Missing: Error {}

  private func state(of cluster: Cluster) throws -> AppliedState {
    let leader = try #require(cluster.leader)
    return try #require(cluster.members[leader]?.state)
  }

  @Test func aStoreSurvivesTheFile() throws {
    let state = try state(of: try used())
    let bytes = BackendFile.snapshot(of: state)
    #expect(bytes.count % 512 == 32)
    let file = try BackendFile(snapshot: bytes)
    let store = Store(
      revisions: file.revisions, compactRevision: file.compactRevision, leases: file.leases)
    store.checkInvariants()
    #expect(store.revision == state.store.revision)
    #expect(store.compactRevision == 200)
    #expect(try store.hashKV() == state.store.hashKV())
    #expect(store.leases[77]?.keys.count == 1)
    for revision in [200, 250, store.revision] {
      let request = RangeRequest(prefix: "/", revision: revision)
      let a = try state.store.range(request)
      let b = try store.range(request)
      #expect(a.kvs.map(\.protobuf) == b.kvs.map(\.protobuf))
    }
    #expect(throws: EtcdError.compacted) {
      try store.range(RangeRequest(prefix: "/", revision: 199))
    }
  }

  @Test func aFileThatIsDamagedIsRefused() throws {
    var bytes = BackendFile.snapshot(of: try state(of: try used()))
    let status = try BackendFile.status(of: bytes)
    // A bit within a value: the pages are still in order, the hash is not.
    let place = try #require(bytes.firstRange(of: Array("value 299".utf8))).lowerBound
    bytes[place] ^= 1
    #expect(try BackendFile.status(of: bytes).hash != status.hash)
    do {
      _ = try BackendFile(snapshot: bytes)
      Issue.record("accepted")
    } catch {
      #expect(error.description.hasPrefix("expected sha256 ["))
    }
    _ = try BackendFile(snapshot: bytes, skipHashCheck: true)
    do {
      _ = try BackendFile(snapshot: Array(bytes.dropLast(32)))
      Issue.record("accepted")
    } catch {
      #expect(error.description == "snapshot missing hash but --skip-hash-check=false")
    }
  }

  @Test(arguments: [UInt64(0), 1_000_000_000])
  func aRestoredClusterElectsAndServes(bump: UInt64) throws {
    let state = try state(of: try used())
    let file = try BackendFile(snapshot: BackendFile.snapshot(of: state))
    let restored = try RestoredCluster(
      file, cluster: (1...3).map { ("m\($0)", ["https://m\($0):2380"]) }, token: "new",
      bump: bump)
    #expect(Set(restored.members.map(\.id)).isDisjoint(with: [1, 2, 3]))
    #expect(restored.clusterID != 1)
    let cluster = Cluster(restored: restored, seed: 4)
    cluster.run(for: .seconds(4))
    let leader = try #require(cluster.leader)
    let revision = try #require(cluster.put("/after", "1", at: leader))
    #expect(revision == state.store.revision + Int64(bump) + 1)
    #expect(cluster.get("/k/39", at: leader) == "value 279")
    // A watcher from before: with the bump it is told to start over, without it hears nothing.
    let watch = EtcdRequest.watchCreate(
      id: 1, WatchRequest(prefix: "/", startRevision: state.store.revision + 50),
      requireLeader: false)
    _ = cluster.ask(watch, of: leader)
    _ = cluster.put("/after", "2", at: leader)
    cluster.run(for: .seconds(1))
    #expect(cluster.canceled.contains { $0.1 == .compacted } == (bump > 0))
    #expect(cluster.watched.allSatisfy { $0.events.isEmpty })
  }

  /// Debian's etcdctl reads the file, and finds in it what we do.
  @Test func etcdsOwnToolReadsTheFile() throws {
    let tool = "/usr/bin/etcdctl"
    guard FileManager.default.isExecutableFile(atPath: tool) else {
      print("skipped: no \(tool) on this machine")
      return
    }
    let bytes = BackendFile.snapshot(of: try state(of: try used()))
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("orrery-\(UUID().uuidString).db").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = ["snapshot", "status", path, "--write-out=json"]
    process.environment = ["ETCDCTL_API": "3"]
    let pipe = Pipe()
    let errors = Pipe()
    process.standardOutput = pipe
    process.standardError = errors
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    let words = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    struct Status: Decodable {
      let hash: UInt32
      let revision: Int64
      let totalKey: Int
      let totalSize: Int
    }
    #expect(process.terminationStatus == 0, "\(String(decoding: words, as: UTF8.self))")
    let theirs = try JSONDecoder().decode(Status.self, from: output)
    let ours = try BackendFile.status(of: bytes)
    #expect(theirs.hash == ours.hash)
    #expect(theirs.revision == ours.revision)
    #expect(theirs.totalSize == ours.totalSize)
  }
}
