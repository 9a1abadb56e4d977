import Basics
import ControllerRuntime
import KubeAPI

// The heartbeat (component-helpers' lease controller): one Lease in kube-node-lease, renewed each
// 10 s with jitter 0.04. A failed renewal is tried five times at once; then the lease is looked for
// with waits of 100 ms doubling up to 7 s.
extension KubeletWork {
  static let leaseNamespace = "kube-node-lease"

  private func armLease(_ step: inout Step) { step.armLease($config) }

  mutating func leaseDue(_ step: inout Step) {
    if let id = step.heartbeat.leaseCallID {
      // The heartbeat client's own time-out is the renewal interval, and this is its end.
      step.heartbeatClient { $0.cancel(id, into: &$1) }
      step.heartbeat.leaseCallID = nil
      hangUp(&step)
    }
    step.heartbeat.leaseTry = 0
    if step.heartbeat.lease == nil { ensureLease(&step) } else { renewLease(&step) }
    armLease(&step)
  }

  /// Two failed heartbeats in a row close the connection, so that the next one dials anew
  /// (`onRepeatedHeartbeatFailure`). What was in flight on it is lost.
  mutating func hangUp(_ step: inout Step) {
    step.effects.hangUp()
    disconnected("http2: client connection force closed via ClientConn.Close", &step)
  }

  mutating func ensureLease(_ step: inout Step) {
    guard node.isRegistered, step.heartbeat.leaseCallID == nil else { return }
    let get = APIRequest(
      .get, .lease, namespace: Self.leaseNamespace, name: config.nodeName)
    step.heartbeat.leaseCallID = step.call(get, tag: .leaseGet)
  }

  private func renewLease(_ step: inout Step) { step.renewLease($config, of: node.object) }

  private mutating func createLease(_ step: inout Step) {
    // Without a node there is no owner, and without an owner no lease.
    guard node.object != nil else { return leaseFailed(&step) }
    var lease = Lease(name: config.nodeName, namespace: Self.leaseNamespace)
    step.fill(&lease, $config, of: node.object)
    var request = APIRequest(
      .create, .lease, namespace: Self.leaseNamespace, name: config.nodeName)
    request.body = .object(lease.boxed)
    step.heartbeat.leaseCallID = step.call(request, tag: .leaseCreate)
  }

  mutating func leaseAnswered(_ call: Call, _ response: APIResponse, _ step: inout Step) {
    step.heartbeat.leaseCallID = nil
    switch (call, response) {
    case (.leaseGet, .object(let object)):
      step.heartbeat.lease = object.lease
      step.heartbeat.leaseBackoff = .milliseconds(100)
      renewLease(&step)
    case (.leaseGet, .status(let status)) where status.isNotFound:
      createLease(&step)
    case (.leaseCreate, .object(let object)), (.leaseUpdate, .object(let object)):
      let isFirst = step.heartbeat.leaseRenewedAt == nil
      step.renewed(object)
      if isFirst { armLease(&step) }
    case (.leaseUpdate, .status(let status)) where status.isConflict || status.isNotFound:
      step.heartbeat.lease = nil
      ensureLease(&step)
    case (.leaseUpdate, _) where step.heartbeat.leaseTry < 4:
      step.heartbeat.leaseTry += 1
      if step.heartbeat.leaseTry == 2 { hangUp(&step) }
      renewLease(&step)
    default:
      leaseFailed(&step)
    }
  }

  private mutating func leaseFailed(_ step: inout Step) {
    step.effects.arm(TimerID(tag: Timer.leaseBackoff), after: step.heartbeat.leaseBackoff)
    step.heartbeat.leaseBackoff = min(step.heartbeat.leaseBackoff * 2, .seconds(7))
  }
}

// The usual heartbeat, apart from the kubelet's work, which it only looks at.
extension Step {
  mutating func armLease(_ config: Shared<KubeletConfig>) {
    // By the moment, as the node's status: the pods of the node don't shift its heartbeats.
    var draws = KubeletWork.draws(config, .leaseRenewal, now)
    effects.arm(
      TimerID(tag: KubeletWork.Timer.lease),
      after: draws.jitter(config.wrappedValue.leaseRenewInterval, by: Ratio(4, 100)))
  }

  mutating func renewLease(_ config: Shared<KubeletConfig>, of node: Node?) {
    guard var lease = heartbeat.lease else { return }
    fill(&lease, config, of: node)
    var request = APIRequest(
      .update, .lease, namespace: KubeletWork.leaseNamespace, name: config.wrappedValue.nodeName)
    request.body = .object(lease.boxed)
    heartbeat.leaseCallID = call(request, tag: .leaseUpdate)
  }

  mutating func renewed(_ object: APIObject) {
    heartbeat.lease = object.lease
    heartbeat.leaseTry = 0
    heartbeat.leaseBackoff = .milliseconds(100)
    heartbeat.leaseRenewedAt = now
  }

  /// What a kubelet writes into its lease: the time, and once who it is.
  func fill(_ lease: inout Lease, _ config: Shared<KubeletConfig>, of node: Node?) {
    lease.spec.renewTime = wall
    let name = config.wrappedValue.nodeName
    if lease.spec.holderIdentity != name { lease.spec.holderIdentity = name }
    lease.spec.leaseDurationSeconds = config.wrappedValue.nodeLeaseDurationSeconds
    guard lease.metadata.ownerReferences.isEmpty, let node else { return }
    lease.metadata.ownerReferences = [
      OwnerReference(apiVersion: "v1", kind: "Node", name: name, uid: node.metadata.uid)
    ]
  }
}
