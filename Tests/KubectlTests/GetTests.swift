import Basics
import Engine
import KubeAPI
import Testing

/// `get` with its flags.
struct GetTests {
  @Test func sortsAsKubectlDoes() throws {
    var shell = try Shell.withWeb()
    func column(_ line: String) -> [String] {
      shell.ok(line).split(separator: "\n").dropFirst().map { String($0.split(separator: " ")[0]) }
    }
    for (node, place) in [("master-1", "c"), ("worker-1", "b"), ("worker-2", "a")] {
      shell.ok("label node \(node) place=\(place)")
    }
    #expect(
      column("get nodes --sort-by=.metadata.labels.place") == ["worker-2", "worker-1", "master-1"])
    // Those without come first, the last of them before the others.
    shell.ok("label node worker-1 only=x")
    #expect(
      column("get nodes --sort-by=.metadata.labels.only") == ["worker-2", "master-1", "worker-1"])
    shell.ok("label node master-1 rank=30")
    shell.ok("label node worker-1 rank=4")
    for path in [".metadata.labels.rank", "metadata.labels.rank", "{.metadata.labels.rank}"] {
      #expect(column("get nodes --sort-by=\(path)") == ["worker-2", "worker-1", "master-1"])
    }
    #expect(
      shell.ok("get nodes -o name --sort-by .metadata.labels.rank")
        == "node/worker-2\nnode/worker-1\nnode/master-1\n")
    let placed = shell.ok("get pods -o wide --no-headers --sort-by=.spec.nodeName")
      .split(separator: "\n").map { String($0.split(separator: " ")[6]) }
    #expect(placed == placed.sorted() && placed.count == 3)
  }

  @Test(arguments: [
    (
      "get pods --sort-by=.spec.nope",
      "error: couldn't find any field with path \"{.spec.nope}\" in the list of objects\n"
    ),
    ("get pods --sort-by={.spec.nodeName", "error: sorting error: unclosed action\n"),
    (
      "get pods --sort-by=.spec.containers",
      "Field {.spec.containers} in [][][]reflect.Value is an unsortable type: interface, err: "
        + "unsortable type: []interface {}\n"
    ),
    (
      "get pods -w",
      "error: --watch works on the dashboard's command line only; `kubectl rollout status` waits "
        + "for a rollout\n"
    ),
    (
      "get pods -o custom-columns=NAME",
      "error: unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>\n"
    ),
    (
      "get pods -o custom-columns=",
      "error: custom-columns format specified but no custom columns given\n"
    ),
  ])
  func whatCannotBeIsSaid(_ line: String, _ text: String) throws {
    try Shell.expectRefusal(line, text)
  }

  @Test func rolesAreThoseOfEitherLabel() throws {
    var shell = try Shell.withWeb()
    shell.ok(
      "label node worker-1 kubernetes.io/role=shop node-role.kubernetes.io/edge= "
        + "node-role.kubernetes.io/shop= node-role.kubernetes.io/apart=")
    #expect(shell.ok("get node worker-1 --no-headers").contains("   apart,edge,shop   "))
    #expect(shell.ok("describe node worker-1").contains("\nRoles:              apart,edge,shop\n"))
  }

  @Test func columnsOfOnesOwn() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.ok("get nodes -o custom-columns=NAME:.metadata.name,V:spec.nope,R:.kind")
        == "NAME       V        R\nmaster-1   <none>   Node\nworker-1   <none>   Node\n"
        + "worker-2   <none>   Node\n")
    #expect(
      shell.ok(
        "get deploy web --no-headers -o custom-columns=I:.spec.template.spec.containers[*].image,"
          + "L:.metadata.labels")
        == "nginx:1.27   map[app:web]\n")
  }

  @Test func pathsPrintTextAsItIs() throws {
    var shell = try Shell.withWeb()
    #expect(shell.ok("get node worker-1 -o jsonpath={.metadata.name}") == "worker-1\n")
    #expect(
      shell.ok("get nodes -o jsonpath='{.items[*].metadata.name}'")
        == "master-1 worker-1 worker-2\n")
    #expect(
      shell.ok("get deploy web -o jsonpath='{.spec.template.metadata.labels}'")
        == "{\"app\":\"web\"}\n")
  }

  @Test func restartsSayWhenTheLastWas() throws {
    var shell = try Shell.withWeb()
    let pod = try #require(shell.world.objects(.pod).first { $0.metadata.name.hasPrefix("web") })
    try shell.world.apply(.fail(Fault(.container(pod: pod.key, name: ""), .crash(exitCode: 1))))
    shell.wait(.seconds(30))
    let row = try #require(
      shell.ok("get pods").split(separator: "\n").first { $0.hasPrefix(pod.metadata.name) })
    let cells = row.split(separator: " ").dropFirst().map(String.init)
    let ended = try #require(
      shell.world.object(.pod, pod.key)?.pod.flatMap { PodSummary($0).lastRestart })
    let seconds = (shell.world.wallClock - ended).wholeSeconds
    #expect(seconds >= 25)
    #expect(Array(cells.prefix(5)) == ["1/1", "Running", "1", "(\(seconds)s", "ago)"])
    #expect(
      shell.ok("get pods").hasPrefix("NAME                  READY   STATUS    RESTARTS      AGE"))
  }
}
