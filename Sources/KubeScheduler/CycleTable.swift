import KubeAPI

/// The tables of one scheduling cycle, kept until the next one fills them anew: they are what the
/// cycle works with, so that to have them for display costs nothing.
struct CycleTable: Sendable {
  struct ScoreColumn: Sendable {
    var plugin: Plugin
    /// By position in `feasible`.
    var raw: [Int64] = []
    var normalized: [Int64] = []
  }

  /// By slot.
  var verdicts: [Verdict] = []
  /// The slots of the feasible nodes, in the order in which they were found.
  var feasible: [Int32] = []
  var columns: [ScoreColumn] = []
  /// The weighted sums, by position in `feasible`.
  var totals: [Int64] = []
  /// How many nodes were looked at.
  var evaluated = 0
  var skippedScores: [Plugin] = []
  var nominatedNodeUsed = false

  mutating func reset(slots: Int) {
    feasible.removeAll(keepingCapacity: true)
    columns.removeAll(keepingCapacity: true)
    totals.removeAll(keepingCapacity: true)
    skippedScores.removeAll(keepingCapacity: true)
    evaluated = 0
    nominatedNodeUsed = false
    verdicts.removeAll(keepingCapacity: true)
    for _ in 0..<slots { verdicts.append(.unknown) }
  }

  /// The highest total and how many nodes have it.
  var best: (total: Int64, count: Int) {
    var best = (total: Int64.min, count: 0)
    for total in totals {
      if total > best.total {
        best = (total, 1)
      } else if total == best.total {
        best.count += 1
      }
    }
    return best
  }
}
