import Basics
import KubeAPI

/// What a kubelet shows a dashboard.
public struct KubeletView: Sendable {
  public struct Container: Sendable {
    public var name: String
    public var isInit: Bool
    public var state: ContainerState
    public var isReady: Bool
    public var restartCount: Int32
    /// The back-off a next failure is held to.
    public var backoff: Span
  }
  public struct Pod: Sendable {
    public var key: ObjectKey
    public var uid: UID
    /// `syncing`, `terminating`, `terminated`.
    public var state: String
    /// What its worker waits for: `pulling image`, `starting container`, …; empty when nothing.
    public var operation: String
    public var phase: String
    public var ip: String
    public var containers: [Container]
  }
  public var nodeName: String
  public var isRegistered: Bool
  /// Why the node isn't ready; empty when it is.
  public var problems: [String]
  public var leaseRenewedAt: Tick?
  public var statusReportedAt: Tick?
  /// The pull under way and how many wait behind it.
  public var pulling: String
  public var pullsWaiting: Int
  public var pods: [Pod]
  public var isRuntimeConnected: Bool
  public var requestsInFlight: Int
  public var requestsHeldBack: Int
}

extension KubeletWork {
  func view(at now: Tick, _ heartbeat: Heartbeat) -> KubeletView {
    KubeletView(
      nodeName: config.nodeName, isRegistered: node.isRegistered, problems: readyProblems(now),
      leaseRenewedAt: heartbeat.leaseRenewedAt, statusReportedAt: heartbeat.statusReportedAt,
      pulling: pulls.current?.image ?? "", pullsWaiting: pulls.waiting.count,
      pods: workers.map { view(of: $0.value.wrappedValue) },
      isRuntimeConnected: runtime.lostAt == nil,
      requestsInFlight: client.inFlight + heartbeat.client.inFlight + eventClient.inFlight,
      requestsHeldBack: client.heldBack + eventClient.heldBack)
  }

  private func view(of worker: PodWorker) -> KubeletView.Pod {
    let operation =
      switch worker.operation {
      case .none: ""
      case .mounting: "mounting volumes"
      case .sandbox: "creating sandbox"
      case .pulling: "pulling image"
      case .creating: "creating container"
      case .starting: "starting container"
      case .restarting, .killing: "stopping containers"
      case .stoppingSandbox: "stopping sandbox"
      }
    let statuses = worker.status.initContainerStatuses + worker.status.containerStatuses
    let containers = worker.containers.indices.map { at in
      let status = at < statuses.count ? statuses[at] : nil
      return KubeletView.Container(
        name: worker.spec(at).name, isInit: worker.containers[at].isInit,
        state: status?.state ?? .none, isReady: worker.containers[at].isReady,
        restartCount: worker.containers[at].attempt, backoff: worker.containers[at].backoff.span)
    }
    return KubeletView.Pod(
      key: worker.key, uid: worker.uid, state: "\(worker.state)", operation: operation,
      phase: worker.status.phase, ip: worker.ip, containers: containers)
  }
}

extension KubeletWork {
  func digest(_ heartbeat: Heartbeat, into digest: inout Digest) {
    digest.combine(config.seed)
    digest.combine(startedAt)
    digest.combine(node.isRegistered)
    digest.combine(heartbeat.leaseRenewedAt ?? .zero)
    digest.combine(heartbeat.statusReportedAt ?? .zero)
    digest.combine(UInt64(bitPattern: pods.resourceVersion))
    digest.combine(UInt64(bitPattern: nodes.resourceVersion))
    digest.combine(client.inFlight)
    digest.combine(nextRuntimeCall)
    digest.combine(runtime.lostAt ?? .zero)
    digest.combine(runtime.isNetworkReady)
    digest.combine(relist.count)
    digest.combine(pulls.waiting.count)
    digest.combine(workers.count)
    for (number, box) in workers {
      let worker = box.wrappedValue
      digest.combine(number)
      digest.combine(worker.uid.high)
      digest.combine(worker.uid.low)
      digest.combine(UInt64(worker.state.rawValue))
      digest.combine(worker.version)
      digest.combine(worker.ackedVersion)
      digest.combine(worker.syncDue ?? .zero)
      digest.combine(worker.sandbox?.rawValue ?? 0)
      for container in worker.containers {
        digest.combine(container.id?.rawValue ?? 0)
        digest.combine(UInt64(container.state.rawValue))
        digest.combine(Int(container.attempt))
        digest.combine(container.isReady)
        digest.combine(container.backoff.updatedAt)
      }
    }
  }
}
