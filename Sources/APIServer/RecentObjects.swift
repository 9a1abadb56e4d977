import KubeAPI
import MVCC

/// The objects of the revisions that API servers were told of last, so that servers that hear of one
/// revision share one object: it is immutable, and three copies of it are two too many.
///
/// It decides nothing: a server that finds nothing here makes its own.
public struct RecentObjects: Sendable {
  private struct Entry: Sendable {
    let kv: KeyValue
    let object: APIObject
  }

  /// By revision.
  private var ring: [Entry?] = []
  /// How far a server may lag behind the first and still share.
  private static let capacity = 256

  public init() {}

  /// The object of this very revision, as the API shows it; nil where it holds none.
  mutating func object(of kv: KeyValue) -> APIObject? {
    let slot = Int(kv.modRevision & Int64(Self.capacity - 1))
    if !ring.isEmpty, let entry = ring[slot], entry.kv === kv { return entry.object }
    guard let object = kv.object else { return nil }
    if ring.isEmpty { ring = Array(repeating: nil, count: Self.capacity) }
    ring[slot] = Entry(kv: kv, object: object)
    return object
  }
}
