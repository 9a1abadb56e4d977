import Basics
import ControllerRuntime
import Controllers
import KubeAPI
import Kubelet
import SimulationKernel

/// Container runtimes and the cloud: what answers kubelets and the cloud controller manager.
extension World {
  mutating func stepRuntime(_ id: ProcessID, _ payload: Payload, cause: TraceID) {
    switch payload {
    case .timer(let raw): stepRuntime(id, .timer(timerID(raw)), cause: cause)
    case .parcel(let parcel):
      if case .cri(let request) = parcel.content {
        stepRuntime(id, .request(request), cause: cause)
      }
    case .diskDone, .control: break
    }
  }

  mutating func stepRuntime(_ id: ProcessID, _ event: RuntimeEvent, cause: TraceID) {
    runtimeEffects.reset(cause: cause)
    runtimes[processes[id].index].step(event, at: time(of: id), into: &runtimeEffects)
    var cause = cause
    let list = runtimeEffects.list
    for effect in list {
      switch effect {
      case .respond(let response): tellKubelet(id, .response(response), cause: cause)
      case .event(let event): tellKubelet(id, .event(event), cause: cause)
      case .arm(let timer, let span): arm(id, timer.rawValue, after: span, cause: cause)
      case .note(let note): cause = record(note, by: id, cause: cause)
      case .because(let other): cause = other
      }
    }
    if !activeFaults.isEmpty { keepProbesFailing(on: id, cause: cause) }
  }

  private mutating func tellKubelet(_ id: ProcessID, _ message: CRIMessage, cause: TraceID) {
    guard let kubelet = Self.find(.kubelet, hosts[processes[id].host].processes, processes),
      processes[kubelet].isAlive
    else { return }
    send(
      .criMessage(message), to: kubelet, after: loopback(on: processes[kubelet].host), cause: cause)
  }

  mutating func startRuntime(_ id: ProcessID, cause: TraceID) {
    stepRuntime(id, .started, cause: cause)
  }

  /// The runtime's process died: its kubelet's calls fail. Containers live on under their shims.
  mutating func runtimeDied(on host: HostID) {
    guard let kubelet = process(.kubelet, on: host), kubelet.isAlive else { return }
    send(.runtimeGone, to: kubelet.id, after: loopback(on: kubelet.host), cause: .none)
  }

  mutating func stepCloud(_ id: ProcessID, _ payload: Payload, cause: TraceID) {
    guard case .parcel(let parcel) = payload, case .cloud(let client, let request) = parcel.content
    else { return }
    let response = cloud.handle(request)
    guard processes[client].isAlive, isOpen(processes[id].host, processes[client].host) else {
      return
    }
    send(.cloudResponse(response), to: client, after: cloudLatency(client), cause: cause)
  }

  /// How long a call of a provider's API is under way, there and back each: some tens of
  /// milliseconds in all clouds.
  public static let cloudTransit = (least: Span.milliseconds(20), most: Span.milliseconds(60))

  func cloudLatency(_ client: ProcessID) -> Span {
    var draws = draws(.cloud, client)
    return draws.span(Self.cloudTransit.least, Self.cloudTransit.most)
  }
}
