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
    var shell = try Shell.withWeb()
    #expect(shell.refusal(line) == text)
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
    #expect(shell.world.objects(.endpointSlice).count >= 2)
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
