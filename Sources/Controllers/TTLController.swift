import Basics
import ControllerRuntime
import KubeAPI

/// Tells kubelets by an annotation how long they may cache secrets and config maps: the larger the
/// cluster the longer (`pkg/controller/ttl`).
public struct TTLController: Controller {
  static let annotation = "node.alpha.kubernetes.io/ttl"

  /// Sizes overlap so that a cluster at a boundary does not flap.
  private static let steps: [(least: Int, most: Int, seconds: Int)] = [
    (0, 100, 0), (90, 500, 15), (450, 1000, 30), (900, 2000, 60), (1800, .max, 300),
  ]

  public let name = "ttl-controller"
  public let workers = 5
  public let watches: [ResourceKind] = [.node]
  private var count = 0
  private var step = 0

  public init() {}

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    switch delta {
    case .added:
      count += 1
      if count > Self.steps[step].most { step += 1 }
    case .deleted:
      count -= 1
      if count < Self.steps[step].least { step -= 1 }
      return
    case .updated: break
    }
    guard delta.object.metadata.annotations[Self.annotation] != String(Self.steps[step].seconds)
    else { return }
    context.enqueue(delta.object.reference)
  }

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    let seconds = String(Self.steps[step].seconds)
    guard let node = context.get(key.key, as: Node.self),
      node.metadata.annotations[Self.annotation] != seconds
    else { return }
    let annotations = JSONObject([(Self.annotation, .string(seconds))])
    let metadata = JSONObject([("annotations", .object(annotations))])
    context.call(.patch(.node, key.key, [("metadata", .object(metadata))]))
  }

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome { .unlessGone(response) }

  public func digest(into digest: inout Digest) { digest.combine(count) }
}
