import Basics

/// What the node lifecycle controller knows of each node's heartbeat, side by side: whoever asks for
/// all deadlines goes over thousands.
struct NodeHealthTable: Sendable {
  typealias Health = NodeLifecycleController.Health

  struct Entry: Sendable {
    let name: String
    var health: Health
  }

  /// In the order in which the nodes came; the last takes the place of one that goes.
  private(set) var entries: [Entry] = []
  private var places = LookupTable<String, Int>()

  subscript(name: String) -> Health? { places[name].map { entries[$0].health } }

  /// Changes what is known of a node in place; false, and `body` not called, where nothing is.
  @discardableResult
  mutating func modify(_ name: String, _ body: (inout Health) -> Void) -> Bool {
    guard let place = places[name] else { return false }
    body(&entries[place].health)
    return true
  }

  /// Takes in a node of which nothing is known yet.
  mutating func insert(_ name: String, _ health: Health) {
    places[name] = entries.count
    entries.append(Entry(name: name, health: health))
  }

  mutating func remove(_ name: String) {
    guard let place = places.removeValue(forKey: name) else { return }
    let last = entries.removeLast()
    guard place < entries.count else { return }
    entries[place] = last
    places[last.name] = place
  }
}
