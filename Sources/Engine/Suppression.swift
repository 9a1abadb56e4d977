import Basics
import KubeAPI

/// What kept something from coming. An absence has no record of its own: what is known is from
/// whom it was expected, and what was done meanwhile to that process, its machine, its links, or
/// to what lies between.
extension World {
  /// The process that `kubelet@worker-2` names.
  public func process(named name: String) -> Process? {
    let parts = name.split(separator: "@").map(String.init)
    guard parts.count == 2, let host = host(named: parts[1]) else { return nil }
    return process(named: parts[0], on: host.id)
  }

  /// The deeds that were in force at some time of the window and could keep this process from being
  /// heard, the latest first: those that struck it, its machine or its links, or else those that
  /// struck what everything goes through: load balancer, API servers, etcd.
  func suppressors(of process: Process, from start: Tick, to end: Tick) -> [Deed] {
    let inForce = deeds.reversed().filter { deed in
      guard deed.at <= end else { return false }
      switch deed.input {
      case .fail: return (self.end(of: deed) ?? .distantFuture) > start
      case .kill: return deed.at >= start - .seconds(1)
      case .hold, .drop: return deed.at >= start - .seconds(1)
      default: return false
      }
    }
    let direct = inForce.filter { strikes($0, process) }
    if !direct.isEmpty { return direct }
    let between = processes.filter {
      $0.role == .apiServer || $0.role == .etcd || $0.role == .loadBalancer
    }
    return inForce.filter { deed in between.contains { strikes(deed, $0) } }
  }

  /// Whether a deed is about this process, its machine, or a link of its machine.
  func strikes(_ deed: Deed, _ process: Process) -> Bool {
    let host = hosts[process.host]
    switch deed.input {
    case .kill(let name, let binary): return name == host.name && binary == process.role.name
    case .hold(let id), .drop(let id): return id.process == process.id
    case .fail(let fault):
      switch fault.target {
      case .host(let name), .cloud(let name): return name == host.name
      case .process(let name, let binary):
        return name == host.name && binary == process.role.name
      case .link(let from, let to, _): return from == host.name || to == host.name
      case .zone(let name): return name == host.zone
      case .disk(let name): return name == host.name && process.role == .etcd
      case .clock(let name): return name == host.name
      default: return false
      }
    default: return false
    }
  }

  /// The processes whose silence an absence is about: the one it names, or every one of the role.
  func expected(from name: String, by waiting: ProcessID?) -> [Process] {
    if let one = process(named: name) { return [one] }
    let all = processes.filter { $0.role.name == name }
    if name == "kube-apiserver", let waiting {
      let own = all.filter { $0.host == processes[waiting].host }
      if !own.isEmpty { return own }
    }
    return Array(all)
  }
}
