/// What a pod looks like from afar.
public struct PodState: Sendable, Equatable {
  /// As kubectl says it: `Running`, `ContainerCreating`, …
  public let status: String
  public let isReady: Bool
  public let isTerminating: Bool

  public init(_ pod: Observation.Pod) {
    status = pod.summary.status
    isReady = pod.isReady
    isTerminating = pod.isTerminating
  }
}

/// How many pods there are of each state: kept up while they change, never counted anew.
public struct PodTally: Sendable {
  /// Pods that look the same from afar.
  public struct Entry: Sendable {
    public let state: PodState
    public fileprivate(set) var count: Int
    public var status: String { state.status }
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
    let state = PodState(pod)
    guard let at = entries.firstIndex(where: { $0.state == state }) else {
      let place = entries.firstIndex { $0.status > state.status } ?? entries.endIndex
      return entries.insert(Entry(state: state, count: sign), at: place)
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
