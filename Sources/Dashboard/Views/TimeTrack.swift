import Basics
import Engine

/// What the timeline strip shows of the past: a few figures for each virtual second that was seen.
struct TimeTrack: Sendable {
  struct Moment: Sendable, Hashable {
    var second: UInt64
    /// Hosts that led: etcd, controller manager, scheduler; empty for nobody.
    var leaders: [String]
    var faults: Int
    /// A quorum of etcd and an API server: something can be written.
    var canWrite: Bool
    var notReady: Int
    var revision: Int64
  }

  /// The components whose leaders are drawn.
  static let components = ["etcd", "kube-controller-manager", "kube-scheduler"]
  private static let limit = 20_000

  private(set) var moments: [Moment] = []
  /// When a leader changed or people did something: by the records, not by when somebody looked.
  private(set) var turns: [Tick] = []
  /// What turns within this of another is the same happening.
  private static let together = TimeSpan.milliseconds(50)

  /// Notes the present. What lies behind `end` has become another future and is forgotten.
  ///
  /// - Parameter newTurns: in order; those that are known already may be among them.
  mutating func note(_ observation: Observation, end: Tick, newTurns: [Tick]) {
    while let turn = turns.last, turn > end { turns.removeLast() }
    for turn in newTurns where turns.last.map({ turn > $0 + Self.together }) ?? true {
      turns.append(turn)
    }
    let last = end.microseconds / 1_000_000
    while let moment = moments.last, moment.second > last { moments.removeLast() }
    let second = observation.now.microseconds / 1_000_000
    let moment = Moment(
      second: second,
      leaders: Self.components.map { Self.leader(of: $0, observation) },
      faults: observation.faults.count,
      canWrite: observation.hasQuorum
        && observation.control.contains { $0.role == .apiServer && $0.state == .running },
      notReady: observation.nodes.count - observation.nodes.readyCount,
      revision: observation.revision)
    if let newest = moments.last, newest.second < second {
      moments.append(moment)
    } else if moments.isEmpty {
      moments.append(moment)
    } else {
      let at = index(at: second)
      if moments[at].second == second { moments[at] = moment }
    }
    if moments.count > Self.limit { thin() }
  }

  /// Every other one of the older half goes.
  private mutating func thin() {
    let half = moments.count / 2
    moments = moments.enumerated().filter { $0.offset >= half || $0.offset % 2 == 0 }
      .map(\.element)
  }

  private static func leader(of component: String, _ observation: Observation) -> String {
    if component == "etcd" {
      return observation.members.filter { $0.state == .running && $0.role == .leader }
        .max { $0.term < $1.term }?.name ?? ""
    }
    return observation.control.first { $0.role.name == component && $0.isLeader }?.host ?? ""
  }

  /// The last moment not later than `second`; the first one where there is none.
  func index(at second: UInt64) -> Int {
    max(moments.partitioningIndex { $0.second > second } - 1, 0)
  }

  /// The next turn, or the one before.
  func turn(from now: Tick, isForward: Bool) -> Tick? {
    let next = turns.partitioningIndex { isForward ? $0 > now : $0 >= now }
    guard !isForward else { return next < turns.count ? turns[next] : nil }
    return next > 0 ? turns[next - 1] : nil
  }
}
