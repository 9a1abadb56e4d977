/// The text of a scheduling failure (`framework.FitError`): how many nodes say what, sorted as text.
struct FitError {
  /// Refusals and how many nodes have each.
  private var counts: [(text: String, count: Int)] = []
  let nodeCount: Int

  init(nodeCount: Int) { self.nodeCount = nodeCount }

  mutating func add(_ text: String, _ count: Int) {
    if let at = counts.firstIndex(where: { $0.text == text }) {
      counts[at].count += count
    } else {
      counts.append((text, count))
    }
  }

  /// `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s). …`
  func message(preFilter: String = "", postFilter: String = "") -> String {
    var message = "0/\(nodeCount) nodes are available:"
    if !preFilter.isEmpty {
      message += " " + preFilter + "."
    } else if !counts.isEmpty {
      // "10 x" comes before "2 y": the counts are part of the text that is sorted.
      let lines = counts.map { "\($0.count) \($0.text)" }.sorted()
      message += " " + lines.joined(separator: ", ") + "."
    }
    return postFilter.isEmpty ? message : message + " " + postFilter
  }

  /// What the verdicts of a cycle say.
  init(_ table: CycleTable, _ state: CycleState, _ cache: SchedulerCache) {
    self.init(nodeCount: cache.nodeCount)
    var words: [(verdict: Verdict, count: Int)] = []
    for slot in cache.tree.order where table.verdicts[Int(slot)].isRefusal {
      let verdict = table.verdicts[Int(slot)]
      if let at = words.firstIndex(where: { $0.verdict == verdict }) {
        words[at].count += 1
      } else {
        words.append((verdict, 1))
      }
    }
    for (verdict, count) in words {
      for text in state.texts(verdict) { add(text, count) }
    }
  }

  static let noNodes = "no nodes available to schedule pods"
}
