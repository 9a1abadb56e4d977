import Basics
import ControllerRuntime
import KubeAPI

/// Deletes pods from nodes with NoExecute taints when their tolerations run out
/// (`pkg/controller/tainteviction`).
public struct TaintEvictionController: Controller {
  private enum Step {
    static let get = 1
    static let status = 2
    static let delete = 3
  }

  /// A deletion that is planned or done.
  struct Plan: Sendable {
    var createdAt: Tick
    var dueAt: Tick
    var isDone = false
    /// For the trace: the tolerated time, zero where nothing tolerates the taint.
    var tolerated: Span
    var node: String
  }

  public let name = "taint-eviction-controller"
  /// Each deletion runs on its own in the real controller; the client's rate limit holds them back.
  public let workers = 1000
  public let watches: [ResourceKind] = [.node, .pod]
  public let retryDelays = (base: Span.milliseconds(10), ceiling: Span.seconds(10))
  private var tainted = LookupTable<String, [Taint]>()
  private(set) var plans = LookupTable<ObjectKey, Plan>()

  public init() {}

  // MARK: Changes

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    switch delta.object.body {
    case .node(let node): observe(delta, node, &context)
    case .pod(let pod): observe(delta, pod, &context)
    default: break
    }
  }

  private mutating func observe(
    _ delta: Delta, _ node: Node, _ context: inout ControllerContext
  ) {
    let name = node.metadata.name
    if case .deleted = delta {
      tainted.removeValue(forKey: name)
      return
    }
    let taints = node.spec.taints.filter { $0.effect == "NoExecute" }
    if taints == tainted[name] ?? [] { return }
    tainted[name] = taints.isEmpty ? nil : taints
    for (key, object) in context[.pod].onNode(name) {
      if taints.isEmpty {
        cancel(key, "the taints are gone from \(name)", &context)
      } else if let pod = object.pod {
        judge(pod, taints, &context)
      }
    }
  }

  private mutating func observe(_ delta: Delta, _ pod: Pod, _ context: inout ControllerContext) {
    switch delta {
    case .deleted: return cancel(pod.key, "the pod is gone", &context)
    case .updated(let old, _):
      guard let before = old.pod,
        before.spec.nodeName != pod.spec.nodeName
          || (before.$spec.isIdentical(to: pod.$spec) == false
            && before.spec.tolerations != pod.spec.tolerations)
      else { return }
    case .added: break
    }
    guard !pod.spec.nodeName.isEmpty, let taints = tainted[pod.spec.nodeName] else { return }
    judge(pod, taints, &context)
  }

  /// Plans, hastens or calls off a pod's deletion (`processPodOnNode`).
  private mutating func judge(
    _ pod: Pod, _ taints: [Taint], _ context: inout ControllerContext
  ) {
    let used = taints.map { taint in pod.spec.tolerations.first { $0.tolerates(taint) } }
    let isTolerated = used.allSatisfy { $0 != nil }
    guard isTolerated else {
      cancel(pod.key, "it goes at once", &context)
      return plan(pod, createdAt: context.now, tolerated: .zero, &context)
    }
    // Every toleration that matches a taint counts, not only the first.
    let seconds = pod.spec.tolerations
      .filter { toleration in taints.contains { toleration.tolerates($0) } }
      .compactMap(\.tolerationSeconds).min()
    guard let seconds else {
      return cancel(pod.key, "it tolerates the taints for ever", &context)
    }
    let tolerated = Span.seconds(Int(max(0, seconds)))
    var createdAt = context.now
    if let earlier = plans[pod.key], !earlier.isDone {
      createdAt = earlier.createdAt
      if createdAt + tolerated < context.now + tolerated { return }
      cancel(pod.key, "its time is counted anew", &context)
    }
    plan(pod, createdAt: createdAt, tolerated: tolerated, &context)
  }

  private mutating func plan(
    _ pod: Pod, createdAt: Tick, tolerated: Span, _ context: inout ControllerContext
  ) {
    if plans[pod.key]?.isDone == true { return }
    plans[pod.key] = Plan(
      createdAt: createdAt, dueAt: createdAt + tolerated, tolerated: tolerated,
      node: pod.spec.nodeName)
    if tolerated > .zero {
      context.notice(
        pod.reference,
        "\(name) will delete pod \(pod.metadata.name) from \(pod.spec.nodeName) "
          + "in \(tolerated.wholeSeconds)s", basis(pod.spec.nodeName, tolerated)
      )
    }
    context.enqueue(pod.reference, after: tolerated)
  }

  private func basis(_ node: String, _ tolerated: Span) -> Basis {
    let taints = (tainted[node] ?? []).map { "\($0.key):\($0.effect)" }
    return Basis(
      "processPodOnNode",
      inputs: [
        Basis.Input(
          "spec.taints", taints.isEmpty ? "none" : taints.joined(separator: ", "),
          of: ObjectReference(.node, ObjectKey(name: node)))
      ],
      // What DefaultTolerationSeconds adds to every pod.
      parameters: [
        Basis.Parameter(
          "tolerationSeconds", String(tolerated.wholeSeconds), isDefault: tolerated == .seconds(300)
        )
      ])
  }

  private mutating func cancel(
    _ key: ObjectKey, _ why: String, _ context: inout ControllerContext
  ) {
    guard let plan = plans.removeValue(forKey: key), !plan.isDone else { return }
    context.decide(
      ObjectReference(.pod, key), "\(name) cancels the deletion of pod \(key.name): \(why)")
    context.event(
      target(key), reason: "TaintManagerEviction",
      message: "Cancelling deletion of Pod \(key.text)")
  }

  private func target(_ key: ObjectKey) -> TargetReference {
    var target = TargetReference()
    target.apiVersion = "v1"
    target.kind = "Pod"
    target.namespace = key.namespace
    target.name = key.name
    return target
  }

  // MARK: Deleting

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    guard let plan = plans[key.key], !plan.isDone else { return }
    if plan.dueAt > context.now {
      return context.enqueue(key, after: plan.dueAt - context.now)
    }
    let why =
      plan.tolerated > .zero
      ? "toleration of \(plan.tolerated.wholeSeconds)s ran out" : "it does not tolerate the taint"
    context.decide(
      key, "\(name) deletes pod \(key.name) from \(plan.node): \(why)",
      basis(plan.node, plan.tolerated))
    context.event(
      target(key.key), reason: "TaintManagerEviction",
      message: "Marking for deletion Pod \(key.key.text)")
    context.call(.get(.pod, key.key), step: Step.get)
  }

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard let key = call.key else { return .ok }
    switch call.step {
    case Step.get:
      guard let pod = response.object?.pod else { return .unlessGone(response) }
      var copy = pod
      copy.status.conditions.set(
        Condition(
          type: "DisruptionTarget", status: "True", reason: "DeletionByTaintManager",
          message: "Taint manager: deleting due to NoExecute taint"),
        now: context.time.wall.truncatedToSeconds)
      if copy.status.conditions != pod.status.conditions {
        context.call(.update(copy, .status), step: Step.status)
      } else {
        context.call(.delete(.pod, key.key), step: Step.delete)
      }
      return .ok
    case Step.status:
      if response.refusal == nil { context.call(.delete(.pod, key.key), step: Step.delete) }
      return .unlessGone(response)
    default: return .unlessGone(response)
    }
  }

  public mutating func finished(
    _ key: ObjectReference, failed: Bool, _ context: inout ControllerContext
  ) {
    // Remembered as done, so that a second look at the node does not delete the pod again.
    guard let plan = plans[key.key], plan.dueAt <= context.now, !failed else { return }
    plans[key.key]?.isDone = true
  }
}
