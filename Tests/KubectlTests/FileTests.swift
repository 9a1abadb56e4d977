import Basics
import KubeAPI
import Kubectl
import Testing

/// `apply -f` and `create -f`, and what is said of what they cannot do.
struct FileTests {
  private static let mixed = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: first}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec: {serviceName: db}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: second}
    """

  private static let modelled =
    "It models: Namespace, Node, Pod, Service, EndpointSlice, ConfigMap, Secret, ServiceAccount, "
    + "Event, Lease, Deployment, ReplicaSet\n"

  @Test(arguments: ["apply", "create"])
  func aKindThatIsNotModelledKeepsNobodyBack(_ verb: String) throws {
    var shell = try Shell.withWeb()
    let file = try TemporaryFile("mixed.yaml", Self.mixed)
    let (out, error, code) = shell.run("\(verb) -f \(file.path)")
    #expect(out == "configmap/first created\nconfigmap/second created\n")
    #expect(code == 1)
    #expect(
      error == """
        error: resource mapping not found for name: "db" namespace: "" from "\(file.path)": no \
        matches for kind "StatefulSet" in version "apps/v1"
        ensure CRDs are installed first
        Orrery does not model that kind. \(Self.modelled)
        """)
    #expect(shell.world.object(.configMap, ObjectKey(namespace: "default", name: "second")) != nil)
  }

  @Test func severalOfThemStandInLines() throws {
    var shell = try Shell.withWeb()
    let file = try TemporaryFile(
      "two.yaml",
      "{apiVersion: batch/v1, kind: Job, metadata: {name: a}}\n---\n"
        + "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: b, namespace: x}}\n")
    #expect(
      shell.refusal("apply -f \(file.path)") == """
        resource mapping not found for name: "a" namespace: "" from "\(file.path)": no matches \
        for kind "Job" in version "batch/v1"
        ensure CRDs are installed first
        resource mapping not found for name: "b" namespace: "x" from "\(file.path)": no matches \
        for kind "DaemonSet" in version "apps/v1"
        ensure CRDs are installed first
        Orrery does not model those kinds. \(Self.modelled)
        """)
  }

  @Test func errorsOfFilesNameThem() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.refusal("apply -f /nope.yaml") == "error: the path \"/nope.yaml\" does not exist\n")
    let file = try TemporaryFile(
      "twice.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: first}}\n")
    shell.ok("create -f \(file.path)")
    #expect(
      shell.refusal("create -f \(file.path)")
        == "Error from server (AlreadyExists): error when creating \"\(file.path)\": configmaps "
        + "\"first\" already exists\n")
  }

  @Test(arguments: [
    (
      "create deployment web --image=nginx",
      "error: failed to create deployment: deployments.apps \"web\" already exists\n"
    ),
    (
      "create deployment web -n gone --image=nginx",
      "error: failed to create deployment: namespaces \"gone\" not found\n"
    ),
    (
      "create sa default",
      "error: failed to create serviceaccount: serviceaccounts \"default\" already exists\n"
    ),
    (
      "create ns default",
      "Error from server (AlreadyExists): namespaces \"default\" already exists\n"
    ),
    ("create deployment other", "error: required flag(s) \"image\" not set\n"),
    (
      "delete pod x --force --grace-period=5",
      "error: --force and --grace-period greater than 0 cannot be specified together\n"
    ),
    (
      "label deployment web a=-",
      "error: invalid label value: \"a=-\": a valid label must be an empty string or consist of "
        + "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        + "character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
        + "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')\n"
    ),
    ("nope", "error: unknown command \"nope\" for \"kubectl\"\n"),
  ])
  func refusals(_ line: String, _ text: String) throws {
    try Shell.expectRefusal(line, text)
  }

  @Test func aForcedDeletionWarns() throws {
    var shell = try Shell.withWeb()
    let name = try #require(
      shell.world.objects(.pod).map(\.metadata.name).first { $0.hasPrefix("web") })
    let (out, error, code) = shell.run("delete pod \(name) --force --grace-period=0")
    #expect(code == 0)
    #expect(out == "pod \"\(name)\" force deleted from default namespace\n")
    #expect(
      error == "Warning: Immediate deletion does not wait for confirmation that the running "
        + "resource has been terminated. The resource may continue to run on the cluster "
        + "indefinitely.\n")
    #expect(shell.world.object(.pod, ObjectKey(namespace: "default", name: name)) == nil)
  }

  @Test(arguments: ["", "help", "kubectl help"])
  func helpListsTheVerbs(_ line: String) throws {
    var shell = try Shell.withWeb()
    let text = shell.ok(line)
    let verbs = text.split(separator: "\n").filter { $0.hasPrefix("  ") }.compactMap {
      $0.split(separator: " ").first.map(String.init)
    }
    #expect(verbs == KubectlInvocation.verbs && verbs.contains("rollout"))
  }
}
