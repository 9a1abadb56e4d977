import Foundation
import Testing

/// Bad input: one clear line on standard error, exit code 2, nothing on standard output, quickly.
struct BadInputTests {
  private func expectRefusal(
    _ command: OrreryCommand, _ words: String..., within seconds: Double = 5
  ) {
    #expect(command.exitCode == 2)
    #expect(command.output == "")
    #expect(command.errorLines.count == 1, "\(command.errors)")
    for word in words { #expect(command.errors.contains(word), "\(command.errors)") }
    #expect(command.seconds < seconds)
  }

  @Test func kindWithoutAnythingElse() throws {
    expectRefusal(
      try OrreryCommand(["run", "-"], input: Data("kind: Pod\n".utf8)), "orrery: ", ":1:",
      "apiVersion")
  }

  @Test func truncatedYAML() throws {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a\nspec:\n  containers: [{name: \"x"
    expectRefusal(try OrreryCommand(["run", "-"], input: Data(text.utf8)), "orrery: ", ":")
  }

  @Test func everyPrefixOfAManifestIsReadOrRefused() throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: dataFile("shop.yaml")))
    for length in stride(from: 150, to: whole.count, by: 331) {
      let command = try OrreryCommand(
        ["run", "-", "--masters", "1", "--workers", "1"], input: whole.prefix(length))
      #expect([0, 1, 2].contains(command.exitCode), "\(length) bytes: \(command.errors)")
      if command.exitCode == 2 { expectRefusal(command, "orrery: ") }
    }
  }

  @Test func binaryFile() throws {
    let folder = try TemporaryFolder()
    var bytes = Data((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) })
    bytes.append(0)
    let file = try folder.write("image.png", bytes)
    expectRefusal(try OrreryCommand(["run", file.path]), "image.png")
  }

  @Test func fiftyMegabytes() throws {
    let folder = try TemporaryFolder()
    let line = Data("# a comment that says nothing at all, over and over again, for ever\n".utf8)
    var bytes = Data(capacity: 50 << 20)
    while bytes.count < 50 << 20 { bytes.append(line) }
    let file = try folder.write("huge.yaml", bytes)
    expectRefusal(try OrreryCommand(["run", file.path]), "huge.yaml", within: 10)
  }

  @Test func missingFile() throws {
    expectRefusal(
      try OrreryCommand(["run", "/nowhere/at-all.yaml"]), "/nowhere/at-all.yaml",
      "does not exist")
  }

  @Test func directory() throws {
    let folder = try TemporaryFolder()
    expectRefusal(try OrreryCommand(["run", folder.url.path]), folder.url.lastPathComponent)
  }

  @Test func emptyInput() throws {
    let command = try OrreryCommand(["run", "-"], input: Data())
    #expect(command.exitCode == 2)
    #expect(command.output == "")
  }

  @Test func unknownField() throws {
    let text = """
      apiVersion: v1
      kind: Pod
      metadata: {name: a}
      spec:
        containers:
          - name: x
            imagee: nginx
      """
    expectRefusal(
      try OrreryCommand(["run", "-"], input: Data(text.utf8)), ":7:",
      "unknown field \"spec.containers[0].imagee\"")
  }

  @Test func unknownKind() throws {
    let text = "apiVersion: v1\nkind: Gizmo\nmetadata: {name: a}\n"
    expectRefusal(try OrreryCommand(["run", "-"], input: Data(text.utf8)), ":2:", "Gizmo")
  }

  @Test func scenarioWithAnUnknownStep() throws {
    let text = "apiVersion: orrery/v1\nkind: Scenario\ntimeline:\n  - explode: all\n"
    expectRefusal(
      try OrreryCommand(["run", "-"], input: Data(text.utf8)), ":4:5:", "unknown step \"explode\"")
  }

  @Test func scenarioWithAFlagThatNobodyHas() throws {
    let text =
      "apiVersion: orrery/v1\nkind: Scenario\ncluster:\n  flags:\n    etcd: {snapshot-cont: 5}\n"
      + "timeline: []\n"
    expectRefusal(
      try OrreryCommand(["run", "-"], input: Data(text.utf8)), ":5:", "snapshot-cont",
      "snapshot-count")
  }

  @Test func scenarioThatNamesNoHost() throws {
    let text =
      "apiVersion: orrery/v1\nkind: Scenario\ncluster: {masters: 1, workers: 1}\n"
      + "timeline:\n  - fail: node/worker-9\n"
    expectRefusal(
      try OrreryCommand(["run", "-"], input: Data(text.utf8)), ":5", "no host \"worker-9\"")
  }

  @Test(arguments: [
    (["--seed", "many"], "--seed"), (["--seed", "-1"], "--seed"),
    (["--workers", "-3"], "--workers"),
    (["--workers", "5001"], "--workers"), (["--masters", "0"], "--masters"),
    (["--zones", "0"], "--zones"), (["--etcd", "zetcd"], "--etcd"),
    (["--etcd-members", "8"], "--etcd-members"), (["--until", "tuesday"], "--until"),
    (["--for", "ever"], "--for"), (["--output", "xml"], "--output"), (["--nonsense"], "--nonsense"),
    (["--flag", "quota"], "COMPONENT.NAME=VALUE"), (["--flag", "etcdd.x=1"], "no component"),
    (["--flag", "etcd.quota-backend-byts=1"], "quota-backend-bytes"),
    (["--flag", "kube-apiserver.event-ttl=soon"], "a duration"),
    (["--flag", "kubelet.nonsense=1"], "kubelet has no flag"),
  ])
  func option(_ arguments: [String], _ name: String) throws {
    let command = try OrreryCommand(["run", dataFile("shop.yaml")] + arguments)
    #expect(command.exitCode == 2)
    #expect(command.output == "")
    #expect(command.errors.contains(name), "\(command.errors)")
    #expect(command.errorLines.count == 1, "\(command.errors)")
    #expect(command.seconds < 5)
  }

  @Test func noFileAtAll() throws {
    expectRefusal(
      try OrreryCommand(["run"]), "expected a scenario or manifests", "opens the dashboard")
  }
}
