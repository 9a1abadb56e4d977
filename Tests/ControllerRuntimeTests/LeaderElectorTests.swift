import Basics
import ControllerRuntime
import KubeAPI
import Testing

@Suite struct LeaderElectorTests {
  private func time(_ seconds: Int, wallOffset: Span = .zero) -> HostTime {
    let tick = Tick.zero + .seconds(seconds)
    return HostTime(monotonic: tick, wall: .powerOn + (tick - .zero) + wallOffset)
  }

  private func held(by holder: String, revision: Int64) -> APIObject {
    var lease = Lease(name: "kube-scheduler", namespace: "kube-system")
    lease.resourceVersion = revision
    lease.spec.holderIdentity = holder
    lease.spec.leaseDurationSeconds = 15
    lease.spec.renewTime = .powerOn
    return lease.boxed
  }

  /// A candidate waits a full lease from when it itself saw the record change, whatever the clock
  /// in the record says.
  @Test func theWaitCountsFromOnesOwnObservation() {
    var elector = LeaderElector(.init(leaseName: "kube-scheduler", identity: "b"))
    let skew = Span.hours(-3)
    var tookOverAt: Int?
    for second in 0..<40 {
      let now = time(second, wallOffset: skew)
      guard let (_, call) = elector.tick(now, luck: 1) else { continue }
      #expect(call == .get)
      let (next, _) = elector.answered(.get, .object(held(by: "a", revision: 5)), now)
      if next != nil {
        tookOverAt = second
        break
      }
    }
    let at = tookOverAt ?? 0
    #expect((15...20).contains(at), "took over after \(at) s")
  }

  @Test func aLeaderThatCannotRenewForTenSecondsHasLost() {
    var elector = LeaderElector(.init(leaseName: "kube-scheduler", identity: "b"))
    #expect(elector.tick(time(0), luck: 1)?.call == .get)
    let missing = APIStatus.notFound(.lease, "kube-scheduler")
    let (create, _) = elector.answered(.get, .status(missing), time(0))
    #expect(create?.call == .create)
    let (_, outcome) = elector.answered(.create, .object(held(by: "b", revision: 2)), time(0))
    #expect(outcome == .startedLeading)
    #expect(!elector.hasLost(at: time(9).monotonic))
    #expect(elector.hasLost(at: time(10).monotonic))
  }
}
