import Basics
import ControllerRuntime
import KubeAPI
import Testing

@testable import Kubelet

@Suite struct PodLifecycleTests {
  @Test func startsAPod() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.api.log = []
    lab.add("web")
    let wait = try #require(lab.run { lab.isReady("web") })
    #expect(wait > .milliseconds(500) && wait < .seconds(7))
    let status = try #require(lab.pod("web")?.status)
    #expect(status.phase == "Running")
    #expect(status.podIP == "10.244.1.2")
    #expect(status.hostIP == "192.168.0.11")
    #expect(
      status.conditions.map(\.type) == [
        "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled",
      ])
    #expect(status.conditions.allSatisfy { $0.status == "True" })
    let container = try #require(status.containerStatuses.first)
    #expect(container.state.isRunning && container.ready && container.restartCount == 0)
    #expect(container.image == "docker.io/library/nginx:1.27")
    #expect(container.containerID.hasPrefix("containerd://") && container.containerID.count == 77)
    lab.run(.seconds(30))
    // ContainerCreating, perhaps the sandbox, and Running: two or three updates, as in reality.
    #expect((2...3).contains(lab.statusUpdates))
    let events = lab.events("web")
    #expect(events.map { $0.prefix { $0 != ":" } } == ["Pulling", "Pulled", "Created", "Started"])
    #expect(events[0] == "Pulling: Pulling image \"nginx:1.27\"")
    #expect(events[1].hasSuffix("Image size: 72404038 bytes."))
    #expect(events[2] == "Created: Container created")
  }

  @Test func theSecondPodFindsTheImage() {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("one")
    lab.run { lab.isReady("one") }
    lab.add("two")
    let wait = lab.run { lab.isReady("two") }
    #expect((wait ?? .hours(1)) < .seconds(2))
    #expect(
      lab.events("two")[0]
        == "Pulled: Container image \"nginx:1.27\" already present on machine and can be accessed by the pod"
    )
    #expect(lab.pod("two")?.status.podIP == "10.244.1.3")
    lab.run(.seconds(11))
    #expect(lab.node?.status.images.first?.names.last == "docker.io/library/nginx:1.27")
  }

  @Test func terminatesGracefully() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("web")
    lab.run { lab.isReady("web") }
    lab.run(.seconds(5))
    lab.api.log = []
    lab.api.deletePod("web", grace: nil, at: lab.time.wall)
    lab.run(.milliseconds(50))
    // Being stopped, it is still Running.
    #expect(lab.pod("web")?.status.phase == "Running")
    #expect(lab.events("web").last == "Killing: Stopping container web")
    let wait = try #require(lab.run { lab.pod("web") == nil })
    #expect(wait < .milliseconds(1300))
    lab.run(.seconds(2))
    #expect(lab.statusUpdates == 1)
    #expect(lab.count("delete /api/v1/namespaces/default/pods/web") == 1)
    #expect(lab.runtime.snapshot.sandboxes.isEmpty)
    #expect(lab.runtime.snapshot.containers.isEmpty)
    #expect(lab.kubelet.view(at: lab.now).pods.isEmpty)
  }

  @Test func aProcessThatIgnoresSIGTERMDiesAtTheEndOfItsGrace() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("sleeper") {
      $0.spec.containers[0].image = "busybox"
      $0.spec.containers[0].command = ["sleep", "3600"]
      $0.spec.terminationGracePeriodSeconds = 10
    }
    lab.run { lab.isReady("sleeper") }
    lab.run(.seconds(2))
    lab.api.deletePod("sleeper", grace: nil, at: lab.time.wall)
    let wait = try #require(lab.run { lab.pod("sleeper") == nil })
    #expect(wait > .seconds(10) && wait < .milliseconds(10_300))
    #expect(lab.notes.contains("container web exited with code 137 (Error)"))
  }

  @Test func aForcedDeletionStillStopsTheContainers() {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("web")
    lab.run { lab.isReady("web") }
    lab.api.delete(ObjectReference(.pod, ObjectKey(namespace: "default", name: "web")))
    lab.run(.seconds(5))
    #expect(lab.runtime.snapshot.containers.isEmpty)
    #expect(lab.kubelet.view(at: lab.now).pods.isEmpty)
  }

  @Test func initContainersRunOneByOne() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("app") { pod in
      for seconds in [2, 3] {
        var container = Container()
        container.name = "init-\(seconds)"
        container.image = "busybox"
        container.command = ["sh", "-c", "sleep \(seconds)"]
        pod.spec.initContainers.append(container)
      }
    }
    lab.run(.seconds(2))
    let early = try #require(lab.pod("app")?.status)
    #expect(early.phase == "Pending")
    #expect(
      early.conditions["Initialized"]?.message
        == "containers with incomplete status: [init-2 init-3]")
    #expect(early.containerStatuses[0].state == .waiting(reason: "PodInitializing", message: ""))
    // One that runs is no more ready than one that waits.
    _ = try #require(
      lab.run {
        if case .running = lab.pod("app")?.status.initContainerStatuses.first?.state {
          true
        } else {
          false
        }
      })
    let running = try #require(lab.pod("app")?.status)
    #expect(running.initContainerStatuses.map(\.ready) == [false, false])
    #expect(
      running.conditions["Initialized"]?.message
        == "containers with incomplete status: [init-2 init-3]")
    let wait = try #require(lab.run { lab.isReady("app") })
    #expect(wait > .milliseconds(4500))
    let status = try #require(lab.pod("app")?.status)
    #expect(status.initContainerStatuses.map(\.ready) == [true, true])
    guard case .terminated(let end) = status.initContainerStatuses[1].state else {
      Issue.record("the init container should have ended")
      return
    }
    #expect(end.reason == "Completed" && end.exitCode == 0)
  }

  @Test func aJobsPodSucceeds() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("job") {
      $0.spec.restartPolicy = "Never"
      $0.spec.containers[0].image = "busybox"
      $0.spec.containers[0].command = ["sh", "-c", "echo hello; sleep 5"]
    }
    _ = try #require(lab.run { lab.pod("job")?.status.phase == "Succeeded" })
    let status = try #require(lab.pod("job")?.status)
    #expect(status.conditions["Ready"]?.reason == "PodCompleted")
    #expect(status.podIP == "10.244.1.2")
    lab.run(.seconds(60))
    #expect(lab.pod("job") != nil)
    #expect(lab.runtime.snapshot.sandboxes.allSatisfy { !$0.isReady })
  }
}
