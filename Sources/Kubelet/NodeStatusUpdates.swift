import Basics
import ControllerRuntime
import KubeAPI

// The node's status (`kubelet_node_status.go`): computed each 10 s, posted when it changed or when
// 5 minutes have passed, with up to five tries.
extension KubeletWork {
  func armNodeStatus(_ step: inout Step) { step.armNodeStatus($config) }

  mutating func nodeStatusDue(_ step: inout Step) {
    armNodeStatus(&step)
    step.heartbeat.isStatusInFlight = false
    syncNodeStatus(&step)
  }

  /// `syncNodeStatus`: from the informer's copy first, from the API when that is stale.
  mutating func syncNodeStatus(_ step: inout Step) {
    guard node.isRegistered, !step.heartbeat.isStatusInFlight, let current = node.object else {
      return
    }
    post(current, tryNumber: 0, &step)
  }

  private mutating func post(_ current: Node, tryNumber: Int, _ step: inout Step) {
    var wanted = current
    setNodeStatus(&wanted, &step)
    let isChanged = Self.hasChanged(current.status, wanted.status)
    let frequency = config.nodeStatusReportFrequency
    let wasReported = step.heartbeat.statusReportedAt != nil
    guard isChanged || step.isStatusOverdue($config) else {
      step.heartbeat.unchanged = runtime.isSettled ? current.$status : nil
      return
    }
    // `calculateDelay`: ±50 % after a change, none after a report that was due.
    var draws = draws(.statusDelay, step.now)
    step.heartbeat.statusDelay =
      isChanged || !wasReported
      ? draws.span(.zero, frequency) - frequency / 2 : .zero
    var request = APIRequest(.update, .node, name: config.nodeName)
    request.subresource = .status
    request.body = .object(wanted.boxed)
    step.heartbeat.isStatusInFlight = true
    step.call(request, tag: .nodeStatus(tryNumber: tryNumber))
  }

  mutating func nodeStatusAnswered(
    _ tryNumber: Int, _ response: APIResponse, _ step: inout Step
  ) {
    step.heartbeat.isStatusInFlight = false
    if case .object(let object) = response {
      step.heartbeat.statusReportedAt = step.now
      if let object = object.node { adopt(object) }
      return
    }
    guard tryNumber < 4, let status = isFailure(response), !status.isNotFound else { return }
    if tryNumber == 1 { hangUp(&step) }
    step.heartbeat.isStatusInFlight = true
    let get = APIRequest(.get, .node, name: config.nodeName)
    step.call(get, tag: .nodeForStatus(tryNumber: tryNumber + 1))
  }

  mutating func nodeForStatusAnswered(
    _ tryNumber: Int, _ response: APIResponse, _ step: inout Step
  ) {
    step.heartbeat.isStatusInFlight = false
    guard case .object(let object) = response, let current = object.node else {
      nodeStatusAnswered(tryNumber, response, &step)
      return
    }
    adopt(current)
    post(current, tryNumber: tryNumber, &step)
  }

  /// `fastStatusUpdateOnce`: after the start a node that becomes ready says so within 100 ms
  /// instead of at the next 10 s.
  mutating func armFastStatus(_ step: inout Step) {
    guard !node.isFastDone, !node.isFastArmed, node.isRegistered else { return }
    node.isFastArmed = true
    step.effects.arm(TimerID(tag: Timer.fastStatus), after: .milliseconds(100))
  }

  mutating func fastStatusDue(_ step: inout Step) {
    node.isFastArmed = false
    guard !node.isFastDone, let current = node.object else { return }
    if current.status.conditions.isTrue("Ready") || step.now - startedAt > .seconds(120) {
      node.isFastDone = true
      return
    }
    guard readyProblems(step.now).isEmpty else { return }
    node.isFastDone = true
    syncNodeStatus(&step)
  }

  /// Whether anything but heartbeat times differs.
  private static func hasChanged(_ old: NodeStatus, _ new: NodeStatus) -> Bool {
    var old = old
    for at in old.conditions.indices where at < new.conditions.count {
      if new.conditions[at].type == old.conditions[at].type {
        old.conditions[at].lastHeartbeatTime = new.conditions[at].lastHeartbeatTime
      }
    }
    return old != new
  }
}

extension Step {
  mutating func armNodeStatus(_ config: Shared<KubeletConfig>) {
    var draws = KubeletWork.draws(config, .nodeStatus, now)
    effects.arm(
      TimerID(tag: KubeletWork.Timer.nodeStatus),
      after: draws.jitter(config.wrappedValue.nodeStatusUpdateFrequency, by: Ratio(4, 100)))
  }

  /// True too where none was ever reported.
  func isStatusOverdue(_ config: Shared<KubeletConfig>) -> Bool {
    let wait = config.wrappedValue.nodeStatusReportFrequency + heartbeat.statusDelay
    return heartbeat.statusReportedAt.map { now - $0 >= wait } ?? true
  }
}
