import Foundation
import KubeAPI
import Testing

/// `create configmap` and `create secret generic`.
struct CreateTests {
  private func configMap(_ shell: Shell, _ name: String) throws -> ConfigMap {
    let object = shell.world.object(.configMap, ObjectKey(namespace: "default", name: name))
    return try #require(object.flatMap { ConfigMap.extract($0.body) })
  }

  private func secret(_ shell: Shell, _ name: String) throws -> Secret {
    let object = shell.world.object(.secret, ObjectKey(namespace: "default", name: name))
    return try #require(object.flatMap { Secret.extract($0.body) })
  }

  @Test func aConfigMapOfLiteralsFilesAndFolders() throws {
    var shell = try Shell.withWeb()
    let file = try TemporaryFile("app.conf", "a=b\n")
    let folder = (file.path as NSString).deletingLastPathComponent
    #expect(
      shell.ok("create configmap c --from-literal=x=1=2 --from-file=\(file.path)")
        == "configmap/c created\n")
    #expect(try configMap(shell, "c").data == ["app.conf": "a=b\n", "x": "1=2"])
    shell.ok("create cm d --from-file=k=\(file.path) --from-literal y=")
    #expect(try configMap(shell, "d").data == ["k": "a=b\n", "y": ""])
    shell.ok("create cm e --from-file=\(folder)")
    #expect(try configMap(shell, "e").data == ["app.conf": "a=b\n"])
    let variables = try TemporaryFile("app.env", "# said once\n\nA=1\n  B=x=y\nC\n")
    shell.ok("create cm f --from-env-file=\(variables.path)")
    #expect(try configMap(shell, "f").data == ["A": "1", "B": "x=y", "C": ""])
    #expect(
      shell.ok("create cm g --from-literal=a=b --dry-run=client -o yaml")
        == "apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  name: g\n")
  }

  @Test func aSecretHoldsBase64() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.ok("create secret generic s --from-literal=password=hunter2") == "secret/s created\n")
    #expect(try secret(shell, "s").data == ["password": "aHVudGVyMg=="])
    #expect(try secret(shell, "s").type == "Opaque")
    shell.ok("create secret generic t --type=example.com/t --from-literal=a=b")
    #expect(try secret(shell, "t").type == "example.com/t")
  }

  @Test(arguments: [
    ("create cm", "error: exactly one NAME is required, got 0"),
    ("create secret generic", "error: exactly one NAME is required, got 0"),
    (
      "create cm c --from-literal=a",
      "error: invalid literal source a, expected key=value"
    ),
    (
      "create cm c --from-file=/nonexistent/x",
      "error: error reading /nonexistent/x: no such file or directory"
    ),
    ("create cm c --from-file==x", "error: key name for file path x missing"),
    ("create cm c --from-file=x=", "error: file path for key name x missing"),
    ("create cm c --from-file=x=y=z", "error: key names or file paths cannot contain '='"),
    (
      "create cm c --from-literal=a=1 --from-literal=a=2",
      "error: cannot add key \"a\", another key by that name already exists in Data for ConfigMap "
        + "\"c\""
    ),
    (
      "create secret generic c --from-literal=a=1 --from-literal=a=2",
      "error: cannot add key a, another key by that name already exists"
    ),
    (
      "create cm c --from-literal=a/b=1",
      "error: \"a/b\" is not a valid key name for a ConfigMap: a valid config key must consist of"
    ),
    (
      "create cm c --from-env-file=x --from-literal=a=1",
      "error: from-env-file cannot be combined with from-file or from-literal"
    ),
    (
      "create cm kube-root-ca.crt",
      "error: failed to create configmap: configmaps \"kube-root-ca.crt\" already exists"
    ),
    (
      "create secret generic UPPER",
      "error: failed to create secret Secret \"UPPER\" is invalid: metadata.name: Invalid value"
    ),
    (
      "create job x --image=y",
      "error: kubectl create job is not supported in this simulation; `kubectl help` lists what"
    ),
    ("create secret tls x", "error: kubectl create secret tls is not supported"),
    ("create nonsense x", "error: unknown command \"nonsense\""),
  ])
  func whatCannotBeMadeIsSaid(line: String, words: String) throws {
    var shell = try Shell.withWeb()
    #expect(shell.refusal(line).hasPrefix(words), "\(line): \(shell.refusal(line))")
  }
}
