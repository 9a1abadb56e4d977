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

  /// Pods one by one in the order of their names.
  var isPlain: Bool { group == .none && sort == .name }

  /// Whether another one has the pods in the same order; which way it is read is no matter.
  func orders(as other: PodArrangement) -> Bool { sort == other.sort && group == other.group }
}

/// The rows of the pods' view: pods under headings, looked up when they are drawn.
struct PodList: ViewModel {
  struct Heading: Sendable {
    let name: String
    var pods = 0
    var ready = 0
    var isFolded = false
    /// The row of the heading, and how many pods come before its own.
    fileprivate var row = 0
    fileprivate var before = 0
  }

  enum Entry: Sendable {
    case heading(Heading)
    case pod(Observation.Pod)
  }

  let pods: PodTable
  /// Nil where the table itself has the pods in order: all of them, by name.
  private let order: PodOrder?
  private let arrangement: PodArrangement
  private let filter: String
  private let headings: [Heading]
  private let rows: Int
  /// Pods in each state, the most frequent first; of those that the filter lets through.
  let counts: [PodTally.Entry]
  let shown: Int

  /// - Parameter old: the list shown before; where little has changed since, little is read.
  init(
    _ pods: PodTable, _ arrangement: PodArrangement, _ filter: String, after old: PodList? = nil
  ) {
    self.pods = pods
    self.arrangement = arrangement
    self.filter = filter
    if arrangement.isPlain, filter.isEmpty {
      order = nil
    } else if var order = old?.order, old?.filter == filter,
      old?.arrangement.orders(as: arrangement) == true, let before = old?.pods,
      pods.holdsSame(as: before) || pods.follows(before)
    {
      if !pods.holdsSame(as: before) { order.take(pods.changes) }
      self.order = order
    } else {
      order = PodOrder(pods, arrangement, RowFilter(filter))
    }
    let tally = order?.tally ?? pods.tally
    counts = tally.byStatus
    shown = tally.total
    headings = order.map { Self.headings($0, folded: arrangement.folded) } ?? []
    rows = headings.last.map { $0.row + 1 + ($0.isFolded ? 0 : $0.pods) } ?? shown
  }

  private static func headings(_ order: PodOrder, folded: Set<String>) -> [Heading] {
    var headings: [Heading] = []
    var (row, before) = (0, 0)
    for (name, tally) in order.groups {
      let isFolded = folded.contains(name)
      headings.append(
        Heading(
          name: name, pods: tally.total, ready: tally.ready, isFolded: isFolded, row: row,
          before: before))
      row += 1 + (isFolded ? 0 : tally.total)
      before += tally.total
    }
    return headings
  }

  // MARK: Rows

  /// What a row shows; nil beyond the last.
  func entry(_ row: Int) -> Entry? {
    guard row >= 0, row < rows else { return nil }
    guard !headings.isEmpty else { return pod(row, of: 0..<shown).map { .pod($0) } }
    // The last heading that is not below the row.
    var (low, high) = (0, headings.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if headings[middle].row <= row { low = middle } else { high = middle }
    }
    let heading = headings[low]
    if row == heading.row { return .heading(heading) }
    return pod(row - heading.row - 1, of: heading.before..<heading.before + heading.pods)
      .map { .pod($0) }
  }

  /// The pod so many places after the start of a part of the order.
  private func pod(_ offset: Int, of part: Range<Int>) -> Observation.Pod? {
    let at = arrangement.isDescending ? part.upperBound - 1 - offset : part.lowerBound + offset
    guard let order else { return pods[at] }
    return pods[order.ranks.entry(at: at).value]
  }

  func count(_ pane: Pane) -> Int? { pane == .pods ? rows : nil }

  func row(_ pane: Pane, _ index: Int) -> RowID? {
    guard pane == .pods else { return nil }
    switch entry(index) {
    case .heading(let heading): return .group(heading.name)
    case .pod(let pod): return .pod(pod.uid)
    case nil: return nil
    }
  }

  func index(of id: RowID, in pane: Pane) -> Int? {
    switch id {
    case .pod(let uid):
      guard let order else {
        return pods.index(of: uid).map { arrangement.isDescending ? shown - 1 - $0 : $0 }
      }
      guard let pod = pods[uid] else { return nil }
      let rank = order.rank(of: pod)
      guard order.ranks.contains(rank) else { return nil }
      let at = order.ranks.rank(of: rank)
      guard !headings.isEmpty else { return arrangement.isDescending ? shown - 1 - at : at }
      let group = order.group(of: pod)
      guard let heading = headings.first(where: { $0.name == group }), !heading.isFolded else {
        return nil
      }
      let offset = at - heading.before
      return heading.row + 1 + (arrangement.isDescending ? heading.pods - 1 - offset : offset)
    case .group(let name): return headings.first { $0.name == name }?.row
    default: return nil
    }
  }
}
