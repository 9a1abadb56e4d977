import Basics
import ControllerRuntime
import KubeAPI
import Testing

@testable import Kubelet

@Suite struct DeterminismTests {
  private func scenario(seed: UInt64) -> (Lab, UInt64) {
    let lab = Lab(seed: seed)
    lab.run(.seconds(3))
    for n in 0..<5 { lab.add("web-\(n)") }
    lab.run(.seconds(20))
    lab.fault("web-2", .crash(exitCode: 1))
    lab.api.deletePod("web-4", grace: nil, at: lab.time.wall)
    lab.run(.seconds(20))
    var digest = Digest()
    lab.kubelet.digest(into: &digest)
    lab.runtime.digest(into: &digest)
    return (lab, digest.value)
  }

  @Test func theSameSeedGivesTheSameNode() {
    #expect(scenario(seed: 5).1 == scenario(seed: 5).1)
    #expect(scenario(seed: 5).1 != scenario(seed: 6).1)
  }

  @Test func aCopyIsASnapshot() {
    let (lab, value) = scenario(seed: 5)
    let kubelet = lab.kubelet
    let runtime = lab.runtime
    lab.add("later")
    lab.run(.seconds(20))
    var digest = Digest()
    kubelet.digest(into: &digest)
    runtime.digest(into: &digest)
    #expect(digest.value == value)
  }

  @Test func commandsAreUnderstood() {
    func command(_ words: String...) -> ContainerCommand { ContainerCommand(words, image: "app") }
    #expect(command("sleep", "5").duration == .seconds(5))
    #expect(command("sleep", "5").ignoresTerm)
    #expect(command("sleep", "infinity").duration == nil)
    #expect(command("false").exitCode == 1)
    #expect(command("sh", "-c", "exit 7").exitCode == 7)
    #expect(command("sh", "-c", "sleep 5; exit 1").duration == .milliseconds(5010))
    #expect(command("/bin/sh", "-c", "false && sleep 9; true").duration == .milliseconds(20))
    #expect(command("sh", "-c", "while true; do date; sleep 1; done").duration == nil)
    #expect(!command("sh", "-c", "trap 'exit 0' TERM; sleep 100").ignoresTerm)
    #expect(command("nginx", "-g", "daemon off;").duration == nil)
    #expect(!command("nginx").ignoresTerm)
    #expect(ContainerCommand([], image: "busybox:1.37").duration != nil)
    #expect(ContainerCommand([], image: "nginx").duration == nil)
  }

  @Test func imageNames() {
    #expect(ImageCatalogue.normalized("nginx") == "docker.io/library/nginx:latest")
    #expect(ImageCatalogue.normalized("shop/cart:v2") == "docker.io/shop/cart:v2")
    #expect(ImageCatalogue.normalized("registry.k8s.io/pause:3.10") == "registry.k8s.io/pause:3.10")
    #expect(ImageCatalogue.normalized("localhost:5000/a") == "localhost:5000/a:latest")
    for name in ["nginx:nonexistent", "a.invalid/x", "shop/invalid"] {
      guard case .failure = ImageCatalogue.resolve(name) else {
        Issue.record("\(name) should fail")
        continue
      }
    }
    #expect(GoDuration.text(.milliseconds(1234)) == "1.234s")
    #expect(GoDuration.text(.milliseconds(850)) == "850ms")
    #expect(GoDuration.text(.seconds(200)) == "3m20s")
    #expect(GoDuration.parse("1m30s") == .seconds(90))
  }
}
