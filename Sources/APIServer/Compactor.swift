import Basics
import Etcd
import KubeAPI
import MVCC

/// Compaction of etcd every five minutes down to what was current five minutes before. The servers
/// agree who does it by the version of one key (storage/etcd3/compact.go).
struct Compactor: Sendable {
  /// The key's version as last seen: the compactors' common clock.
  var time: Int64 = 0
  /// The revision as last seen, to be compacted to next.
  var revision: Int64 = 0
}

extension APIServer {
  mutating func compact(into effects: inout Effects) {
    effects.arm(TimerID(tag: TimerTag.compactor), after: configuration.compactionInterval)
    let key = StorageKey.compactRevision
    let put = PutRequest(key: key, value: Blob(String(compactor.revision)))
    let txn = TxnRequest(
      compare: [Compare(key: key, .equal, .version(compactor.time))], success: [.put(put)],
      failure: [.range(RangeRequest(key: key))])
    ask(.txn(txn), for: .compactor, into: &effects)
  }

  mutating func compacted(
    _ answer: Result<EtcdResponse, EtcdError>, into effects: inout Effects
  ) {
    guard case .success(.txn(let result)) = answer else { return }
    guard result.succeeded else {
      // Another server was faster: its clock is the clock.
      if case .range(let found)? = result.responses.first, let kv = found.kvs.first {
        compactor.time = kv.version
      }
      compactor.revision = result.revision
      return
    }
    let target = compactor.revision
    compactor.time += 1
    compactor.revision = result.revision
    guard target > 0 else { return }
    effects.note(.decision, nil, "compacts etcd to revision \(target)")
    ask(.compact(revision: target), for: .compactor, into: &effects)
  }
}
