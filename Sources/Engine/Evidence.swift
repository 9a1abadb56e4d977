import Basics
import KubeAPI
import MVCC
import SimulationKernel

/// What is known of the past: a world's trace and store, and those of the keyframes before it,
/// which reach further back.
struct Evidence {
  let world: World
  /// Older copies of the same world, the newest last.
  let older: [Keyframe]
  /// The record of each revision's write, and of the decision told after a write.
  private var writes = LookupTable<Int64, TraceID>()
  private var tales = LookupTable<TraceID, TraceID>()

  init(_ world: World, older: [Keyframe] = []) {
    self.world = world
    self.older = older
    index(world.trace)
  }

  private mutating func index(_ trace: Trace) {
    var found: [(Int64, TraceID)] = []
    var told: [(TraceID, TraceID)] = []
    _ = trace.newest(1, scanning: .max) { entry in
      let note = entry.record.note
      if note.kind == .write, note.revision > 0 {
        found.append((note.revision, entry.id))
      } else if note.kind == .decision, let rule = note.basis?.rule,
        rule == "manageReplicas" || rule == "rollout"
      {
        told.append((entry.cause, entry.id))
      }
      return false
    }
    for (revision, id) in found { writes[revision] = id }
    for (cause, id) in told { tales[cause] = id }
  }

  /// A record, from the trace or from that of a keyframe that still has it.
  subscript(id: TraceID) -> Trace.Entry? {
    if id == .none { return nil }
    if let entry = world.trace[id] { return entry }
    guard let keyframe = older.first(where: { $0.world.trace.total >= id.rawValue }) else {
      return nil
    }
    return keyframe.world.trace[id]
  }

  /// The newest record before this one that is wanted, as far as this world's trace reaches.
  func newest(before id: TraceID, _ isWanted: (Trace.Entry) -> Bool) -> Trace.Entry? {
    world.trace.newest(1, scanning: .max) { $0.id < id && isWanted($0) }.first
  }

  /// The record of the write that made a revision.
  func write(_ revision: Int64) -> Trace.Entry? {
    if let id = writes[revision] { return self[id] }
    // The first keyframe whose store has come so far has the record, if any has.
    guard revision > 0,
      let keyframe = older.first(where: { ($0.world.store?.revision ?? 0) >= revision })
    else { return nil }
    return keyframe.world.trace.newest(1, scanning: .max) {
      $0.record.note.revision == revision && $0.record.note.kind == .write
    }.first
  }

  /// The decision that was told once a write had succeeded.
  func tale(of write: TraceID) -> Trace.Entry? { tales[write].flatMap { self[$0] } }

  /// The newest write after which the field has had the value it has now (nil: it is not there).
  /// Where etcd has compacted what came before, the keyframe before that still has it.
  func lastWriter(_ object: ObjectReference, _ path: String?) -> Trace.Entry? {
    let key = Key(World.storageKey(of: object))
    var value: String??
    var candidate: Int64?
    var here: World? = world
    while let world = here {
      let history = (world.store?.revisions(of: key) ?? []).filter {
        $0.modRevision < candidate ?? .max
      }
      for kv in history.reversed() {
        let state = path.flatMap { path in
          StoredObject.object(in: kv.value).flatMap { FieldDiff.value(at: path, of: $0) }
        }
        if path == nil { return write(kv.modRevision) }
        if value == nil {
          value = .some(state)
        } else if value != .some(state) || kv.isTombstone && state != nil {
          return candidate.flatMap { write($0) }
        }
        candidate = kv.modRevision
        // It was created with this value.
        if kv.version == 1 { return write(kv.modRevision) }
      }
      guard let oldest = candidate else { break }
      here = older.last { ($0.world.store?.revision ?? 0) < oldest }?.world
      if let next = here, next.store?.get(key) == nil { break }
    }
    return candidate.flatMap { write($0) } ?? newestRecord(about: object)
  }

  func newestRecord(about object: ObjectReference) -> Trace.Entry? {
    world.trace.newest(1, scanning: .max) { $0.record.note.subject == object }.first
  }
}
