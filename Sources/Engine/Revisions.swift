import Basics
import KubeAPI
import MVCC
import SimulationKernel

/// One state of an object in etcd's history.
public struct ObjectRevision: Sendable {
  public let revision: Int64
  /// How many writes the object had had; 0 for its deletion.
  public let version: Int64
  /// Nil for the deletion.
  public let object: APIObject?
  /// When it was written and what wrote it, while the trace still holds that.
  public let at: Tick?
  public let write: TraceID?
  /// `updated pod default/web-1 at revision 812 for system:node:worker-1`.
  public let words: String?

  public var isDeletion: Bool { object == nil }
}

extension World {
  /// The states of an object that etcd still has, the oldest first: since the last compaction, and
  /// the one that was current then.
  public func revisions(of reference: ObjectReference) -> [ObjectRevision] {
    guard let store else { return [] }
    let found = store.revisions(of: Key(Self.storageKey(of: reference)))
    let records = writes(of: reference, at: found.map(\.modRevision))
    return found.map { kv in
      let entry = records[kv.modRevision]
      return ObjectRevision(
        revision: kv.modRevision, version: kv.version,
        object: kv.isTombstone
          ? nil : StoredObject.object(in: kv.value)?.at(resourceVersion: kv.modRevision),
        at: entry?.at, write: entry?.id, words: entry?.record.note.message)
    }
  }

  /// The records of an object's writes, while the trace holds them.
  ///
  /// - Parameter revisions: in ascending order.
  private func writes(
    of reference: ObjectReference, at revisions: [Int64]
  ) -> LookupTable<Int64, Trace.Entry> {
    var records = LookupTable<Int64, Trace.Entry>()
    // They are in the order of the revisions, but for a few answers that overtake each other.
    let slack = 64
    for revision in revisions.reversed() {
      let place = firstCause(atOrAfter: revision)
      let near =
        max(revisionCauses.startIndex, place - slack)..<min(revisionCauses.endIndex, place + slack)
      guard !near.isEmpty, revisionCauses[near.lowerBound].revision <= revision + Int64(slack)
      else { break }
      for at in near where revisionCauses[at].revision == revision {
        guard let entry = trace[revisionCauses[at].cause], entry.record.note.kind == .write,
          entry.record.note.subject == reference
        else { continue }
        records[revision] = entry
      }
    }
    return records
  }

  /// Where the cause of this revision is, give or take those that were overtaken.
  private func firstCause(atOrAfter revision: Int64) -> Int {
    var (low, high) = (revisionCauses.startIndex, revisionCauses.endIndex)
    while low < high {
      let middle = (low + high) / 2
      if revisionCauses[middle].revision < revision { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// `/registry/pods/default/web-1`.
  static func storageKey(of reference: ObjectReference) -> String {
    reference.kind.registryPrefix
      + (reference.kind.isNamespaced
        ? reference.key.namespace + "/" + reference.key.name : reference.key.name)
  }

  /// What changed in an object from one revision to another; nil where etcd has not both.
  public func diff(
    of reference: ObjectReference, from old: Int64, to new: Int64
  ) -> [FieldChange]? {
    let all = revisions(of: reference)
    guard let a = all.first(where: { $0.revision == old }),
      let b = all.first(where: { $0.revision == new })
    else { return nil }
    return FieldDiff.between(a.object, b.object)
  }
}
