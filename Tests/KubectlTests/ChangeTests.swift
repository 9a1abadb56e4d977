import Basics
import KubeAPI
import Testing

/// `label`, `annotate`, `patch`, `expose` and `run`.
struct ChangeTests {
  @Test func labelsAreSetRefusedAndTakenOff() throws {
    var shell = try Shell.withWeb()
    #expect(shell.ok("label deployment web tier=front") == "deployment.apps/web labeled\n")
    #expect(shell.deployment("web")?.metadata.labels["tier"] == "front")
    #expect(shell.ok("label deployment/web tier=front") == "deployment.apps/web not labeled\n")
    #expect(
      shell.refusal("label deployment/web tier=back")
        == "error: 'tier' already has a value (front), and --overwrite is false\n")
    #expect(
      shell.refusal("label deployment/web tier=back app=other")
        == "'app' already has a value (web), and --overwrite is false\n"
        + "'tier' already has a value (front), and --overwrite is false\n")
    #expect(
      shell.ok("label deployment/web tier=back --overwrite") == "deployment.apps/web labeled\n")
    #expect(
      shell.ok("label deployment/web a=b tier-") == "deployment.apps/web modified\n")
    #expect(shell.ok("label deployment/web a-") == "deployment.apps/web unlabeled\n")
    #expect(
      shell.ok("label deployment/web a-")
        == "label \"a\" not found.\ndeployment.apps/web not labeled\n")
    #expect(shell.ok("label deployment/web --list") == "app=web\n")
    #expect(
      shell.ok("label nodes --all zone=one")
        == "node/master-1 labeled\nnode/worker-1 labeled\nnode/worker-2 labeled\n")
  }

  @Test(arguments: [
    ("label deployment web", "error: at least one label update is required\n"),
    (
      "label a=b",
      "error: one or more resources must be specified as <resource> <name> or <resource>/<name>\n"
    ),
    (
      "label deployment a=b web",
      "error: all resources must be specified before label changes: web\n"
    ),
    ("label deployment web a=b=c", "error: invalid label spec: a=b=c\n"),
    (
      "label deployment web a=b a-",
      "error: can not both modify and remove a label in the same command\n"
    ),
    (
      "label deployment a=b",
      "error: resource(s) were provided, but no name was specified\n"
    ),
    ("label pod gone a=b", "Error from server (NotFound): pods \"gone\" not found\n"),
    (
      "annotate deployment web a=b a-",
      "error: can not both modify and remove the following annotation(s) in the same command: a\n"
    ),
  ])
  func labelsThatCannotBe(_ line: String, _ text: String) throws {
    try Shell.expectRefusal(line, text)
  }

  @Test func annotationsAreSetRefusedAndTakenOff() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.ok("annotate deployment/web note='a b=c'") == "deployment.apps/web annotated\n")
    #expect(shell.deployment("web")?.metadata.annotations["note"] == "a b=c")
    #expect(
      shell.refusal("annotate deployment web note=other")
        == "error: --overwrite is false but found the following declared annotation(s): 'note' "
        + "already has a value (a b=c)\n")
    shell.ok("annotate deployment web note=other --overwrite")
    shell.ok("annotate deployment web note-")
    #expect(shell.deployment("web")?.metadata.annotations["note"] == nil)
  }

  @Test func patchesOfThreeKinds() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.ok(#"patch deployment web -p '{"spec":{"replicas":4}}'"#)
        == "deployment.apps/web patched\n")
    #expect(shell.deployment("web")?.spec.replicas == 4)
    shell.wait(.seconds(10))
    #expect(
      shell.ok(#"patch deployment web -p '{"spec":{"replicas":4}}'"#)
        == "deployment.apps/web patched (no change)\n")
    #expect(
      shell.ok("patch deployment/web --type=merge -p 'spec: {replicas: 2}'")
        == "deployment.apps/web patched\n")
    #expect(shell.deployment("web")?.spec.replicas == 2)
    shell.ok(
      #"patch deployment web --type json -p '[{"op":"replace","path":"/spec/replicas","value":5}]'"#
    )
    #expect(shell.deployment("web")?.spec.replicas == 5)
    shell.ok(
      #"patch deploy web -p '{"spec":{"template":{"spec":{"containers":[{"name":"nginx","image":"nginx:2"}]}}}}'"#
    )
    #expect(shell.deployment("web")?.spec.template.spec.containers.map(\.image) == ["nginx:2"])
    #expect(
      shell.refusal("patch deployment web")
        == "error: must specify --patch or --patch-file containing the contents of the patch\n")
    #expect(
      shell.refusal("patch deployment web --type=wild -p '{}'")
        == "error: --type must be one of [json merge strategic], not \"wild\"\n")
    #expect(
      shell.refusal("patch deployment web -p '{'").hasPrefix("error: unable to parse \"{\": "))
    #expect(
      shell.refusal(#"patch deployment web -p '{"spec":{"replicas":-1}}'"#).hasPrefix(
        "The Deployment \"web\" is invalid: spec.replicas: Invalid value: "))
  }

  @Test func exposeMakesAServiceBeforeADeployment() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.refusal("expose deployment web")
        == "error: couldn't find port via --port flag or introspection\n")
    #expect(
      shell.ok("expose deployment web --port=80 --target-port=8080") == "service/web exposed\n")
    #expect(
      shell.ok("expose deployment/web --port=81 --name=other --type=NodePort")
        == "service/other exposed\n")
    let service = try #require(
      shell.world.object(.service, ObjectKey(namespace: "default", name: "web"))?.service)
    #expect(service.spec.selector == ["app": "web"] && service.metadata.labels == ["app": "web"])
    #expect(service.spec.ports.map(\.port) == [80])
    #expect(service.spec.ports.map(\.targetPort) == [.integer(8080)])
    #expect(
      shell.refusal("expose deployment web --port=80")
        == "Error from server (AlreadyExists): services \"web\" already exists\n")
    #expect(
      shell.refusal("expose node worker-1 --port=80") == "error: cannot expose a Node\n")
    shell.wait(.seconds(10))
    let slices = shell.world.objects(.endpointSlice).compactMap(\.endpointSlice).filter {
      $0.metadata.namespace == "default" && $0.metadata.labels["app"] == "web"
    }
    #expect(
      slices.compactMap { $0.metadata.labels["kubernetes.io/service-name"] }.sorted()
        == ["other", "web"])
    let pods = shell.world.objects(.pod).compactMap(\.pod)
      .filter { $0.metadata.labels["app"] == "web" }.map(\.status.podIP).sorted()
    for slice in slices {
      #expect(slice.endpoints.flatMap(\.addresses).sorted() == pods && pods.count == 3)
    }
  }

  @Test func whatIsEmptyIsUnset() throws {
    var shell = try Shell.withWeb()
    shell.ok("expose deployment web --port=80 --name= --selector= --labels= --protocol= --type=")
    let service = try #require(shell.service("web"))
    #expect(service.spec.selector == ["app": "web"] && service.metadata.labels == ["app": "web"])
    #expect(service.spec.ports.map(\.protocolName) == ["TCP"])
    #expect(service.spec.ports.map(\.targetPort) == [.integer(80)])
    shell.ok("run shop --image=shop --port=8080 --restart=")
    #expect(shell.pod("shop")?.spec.restartPolicy == "Always")
    shell.ok("expose pod shop --port= --target-port=")
    #expect(shell.service("shop")?.spec.ports.map(\.port) == [8080])
    #expect(shell.service("shop")?.spec.ports.map(\.targetPort) == [.integer(8080)])
  }

  @Test func containersAreNamedForTheirImages() throws {
    var shell = try Shell.withWeb()
    func names(_ deployment: String) -> [String] {
      shell.deployment(deployment)?.spec.template.spec.containers.map(\.name) ?? []
    }
    shell.ok("create deployment two --image=r.io:5000/a/my_app.web:1,nginx@sha256:\(digits)")
    let first = names("two").first ?? ""
    #expect(names("two").count == 2 && names("two").last == "nginx")
    #expect(first.hasPrefix("my-app-web-") && first.count == "my-app-web-".count + 5)
    #expect(first.suffix(5).allSatisfy { "bcdfghjklmnpqrstvwxz2456789".contains($0) })
    // Another deployment's luck is its own; the same line in the same world comes out the same.
    shell.ok("create deployment twin --image=my_app.web,my_app.web")
    #expect(Set(names("twin") + [first]).count == 3)
    var again = try Shell.withWeb()
    again.ok("create deployment two --image=r.io:5000/a/my_app.web:1,nginx@sha256:\(digits)")
    #expect(again.deployment("two")?.spec.template.spec.containers.first?.name == first)
    // Nothing is made lower case: the API server says what it holds of that.
    #expect(
      shell.refusal("create deployment big --image=App").contains(
        "spec.template.spec.containers[0].name: Invalid value: \"App\""))
  }

  private let digits = String(repeating: "0123456789abcdef", count: 4)

  @Test func commandsStandBehindTwoDashes() throws {
    var shell = try Shell.withWeb()
    shell.ok("create deployment job --image=busybox -- sleep 1000")
    #expect(
      shell.deployment("job")?.spec.template.spec.containers.map(\.command) == [["sleep", "1000"]])
  }

  @Test(arguments: [
    (
      "create deployment a b --image=nginx -- c",
      "error: exactly one NAME is required, got 2\nSee 'kubectl create deployment -h' for help and "
        + "examples\n"
    ),
    (
      "create deploy --image=nginx -- c",
      "error: exactly one NAME is required, got 0\nSee 'kubectl create deployment -h' for help and "
        + "examples\n"
    ),
    (
      "create ns a b",
      "error: exactly one NAME is required, got 2\nSee 'kubectl create namespace -h' for help and "
        + "examples\n"
    ),
    (
      "create sa",
      "error: exactly one NAME is required, got 0\nSee 'kubectl create serviceaccount -h' for help "
        + "and examples\n"
    ),
    ("create deployment", "error: required flag(s) \"image\" not set\n"),
    ("expose node worker-1 --port=80 --selector=a=b", "error: cannot expose a Node\n"),
    (
      "run --image=nginx -- sleep",
      "error: NAME is required for run\nSee 'kubectl run -h' for help and examples\n"
    ),
    (
      "run box --image=nginx --restart=Sometimes",
      "error: invalid restart policy: Sometimes\nSee 'kubectl run -h' for help and examples\n"
    ),
    (
      "taint nodes worker-1 :-",
      "error: invalid taint effect: , unsupported taint effect\nSee 'kubectl taint -h' for help "
        + "and examples\n"
    ),
    (
      "taint nodes worker-1 =:NoSchedule",
      "error: invalid taint spec: =:NoSchedule, name part must be non-empty; name part must consist "
        + "of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        + "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')\nSee 'kubectl taint -h' for help and "
        + "examples\n"
    ),
    (
      "taint nodes worker-1 a=b",
      "error: invalid taint spec: a=b, name part must consist of alphanumeric characters, '-', '_' "
        + "or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or "
        + "'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')\nSee 'kubectl taint -h' for help and "
        + "examples\n"
    ),
    (
      "taint nodes worker-1 a",
      "error: at least one taint update is required\n"
    ),
    (
      "taint nodes worker-1 a:NoSchedule a=b:NoSchedule",
      "error: duplicated taints with the same key and effect: {a b NoSchedule <nil>}\nSee 'kubectl "
        + "taint -h' for help and examples\n"
    ),
    (
      "taint pods x a=b:NoSchedule",
      "error: invalid resource type pods, only node types are supported\n"
    ),
    (
      "taint nodes worker-1 x- y:NoSchedule-",
      "taint \"x\" not found\ntaint \"y:NoSchedule\" not found\n"
    ),
    (
      "taint nodes --all --selector=a=b a=b:NoSchedule",
      "error: setting 'all' parameter with a non empty selector is prohibited\n"
    ),
    (
      "taint nodes worker-1 a=b=c:NoSchedule",
      "error: invalid taint spec: a=b=c:NoSchedule\nSee 'kubectl taint -h' for help and examples\n"
    ),
    (
      "taint nodes worker-1 a:b:NoSchedule-",
      "error: invalid taint spec: a:b:NoSchedule\nSee 'kubectl taint -h' for help and examples\n"
    ),
    (
      "taint nodes worker-1 a=b:Never",
      "error: invalid taint effect: Never, unsupported taint effect\nSee 'kubectl taint -h' for "
        + "help and examples\n"
    ),
    (
      "taint nodes a=b:NoSchedule worker-1",
      "error: all resources must be specified before taint changes: worker-1\n"
    ),
    ("taint nodes worker-1", "error: at least one taint update is required\n"),
    (
      "taint a=b:NoSchedule",
      "error: one or more resources must be specified as <resource> <name>\n"
    ),
    (
      "taint nodes worker-1 a=b:NoSchedule a-",
      "error: can not both modify and remove the following taint(s) in the same command: a=\n"
    ),
    (
      "taint nodes a=b:NoSchedule",
      "error: at least one resource name must be specified since 'all' parameter is not set\n"
    ),
  ])
  func whatCannotBeIsSaid(_ line: String, _ text: String) throws {
    try Shell.expectRefusal(line, text)
  }

  @Test func newTaintsStandBeforeTheOthers() throws {
    var shell = try Shell.withWeb()
    func keys(_ node: String) -> [String] {
      shell.world.object(.node, ObjectKey(name: node))?.node?.spec.taints.map(\.text) ?? []
    }
    #expect(shell.ok("taint nodes worker-1 a=1:NoSchedule") == "node/worker-1 tainted\n")
    #expect(shell.ok("taint no worker-1 b:NoExecute") == "node/worker-1 tainted\n")
    #expect(keys("worker-1") == ["b:NoExecute", "a=1:NoSchedule"])
    #expect(
      shell.refusal("taint node worker-1 a=2:NoSchedule b:NoExecute")
        == "error: node worker-1 already has a,b taint(s) with same effect(s) and --overwrite is "
        + "false\n")
    #expect(
      shell.ok("taint node worker-1 a=2:NoSchedule --overwrite") == "node/worker-1 modified\n")
    #expect(keys("worker-1") == ["a=2:NoSchedule", "b:NoExecute"])
    #expect(shell.ok("taint nodes worker-1 b- a:NoSchedule-") == "node/worker-1 untainted\n")
    #expect(keys("worker-1").isEmpty)
    #expect(
      shell.ok("taint nodes -l kubernetes.io/hostname=worker-2 c=:NoSchedule")
        == "node/worker-2 tainted\n")
    #expect(keys("worker-2") == ["c:NoSchedule"])
    #expect(shell.ok("taint nodes --all d=:PreferNoSchedule").contains("node/worker-1 tainted\n"))
  }

  @Test(arguments: [
    "nginx", "nginx:1.27", "library/nginx", "Registry/nginx", "R.io:5000/a/b_c/d__e--f:V1",
    "[::1]:5000/a", "localhost:80", "a@sha256:0123456789abcdef0123456789abcdef",
    "a:t@sha256+b64:0123456789abcdef0123456789ABCDEF",
  ])
  func imagesThatCanBe(_ image: String) throws {
    var shell = try Shell.withWeb()
    shell.ok("run box --image=\(image)")
  }

  @Test(arguments: [
    "nginx:", "Nginx", "Bad/Name", "a/B/c", "a//b", "/a", "a/", "a:-x", "a b", "a___b", "a..b",
    "-a", "a-", "-r.io/a", "r.io:/a", "a@sha256:12", "a@", "a:b:c", "a@b@c", ":1",
  ])
  func imagesThatCannotBe(_ image: String) throws {
    try Shell.expectRefusal(
      "run box '--image=\(image)'",
      "error: Invalid image name \"\(image)\": invalid reference format\n")
  }

  @Test func runMakesAPod() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.ok("run box --image=busybox --restart=Never -- sleep 1000") == "pod/box created\n")
    let pod = try #require(
      shell.world.object(.pod, ObjectKey(namespace: "default", name: "box"))?.pod)
    #expect(pod.metadata.labels == ["run": "box"] && pod.spec.restartPolicy == "Never")
    #expect(pod.spec.containers.map(\.args) == [["sleep", "1000"]])
    shell.ok("run labelled --image=busybox -l a=b,c=d")
    #expect(
      shell.world.object(.pod, ObjectKey(namespace: "default", name: "labelled"))?.metadata.labels
        == ["a": "b", "c": "d"])
    #expect(shell.refusal("run box2") == "error: --image is required\n")
    #expect(
      shell.refusal("run box2 --image=Bad/Name")
        == "error: Invalid image name \"Bad/Name\": invalid reference format\n")
    #expect(
      shell.refusal("run box --image=busybox")
        == "Error from server (AlreadyExists): pods \"box\" already exists\n")
  }
}
