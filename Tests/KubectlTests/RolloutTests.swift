import Basics
import KubeAPI
import Testing

/// `kubectl rollout`.
struct RolloutTests {
  @Test func statusSaysHowFarARolloutIs() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.ok("rollout status deployment/web")
        == "deployment \"web\" successfully rolled out\n")
    shell.ok("set image deployment/web nginx=nginx:1.28")
    let lines = shell.ok("rollout status deploy web").split(separator: "\n").map(String.init)
    #expect(
      lines.contains(
        "Waiting for deployment \"web\" rollout to finish: 1 out of 3 new replicas have been "
          + "updated..."))
    #expect(
      lines.contains(
        "Waiting for deployment \"web\" rollout to finish: 1 old replicas are pending "
          + "termination..."))
    #expect(lines.last == "deployment \"web\" successfully rolled out")
    let status = try #require(shell.deployment("web")?.status)
    #expect(status.updatedReplicas == 3 && status.replicas == 3)
  }

  /// A template whose pods fit nowhere.
  private static let tooLarge =
    #"patch deploy web -p '{"spec":{"template":{"spec":{"containers":[{"name":"nginx","#
    + #""resources":{"requests":{"cpu":"900"}}}]}}}}'"#

  @Test func statusEndsWithItsTimeout() throws {
    var shell = try Shell.withWeb()
    shell.ok(Self.tooLarge)
    let before = shell.world.now
    let text = shell.refusal("rollout status deployment/web --timeout=20s")
    #expect(text == "error: timed out waiting for the condition\n")
    #expect((20...22).contains((shell.world.now - before).wholeSeconds))
    #expect(
      shell.ok("rollout status deployment/web --watch=false").hasPrefix(
        "Waiting for deployment \"web\" rollout to finish: 1 out of 3 new replicas"))
    #expect(
      shell.refusal("rollout status deployment/web --revision=1")
        == "error: desired revision (1) is different from the running revision (2)\n")
  }

  @Test func statusSaysThatARolloutIsStuck() throws {
    var shell = try Shell.withWeb()
    shell.ok(Self.tooLarge)
    #expect(
      shell.refusal("rollout status deployment/web")
        == "error: deployment \"web\" exceeded its progress deadline\n")
  }

  @Test func undoGoesBackAndHistoryTells() throws {
    var shell = try Shell.withWeb()
    shell.ok("annotate deployment web kubernetes.io/change-cause=first")
    shell.wait(.seconds(5))
    shell.ok("set image deployment/web nginx=nginx:1.28")
    shell.ok("annotate deployment web kubernetes.io/change-cause=second")
    shell.ok("rollout status deployment/web")
    #expect(
      shell.ok("rollout history deployment/web")
        == "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         first\n2         second\n\n")
    #expect(shell.ok("rollout undo deployment/web") == "deployment.apps/web rolled back\n")
    #expect(shell.deployment("web")?.spec.template.spec.containers[0].image == "nginx:1.27")
    shell.ok("rollout status deployment/web")
    #expect(
      shell.ok("rollout history deployment/web")
        == "deployment.apps/web \nREVISION  CHANGE-CAUSE\n2         second\n3         first\n\n")
    #expect(
      shell.ok("rollout undo deployment web --to-revision=3")
        == "deployment.apps/web skipped rollback (current template already matches revision 3)\n")
    #expect(
      shell.refusal("rollout undo deployment web --to-revision=1")
        == "error: unable to find specified revision 1 in history\n")
    #expect(
      shell.ok("rollout undo deployment web --to-revision=2") == "deployment.apps/web rolled back\n"
    )
    #expect(shell.deployment("web")?.spec.template.spec.containers[0].image == "nginx:1.28")
  }

  @Test func aRevisionInDetailIsItsTemplate() throws {
    var shell = try Shell.withWeb()
    let text = shell.ok("rollout history deployment/web --revision=1")
    let hash = try #require(
      shell.world.objects(.replicaSet).first?.metadata.labels["pod-template-hash"])
    #expect(
      text == """
        deployment.apps/web with revision #1
        Pod Template:
          Labels:       app=web
                pod-template-hash=\(hash)
          Containers:
           nginx:
            Image:      nginx:1.27
            Port:       <none>
            Host Port:  <none>
            Environment:        <none>
            Mounts:     <none>
          Volumes:      <none>
          Node-Selectors:       <none>
          Tolerations:  <none>


        """)
    #expect(
      shell.refusal("rollout history deployment/web --revision=9")
        == "error: unable to find the specified revision\n")
  }

  @Test func withoutASetThereIsNoHistory() throws {
    var shell = try Shell.withWeb()
    shell.ok("create deployment bare --image=nginx --replicas=0")
    shell.wait(.seconds(5))
    shell.ok("rollout pause deployment/bare")
    shell.ok("delete rs -l app=bare")
    for flag in ["", " --revision=1"] {
      #expect(
        shell.ok("rollout history deployment/bare" + flag).hasSuffix(
          "No rollout history found.\n"))
    }
  }

  @Test func restartStampsNewPodsWithTheTime() throws {
    var shell = try Shell.withWeb()
    #expect(shell.ok("rollout restart deployment/web") == "deployment.apps/web restarted\n")
    let stamp = try #require(
      shell.deployment("web")?.spec.template.metadata.annotations[
        "kubectl.kubernetes.io/restartedAt"])
    #expect(Timestamp(rfc3339: stamp) != nil && stamp.hasPrefix("2026-01-01T00:"))
    #expect(
      shell.refusal("rollout restart deployment web").hasPrefix(
        "error: failed to create patch for web: if restart has already been triggered within the "
          + "past second"))
    shell.ok("rollout status deployment/web")
    #expect(shell.world.objects(.replicaSet).count == 2)
    let pods = shell.world.objects(.pod).filter { $0.metadata.labels["app"] == "web" }
    #expect(
      pods.count { $0.metadata.annotations["kubectl.kubernetes.io/restartedAt"] == stamp } == 3)
  }

  @Test func aPausedDeploymentWaits() throws {
    var shell = try Shell.withWeb()
    #expect(shell.ok("rollout pause deployment/web") == "deployment.apps/web paused\n")
    #expect(
      shell.refusal("rollout pause deployment/web")
        == "error: deployments.apps \"web\" is already paused\n")
    #expect(
      shell.refusal("rollout restart deployment/web")
        == "error: deployments.apps \"web\" can't restart paused deployment (run rollout resume "
        + "first)\n")
    shell.ok("set image deployment/web nginx=nginx:1.28")
    shell.wait(.seconds(30))
    #expect(shell.world.objects(.replicaSet).count == 1)
    #expect(shell.ok("rollout resume deployment/web") == "deployment.apps/web resumed\n")
    #expect(
      shell.refusal("rollout resume deployment/web")
        == "error: deployments.apps \"web\" is not paused\n")
    shell.ok("rollout status deployment/web")
    #expect(shell.world.objects(.replicaSet).count == 2)
  }

  @Test(arguments: [
    ("rollout status", "error: required resource not specified\n"),
    ("rollout status rs/web", "Error from server (NotFound): replicasets.apps \"web\" not found\n"),
    (
      "rollout status node/worker-1", "error: no status viewer has been implemented for Node\n"
    ),
    (
      "rollout history node/worker-1",
      "error: no history viewer has been implemented for \"Node\"\n"
    ),
    ("rollout undo node/worker-1", "error: no rollbacker has been implemented for \"Node\"\n"),
    ("rollout restart node/worker-1", "error: nodes \"worker-1\" restarting is not supported\n"),
    (
      "rollout undo deployment/web", "error: no rollout history found for deployment \"web\"\n"
    ),
    (
      "rollout back deployment/web",
      "error: unknown command \"back deployment/web\"\nSee 'kubectl rollout -h' for help and "
        + "examples\n"
    ),
    (
      "rollout status deployment/web --timeout=5",
      "error: invalid argument \"5\" for \"--timeout\" flag: time: invalid duration \"5\"\n"
    ),
    // Each of the two is small enough, and their sum is not.
    (
      "rollout status deployment/web --timeout=600000000h2500000000h",
      "error: invalid argument \"600000000h2500000000h\" for \"--timeout\" flag: time: invalid "
        + "duration \"600000000h2500000000h\"\n"
    ),
  ])
  func whatCannotBeIsSaid(_ line: String, _ text: String) throws {
    try Shell.expectRefusal(line, text)
  }
}
