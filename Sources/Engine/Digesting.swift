import Basics

extension World {
  /// A digest over the whole state and the order of everything that led to it: equal for two runs
  /// of one specification, seed and list of inputs, in whatever process or machine.
  public func digest() -> Digest {
    var digest = rolling
    digest.combine(now)
    digest.combine(events)
    digest.combine(wheel.count)
    if hasHeldMessages { digest.combine(heldParcels.count) }
    network.digest(into: &digest)
    loadBalancer.digest(into: &digest)
    for host in hosts {
      digest.combine(host.isPowered)
      host.clock.digest(into: &digest)
    }
    for process in processes {
      digest.combine(UInt64(process.state.rawValue))
      digest.combine(UInt64(process.incarnation))
    }
    for isSilent in etcdSilent { digest.combine(isSilent) }
    for member in etcdMembers { member.digest(into: &digest) }
    for server in apiServers { server.digest(into: &digest) }
    for scheduler in schedulers { scheduler.digest(into: &digest) }
    for manager in controllerManagers { manager.digest(into: &digest) }
    for manager in cloudControllerManagers { manager.digest(into: &digest) }
    for kubelet in kubelets { kubelet.digest(into: &digest) }
    for runtime in runtimes { runtime.digest(into: &digest) }
    for proxy in proxies { proxy.digest(into: &digest) }
    digest.combine(trace.total)
    return digest
  }
}
