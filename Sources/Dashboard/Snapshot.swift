import Basics
import Engine
import KubeAPI

/// What the screen shows of a world: read off once, drawn many times.
struct Snapshot: Sendable {
  private(set) var observation: Observation
  /// The records worth reading, oldest first.
  private(set) var actions: [Observation.Action] = []
  /// Records that were left out: heartbeats, leases, events.
  private(set) var folded = 0
  private var lastTrace = TraceID.none

  private static let actionLimit = 500

  init(_ world: World) {
    observation = world.observe()
    readActions(world)
  }

  /// Whether the world has moved on since.
  func isStale(_ world: World) -> Bool {
    world.events != observation.events || world.trace.total != lastTrace.rawValue
  }

  /// Reads the world again; after a rewind the actions too are those of that moment.
  mutating func refresh(_ world: World) {
    observation = world.observe()
    if world.trace.total < lastTrace.rawValue {
      actions = []
      folded = 0
      lastTrace = .none
    }
    readActions(world)
  }

  private mutating func readActions(_ world: World) {
    for entry in world.trace.after(lastTrace) {
      if entry.record.note.isRoutine { folded += 1 } else { actions.append(world.action(entry)) }
    }
    lastTrace = TraceID(world.trace.total)
    if actions.count > Self.actionLimit * 2 {
      actions.removeFirst(actions.count - Self.actionLimit)
    }
  }

  /// The newest record about what a row stands for.
  func newestRecord(about row: RowID, in world: World) -> TraceID? {
    if case .action(let id) = row { return id }
    let scan = 50_000
    return world.trace.newest(1, scanning: scan) { entry in
      let note = entry.record.note
      switch row {
      case .node(let name):
        guard !note.isRoutine else { return false }
        return note.subject == ObjectReference(.node, ObjectKey(name: name))
      case .pod(let uid):
        guard let pod = observation.pods.first(where: { $0.uid == uid }) else { return false }
        return !note.isRoutine && note.subject == ObjectReference(.pod, pod.key)
      case .member(let name):
        return note.kind == .leadership && isRecord(entry, of: .etcd, on: name, world)
      case .control(let role, let host):
        return !note.isRoutine && isRecord(entry, of: role, on: host, world)
      case .action: return false
      }
    }.first?.id
  }

  private func isRecord(
    _ entry: Trace.Entry, of role: Process.Role, on host: String, _ world: World
  ) -> Bool {
    guard let id = entry.record.process else { return false }
    let process = world.processes[id]
    return process.role == role && world.hosts[process.host].name == host
  }
}

extension Note {
  /// What goes on all the time and tells nothing: leases, heartbeats, events.
  var isRoutine: Bool {
    guard kind == .write else { return false }
    switch subject?.kind {
    case .lease, .event: return true
    default: return false
    }
  }
}
