import Basics

/// What `kubectl get pods` says of a pod in its READY, STATUS and RESTARTS columns
/// (kubernetes/pkg/printers/internalversion, printPod).
public struct PodSummary: Sendable, Equatable {
  public var readyContainers = 0
  public var totalContainers = 0
  public var restarts = 0
  /// When a container ended last before it was started again; nil where none was.
  public var lastRestart: Timestamp?
  /// `Running`, `Pending`, `ContainerCreating`, `CrashLoopBackOff`, `Terminating`, …
  public var status: String

  public init(_ pod: Pod) {
    let spec = pod.spec
    let state = pod.status
    status = state.reason.isEmpty ? state.phase : state.reason
    totalContainers = spec.containers.count
    for (index, gate) in spec.schedulingGates.enumerated() where index == 0 && !gate.isEmpty {
      if state.conditions["PodScheduled"]?.reason == "SchedulingGated" {
        status = "SchedulingGated"
      }
    }

    var isInitializing = false
    for (index, container) in state.initContainerStatuses.enumerated() {
      restarts += Int(container.restartCount)
      note(container.lastState)
      switch container.state {
      case .terminated(let end) where end.exitCode == 0: continue
      case .terminated(let end):
        status = "Init:" + Self.word(of: end)
      case .waiting(let reason, _) where !reason.isEmpty && reason != "PodInitializing":
        status = "Init:" + reason
      default:
        status = "Init:\(index)/\(spec.initContainers.count)"
      }
      isInitializing = true
      break
    }

    if !isInitializing {
      restarts = 0
      lastRestart = nil
      var hasRunning = false
      for container in state.containerStatuses.reversed() {
        restarts += Int(container.restartCount)
        note(container.lastState)
        switch container.state {
        case .waiting(let reason, _) where !reason.isEmpty: status = reason
        case .terminated(let end): status = Self.word(of: end)
        case .running where container.ready:
          hasRunning = true
          readyContainers += 1
        default: break
        }
      }
      if status == "Completed" && hasRunning {
        status = state.conditions.isTrue("Ready") ? "Running" : "NotReady"
      }
    }

    if pod.metadata.deletionTimestamp != nil {
      if state.reason == "NodeLost" {
        status = "Unknown"
      } else if state.phase != "Succeeded" && state.phase != "Failed" {
        status = "Terminating"
      }
    }
  }

  private mutating func note(_ last: ContainerState) {
    guard case .terminated(let end) = last, let time = end.finishedAt else { return }
    lastRestart = lastRestart.map { max($0, time) } ?? time
  }

  private static func word(of end: ContainerTermination) -> String {
    if !end.reason.isEmpty { return end.reason }
    return end.signal != 0 ? "Signal:\(end.signal)" : "ExitCode:\(end.exitCode)"
  }
}

extension Span {
  /// An age as kubectl prints it (`duration.HumanDuration`): `5s`, `2m3s`, `47m`, `3h4m`, `2d`.
  public var humanDuration: String {
    let seconds = wholeSeconds
    if seconds < -1 { return "<invalid>" }
    if seconds < 0 { return "0s" }
    if seconds < 120 { return "\(seconds)s" }
    let minutes = seconds / 60
    if minutes < 10 {
      let rest = seconds % 60
      return rest == 0 ? "\(minutes)m" : "\(minutes)m\(rest)s"
    }
    if minutes < 180 { return "\(minutes)m" }
    let hours = minutes / 60
    if hours < 8 {
      let rest = minutes % 60
      return rest == 0 ? "\(hours)h" : "\(hours)h\(rest)m"
    }
    if hours < 48 { return "\(hours)h" }
    if hours < 24 * 8 {
      let rest = hours % 24
      return rest == 0 ? "\(hours / 24)d" : "\(hours / 24)d\(rest)h"
    }
    if hours < 24 * 365 * 2 { return "\(hours / 24)d" }
    if hours < 24 * 365 * 8 {
      let days = hours / 24 % 365
      return days == 0 ? "\(hours / 24 / 365)y" : "\(hours / 24 / 365)y\(days)d"
    }
    return "\(hours / 24 / 365)y"
  }
}
