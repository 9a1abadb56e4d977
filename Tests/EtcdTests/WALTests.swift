import Basics
import MVCC
import Raft
import Testing

@testable import Etcd

/// What a disk amounts to after a start, whatever of the last write came through.
@Suite struct WALTests {
  private func entry(_ index: UInt64, term: UInt64 = 1) -> WALRecord {
    .entry(Entry(term: term, index: index, data: .bytes([UInt8(term)])))
  }

  private func hard(_ term: UInt64, _ commit: UInt64) -> WALRecord {
    .hardState(HardState(term: term, vote: 0, commit: commit))
  }

  private func snapshot(_ index: UInt64, installed: Bool) -> WALRecord {
    let confState = ConfState(voters: [1, 2, 3])
    return .snapshot(Snapshot(index: index, term: 1, confState: confState), installed: installed)
  }

  private func check(
    _ records: [WALRecord], snapshot: UInt64 = 0, entries: String, commit: UInt64,
    at location: SourceLocation = #_sourceLocation
  ) {
    let log = RecoveredLog(records)
    let text = log.entries.map { "\($0.index).\($0.term)" }.joined(separator: " ")
    #expect(log.snapshot.index == snapshot, sourceLocation: location)
    #expect(text == entries, sourceLocation: location)
    #expect(log.hardState.commit == commit, sourceLocation: location)
  }

  @Test func laterEntriesReplaceEarlierOnes() {
    check([entry(1), entry(2), entry(3), hard(1, 1)], entries: "1.1 2.1 3.1", commit: 1)
    check([entry(1), entry(2), entry(3), entry(2, term: 2)], entries: "1.1 2.2", commit: 0)
  }

  @Test func ofATornWriteTheEntriesThatCameThroughStand() {
    // The hard state of the write did not come through, or speaks of entries that did not.
    check([entry(1), hard(1, 1), entry(2)], entries: "1.1 2.1", commit: 1)
    check([entry(1), hard(1, 4)], entries: "1.1", commit: 1)
  }

  @Test func aMembersOwnSnapshotLeavesWhatFollowsIt() {
    check(
      [entry(1), entry(2), entry(3), entry(4), hard(1, 3), snapshot(3, installed: false)],
      snapshot: 3, entries: "4.1", commit: 3)
    // Without its hard state the snapshot may be ahead of what is known to be committed.
    check(
      [entry(1), entry(2), entry(3), hard(1, 2), snapshot(3, installed: false)],
      entries: "1.1 2.1 3.1", commit: 2)
  }

  @Test func anInstalledSnapshotReplacesTheLog() {
    let before = [entry(1), entry(2), entry(3, term: 1), hard(1, 1)]
    check(
      before + [snapshot(9, installed: true), hard(2, 9), entry(10, term: 2)],
      snapshot: 9, entries: "10.2", commit: 9)
    check(before + [snapshot(9, installed: true)], entries: "1.1 2.1 3.1", commit: 1)
    // The log went on beyond the snapshot's index, and conflicted with it.
    check(
      [entry(1), entry(2), entry(3), snapshot(2, installed: true), hard(2, 2)],
      snapshot: 2, entries: "", commit: 2)
  }

  @Test func recordsAreReleasedOnlyBehindWhatTheSnapshotCovers() {
    var marks = WALMarks(nextRecord: 0, lastIndex: 0)
    for batch in 0..<5 {
      marks.wrote((1...1024).map { entry(UInt64(batch * 1024 + $0)) })
    }
    #expect(marks.nextRecord == 5120)
    var early = marks
    #expect(early.release(snapshot: 1000, record: 5120) == nil)
    #expect(marks.release(snapshot: 3000, record: 5120) == 2048)
    #expect(marks.release(snapshot: 5120, record: 5120) == 5120)
    #expect(marks.release(snapshot: 5120, record: 5120) == 5120)
  }

  @Test func requestsEncodeToBytesThatTellThemApart() {
    let put = PutRequest(key: "k", value: Blob("v"))
    var leased = put
    leased.lease = 1
    let operations: [InternalRequest.Operation] = [
      .put(put), .put(leased), .deleteRange(DeleteRangeRequest(key: "k")),
      .txn(TxnRequest(success: [.put(put)])), .txn(TxnRequest(failure: [.put(put)])),
      .compact(revision: 1), .leaseGrant(id: 1, ttl: 2), .leaseRevoke(id: 1),
      .alarm(Alarm(memberID: 1, kind: .noSpace), isRaised: true),
      .alarm(Alarm(memberID: 1, kind: .noSpace), isRaised: false),
    ]
    let encodings = operations.map { InternalRequest(id: 7, $0).encoded() }
    #expect(Set(encodings).count == operations.count)
    #expect(InternalRequest(id: 7, .put(put)).encoded() == encodings[0])
    #expect(InternalRequest(id: 8, .put(put)).encoded() != encodings[0])
  }
}
