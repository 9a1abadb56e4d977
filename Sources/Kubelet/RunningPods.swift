import Basics
import KubeAPI

extension ContainerRuntime {
  /// Holds a sandbox and running containers for `pod`, as if this runtime had started them when its
  /// status says: for a world that begins while its applications run.
  ///
  /// - Returns: the pod with its containers' IDs in this runtime; unchanged where its status names no
  ///   running container.
  public mutating func hold(_ pod: Pod, at now: Timestamp) -> Pod {
    guard pod.status.containerStatuses.contains(where: { $0.state.isRunning }) else { return pod }
    var pod = pod
    let key = ObjectKey(namespace: pod.metadata.namespace, name: pod.metadata.name)
    let sandbox = nextNumber()
    sandboxes[sandbox] = Sandbox(
      config: SandboxConfig(
        pod: key, uid: pod.metadata.uid, hostNetwork: pod.spec.hostNetwork, attempt: 0),
      isReady: true, ip: pod.spec.hostNetwork ? "" : pod.status.podIP,
      address: AddressPool.parse(pod.status.podIP) ?? 0,
      createdAt: pod.status.startTime ?? now)
    for at in pod.status.containerStatuses.indices {
      let status = pod.status.containerStatuses[at]
      guard case .running(let startedAt) = status.state,
        let spec = pod.spec.containers.first(where: { $0.name == status.name })
      else { continue }
      if case .success(let image) = ImageCatalogue.resolve(spec.image) {
        images[image.reference] = image
      }
      let number = nextNumber()
      var container = Container(
        config: ContainerConfig(
          name: spec.name, image: spec.image, command: spec.command, args: spec.args,
          attempt: status.restartCount,
          gracePeriodSeconds: pod.spec.terminationGracePeriodSeconds ?? 30),
        sandbox: sandbox)
      container.state = .running
      container.startedAt = startedAt ?? now
      containers[number] = container
      sandboxes.modify(sandbox) { $0.containers.append(number) }
      pod.status.containerStatuses[at].containerID =
        "containerd://" + ContainerID(rawValue: number).text
    }
    return pod
  }
}
