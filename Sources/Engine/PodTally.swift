/// What a pod looks like from afar.
public struct PodState: Sendable {
  /// As kubectl says it: `Running`, `ContainerCreating`, …
  public let status: String
  public let isReady: Bool
  public let isTerminating: Bool

  init(_ pod: Observation.Pod) {
    status = pod.summary.status
    isReady = pod.isReady
    isTerminating = pod.isTerminating
  }
}

/// How many pods there are of each state: kept up while they change, never counted anew.
public struct PodTally: Sendable {
  /// Pods that look the same from afar.
  public struct Entry: Sendable {
    /// As kubectl says it: `Running`, `ContainerCreating`, …
    public let status: String
    public let isReady: Bool
    public let isTerminating: Bool
    public fileprivate(set) var count: Int
  }

  /// A few: in the order of their names, those of one name the most frequent first where asked.
  public private(set) var entries: [Entry] = []
  public private(set) var total = 0
  public private(set) var ready = 0

  public init() {}

  /// Takes a pod in, or with a `sign` of -1 out.
  public mutating func take(_ pod: Observation.Pod, sign: Int) {
    total += sign
    if pod.isReady { ready += sign }
    let at = entries.firstIndex {
      $0.isReady == pod.isReady && $0.isTerminating == pod.isTerminating
        && $0.status == pod.summary.status
    }
    guard let at else {
      let place = entries.firstIndex { $0.status > pod.summary.status } ?? entries.endIndex
      entries.insert(
        Entry(
          status: pod.summary.status, isReady: pod.isReady, isTerminating: pod.isTerminating,
          count: sign), at: place)
      return
    }
    entries[at].count += sign
    if entries[at].count == 0 { entries.remove(at: at) }
  }

  /// The states, the most frequent first, each with the look that most of its pods have.
  public var byStatus: [Entry] {
    var found: [(entry: Entry, largest: Int)] = []
    for entry in entries {
      if let last = found.last, last.entry.status == entry.status {
        let sum = last.entry.count + entry.count
        if entry.count > last.largest { found[found.count - 1] = (entry, entry.count) }
        found[found.count - 1].entry.count = sum
      } else {
        found.append((entry, entry.count))
      }
    }
    return found.map(\.entry).sorted { ($1.count, $0.status) < ($0.count, $1.status) }
  }
}
