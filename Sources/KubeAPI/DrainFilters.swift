/// Which pods of a node `kubectl drain` sends away, which it leaves, and which it won't touch without
/// a flag (kubectl's `drain/filters.go`).
public struct DrainFilters: Sendable {
  /// `--ignore-daemonsets`
  public var ignoresDaemonSets: Bool
  /// `--force`
  public var isForced: Bool
  /// `--delete-emptydir-data`
  public var deletesEmptyDirData: Bool

  public init(
    ignoresDaemonSets: Bool = false, isForced: Bool = false, deletesEmptyDirData: Bool = false
  ) {
    self.ignoresDaemonSets = ignoresDaemonSets
    self.isForced = isForced
    self.deletesEmptyDirData = deletesEmptyDirData
  }

  /// `PodDeleteStatus`: what becomes of one pod.
  public enum Status: Sendable, Equatable {
    case okay
    /// Left alone without a word.
    case skip
    case warning(deletes: Bool, String)
    /// The drain ends with this.
    case error(String)

    public var deletes: Bool {
      switch self {
      case .okay: true
      case .warning(let deletes, _): deletes
      case .skip, .error: false
      }
    }
  }

  /// The filters in kubectl's order: the first that keeps the pod decides, else the last.
  public func status(of pod: Pod) -> Status {
    var status = Status.okay
    for filter in [daemonSet, mirrorPod, localStorage, unreplicated] {
      status = filter(pod)
      if !status.deletes { break }
    }
    return status
  }

  /// The filters' words about a node's pods: each error and warning once, in the order in which
  /// kubectl's filters are called, with the pods it is about.
  public func plan(for pods: [Pod]) -> DrainPlan {
    var plan = DrainPlan()
    for pod in pods {
      let status = status(of: pod)
      if status.deletes { plan.leaving.append(pod) }
      switch status {
      case .okay, .skip: break
      case .warning(_, let words): plan.warnings.append(pod, words)
      case .error(let words): plan.errors.append(pod, words)
      }
    }
    plan.warnings.sort()
    plan.errors.sort()
    return plan
  }

  // MARK: The filters

  /// The model has no DaemonSets of its own: none is looked up, so none is missed.
  private func daemonSet(_ pod: Pod) -> Status {
    guard let controller = pod.metadata.controller, controller.kind == "DaemonSet",
      controller.apiVersion == "apps/v1", !pod.isFinished
    else { return .okay }
    return ignoresDaemonSets
      ? .warning(deletes: false, Words.daemonSetWarning) : .error(Words.daemonSetError)
  }

  private func mirrorPod(_ pod: Pod) -> Status {
    pod.metadata.annotations["kubernetes.io/config.mirror"] == nil ? .okay : .skip
  }

  /// Its warning is lost to the filter after it, as kubectl's is.
  private func localStorage(_ pod: Pod) -> Status {
    guard !pod.isFinished, pod.hasLocalStorage else { return .okay }
    return deletesEmptyDirData
      ? .warning(deletes: true, Words.localStorageWarning) : .error(Words.localStorageError)
  }

  private func unreplicated(_ pod: Pod) -> Status {
    guard !pod.isFinished, pod.metadata.controller == nil else { return .okay }
    return isForced
      ? .warning(deletes: true, Words.unmanagedWarning) : .error(Words.unmanagedError)
  }

  fileprivate enum Words {
    static let daemonSetError = "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"
    static let daemonSetWarning = "ignoring DaemonSet-managed Pods"
    static let localStorageError =
      "Pods with local storage (use --delete-emptydir-data to override)"
    static let localStorageWarning = "deleting Pods with local storage"
    static let unmanagedError = "Pods that declare no controller (use --force to override)"
    static let unmanagedWarning = "deleting Pods that declare no controller"

    static let order = [
      daemonSetError, daemonSetWarning, localStorageError, localStorageWarning, unmanagedError,
      unmanagedWarning,
    ]
  }
}

/// What a drain of a node's pods would do.
public struct DrainPlan: Sendable {
  /// What is said about some pods.
  public struct Remark: Sendable {
    public let words: String
    public fileprivate(set) var pods: [Pod]

    /// `default/web-1, default/web-2`
    public var names: String { pods.map(\.key.text).joined(separator: ", ") }
  }

  /// The pods that are evicted, once there is no error.
  public fileprivate(set) var leaving: [Pod] = []
  public fileprivate(set) var warnings: [Remark] = []
  public fileprivate(set) var errors: [Remark] = []
}

extension [DrainPlan.Remark] {
  fileprivate mutating func append(_ pod: Pod, _ words: String) {
    if let at = firstIndex(where: { $0.words == words }) {
      self[at].pods.append(pod)
    } else {
      append(DrainPlan.Remark(words: words, pods: [pod]))
    }
  }

  /// kubectl has them in no order of its own.
  fileprivate mutating func sort() {
    let order = DrainFilters.Words.order
    sort { order.firstIndex(of: $0.words) ?? 0 < order.firstIndex(of: $1.words) ?? 0 }
  }
}

extension Pod {
  /// Succeeded or Failed: any filter lets it be removed.
  fileprivate var isFinished: Bool { status.phase == "Succeeded" || status.phase == "Failed" }

  fileprivate var hasLocalStorage: Bool {
    boxed.json()["spec"]?["volumes"]?.arrayValue?.contains { $0["emptyDir"] != nil } ?? false
  }
}
