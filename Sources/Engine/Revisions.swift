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
  /// The record's words: what was done, and for whom.
  public let note: Note?

  public var isDeletion: Bool { object == nil }
}

extension World {
  /// The states of an object that etcd still has, the oldest first: since the last compaction, and
  /// the one that was current then.
  public func revisions(of reference: ObjectReference) -> [ObjectRevision] {
    guard let store else { return [] }
    let found = store.revisions(of: Key(Self.storageKey(of: reference)))
    return found.map { kv in
      let entry = causeOf(revision: kv.modRevision).flatMap { trace[$0] }.flatMap { entry in
        let note = entry.record.note
        return note.kind == .write && note.subject == reference ? entry : nil
      }
      return ObjectRevision(
        revision: kv.modRevision, version: kv.version,
        object: kv.isTombstone
          ? nil : StoredObject.object(in: kv.value)?.at(resourceVersion: kv.modRevision),
        at: entry?.at, write: entry?.id, note: entry?.record.note)
    }
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
