import Basics
import Engine
import KubeAPI

/// The rows of the beliefs' view: who takes the chosen object for what.
struct BeliefsModel: ViewModel {
  let subject: ObjectReference?
  let beliefs: Beliefs?
  private let ids: [RowID]

  init(_ world: World, _ subject: ObjectReference?) {
    self.subject = subject
    beliefs = subject.map { world.beliefs(about: $0) }
    ids = (beliefs?.rows ?? []).map { belief in
      let process = world.processes[belief.process]
      let host = world.hosts[process.host].name
      return process.role == .etcd ? .member(host) : .control(process.role, host: host)
    }
  }

  func belief(_ id: RowID?) -> Belief? {
    guard let id, let at = ids.firstIndex(of: id) else { return nil }
    return beliefs?.rows[at]
  }

  func count(_ pane: Pane) -> Int? { pane == .beliefs ? ids.count : nil }

  func row(_ pane: Pane, _ index: Int) -> RowID? {
    pane == .beliefs && ids.indices.contains(index) ? ids[index] : nil
  }

  func index(of id: RowID, in pane: Pane) -> Int? { ids.firstIndex(of: id) }
}

extension AppState {
  /// The object a row stands for; nil where it stands for none.
  func reference(of row: RowID?) -> ObjectReference? {
    switch row {
    case .node(let name): return ObjectReference(.node, ObjectKey(name: name))
    case .pod(let uid):
      return observation.pods[uid].map { ObjectReference(.pod, $0.key) }
    case .object(let kind, let key): return ObjectReference(kind, key)
    case .action(let id): return timeline.world.trace[id]?.record.note.subject
    case .pending: return (model as? NextModel)?.item(row)?.subject
    // `/registry/pods/default/web-1@812` is a revision of it.
    case .key(let key): return World.reference(storedAs: String(key.prefix { $0 != "@" }))
    case .member, .control, .group, .controller, .host, nil: return nil
    }
  }

  /// Takes what is selected for the object of the beliefs' view, when that is opened.
  mutating func chooseBelieved() {
    if let chosen = reference(of: selectedRow) {
      views.believed = chosen
    } else if views.believed == nil {
      views.believed = reference(of: selectedRow(in: .nodes))
    }
  }

  /// To the object of the same kind before or after.
  mutating func nextBelieved(_ step: Int) {
    guard let now = views.believed else { return }
    let keys =
      now.kind == .pod
      ? observation.pods.map(\.key) : timeline.world.objects(now.kind).map(\.key)
    guard !keys.isEmpty else { return }
    let at = keys.firstIndex(of: now.key) ?? 0
    views.believed = ObjectReference(now.kind, keys[(at + step + keys.count) % keys.count])
    readModel()
    settleCursors()
  }

  /// To the next kind of which there is an object.
  mutating func nextBelievedKind() {
    let kinds: [ResourceKind] = [.node, .pod, .deployment, .replicaSet, .service, .endpointSlice]
    let at = kinds.firstIndex { $0 == views.believed?.kind } ?? kinds.count - 1
    for offset in 1...kinds.count {
      let kind = kinds[(at + offset) % kinds.count]
      guard let first = timeline.world.objects(kind).first else { continue }
      views.believed = ObjectReference(kind, first.key)
      readModel()
      settleCursors()
      return say("\(kind.plural): h and l go to another one")
    }
  }
}
