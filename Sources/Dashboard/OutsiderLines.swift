import Basics
import ControllerRuntime
import Engine
import KubeAPI
import TerminalCore

/// What Enter shows of what is no node, pod or member: the load balancer, the cloud, the people's
/// own machine, and a controller inside its manager.
extension AppState {
  /// A machine that is no node.
  func outsiderLines(_ name: String) -> [SheetLine] {
    guard let host = timeline.world.host(named: name) else {
      return [SheetLine("no such machine", .dim)]
    }
    switch host.role {
    case .loadBalancer: return balancerLines(host)
    case .cloud: return cloudLines(host)
    default: return machineLines(host) + processesLines(host)
    }
  }

  private func machineLines(_ host: Host) -> [SheetLine] {
    var lines: [SheetLine] = [
      .field(
        "Machine", host.isPowered ? "powered on" : "no power", host.isPowered ? .ok : .error),
      .field("Address", host.ip),
    ]
    for fault in observation.faults where fault.target == .host(host.name) {
      lines.append(.field("Fault", fault.text, .error))
    }
    return lines
  }

  private func processesLines(_ host: Host) -> [SheetLine] {
    [SheetLine(""), .heading("Processes (j/k select, f stops or starts one)")]
      + processTable(on: host.id)
  }

  // MARK: The load balancer

  private func balancerLines(_ host: Host) -> [SheetLine] {
    let world = timeline.world
    let balancer = world.loadBalancer
    let up = balancer.backends.count { $0.isUp }
    var lines = machineLines(host)
    lines += [
      .field("Forwards", "\(host.ip):6443 to the API servers, one connection after the other"),
      .field(
        "Checks",
        "each backend every \(LoadBalancer.interval.brief): "
          + "\(LoadBalancer.fall) failed in a row take it out, \(LoadBalancer.rise) passed bring it "
          + "back"),
      .field("In turn", "\(up) of \(balancer.backends.count)", up == 0 ? .error : .text),
      SheetLine(""), .heading("Backends (Enter opens one, w asks why one is skipped)"),
    ]
    for backend in balancer.backends {
      let process = world.processes[backend.server]
      let name = world.hosts[process.host].name
      let checked = backend.checkedAt.map { "checked \((world.now - $0).brief) ago" } ?? "unchecked"
      let count =
        backend.isUp
        ? (backend.failures > 0 ? "\(backend.failures) of \(LoadBalancer.fall) failed" : "passed")
        : (backend.successes > 0
          ? "\(backend.successes) of \(LoadBalancer.rise) passed" : "fails")
      let connections = world.connectionCount(to: backend.server)
      lines.append(
        SheetLine(
          [
            Ink("  " + padded(name, 12)),
            Ink(backend.isUp ? "UP    " : "DOWN  ", backend.isUp ? .ok : .error),
            Ink("\(padded(count, 14))  \(padded(checked, 18))", .dim),
            Ink("  \(connections) connections"),
          ], opens: .row(.control(.apiServer, host: name))))
    }
    let records = snapshot.actions.map(\.action).filter {
      $0.note.message.hasPrefix("load balancer:")
    }.suffix(8)
    if !records.isEmpty {
      lines += [SheetLine(""), .heading("What it did last")]
      lines += records.reversed().map { Self.line(of: $0) }
    }
    return lines + processesLines(host)
  }

  // MARK: The cloud

