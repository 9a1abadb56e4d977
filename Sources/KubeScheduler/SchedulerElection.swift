import Basics
import ControllerRuntime
import KubeAPI

/// Leader election: only the holder of the lease schedules, and whoever loses it ends.
extension SchedulerProcess {
  /// The election begins when the informers know the cluster.
  mutating func beginElectionIfSynced(at time: HostTime, into effects: inout Effects) {
    guard !hasBegunElection, informers.allSatisfy(\.hasSynced) else { return }
    hasBegunElection = true
    if config.leaderElect {
      elect(at: time, into: &effects)
    } else {
      isLeading = true
    }
  }

  mutating func elect(at time: HostTime, into effects: inout Effects) {
    if let (request, call) = elector.tick(time, luck: seed) {
      send(request, call, at: time, into: &effects)
    }
    var wait = elector.nextDue - time.monotonic
    if wait <= .zero { wait = elector.config.timing.retryPeriod }
    effects.arm(TimerID(tag: TimerTag.election), after: wait)
  }

  private mutating func send(
    _ request: APIRequest, _ call: LeaderElector.Call, at time: HostTime,
    into effects: inout Effects
  ) {
    // The lock's client gives up after half the renew deadline (`resourcelock.NewFromKubeconfig`).
    electionClient.call(
      request, tag: .elect(call), timeout: elector.config.timing.renewDeadline / 2,
      now: time.monotonic,
      into: &effects)
  }

  mutating func elected(
    _ call: LeaderElector.Call, _ response: APIResponse, at time: HostTime,
    into effects: inout Effects
  ) {
    if case .status(let status) = response, status.code == 0 {
      elector.lostCall()
      return
    }
    let (next, outcome) = elector.answered(call, response, time)
    if let next { send(next.request, next.call, at: time, into: &effects) }
    switch outcome {
    case .nothing: break
    case .startedLeading: startLeading(at: time, into: &effects)
    case .newLeader(let holder):
      if holder != config.identity && !holder.isEmpty {
        effects.note(.leadership, elector.leaseReference, "new leader elected: \(holder)")
      }
    case .stoppedLeading: stopLeading(at: time, into: &effects)
    }
  }

  private mutating func startLeading(at time: HostTime, into effects: inout Effects) {
    isLeading = true
    effects.note(
      Note(
        .leadership, elector.leaseReference, "\(config.identity) became leader",
        basis: elector.basis(process: "kube-scheduler")))
    recordLeadership(at: time, into: &effects)
    armRenewDeadline(at: time, into: &effects)
  }

  private mutating func armRenewDeadline(at time: HostTime, into effects: inout Effects) {
    effects.arm(
      TimerID(tag: TimerTag.renewDeadline), after: elector.renewDeadline(at: time.monotonic))
  }

  mutating func checkRenewal(at time: HostTime, into effects: inout Effects) {
    guard isLeading else { return }
    if elector.hasLost(at: time.monotonic) {
      stopLeading(at: time, into: &effects)
    } else {
      armRenewDeadline(at: time, into: &effects)
    }
  }

  /// SIGTERM: gives the lease up before it ends, as kube-scheduler does and the controller managers
  /// do not.
  public mutating func terminate(at time: HostTime, into effects: inout Effects) {
    if let request = elector.release(time) {
      effects.note(.leadership, elector.leaseReference, "\(config.identity) released the lease")
      electionClient.call(request, tag: .elect(.update), now: time.monotonic, into: &effects)
    }
    isLeading = false
    effects.exit(code: 0, reason: "terminated")
  }

  private mutating func stopLeading(at time: HostTime, into effects: inout Effects) {
    guard isLeading else { return }
    isLeading = false
    effects.note(
      Note(
        .leadership, elector.leaseReference, "leaderelection lost",
        basis: elector.lossBasis(at: time.monotonic)))
    elector.resign()
    effects.exit(code: 1, reason: "leaderelection lost")
  }
}
