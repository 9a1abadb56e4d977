import Basics
import KubeAPI

/// What a controller has asked for and not yet seen in its cache (`ControllerExpectations`).
///
/// Until the pods it created or deleted have come back through the informer, or five minutes have
/// passed, a replica set is not counted again: a stale cache would make it create twice.
struct ControllerExpectations: Sendable {
  private struct Entry: Sendable {
    var creations: Int
    var deletions = LookupSet<ObjectKey>()
    var setAt: Tick
  }

  /// `ExpectationsTimeout`.
  static let timeout = Span.minutes(5)

  private var entries = LookupTable<ObjectKey, Entry>()

  mutating func expectCreations(_ key: ObjectKey, _ count: Int, now: Tick) {
    entries[key] = Entry(creations: count, setAt: now)
  }

  mutating func expectDeletions(_ key: ObjectKey, _ pods: [ObjectKey], now: Tick) {
    var entry = Entry(creations: 0, setAt: now)
    for pod in pods { entry.deletions.insert(pod) }
    entries[key] = entry
  }

  mutating func creationObserved(_ key: ObjectKey) {
    guard let creations = entries[key]?.creations, creations > 0 else { return }
    entries[key]?.creations = creations - 1
  }

  mutating func deletionObserved(_ key: ObjectKey, pod: ObjectKey) {
    _ = entries[key]?.deletions.remove(pod)
  }

  mutating func delete(_ key: ObjectKey) { entries.removeValue(forKey: key) }

  func isSatisfied(_ key: ObjectKey, now: Tick) -> Bool {
    guard let entry = entries[key] else { return true }
    return (entry.creations <= 0 && entry.deletions.isEmpty)
      || now - entry.setAt > Self.timeout
  }
}
