import Basics
import Engine
import KubeAPI

/// The columns of the pods' view.
enum PodColumn: Int, Sendable, CaseIterable {
  case mark, name, status, ready, node, restarts, age, ip, owner, namespace

  static let sortable: [PodColumn] = [.name, .status, .node, .restarts, .age, .owner]

  var title: String {
    switch self {
    case .mark: " "
    case .name: "NAME"
    case .status: "STATUS"
    case .ready: "READY"
    case .node: "NODE"
    case .restarts: "RESTARTS"
    case .age: "AGE"
    case .ip: "IP"
    case .owner: "OWNER"
    case .namespace: "NAMESPACE"
    }
  }

  /// What one looks for comes first: the most restarts.
  var startsDescending: Bool { self == .restarts }
}

/// Order and grouping of the pods' view.
struct PodArrangement: Sendable, Hashable {
  enum Group: String, Sendable, CaseIterable {
    case none, node, namespace, owner

    var next: Group {
      let all = Group.allCases
      return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
    }
  }

  /// Choices of columns.
  enum Choice: String, Sendable, CaseIterable {
    case all
    /// Where they are.
    case places
    /// How they fare.
    case health

    var columns: Set<PodColumn> {
      switch self {
      case .all: Set(PodColumn.allCases)
      case .places: [.mark, .name, .node, .ip, .namespace, .owner]
      case .health: [.mark, .name, .status, .ready, .restarts, .age]
      }
    }
  }

  var choice = Choice.all
  var sort = PodColumn.name
  var isDescending = false
  var group = Group.none
  /// Groups that are folded.
  var folded: Set<String> = []
}

/// The rows of the pods' view: pods by their place in the observation, under headings.
struct PodList: ViewModel {
  struct Heading: Sendable {
    let name: String
    var pods = 0
    var ready = 0
    var isFolded = false
  }

  enum Entry: Sendable {
    case heading(Heading)
    case pod(Int)
  }

  let pods: [Observation.Pod]
  private(set) var entries: [Entry]
  /// Pods in each state, the most frequent first; of those that the filter lets through.
  private(set) var counts: [(status: String, role: Int, count: Int)] = []
  let shown: Int

  init(_ observation: Observation, _ arrangement: PodArrangement, _ filter: RowFilter) {
    pods = observation.pods
    var order = Array(pods.indices)
    if !filter.isEmpty {
      order = order.filter { index in
        let pod = observation.pods[index]
        return filter.admits(
          pod.key.text, pod.summary.status, pod.node, pod.ip, pod.owner)
      }
    }
    shown = order.count
    Self.sort(&order, pods, arrangement)
    // Few states, and mostly the same one: a short list is quicker than a table.
    for index in order {
      let status = pods[index].summary.status
      if let at = counts.firstIndex(where: { $0.status == status }) {
        counts[at].count += 1
      } else {
        counts.append((status, index, 1))
      }
    }
    counts.sort { ($1.count, $0.status) < ($0.count, $1.status) }
    guard arrangement.group != .none else {
      entries = order.map { .pod($0) }
      return
    }
    entries = Self.grouped(order, pods, arrangement)
  }

  /// The observation has them by namespace and name already.
  private static func sort(
    _ order: inout [Int], _ pods: [Observation.Pod], _ arrangement: PodArrangement
  ) {
    func by<T: Comparable>(_ value: (Observation.Pod) -> T) {
      let values = pods.map(value)
      order.sort { values[$0] == values[$1] ? $0 < $1 : values[$0] < values[$1] }
    }
    switch arrangement.sort {
    case .status: by(\.summary.status)
    case .node: by(\.node)
    case .restarts: by(\.summary.restarts)
    case .age: by(\.age)
    case .owner: by(\.owner)
    default: break
    }
    if arrangement.isDescending { order.reverse() }
  }

  private static func grouped(
    _ order: [Int], _ pods: [Observation.Pod], _ arrangement: PodArrangement
  ) -> [Entry] {
    func name(_ pod: Observation.Pod) -> String {
      let name =
        switch arrangement.group {
        case .node: pod.node
        case .namespace: pod.key.namespace
        case .owner: pod.owner
        case .none: ""
        }
      return name.isEmpty ? (arrangement.group == .node ? "no node yet" : "no owner") : name
    }
    var members: [String: [Int]] = [:]
    for index in order { members[name(pods[index]), default: []].append(index) }
    var entries: [Entry] = []
    entries.reserveCapacity(order.count + members.count)
    for (name, list) in members.sorted(by: { $0.key < $1.key }) {
      let isFolded = arrangement.folded.contains(name)
      entries.append(
        .heading(
          Heading(
            name: name, pods: list.count, ready: list.count { pods[$0].isReady },
            isFolded: isFolded)))
      if !isFolded { for index in list { entries.append(.pod(index)) } }
    }
    return entries
  }

  // MARK: Rows

  func count(_ pane: Pane) -> Int? { pane == .pods ? entries.count : nil }

  func row(_ pane: Pane, _ index: Int) -> RowID? {
    guard pane == .pods, entries.indices.contains(index) else { return nil }
    switch entries[index] {
    case .heading(let heading): return .group(heading.name)
    case .pod(let place): return .pod(pods[place].uid)
    }
  }

  func index(of id: RowID, in pane: Pane) -> Int? {
    switch id {
    case .pod(let uid):
      return entries.firstIndex {
        if case .pod(let place) = $0 { pods[place].uid == uid } else { false }
      }
    case .group(let name):
      return entries.firstIndex {
        if case .heading(let heading) = $0 { heading.name == name } else { false }
      }
    default: return nil
    }
  }
}
