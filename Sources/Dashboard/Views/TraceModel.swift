import Basics
import Engine
import KubeAPI

/// Which records the trace view shows.
enum TraceScope: Sendable, Hashable {
  case all
  case component(Process.Role)
  case object(ObjectReference)
  /// A record, what caused it, and what it caused.
  case causes(TraceID)
  /// The events of the API instead of the records.
  case events
}

/// A column of the space-time diagram.
struct TraceLane: Sendable, Hashable {
  let role: Process.Role?
  /// Empty where the lane holds all hosts.
  let host: String

  /// Three letters for the head of a narrow lane.
  var label: String {
    let name =
      switch role {
      case nil, .user?: "you"
      case .etcd?: "etc"
      case .apiServer?: "api"
      case .controllerManager?: "kcm"
      case .scheduler?: "sch"
      case .cloudControllerManager?: "ccm"
      case .kubelet?: "kub"
      case .containerRuntime?: "cri"
      case .kubeProxy?: "prx"
      case .loadBalancer?: "lb"
      case .cloud?: "cld"
      }
    return host.isEmpty ? name : String(name.prefix(1)) + ControlPane.short(host)
  }

  var legend: String { (role?.name ?? "you") + (host.isEmpty ? "" : " on \(host)") }
}

/// The rows of the trace view: records by number, or events.
struct TraceModel: ViewModel {
  struct EventRow: Sendable {
    let key: ObjectKey
    let event: Event
    let last: Timestamp
  }

  let scope: TraceScope
  let showsRoutine: Bool
  let filter: String
  private(set) var ids: [TraceID] = []
  private(set) var events: [EventRow] = []
  private(set) var folded = 0
  /// How many others say the same as a record, of other machines or again.
  private(set) var more: [TraceID: Int] = [:]
  /// Records in the list, those that stand in one row with another too.
  var shown: Int { ids.count + more.values.reduce(0, +) }
  /// The last records, to see what is the same.
  private var latest: [ActionRow] = []
  private var seen = TraceID.none

  /// Records kept; older ones are dropped from the list.
  private static let limit = 5000

  init(_ scope: TraceScope, showsRoutine: Bool, filter: String) {
    self.scope = scope
    self.showsRoutine = showsRoutine
    self.filter = filter
  }

  /// Reads what is new since the last time; after a rewind everything.
  mutating func read(_ world: World) {
    if scope == .events { return readEvents(world) }
    if case .causes = scope { ids = [] }
    if world.trace.total < seen.rawValue {
      ids = []
      folded = 0
      more = [:]
      latest = []
      seen = .none
    }
    let words = RowFilter(filter)
    var related: Set<TraceID> = []
    if case .causes(let id) = scope { related = Set(world.trace.chain(from: id).map(\.id)) }
    for entry in world.trace.after(seen) {
      if case .causes(let id) = scope {
        // What comes of it hangs on something that is in already.
        if entry.id > id, related.contains(entry.cause) { related.insert(entry.id) }
        guard related.contains(entry.id) else { continue }
      } else if !showsRoutine, entry.record.note.isRoutine {
        folded += 1
        continue
      }
      if admits(entry, world, words) { add(entry, world) }
    }
    seen = TraceID(world.trace.total)
    if case .causes = scope {
      seen = .none
    }
    if ids.count > Self.limit + Self.limit / 4 { ids.removeFirst(ids.count - Self.limit) }
  }

  private mutating func add(_ entry: Trace.Entry, _ world: World) {
    if !showsRoutine, scope == .all {
      let row = ActionRow(world.action(entry))
      if let same = latest.last(where: { $0.absorbs(row) }) {
        more[same.id, default: 0] += 1
        return
      }
      latest.append(row)
      if latest.count > 4 { latest.removeFirst() }
    }
    ids.append(entry.id)
  }

  private func admits(_ entry: Trace.Entry, _ world: World, _ words: RowFilter) -> Bool {
    switch scope {
    case .component(let role):
      guard let process = entry.record.process, world.processes[process].role == role else {
        return false
      }
    case .object(let object):
      guard entry.record.note.subject == object else { return false }
    case .all, .causes, .events: break
    }
    return words.isEmpty
      || words.admits(
        entry.record.note.message, ActionText(world.action(entry)).text,
        world.name(of: entry.record.process), entry.record.note.subject?.key.text ?? "")
  }

  private mutating func readEvents(_ world: World) {
    let words = RowFilter(filter)
    events = world.objects(.event).compactMap { object in
      guard let event = object.event else { return nil }
      guard
        words.admits(
          event.reason, event.message, event.involvedObject.name, event.involvedObject.kind)
      else { return nil }
      return EventRow(
        key: object.key, event: event,
        last: event.lastSeen ?? .powerOn)
    }
    events.sort { ($0.last, $0.key) < ($1.last, $1.key) }
  }

  // MARK: Rows

  func count(_ pane: Pane) -> Int? {
    pane == .trace ? (scope == .events ? events.count : ids.count) : nil
  }

  func row(_ pane: Pane, _ index: Int) -> RowID? {
    if scope == .events {
      return events.indices.contains(index) ? .object(.event, events[index].key) : nil
    }
    return ids.indices.contains(index) ? .action(ids[index]) : nil
  }

  func index(of id: RowID, in pane: Pane) -> Int? {
    switch id {
    case .action(let record):
      // Records are in the order of their numbers.
      let at = ids.partitioningIndex { $0 >= record }
      return at < ids.count && ids[at] == record ? at : nil
    case .object(.event, let key): return events.firstIndex { $0.key == key }
    default: return nil
    }
  }
}