  private func cloudLines(_ host: Host) -> [SheetLine] {
    let cloud = timeline.world.cloud
    var lines: [SheetLine] = [
      .field("API", host.ip),
      .field(
        "Answers",
        cloud.outage.map { "refuses everything: \($0)" }
          ?? "\(World.cloudTransit.least.brief) to \(World.cloudTransit.most.brief) each way",
        cloud.outage == nil ? .ok : .error),
      SheetLine(""), .heading("Instances (\(cloud.instances.count))"),
    ]
    for (name, instance) in cloud.instances.prefix(60) {
      let address = instance.addresses.first { $0.type == "InternalIP" }?.address ?? ""
      lines.append(
        SheetLine(
          [
            Ink("  " + padded(name, 14)),
            Ink(padded("\(instance.state)", 10), instance.state == .running ? .ok : .error),
            Ink(padded(address, 12)), Ink(padded(instance.zone, 10), .dim),
            Ink(instance.instanceType, .dim),
          ], opens: .row(.node(name))))
    }
    if cloud.instances.count > 60 {
      lines.append(SheetLine("  and \(cloud.instances.count - 60) more", .dim))
    }
    lines += [SheetLine(""), .heading("Load balancers (\(cloud.loadBalancers.count))")]
    if cloud.loadBalancers.isEmpty {
      lines.append(SheetLine("  none: no Service of type LoadBalancer", .dim))
    }
    for (_, balancer) in cloud.loadBalancers.prefix(40) {
      let ports = balancer.ports.map(String.init).joined(separator: ",")
      lines.append(
        SheetLine(
          [
            Ink("  " + padded(balancer.service.text, 22)),
            Ink(padded("\(balancer.ip):\(ports)", 24)),
            Ink("to \(balancer.nodes.joined(separator: ", "))", .dim),
          ], opens: .row(.object(.service, balancer.service))))
    }
    lines += [SheetLine(""), .heading("Routes (\(cloud.routes.count)): pod addresses by node")]
    if cloud.routes.isEmpty { lines.append(SheetLine("  none", .dim)) }
    for (name, block) in cloud.routes.prefix(60) {
      lines.append(
        SheetLine(
          [Ink("  " + padded(block, 18)), Ink("to \(name)", .dim)], opens: .row(.node(name))))
    }
    return lines
  }

  // MARK: Controllers

  /// A controller of a manager: its queue, what it did last, and what it reads.
  func controllerLines(_ process: String, _ name: String) -> [SheetLine] {
    let world = timeline.world
    let role: Process.Role =
      process == Process.Role.cloudControllerManager.name
      ? .cloudControllerManager : .controllerManager
    guard let leader = world.leaders(of: role.name).first, let host = world.host(named: leader),
      let view = role == .controllerManager
        ? world.controllerManagerView(on: host.id) : world.cloudControllerManagerView(on: host.id),
      let controller = view.controllers.first(where: { $0.name == name })
    else {
      return [
        SheetLine("No \(role.name) leads: nobody runs this controller.", .error),
        SheetLine("w asks why.", .dim),
      ]
    }
    let busy = controller.queued + controller.inWork + controller.delayed
    var lines: [SheetLine] = [
      .field("Runs in", "\(role.name) on \(leader), which holds the lease"),
      .field(
        "Started", controller.isStarted ? "yes: its caches have synced" : "no: its caches have not",
        controller.isStarted ? .ok : .warn),
      .field(
        "Queue",
        busy == 0
          ? "empty: what it looks after is as it should be"
          : "\(controller.queued) in line, \(controller.inWork) in work, "
            + "\(controller.delayed) waiting for their time"),
      .field(
        "Held back",
        controller.heldBack == 0 ? "nothing" : "\(controller.heldBack) by its rate limit",
        controller.heldBack == 0 ? .text : .warn),
      .field("Looks", "\(controller.reconciles) since it started"),
      .field(
        "Last decision",
        controller.lastDecision.isEmpty
          ? "none yet"
          : "\((world.now - controller.lastDecisionAt).humanDuration) ago: \(controller.lastDecision)"
      ),
    ]
    for reference in controller.next {
      lines.append(
        SheetLine(
          [Ink("  next  ", .dim), Ink(reference.text)],
          opens: reference.kind == .node
            ? .row(.node(reference.key.name)) : .row(.object(reference.kind, reference.key))))
    }
    lines += [SheetLine(""), .heading("The caches of its manager: revision, objects")]
    for cache in view.caches {
      lines.append(
        SheetLine([
          Ink("  " + padded(cache.kind.plural, 18)),
          Ink(padded("\(cache.resourceVersion)", 10), cache.hasSynced ? .text : .warn),
          Ink("\(cache.count)", .dim), Ink(cache.hasSynced ? "" : "  \(cache.phase)", .warn),
        ]))
    }
    let records = snapshot.actions.map(\.action).filter { $0.note.message.hasPrefix(name) }
      .suffix(12)
    if !records.isEmpty {
      lines += [SheetLine(""), .heading("Its newest records (w asks why it idles)")]
      lines += records.reversed().map { Self.line(of: $0) }
    }
    return lines
  }
}
