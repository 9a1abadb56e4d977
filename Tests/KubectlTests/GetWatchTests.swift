import Basics
import Engine
import KubeAPI
import Kubectl
import Testing

/// `get --watch`, told what changes as the dashboard tells it.
struct GetWatchTests {
  /// A watch that has begun, and the shell with it.
  private func begun(_ line: String, _ shell: inout Shell) -> KubectlInvocation {
    var invocation = KubectlInvocation(line: line, canFollow: true)
    follow(&invocation, &shell)
    return invocation
  }

  /// Goes on with it for a second.
  private func follow(_ invocation: inout KubectlInvocation, _ shell: inout Shell) {
    shell.world.run(&invocation, for: .seconds(1))
  }

  @Test func eachChangeIsARowUnderTheOthers() throws {
    var shell = try Shell.withWeb()
    var watch = begun("get deployment web -w", &shell)
    #expect(watch.output.split(separator: "\n").count == 2)
    #expect(!watch.isFinished && watch.isReading)
    follow(&watch, &shell)
    #expect(watch.output.split(separator: "\n").count == 2, "nothing has happened")
    shell.ok("scale deployment web --replicas=2")
    shell.wait(.seconds(20))
    follow(&watch, &shell)
    let rows = watch.output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(rows.dropFirst().allSatisfy { $0[0] == "web" && $0.count == 5 })
    #expect(rows.count > 3 && rows.last?[1] == "2/2")
    // The columns keep their places.
    let places = watch.output.split(separator: "\n").map { $0.distance(of: " ") }
    #expect(Set(places.dropFirst()).count == 1)
  }

  @Test func whatLeavesTheSelectionAndWhatIsDeletedAreShownOnceMore() throws {
    var shell = try Shell.withWeb()
    var watch = begun("get pods -l app=web --watch-only -o name", &shell)
    #expect(watch.output.isEmpty)
    let pod = shell.ok("get pods -o name").split(separator: "\n")[0]
    shell.ok("label \(pod) app=other --overwrite")
    follow(&watch, &shell)
    #expect(watch.output.split(separator: "\n").first == pod)
    let before = watch.output
    shell.ok("label \(pod) again=yes")
    follow(&watch, &shell)
    #expect(!watch.output.dropFirst(before.count).contains(pod))
    shell.ok("create cm x --from-literal=a=b")
    var other = begun("get cm x -w -o name", &shell)
    shell.ok("delete cm x")
    follow(&other, &shell)
    #expect(other.output == "configmap/x\nconfigmap/x\n")
  }

  @Test func eventsComeAsTheServerTellsOfThem() throws {
    var shell = try Shell.withWeb()
    var watch = begun("events --for deployment/web -w", &shell)
    func rows() -> [[Substring]] {
      watch.output.split(separator: "\n").map { $0.split(separator: " ") }
    }
    #expect(rows().map { $0.prefix(2).joined(separator: " ") }.first == "LAST SEEN")
    #expect(rows().count == 2 && rows()[1][2] == "ScalingReplicaSet")
    shell.ok("scale deployment web --replicas=2")
    shell.wait(.seconds(5))
    follow(&watch, &shell)
    #expect(rows().count == 3 && watch.isFollowing)
    #expect(rows()[2][2...3] == ["ScalingReplicaSet", "Deployment/web"])
    #expect(shell.refusal("events -w").hasPrefix("error: --watch works on the dashboard's"))
  }

  @Test func itEndsWithTheServerThatServesIt() throws {
    var shell = try Shell.withWeb()
    var watch = begun("get deployment web -w", &shell)
    #expect(watch.isFollowing)
    let before = watch.output
    try shell.world.apply(.fail(Fault(.process(host: "master-1", name: "kube-apiserver"))))
    shell.wait(.seconds(60))
    follow(&watch, &shell)
    #expect(!watch.isFollowing && watch.exitCode == 0)
    #expect(watch.output == before && watch.errorOutput.isEmpty)
  }

  @Test(arguments: [
    ("get pods,services -w", "error: you may only specify a single resource type\n"),
    (
      "get pod a b -w",
      "error: you may only watch a single resource or type of resource at a time\n"
    ),
    ("get pod nobody -w", "Error from server (NotFound): pods \"nobody\" not found\n"),
  ])
  func whatCannotBeWatchedIsSaid(line: String, text: String) throws {
    var shell = try Shell.withWeb()
    let watch = begun(line, &shell)
    #expect(watch.errorOutput == text && watch.exitCode == 1)
  }
}

extension Substring {
  /// How many characters stand before the first one that follows blanks.
  fileprivate func distance(of blank: Character) -> Int {
    prefix { $0 != blank }.count + drop { $0 != blank }.prefix { $0 == blank }.count
  }
}
