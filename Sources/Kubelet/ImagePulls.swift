import Basics
import ControllerRuntime
import KubeAPI

/// Pulls waiting for their turn: one at a time on a node (`serializeImagePulls`).
struct PullQueue: Sendable {
  struct Item: Sendable {
    var number: UInt64
    var container: Int
    var image: String
    var queuedAt: Tick
    var cause: TraceID
  }
  var current: Item?
  var currentStartedAt = Tick.zero
  var waiting: [Item] = []
}

// Images (`images/image_manager.go`). Whether an image is present is answered from the list the
// kubelet got at its start and from its own pulls, where the real one asks the runtime each time.
extension KubeletWork {
  /// Goes on to create the container if its image is there, else asks for the image. False where
  /// the container can't be started now.
  mutating func ensureImage(_ worker: inout PodWorker, _ at: Int, _ step: inout Step) -> Bool {
    let spec = worker.spec(at)
    let present = images[ImageCatalogue.normalized(spec.image)]
    let isAlways = spec.imagePullPolicy == "Always"
    if let present, !isAlways {
      record(
        worker, at, "Pulled",
        "Container image \"\(spec.image)\" already present on machine and can be accessed by the pod",
        &step)
      worker.containers[at].image = present
      return create(&worker, at, &step)
    }
    if spec.imagePullPolicy == "Never" {
      let message = "Container image \"\(spec.image)\" is not present with pull policy of Never"
      record(worker, at, "ErrImageNeverPull", message, type: "Warning", &step)
      worker.containers[at].waiting = ("ErrImageNeverPull", message)
      worker.fail()
      return false
    }
    let backoff = worker.containers[at].pullBackoff
    if let end = backoff.end(since: backoff.updatedAt, now: step.now, ceiling: .seconds(300)) {
      let message = "Back-off pulling image \"\(spec.image)\""
      record(worker, at, "BackOff", message, &step)
      record(worker, at, "Failed", "Error: ImagePullBackOff", type: "Warning", &step)
      worker.containers[at].waiting = (
        "ImagePullBackOff", message + ": ErrImagePull: " + worker.containers[at].pullError
      )
      worker.fail(retryAt: end)
      return false
    }
    record(worker, at, "Pulling", "Pulling image \"\(spec.image)\"", &step)
    worker.operation = .pulling(at)
    let item = PullQueue.Item(
      number: worker.number, container: at, image: spec.image, queuedAt: step.now,
      cause: step.effects.cause)
    pulls.waiting.append(item)
    nextPull(&step)
    return true
  }

  private mutating func nextPull(_ step: inout Step) {
    guard pulls.current == nil, !pulls.waiting.isEmpty else { return }
    let item = pulls.waiting.removeFirst()
    pulls.current = item
    pulls.currentStartedAt = step.now
    step.effects.because(item.cause)
    call(.pullImage(item.image), .pull, &step)
  }

  /// A worker no longer wants its image. A pull under way goes on, for whoever is next.
  mutating func dropPull(of number: UInt64, _ step: inout Step) {
    pulls.waiting.removeAll { $0.number == number }
  }

  mutating func pullAnswered(_ result: CRIResponse.Result, _ step: inout Step) {
    guard let item = pulls.current else { return }
    let pulling = step.now - pulls.currentStartedAt
    pulls.current = nil
    if case .image(let info) = result {
      images[info.reference] = info
      runtime.imagesChanged = true
    }
    update(item.number, &step) { kubelet, worker, step in
      guard worker.operation == .pulling(item.container) else { return }
      worker.operation = .none
      switch result {
      case .image(let info):
        worker.containers[item.container].image = info
        kubelet.pulled(&worker, item, info, pulling, &step)
      default:
        kubelet.pullFailed(&worker, item, result.problem, &step)
      }
    }
    nextPull(&step)
  }

  private mutating func pulled(
    _ worker: inout PodWorker, _ item: PullQueue.Item, _ info: ImageInfo, _ pulling: Span,
    _ step: inout Step
  ) {
    func text(_ span: Span) -> String {
      GoDuration.text(Span(microseconds: span.microseconds / 1000 * 1000))
    }
    record(
      worker, item.container, "Pulled",
      "Successfully pulled image \"\(item.image)\" in \(text(pulling)) "
        + "(\(text(step.now - item.queuedAt)) including waiting). Image size: \(info.sizeBytes) bytes.",
      &step)
    if !create(&worker, item.container, &step) { continueSync(&worker, &step) }
  }

  private mutating func pullFailed(
    _ worker: inout PodWorker, _ item: PullQueue.Item, _ problem: String, _ step: inout Step
  ) {
    let at = item.container
    record(
      worker, at, "Failed", "Failed to pull image \"\(item.image)\": \(problem)", type: "Warning",
      &step)
    record(worker, at, "Failed", "Error: ErrImagePull", type: "Warning", &step)
    worker.containers[at].pullBackoff.next(step.now, now: step.now, ceiling: .seconds(300))
    worker.containers[at].pullError = problem
    worker.containers[at].waiting = ("ErrImagePull", problem)
    worker.fail()
    continueSync(&worker, &step)
  }
}
