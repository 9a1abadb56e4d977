/// What a connection to a pod's address meets.
extension ContainerRuntime {
  /// Whether the pod of this address is up and none of its containers is stopped: a connection
  /// would be accepted.
  public func accepts(connectionsTo ip: String) -> Bool {
    for (_, sandbox) in sandboxes where sandbox.isReady && sandbox.ip == ip {
      return sandbox.containers.contains { containers[$0]?.state == .running }
    }
    return false
  }
}
