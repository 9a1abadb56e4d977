import Basics
import KubeAPI
import Testing

/// `kubectl wait`, `events`, and what tells of the cluster without its objects.
struct WaitTests {
  @Test func waitsUntilAConditionIsMetAndSaysSoOfEach() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.ok("wait --for=condition=Available deployment/web")
        == "deployment.apps/web condition met\n")
    let pods = shell.ok("get pods -l app=web -o name").split(separator: "\n")
    #expect(pods.count == 3)
    #expect(
      shell.ok("wait pods -l app=web --for=condition=ready")
        == pods.map { "\($0) condition met\n" }.joined())
    #expect(
      shell.ok("wait deploy web --for=jsonpath='{.status.readyReplicas}'=3")
        == "deployment.apps/web condition met\n")
    #expect(
      shell.ok("wait deploy web --for=jsonpath={.status.readyReplicas}")
        == "deployment.apps/web condition met\n")
  }

  @Test func endsWithItsTimeout() throws {
    var shell = try Shell.withWeb()
    let before = shell.world.now
    #expect(
      shell.refusal("wait deployment/web --for=condition=Available=false --timeout=20s")
        == "error: timed out waiting for the condition on deployments/web\n")
    #expect((20...21).contains((shell.world.now - before).wholeSeconds))
    #expect(
      shell.refusal("wait deployment/web --for=condition=Nope --timeout=0s")
        == "error: condition not met for deployments/web\n")
    let pods = shell.ok("get pods -l app=web -o name").split(separator: "\n")
    #expect(
      shell.refusal("wait pod -l app=web --for=condition=Ready=False --timeout=2s")
        == pods.map { "timed out waiting for the condition on pods/\($0.dropFirst(4))\n" }.joined()
    )
  }

  @Test func waitsForWhatIsNotThereYetAndForWhatGoes() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.refusal("wait pod/gone --for=condition=Ready")
        == "Error from server (NotFound): pods \"gone\" not found\n")
    #expect(shell.ok("wait pod/gone --for=delete") == "")
    #expect(
      shell.refusal("wait pods -l app=nope --for=condition=Ready")
        == "error: no matching resources found\n")
    #expect(
      shell.refusal("wait pod/gone --for=create --timeout=3s")
        == "error: timed out waiting for the condition\n")
    let pod = String(
      try #require(shell.ok("get pods -l app=web -o name").split(separator: "\n").first))
    shell.ok("delete \(pod) --wait=false")
    #expect(shell.ok("wait \(pod) --for=delete --timeout=60s") == "\(pod) condition met\n")
    shell.ok("run one --image=nginx:1.27")
    #expect(
      shell.ok("wait pod/one --for=create --for=condition=Ready")
        == "pod/one condition met\npod/one condition met\n")
  }

  @Test(arguments: [
    ("wait pod/a", "error: unrecognized condition: []"),
    ("wait pod/a --for=ready", "error: unrecognized condition: \"ready\""),
    (
      "wait pod/a --for=jsonpath={.a}=b=c",
      "error: jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or "
        + "--for=jsonpath='{.status.readyReplicas}'"
    ),
    (
      "wait pods --for=delete",
      "error: resource(s) were provided, but no name was specified"
    ),
    ("events --for web", "error: --for must be in resource/name form"),
    ("events --types=Bad", "error: valid --types are Normal or Warning"),
    ("top pods", "error: Metrics API not available"),
    ("version extra", "error: extra arguments: [extra]"),
  ])
  func badLines(_ line: String, _ text: String) throws {
    var shell = try Shell.withWeb()
    #expect(shell.refusal(line) == text + "\n")
  }

  @Test func eventsStandInTheOrderOfTime() throws {
    var shell = try Shell.withWeb()
    let lines = shell.ok("events --for deployment/web").split(separator: "\n").map(String.init)
    #expect(lines.count == 2)
    #expect(
      lines[0].split(separator: " ") == ["LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"])
    #expect(lines[1].contains("Normal   ScalingReplicaSet   Deployment/web"))
    let pod = try #require(
      shell.ok("get pods -l app=web -o name").split(separator: "\n").first)
    let reasons = shell.ok("events --for \(pod) --no-headers").split(separator: "\n").map {
      line in
      line.split(separator: " ").first {
        [
          "Scheduled", "Pulling", "Pulled", "Created",
          "Started",
        ].contains($0)
      }.map(String.init) ?? ""
    }
    // The scheduler tells of its binding when the kubelet may have begun.
    #expect(Set(reasons) == ["Scheduled", "Pulling", "Pulled", "Created", "Started"])
    #expect(reasons.suffix(3) == ["Pulled", "Created", "Started"])
    let none = shell.run("events --types=Warning")
    #expect(none.error == "No events found in default namespace.\n")
  }

  @Test func whatThereIs() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.ok("version")
        == "Client Version: v1.36.2\nKustomize Version: v5.8.1\nServer Version: v1.36.2\n")
    #expect(
      shell.ok("api-versions") == "apps/v1\ncoordination.k8s.io/v1\ndiscovery.k8s.io/v1\nv1\n")
    let resources = shell.ok("api-resources").split(separator: "\n").map(String.init)
    #expect(resources.count == ResourceKind.allCases.count + 1)
    #expect(
      resources.contains { $0.split(separator: " ") == ["pods", "po", "v1", "true", "Pod"] })
    #expect(shell.ok("api-resources --namespaced=false -o name") == "namespaces\nnodes\n")
    #expect(
      shell.ok("cluster-info").hasPrefix(
        "Kubernetes control plane is running at https://10.0.0.10:6443\n\nTo further debug"))
  }
}
