import Basics

/// How a leader sends to one follower.
public enum ProgressState: UInt8, Sendable, Hashable {
  /// One append a heartbeat interval at most, until the follower says where its log ends.
  case probe
  /// Appends follow one another without waiting for answers.
  case replicate
  /// A snapshot is under way; no appends.
  case snapshot
}

/// What a leader knows of one member's log. Invariant: match < next.
public struct Progress: Sendable {
  /// The highest index known to be in the follower's log.
  public internal(set) var match: UInt64
  /// The index of the next entry to send.
  public internal(set) var next: UInt64
  /// The highest commit index sent.
  private var sentCommit: UInt64 = 0
  public private(set) var state = ProgressState.probe
  /// The index of the snapshot under way, in `snapshot`.
  public internal(set) var pendingSnapshot: UInt64 = 0
  /// Whether anything was heard since the last CheckQuorum.
  public internal(set) var isRecentlyActive = false
  /// Set when no append may be sent until the follower answers something.
  var isAppendPaused = false
  public internal(set) var inflights: Inflights
  public internal(set) var isLearner: Bool

  init(match: UInt64, next: UInt64, inflights: Inflights, isLearner: Bool) {
    self.match = match
    self.next = next
    self.inflights = inflights
    self.isLearner = isLearner
  }

  public var isPaused: Bool { state == .snapshot || isAppendPaused }

  private mutating func reset(to state: ProgressState) {
    isAppendPaused = false
    pendingSnapshot = 0
    self.state = state
    inflights.reset()
  }

  mutating func becomeProbe() {
    // A snapshot just sent is taken as received: probing goes on behind it.
    let base = state == .snapshot ? max(match, pendingSnapshot) : match
    reset(to: .probe)
    next = base + 1
    sentCommit = min(sentCommit, next - 1)
  }

  mutating func becomeReplicate() {
    reset(to: .replicate)
    next = match + 1
  }

  mutating func becomeSnapshot(_ index: UInt64) {
    reset(to: .snapshot)
    pendingSnapshot = index
    next = index + 1
    sentCommit = index
  }

  mutating func sent(entries: Int, bytes: UInt64) {
    switch state {
    case .replicate:
      if entries > 0 {
        next += UInt64(entries)
        inflights.add(index: next - 1, bytes: bytes)
      }
      // When full, a heartbeat's answer lets one empty append out, lest lost ones stall the rest.
      isAppendPaused = inflights.isFull
    case .probe:
      if entries > 0 { isAppendPaused = true }
    case .snapshot:
      preconditionFailure("append to a follower in snapshot: next=\(next)")
    }
  }

  mutating func sent(commit: UInt64) { sentCommit = commit }

  /// Whether telling the follower of commit `index` would move its own.
  func canBumpCommit(_ index: UInt64) -> Bool { index > sentCommit && sentCommit < next - 1 }

  /// Notes that the follower has everything up to `index`; false for old news.
  mutating func update(match index: UInt64) -> Bool {
    guard index > match else { return false }
    match = index
    next = max(next, index + 1)
    isAppendPaused = false
    return true
  }

  /// Steps back after the follower rejected an append behind `rejected`; false for old news.
  mutating func decrease(rejected: UInt64, hint: UInt64) -> Bool {
    if state == .replicate {
      guard rejected > match else { return false }
      next = match + 1
    } else {
      guard next - 1 == rejected else { return false }
      next = max(hint < rejected ? hint + 1 : rejected, match + 1)
      isAppendPaused = false
    }
    sentCommit = min(sentCommit, next - 1)
    return true
  }
}

extension Progress: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(match)
    digest.combine(next)
    digest.combine(sentCommit)
    digest.combine(pendingSnapshot)
    digest.combine(UInt64(state.rawValue))
    digest.combine(isRecentlyActive)
    digest.combine(isAppendPaused)
    digest.combine(isLearner)
    inflights.digest(into: &digest)
  }
}

extension Progress: CustomStringConvertible {
  public var description: String {
    let name =
      switch state {
      case .probe: "StateProbe"
      case .replicate: "StateReplicate"
      case .snapshot: "StateSnapshot"
      }
    var text = "\(name) match=\(match) next=\(next)"
    if isLearner { text += " learner" }
    if isPaused { text += " paused" }
    if pendingSnapshot > 0 { text += " pendingSnap=\(pendingSnapshot)" }
    if !isRecentlyActive { text += " inactive" }
    if inflights.count > 0 {
      text += " inflight=\(inflights.count)" + (inflights.isFull ? "[full]" : "")
    }
    return text
  }
}
