import Basics

/// What etcd's revisions promise beyond each key's own order: they grow with every write of the
/// whole store, so that an answer speaks of no older state than any answer that was there before it
/// was asked. With it a history of many keys is not only linearizable key by key, which by locality
/// it would be anyway, but in the one order that the revisions give.
public enum RevisionOrder {
  /// The first breach, in the order of calls, in words; nil where there is none.
  public static func breach(in history: [Operation]) -> String? {
    let answered = history.filter { $0.isAnswered && $0.revision > 0 }
    let byEnd = answered.sorted { ($0.end, $0.revision) < ($1.end, $1.revision) }
    var next = 0
    var newest: Operation?
    for operation in answered.sorted(by: { ($0.call, $0.end) < ($1.call, $1.end) }) {
      while next < byEnd.count, byEnd[next].end < operation.call {
        if byEnd[next].revision > newest?.revision ?? 0 { newest = byEnd[next] }
        next += 1
      }
      guard let newest else { continue }
      if operation.revision < newest.revision {
        return "\(operation) was asked after the answer to \(newest)"
      }
      if operation.isEffectiveWrite, operation.revision == newest.revision {
        return "\(operation) made a revision that \(newest) had seen before"
      }
    }
    return twins(answered)
  }

  /// Two writes that made the same revision.
  private static func twins(_ answered: [Operation]) -> String? {
    let writes = answered.filter(\.isEffectiveWrite).sorted { $0.revision < $1.revision }
    for (one, other) in zip(writes, writes.dropFirst()) where one.revision == other.revision {
      return "\(one) and \(other) made the same revision"
    }
    return nil
  }
}
