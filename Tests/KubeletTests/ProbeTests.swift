import Basics
import ControllerRuntime
import KubeAPI
import Testing

@testable import Kubelet

@Suite struct ProbeTests {
  private func probe(_ handler: String = "httpGet", delay: Int32 = 0, failures: Int32 = 3) -> Probe
  {
    var probe = Probe()
    probe.initialDelaySeconds = delay
    probe.timeoutSeconds = 1
    probe.periodSeconds = 10
    probe.successThreshold = 1
    probe.failureThreshold = failures
    probe.carried = Carried(
      JSONObject([(handler, .object(JSONObject([("port", .integer(80))])))]))
    return probe
  }

  @Test func readinessFollowsItsProbe() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("web") { $0.spec.containers[0].readinessProbe = self.probe(delay: 15) }
    lab.run { lab.pod("web")?.status.phase == "Running" }
    #expect(!lab.isReady("web"))
    #expect(lab.pod("web")?.status.containerStatuses.first?.started == true)
    let wait = try #require(lab.run { lab.isReady("web") })
    #expect(wait > .seconds(12) && wait < .seconds(26))
    // A settled probe costs nothing.
    let steps = lab.steps
    lab.run(.minutes(10))
    #expect(lab.steps - steps < 220)

    lab.fault("web", .probes(.readiness))
    let fall = try #require(lab.run { !lab.isReady("web") })
    #expect(fall > .seconds(20) && fall < .seconds(31))
    #expect(
      lab.events("web").last
        == "Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 500")
    #expect(lab.pod("web")?.status.containerStatuses.first?.restartCount == 0)
    lab.fault("web", .probes([]))
    let rise = try #require(lab.run { lab.isReady("web") })
    #expect(rise < .seconds(11))
  }

  @Test func livenessRestartsTheContainer() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("web") { $0.spec.containers[0].livenessProbe = self.probe("tcpSocket") }
    lab.run { lab.isReady("web") }
    lab.fault("web", .probes(.liveness))
    let wait = try #require(
      lab.run {
        lab.pod("web")?.status.containerStatuses.first?.restartCount == 1 && lab.isReady("web")
      })
    #expect(wait > .seconds(20) && wait < .seconds(34))
    let events = lab.events("web")
    #expect(
      events.contains(
        "Unhealthy: Liveness probe failed: dial tcp 10.244.1.2:80: connect: connection refused"))
    #expect(events.contains("Killing: Container web failed liveness probe, will be restarted"))
    lab.run(.minutes(5))
    #expect(lab.pod("web")?.status.containerStatuses.first?.restartCount == 1)
  }

  @Test func aStartupProbeHoldsTheOthersBack() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("web") {
      $0.spec.containers[0].startupProbe = self.probe(delay: 20, failures: 30)
      $0.spec.containers[0].readinessProbe = self.probe()
    }
    lab.run { lab.pod("web")?.status.phase == "Running" }
    #expect(lab.pod("web")?.status.containerStatuses.first?.started == false)
    let wait = try #require(lab.run { lab.isReady("web") })
    #expect(wait > .seconds(17) && wait < .seconds(31))
    #expect(lab.pod("web")?.status.containerStatuses.first?.started == true)
  }

  @Test func theDocumentationsLivenessExample() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("liveness-exec") {
      $0.spec.containers[0].image = "registry.k8s.io/busybox:1.27.2"
      $0.spec.containers[0].args = [
        "/bin/sh", "-c", "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600",
      ]
      var probe = Probe()
      probe.initialDelaySeconds = 5
      probe.periodSeconds = 5
      probe.failureThreshold = 3
      probe.carried = Carried(
        JSONObject([
          (
            "exec",
            .object(
              JSONObject([("command", .array([.string("cat"), .string("/tmp/healthy")]))]))
          )
        ]))
      $0.spec.containers[0].livenessProbe = probe
    }
    lab.run { lab.isReady("liveness-exec") }
    // 30 s of health, three failures 5 s apart, then 30 s of grace for a shell that ignores SIGTERM.
    let wait = try #require(
      lab.run { lab.pod("liveness-exec")?.status.containerStatuses.first?.restartCount == 1 })
    #expect(wait > .seconds(70) && wait < .seconds(80))
    #expect(
      lab.events("liveness-exec").contains(
        "Unhealthy: Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory\n"
      ))
  }
}
