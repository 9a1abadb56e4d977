import Basics
import KubeAPI
import MVCC

/// What a restore of a snapshot took away: the difference between the last state of the cluster
/// before and the snapshot's.
public final class RestoreReport: Sendable {
  public struct Loss: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
      /// It was made after the snapshot: it is gone.
      case created
      /// It was changed after the snapshot: it is as it was.
      case changed
      /// It was deleted after the snapshot: it is back.
      case deleted
    }
    public let object: ObjectReference
    public let kind: Kind
    /// The newest revision of it before the restore; 0 for one that had been deleted.
    public let revision: Int64

    /// `deployment default/web was created after it (revision 812): gone`
    public var text: String {
      switch kind {
      case .created: "\(object.text) was made after it (revision \(revision)): gone"
      case .changed: "\(object.text) was changed after it (revision \(revision)): as it was before"
      case .deleted: "\(object.text) was deleted after it: back again"
      }
    }
  }

  /// What tells the cluster before from the snapshot.
  struct Difference {
    let snapshotRevision: Int64
    let revisionBefore: Int64
    let losses: [Loss]
    let routine: Int
  }

  /// The record of the restore.
  public let record: TraceID
  public let at: Tick
  public let host: String
  public let snapshotRevision: Int64
  /// What the cluster's newest revision was before.
  public let revisionBefore: Int64
  /// Heartbeats and Events are counted only.
  public let losses: [Loss]
  public let routine: Int
  private let restore: EtcdRestore

  init(of restore: EtcdRestore, _ difference: Difference, record: TraceID, at: Tick) {
    self.record = record
    self.at = at
    host = restore.host
    snapshotRevision = difference.snapshotRevision
    revisionBefore = difference.revisionBefore
    losses = difference.losses
    routine = difference.routine
    self.restore = restore
  }

  /// Whether another member is given the same: the snapshot, and what is made of it.
  func isAlso(_ other: EtcdRestore) -> Bool {
    restore.bump == other.bump && restore.snapshot == other.snapshot
  }

  /// What became of an object; nil where the restore left it as it was.
  public func loss(of object: ObjectReference) -> Loss? { losses.first { $0.object == object } }
}

extension RestoreReport.Difference {
  /// What differs between two stores, in the order of the keys.
  init(from before: MVCC.Store, to restored: MVCC.Store) {
    let all = RangeRequest(prefix: Key("/registry/"), serializable: true)
    let old = (try? before.range(all))?.kvs ?? []
    let new = (try? restored.range(all))?.kvs ?? []
    var losses: [RestoreReport.Loss] = []
    var routine = 0
    func add(_ kv: KeyValue, _ kind: RestoreReport.Loss.Kind) {
      guard let object = World.reference(storedAs: kv.key.text) else { return }
      if object.kind == .lease || object.kind == .event {
        routine += 1
      } else {
        losses.append(
          RestoreReport.Loss(
            object: object, kind: kind, revision: kind == .deleted ? 0 : kv.modRevision))
      }
    }
    var at = (old: 0, new: 0)
    while at.old < old.count || at.new < new.count {
      if at.new == new.count || at.old < old.count && old[at.old].key < new[at.new].key {
        add(old[at.old], .created)
        at.old += 1
      } else if at.old == old.count || new[at.new].key < old[at.old].key {
        add(new[at.new], .deleted)
        at.new += 1
      } else {
        // The same key: the same life of it, at another revision, or another life.
        let (a, b) = (old[at.old], new[at.new])
        if a.modRevision != b.modRevision { add(a, .changed) }
        at.old += 1
        at.new += 1
      }
    }
    snapshotRevision = restored.revision
    revisionBefore = before.revision
    self.losses = losses
    self.routine = routine
  }

  /// What the record of the restore rests on.
  var basis: Basis {
    Basis(
      "etcdutl snapshot restore",
      inputs: [
        Basis.Input("newest revision before", String(revisionBefore), .server),
        Basis.Input("revision of the snapshot", String(snapshotRevision), .server),
        Basis.Input("heartbeats and Events between them", String(routine), .server),
      ],
      alternatives: losses.prefix(40).map {
        Basis.Alternative($0.object.text, by: "left out", $0.text)
      })
  }
}

extension World {
  /// `/registry/pods/default/web-1` is a pod.
  public static func reference(storedAs path: String) -> ObjectReference? {
    for kind in ResourceKind.allCases where path.hasPrefix(kind.registryPrefix) {
      let parts = path.dropFirst(kind.registryPrefix.count).split(separator: "/").map(String.init)
      if kind.isNamespaced, parts.count == 2 {
        return ObjectReference(kind, ObjectKey(namespace: parts[0], name: parts[1]))
      }
      if !kind.isNamespaced, parts.count == 1 {
        return ObjectReference(kind, ObjectKey(name: parts[0]))
      }
    }
    return nil
  }

  /// Why the last restore did not bring an object, or not as it was.
  func whyNotRestored(_ object: ObjectReference) -> WhyNot {
    var chain = RequirementChain("why did the restore not bring \(object.text)?")
    chain.require(
      restores.last.map {
        "a snapshot was restored: at \($0.at.clock), revision \($0.snapshotRevision)"
      } ?? "a snapshot was restored", !restores.isEmpty)
    guard let report = restores.last else {
      return chain.answer(WhyNot.Waiter(nil, "nobody has restored one: etcdutl snapshot restore"))
    }
    let loss = report.loss(of: object)
    let isThere = self.object(object.kind, object.key) != nil
    switch loss?.kind {
    case .created?:
      chain.require(
        "the snapshot holds it: it was taken at revision \(report.snapshotRevision), and \(loss?.text ?? "")",
        false)
    case .changed?:
      chain.require("the snapshot holds it", true)
      chain.require(
        "it was not changed between the snapshot and the restore: \(loss?.text ?? "")", false)
    case .deleted?, nil:
      chain.require("the snapshot holds it as it was", isThere || loss != nil)
    }
    if loss == nil || loss?.kind == .deleted {
      return chain.answer(
        isThere || loss != nil
          ? nil : WhyNot.Waiter(nil, "it was not there when the snapshot was restored either"))
    }
    // Whoever owns it may make it again.
    chain.require(
      isThere ? "it was made again since" : "somebody makes it again", isThere)
    return chain.answer(
      WhyNot.Waiter(
        nil,
        "revisions \(report.snapshotRevision + 1) to \(report.revisionBefore) are lost for good: "
          + "only who wrote it can write it again"))
  }
}
