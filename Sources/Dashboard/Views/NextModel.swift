import Basics
import Engine
import KubeAPI

/// The rows of the view of what comes next.
struct NextModel: ViewModel {
  private(set) var items: [PendingItem] = []
  private(set) var total = 0
  private let names: [String]

  static let limit = 300
  /// Of the queue of a big cluster the soonest are looked at: what is left out is further away than
  /// the heartbeats of 5,000 nodes.
  static let scan = 20_000

  init(_ world: World, showsRoutine: Bool, filter: RowFilter) {
    total = world.pendingDeliveries
    items = world.pending(limit: Self.limit, folding: !showsRoutine, scanning: Self.scan).filter {
      item in
      filter.admits(item.words, item.owner, item.topic.name, item.subject?.key.text ?? "")
    }
    names = items.map(Self.name)
  }

  /// What an item is called while it waits; a number tells equal ones apart.
  private static func name(_ item: PendingItem) -> String {
    let order = item.id.map { "\($0.order)" } ?? ""
    return "\(item.due.microseconds) \(order) \(item.process) \(item.words)"
  }

  func item(_ id: RowID?) -> PendingItem? {
    guard case .pending(let name)? = id, let at = names.firstIndex(of: name) else { return nil }
    return items[at]
  }

  func count(_ pane: Pane) -> Int? { pane == .next ? items.count : nil }

  func row(_ pane: Pane, _ index: Int) -> RowID? {
    names.indices.contains(index) ? .pending(names[index]) : nil
  }

  func index(of id: RowID, in pane: Pane) -> Int? {
    guard case .pending(let name) = id else { return nil }
    return names.firstIndex(of: name)
  }
}
