import Basics
import Engine
import KubeAPI

/// What the screen shows of a world: read off once, drawn many times.
struct Snapshot: Sendable {
  private(set) var observation: Observation
  /// The records worth reading, oldest first.
  private(set) var actions: [ActionRow] = []
  /// Records that were left out: heartbeats, leases, events.
  private(set) var folded = 0
  /// The names of the masters, in order: a walk over thousands of machines.
  private(set) var masters: [String]
  /// The Events by what they are about, where somebody looks at them.
  private(set) var events = EventIndex()
  /// When something turned, by the records that the last look read.
  private(set) var turns: [Tick] = []
  private var lastTrace = TraceID.none
  /// The future that it shows.
  private var branch: BranchID = 0

  private static let actionLimit = 500

  init(_ world: World) {
    observation = world.observe()
    masters = Self.masters(of: world)
    readActions(world)
  }

  /// Whether the world has moved on since.
  func isStale(_ world: World) -> Bool {
    world.events != observation.events || world.trace.total != lastTrace.rawValue
  }

  /// Reads the world again; after a rewind the actions too are those of that moment.
  mutating func refresh(_ world: World, branch now: BranchID) {
    // After a step back the past is another one: everything is read again.
    let isOther = now != branch || world.now < observation.now
    branch = now
    masters = Self.masters(of: world)
    if isOther || world.trace.total < lastTrace.rawValue {
      observation = world.observe()
      events.forget()
    } else {
      world.update(&observation)
    }
    if isOther || world.trace.total < lastTrace.rawValue {
      actions = []
      folded = 0
      lastTrace = .none
    }
    readActions(world)
  }

  private static func masters(of world: World) -> [String] {
    world.hostIDs(.master).map { world.hosts[$0].name }
  }

  /// Reads the Events, for a view that shows those of what is selected.
  mutating func readEvents(_ world: World) { events.update(from: world) }

  private mutating func readActions(_ world: World) {
    turns = []
    for entry in world.trace.after(lastTrace) {
      if entry.record.note.isTurn { turns.append(entry.at) }
      if entry.record.note.isRoutine {
        folded += 1
      } else {
        add(world.action(entry))
      }
    }
    lastTrace = TraceID(world.trace.total)
    if actions.count > Self.actionLimit * 2 {
      actions.removeFirst(actions.count - Self.actionLimit)
    }
  }

  /// What every node does at the same moment, as kube-proxy, takes one row.
  private mutating func add(_ action: Observation.Action) {
    let row = ActionRow(action)
    for index in actions.indices.suffix(4).reversed() where actions[index].absorbs(row) {
      actions[index].more += 1
      return
    }
    actions.append(row)
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
          || (note.kind == .input && note.message.hasPrefix("node/\(name) "))
      case .pod(let uid):
        guard let pod = observation.pods[uid] else { return false }
        return !note.isRoutine && note.subject == ObjectReference(.pod, pod.key)
      case .member(let name):
        return note.kind == .leadership && isRecord(entry, of: .etcd, on: name, world)
          || isInput(note, .etcd, name)
      case .control(let role, let host):
        return !note.isRoutine
          && (isRecord(entry, of: role, on: host, world) || isInput(note, role, host))
      case .object(let kind, let key): return note.subject == ObjectReference(kind, key)
      case .action, .group, .key, .controller, .host, .pending: return false
      }
    }.first?.id
  }

  /// Whether a person did something to this process.
  private func isInput(_ note: Note, _ role: Process.Role, _ host: String) -> Bool {
    note.kind == .input
      && (note.message.hasPrefix("\(role.name) on \(host) ")
        || note.message.hasPrefix("process/\(host)/\(role.name) "))
  }

  private func isRecord(
    _ entry: Trace.Entry, of role: Process.Role, on host: String, _ world: World
  ) -> Bool {
    guard let id = entry.record.process else { return false }
    let process = world.processes[id]
    return process.role == role && world.hosts[process.host].name == host
  }
}

/// A record worth reading, and how many others say the same, of other machines or again.
struct ActionRow: Sendable {
  let action: Observation.Action
  var more = 0
  /// The message without the machine it is about; empty where it may not be folded.
  private let common: String

  var id: TraceID { action.id }

  init(_ action: Observation.Action) {
    self.action = action
    let message = action.note.message
    let host = action.who.firstIndex(of: "@").map { action.who[action.who.index(after: $0)...] }
    if action.role == .kubeProxy, let host, let range = message.firstRange(of: " on \(host) ") {
      common = message[..<range.lowerBound] + " " + message[range.upperBound...]
    } else if action.note.kind == .failure || message.contains(" asks for pre-votes ") {
      // The same, tried again and again: only figures differ.
      common = "\(action.who) \(message.filter { !$0.isNumber })"
    } else {
      common = ""
    }
  }

  func absorbs(_ other: ActionRow) -> Bool {
    guard !common.isEmpty, common == other.common else { return false }
    return action.role != .kubeProxy || other.action.at - action.at < .seconds(1)
  }
}

extension Note {
  /// A leader or a person's hand: what one goes back to, to take another way from there.
  var isTurn: Bool { kind == .input || kind == .leadership }

  /// What goes on all the time and tells nothing: leases, heartbeats, events.
  var isRoutine: Bool {
    guard kind == .write else { return false }
    switch subject?.kind {
    case .lease, .event: return true
    default: return false
    }
  }
}
