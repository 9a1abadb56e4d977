import Basics
import KubeAPI
import Testing

/// What is refused, and how; and that several objects are taken one after the other.
struct RefusalTests {
  @Test func aScaleHasConditions() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.refusal("scale deploy web --replicas=2 --current-replicas=9")
        == "error: Expected replicas to be 9, was 3\n")
    let version = try #require(shell.webVersion)
    #expect(
      shell.refusal("scale deploy web --replicas=2 --resource-version=1")
        == "error: Expected resource version to be 1, was \(version)\n")
    #expect(shell.deployment("web")?.spec.replicas == 3)
    #expect(
      shell.ok(
        "scale deploy web --replicas=2 --current-replicas=3 --resource-version=\(version)")
        == "deployment.apps/web scaled\n")
    #expect(shell.deployment("web")?.spec.replicas == 2)
    #expect(
      shell.refusal("scale deploy web cache --replicas=2 --resource-version=\(version)")
        == "error: cannot use --resource-version with multiple resources\n")
    #expect(
      shell.refusal("scale deploy web --replicas=2 --current-replicas=-2")
        == "error: The --current-replicas must specify an integer of -1 or greater\n")
  }

  @Test(arguments: [
    #"[{"op":"test","path":"/spec/replicas","value":99}]"#,
    #"[{"op":"remove","path":"/spec/nothing"}]"#,
  ])
  func aJSONPatchThatDoesNotFit(_ patch: String) throws {
    try Shell.expectRefusal(
      "patch deployment web --type=json -p '\(patch)'",
      "The request is invalid: the server rejected our request due to an error in our request\n")
  }

  @Test func aJSONPatchIsAList() throws {
    try Shell.expectRefusal(
      "patch deployment web --type=json -p '{}'",
      "Error from server (BadRequest): error decoding patch: json: cannot unmarshal object into Go "
        + "value of type []handlers.jsonPatchOp\n")
  }

  @Test(arguments: [
    (#"{"spec":{"replicas":"x"}}"#, "map[spec:map[replicas:x]]", "unrecognized type: int32"),
    (
      #"{"spec":{"replicas":1.5}}"#, "map[spec:map[replicas:1.5]]",
      "cannot convert float64 to int32"
    ),
    (#"{"spec":{"paused":"yes"}}"#, "map[spec:map[paused:yes]]", "unrecognized type: bool"),
    (
      #"{"spec":{"template":[1]}}"#, "map[spec:map[template:[1]]]",
      "cannot restore struct from: slice"
    ),
    (
      #"{"metadata":{"labels":{"a":1,"b":"c\"d"}}}"#, #"map[metadata:map[labels:map[a:1 b:c\"d]]]"#,
      "cannot convert int64 to string"
    ),
    (
      #"{"metadata":{"labels":"x"}}"#, "map[metadata:map[labels:x]]",
      "cannot restore map from string"
    ),
  ])
  func aStrategicPatchOfTheWrongType(_ patch: String, _ shown: String, _ why: String) throws {
    try Shell.expectRefusal(
      "patch deployment web -p '\(patch)'",
      "The request is invalid: patch: Invalid value: \"\(shown)\": \(why)\n")
  }

  @Test(arguments: [
    (
      "logs web-1",
      "error: kubectl logs is not supported in this simulation; `kubectl describe pod NAME` may do "
        + "instead\n"
    ),
    (
      "exec -it web-1 -- sh",
      "error: kubectl exec is not supported in this simulation; `kubectl help` lists what there is\n"
    ),
    ("frobnicate", "error: unknown command \"frobnicate\" for \"kubectl\"\n"),
    ("get ep", "error: resource type \"ep\" is not supported in this simulation\n"),
    (
      "get pods,StatefulSets.apps",
      "error: resource type \"StatefulSets.apps\" is not supported in this simulation\n"
    ),
    (
      "describe jobs.v1.batch/one",
      "error: resource type \"jobs.v1.batch\" is not supported in this simulation\n"
    ),
    ("get jobs.apps", "error: the server doesn't have a resource type \"jobs.apps\"\n"),
    ("get things", "error: the server doesn't have a resource type \"things\"\n"),
  ])
  func whatThisSimulationHasNot(_ line: String, _ text: String) throws {
    try Shell.expectRefusal(line, text)
  }

  @Test func everyVerbHasHelp() throws {
    var shell = try Shell.withWeb()
    let run = "kubectl run: a pod: run NAME --image=nginx\n"
    for line in ["run -h", "run web --help", "help run"] { #expect(shell.ok(line) == run) }
    #expect(shell.ok("get --help").hasPrefix("kubectl get: objects, as a table"))
    #expect(shell.ok("rollout restart -h").hasPrefix("kubectl rollout: status, history"))
    #expect(shell.ok("help").hasPrefix("kubectl controls the simulated cluster."))
    // Behind `--` it is the container's.
    #expect(shell.ok("run own --image=nginx --command -- sh -h") == "pod/own created\n")
  }

  @Test func severalObjectsAreTakenInTurn() throws {
    var shell = try Shell.withWeb()
    let names = ["web", "d", "c", "b", "a"]
    for name in names.dropFirst() { shell.ok("create deployment \(name) --image=nginx") }
    func lines(_ names: [String], _ word: String) -> String {
      names.map { "deployment.apps/\($0) \(word)\n" }.joined()
    }
    let targets = names.map { "deploy/" + $0 }.joined(separator: " ")
    for count in 1...4 {
      #expect(shell.ok("scale \(targets) --replicas=\(count)") == lines(names, "scaled"))
    }
    #expect(shell.ok("rollout restart deploy") == lines(names.sorted(), "restarted"))
    #expect(
      shell.ok("patch \(targets) -p '{\"spec\":{\"replicas\":1}}'") == lines(names, "patched"))
    shell.wait(.seconds(60))
    let pods = shell.ok("get pods -o name").split(separator: "\n").map { $0.dropFirst(4) }
    #expect(
      shell.ok("delete pods --all")
        == pods.map { "pod \"\($0)\" deleted from default namespace\n" }.joined())
    let (out, error, code) = shell.run("scale deploy/a deploy/gone deploy/b --replicas=2")
    #expect(out == lines(["a", "b"], "scaled"))
    #expect(error == "Error from server (NotFound): deployments.apps \"gone\" not found\n")
    #expect(code == 1)
  }
}

extension Shell {
  /// The resource version of `web`, as the API shows it.
  fileprivate var webVersion: Int64? {
    world.object(.deployment, ObjectKey(namespace: "default", name: "web"))?.resourceVersion
  }
}
