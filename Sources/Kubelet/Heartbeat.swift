import Basics
import ControllerRuntime
import KubeAPI

/// What keeps a node alive in the eyes of the cluster: its lease and its status, and the requests
/// for them.
struct Heartbeat: Sendable {
  /// Requests of heartbeats have numbers of their own.
  static let firstID: RequestID = 1 << 40

  /// Without a limit; its time-out is the renewal interval.
  var client: APIClient<KubeletWork.Call>

  var lease: Lease?
  var leaseCallID: RequestID?
  var leaseTry = 0
  var leaseBackoff = Span.milliseconds(100)
  var leaseRenewedAt: Tick?

  var statusReportedAt: Tick?
  /// Added to the report frequency after a change, so that nodes don't report in step.
  var statusDelay = Span.zero
  var isStatusInFlight = false
  /// The status in which nothing but times had changed when it was last computed with everything in
  /// order: computed again in the same state, nothing has changed again.
  var unchanged: Shared<NodeStatus>?

  /// Bookmarks of its watches that their informers are not told of yet: they come as regularly as
  /// the lease is renewed, and change as little.
  var podsBookmark: Bookmark?
  var nodeBookmark: Bookmark?

  init(user: String) {
    client = APIClient(
      user: user, qps: 0, burst: 0, timerTag: KubeletWork.Timer.heartbeat, firstID: Self.firstID)
  }
}

extension Step {
  /// The heartbeats' client, and where what it does goes.
  mutating func heartbeatClient<Result>(
    _ body: (inout APIClient<KubeletWork.Call>, inout Effects) -> Result
  ) -> Result {
    var effects = Effects()
    swap(&effects, &self.effects)
    defer { swap(&effects, &self.effects) }
    return body(&heartbeat.client, &effects)
  }

  @discardableResult
  mutating func call(_ request: APIRequest, tag: KubeletWork.Call) -> RequestID {
    let now = now
    return heartbeatClient { $0.call(request, tag: tag, now: now, into: &$1) }
  }
}

extension Step {
  /// Handles what moves the heartbeat on and leaves all else as it is: a renewal, its answer, its
  /// time-out after the answer, the computation of a status that stays the same, a bookmark. False,
  /// and nothing is done, where it may be more than that.
  ///
  /// `work` is looked at where it lies, field by field: a method called on it would be handed a copy.
  mutating func keepsBeating(_ event: KubeletEvent, _ work: UnsafePointer<KubeletWork>) -> Bool {
    guard case .client(let event) = event else { return false }
    let config = work.pointee.$config
    switch event {
    case .timer(let timer):
      switch timer.tag {
      case KubeletWork.Timer.lease:
        guard heartbeat.leaseCallID == nil, heartbeat.lease != nil else { return false }
        heartbeat.leaseTry = 0
        renewLease(config, of: work.pointee.node.object)
        armLease(config)
        return true
      case KubeletWork.Timer.heartbeat:
        return timer.payload != 0 && heartbeat.client.watch(timer.payload) == nil
      case KubeletWork.Timer.nodeStatus:
        // Would `post` find the same as it found the last time: nothing to tell?
        guard work.pointee.node.isRegistered, let current = work.pointee.node.object,
          let last = heartbeat.unchanged, current.$status.isIdentical(to: last),
          work.pointee.$runtime.wrappedValue.isSettled, !isStatusOverdue(config)
        else { return false }
        armNodeStatus(config)
        if heartbeat.isStatusInFlight { heartbeat.isStatusInFlight = false }
        return true
      default: return false
      }
    case .response(let id, .object(let object)):
      guard id >= Heartbeat.firstID, heartbeat.leaseRenewedAt != nil,
        case .leaseUpdate? = heartbeat.client.watch(id)?.tag
      else { return false }
      _ = heartbeat.client.answered(id)
      heartbeat.leaseCallID = nil
      renewed(object)
      return true
    case .watch(let id, let events):
      guard let bookmark = Bookmark(events, at: now) else { return false }
      switch work.pointee.$client.wrappedValue.watch(id)?.tag {
      case .pods?: heartbeat.podsBookmark = bookmark
      case .node?: heartbeat.nodeBookmark = bookmark
      default: break
      }
      return true
    default: return false
    }
  }
}

extension RuntimeState {
  /// Nothing that a node's status is computed from is about to change.
  var isSettled: Bool { hasStatus && lostAt == nil && isNetworkReady && !imagesChanged }
}

extension KubeletWork {
  /// Hands bookmarks over to their informers.
  mutating func takeBookmarks(_ heartbeat: inout Heartbeat) {
    guard heartbeat.podsBookmark != nil || heartbeat.nodeBookmark != nil else { return }
    pods.take(heartbeat.podsBookmark)
    nodes.take(heartbeat.nodeBookmark)
    heartbeat.podsBookmark = nil
    heartbeat.nodeBookmark = nil
  }
}
