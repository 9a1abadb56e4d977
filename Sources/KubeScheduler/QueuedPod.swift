import Basics
import KubeAPI

/// A pod in the scheduling queue, with what its tries so far came to (`QueuedPodInfo`).
struct QueuedPod: Sendable {
  enum Place: UInt8, Sendable {
    case active, backoff, errorBackoff, unschedulable
  }

  var info: PodInfo
  /// When it was put into the queue (again).
  var timestamp: Tick
  /// Tells apart what came at one time.
  var sequence: UInt64
  var place = Place.active
  /// How often it was tried.
  var attempts = 0
  /// How often it was refused, and how often in a row something went wrong.
  var unschedulableCount = 0
  var consecutiveErrors = 0
  /// The plugins that refused it in the last try, and the one that gates it.
  var rejectors: PluginSet = []
  var gate: Plugin?
  /// When its back-off is over, once worked out.
  var backoffUntil: Tick?
  /// Why it is in the queue.
  var cause: TraceID

  init(_ info: PodInfo, timestamp: Tick, sequence: UInt64, cause: TraceID) {
    self.info = info
    self.timestamp = timestamp
    self.sequence = sequence
    self.cause = cause
  }
}

/// The order of the active queue (PrioritySort): priority, then time.
struct ActiveKey: Comparable, Sendable {
  var priority: Int32
  var timestamp: Tick
  var sequence: UInt64

  init(_ pod: QueuedPod) {
    priority = pod.info.priority
    timestamp = pod.timestamp
    sequence = pod.sequence
  }

  static func < (a: ActiveKey, b: ActiveKey) -> Bool {
    if a.priority != b.priority { return a.priority > b.priority }
    return a.timestamp == b.timestamp ? a.sequence < b.sequence : a.timestamp < b.timestamp
  }
}

/// The order of the back-off queues: the window in which it ends, then as the active queue.
struct BackoffKey: Comparable, Sendable {
  var until: Tick
  var active: ActiveKey

  static func < (a: BackoffKey, b: BackoffKey) -> Bool {
    a.until == b.until ? a.active < b.active : a.until < b.until
  }
}
