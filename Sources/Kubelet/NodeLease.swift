import Basics
import ControllerRuntime
import KubeAPI

// The heartbeat (component-helpers' lease controller): one Lease in kube-node-lease, renewed each
// 10 s with jitter 0.04. A failed renewal is tried five times at once; then the lease is looked for
// with waits of 100 ms doubling up to 7 s.
extension Kubelet {
  static let leaseNamespace = "kube-node-lease"

  /// When the lease was last renewed, on the host's monotonic clock.
  public var leaseRenewedAt: Tick? { node.leaseRenewedAt }

  private mutating func armLease(_ step: inout Step) {
    // By the moment, as the node's status: the pods of the node don't shift its heartbeats.
    var draws = draws(.leaseRenewal, step.now)
    step.effects.arm(
      TimerID(tag: Timer.lease), after: draws.jitter(config.leaseRenewInterval, by: Ratio(4, 100)))
  }

  mutating func leaseDue(_ step: inout Step) {
    if let id = node.leaseCallID {
      // The heartbeat client's own time-out is the renewal interval, and this is its end.
      heartbeatClient.cancel(id, into: &step.effects)
      node.leaseCallID = nil
      hangUp(&step)
    }
    node.leaseTry = 0
    if node.lease == nil { ensureLease(&step) } else { renewLease(&step) }
    armLease(&step)
  }

  /// Two failed heartbeats in a row close the connection, so that the next one dials anew
  /// (`onRepeatedHeartbeatFailure`). What was in flight on it is lost.
  mutating func hangUp(_ step: inout Step) {
    step.effects.hangUp()
    disconnected("http2: client connection force closed via ClientConn.Close", &step)
  }

  mutating func ensureLease(_ step: inout Step) {
    guard node.isRegistered, node.leaseCallID == nil else { return }
    let get = APIRequest(
      .get, .lease, namespace: Self.leaseNamespace, name: config.nodeName)
    node.leaseCallID = heartbeatClient.call(
      get, tag: .leaseGet, now: step.now, into: &step.effects)
  }

  private mutating func renewLease(_ step: inout Step) {
    guard var lease = node.lease else { return }
    lease.spec.renewTime = step.wall
    fill(&lease)
    var request = APIRequest(
      .update, .lease, namespace: Self.leaseNamespace, name: config.nodeName)
    request.body = .object(lease.boxed)
    node.leaseCallID = heartbeatClient.call(
      request, tag: .leaseUpdate, now: step.now, into: &step.effects)
  }

  private mutating func createLease(_ step: inout Step) {
    // Without a node there is no owner, and without an owner no lease.
    guard node.object != nil else { return leaseFailed(&step) }
    var lease = Lease(name: config.nodeName, namespace: Self.leaseNamespace)
    lease.spec.renewTime = step.wall
    fill(&lease)
    var request = APIRequest(
      .create, .lease, namespace: Self.leaseNamespace, name: config.nodeName)
    request.body = .object(lease.boxed)
    node.leaseCallID = heartbeatClient.call(
      request, tag: .leaseCreate, now: step.now, into: &step.effects)
  }

  private func fill(_ lease: inout Lease) {
    if lease.spec.holderIdentity != config.nodeName {
      lease.spec.holderIdentity = config.nodeName
    }
    lease.spec.leaseDurationSeconds = config.nodeLeaseDurationSeconds
    guard lease.metadata.ownerReferences.isEmpty, let owner = node.object else { return }
    lease.metadata.ownerReferences = [
      OwnerReference(
        apiVersion: "v1", kind: "Node", name: config.nodeName, uid: owner.metadata.uid)
    ]
  }

  mutating func leaseAnswered(_ call: Call, _ response: APIResponse, _ step: inout Step) {
    node.leaseCallID = nil
    switch (call, response) {
    case (.leaseGet, .object(let object)):
      node.lease = object.lease
      node.leaseBackoff = .milliseconds(100)
      renewLease(&step)
    case (.leaseGet, .status(let status)) where status.isNotFound:
      createLease(&step)
    case (.leaseCreate, .object(let object)), (.leaseUpdate, .object(let object)):
      let isFirst = node.leaseRenewedAt == nil
      node.lease = object.lease
      node.leaseTry = 0
      node.leaseBackoff = .milliseconds(100)
      node.leaseRenewedAt = step.now
      if isFirst { armLease(&step) }
    case (.leaseUpdate, .status(let status)) where status.isConflict || status.isNotFound:
      node.lease = nil
      ensureLease(&step)
    case (.leaseUpdate, _) where node.leaseTry < 4:
      node.leaseTry += 1
      if node.leaseTry == 2 { hangUp(&step) }
      renewLease(&step)
    default:
      leaseFailed(&step)
    }
  }

  private mutating func leaseFailed(_ step: inout Step) {
    step.effects.arm(TimerID(tag: Timer.leaseBackoff), after: node.leaseBackoff)
    node.leaseBackoff = min(node.leaseBackoff * 2, .seconds(7))
  }
}
