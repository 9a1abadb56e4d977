import Foundation
import KubeAPI
import Manifests
import Testing

@Suite struct ManifestReaderTests {
  /// A blog with its database, in the manner people write such files.
  static let blog = """
    # The blog's front end and its database
    apiVersion: v1
    kind: Namespace
    metadata:
      name: blog
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: db, namespace: blog}
    stringData:
      password: geheim
    ---
    apiVersion: v1
    kind: Service
    metadata:
      name: blog-db
      namespace: blog
      labels: &labels
        app: blog
    spec:
      clusterIP: None
      selector:
        <<: *labels
        tier: db
      ports:
      - port: 3306
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: blog-db
      namespace: blog
    spec:
      strategy: {type: Recreate}
      selector:
        matchLabels: {app: blog, tier: db}
      template:
        metadata:
          labels: {app: blog, tier: db}
        spec:
          containers:
            - name: mysql
              image: mysql:8.4
              args: ["--verbose", '--port', "3306"]
              env:
                - name: MYSQL_ROOT_PASSWORD
                  valueFrom:
                    secretKeyRef: {name: db, key: password}
              ports:
                - containerPort: 3306
                  name: mysql
              resources:
                requests: {cpu: 0.25, memory: 256Mi}
                limits:
                  memory: 1Gi
              livenessProbe:
                tcpSocket: {port: mysql}
                initialDelaySeconds: 0x1E
              volumeMounts:
                - {name: data, mountPath: /var/lib/mysql}
          volumes:
            - name: data
              persistentVolumeClaim: {claimName: db}
    ---
    # an empty document is no error
    ---
    apiVersion: v1
    kind: List
    items:
    - apiVersion: v1
      kind: ConfigMap
      metadata: {name: conf, namespace: blog}
      data:
        settings.ini: |
          [blog]
          title = Größe
        folded: >-
          one
          two
    - apiVersion: v1
      kind: ServiceAccount
      metadata: {name: blog, namespace: blog}
    """

  @Test func readsAnApplication() throws {
    let documents = try ManifestReader.read(text: Self.blog, file: "blog.yaml")
    #expect(
      documents.map { $0.object.reference.text } == [
        "namespace/blog", "secret/blog/db", "service/blog/blog-db", "deployment/blog/blog-db",
        "configmap/blog/conf", "serviceaccount/blog/blog",
      ])
    #expect(documents.map(\.location.line) == [2, 7, 13, 28, 70, 80])
    let service = try #require(documents[2].object.service)
    #expect(service.spec.selector == ["app": "blog", "tier": "db"])
    #expect(service.spec.clusterIP == "None")
    let container = try #require(documents[3].object.deployment?.spec.template.spec.containers[0])
    #expect(container.resources.requests["cpu"]?.text == "250m")
    #expect(container.livenessProbe?.initialDelaySeconds == 30)
    #expect(container.args == ["--verbose", "--port", "3306"])
    let map = try #require(documents[4].object.configMap)
    #expect(map.data["settings.ini"] == "[blog]\ntitle = Größe\n")
    #expect(map.data["folded"] == "one two")
    for document in documents {
      #expect(
        document.object.defaulted().validateCreate().isEmpty || document.object.kind == .service)
      // What is printed reads back as the same object.
      let printed = document.object.json().yaml
      let again = try ManifestReader.read(text: printed, file: "again.yaml")
      #expect(again[0].object.body == document.object.body)
    }
  }

  @Test func readsJSON() throws {
    let json = #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}"#
    #expect(try ManifestReader.read(text: json, file: "a.json")[0].object.key.name == "a")
    #expect(try ManifestReader.read(text: json, file: "a.yaml")[0].object.key.name == "a")
    let problem = #expect(throws: ManifestProblem.self) {
      try ManifestReader.read(text: #"{"apiVersion":"v1","kind": }"#, file: "a.json")
    }
    #expect(
      problem?.description
        == "a.json:1:28: invalid character '}' looking for beginning of value")
  }

  /// A text, and the one line that says what is wrong with it.
  static let bad: [(String, String)] = [
    ("", "f.yaml: no objects found; expected at least one Kubernetes object"),
    ("# nothing\n---\n", "f.yaml: no objects found; expected at least one Kubernetes object"),
    (
      "hello",
      "f.yaml:1:1: expected a Kubernetes object, a mapping with apiVersion and kind, found the text \"hello\""
    ),
    (
      "- a\n- b\n",
      "f.yaml:1:1: expected a Kubernetes object, a mapping with apiVersion and kind, found a sequence"
    ),
    ("kind: Pod\n", "f.yaml:1:1: Object 'apiVersion' is missing"),
    ("apiVersion: v1\n", "f.yaml:1:1: Object 'Kind' is missing"),
    (
      "apiVersion: v1\nkind: Foo\nmetadata: {name: x}\n",
      "f.yaml:2:1: resource mapping not found for name: \"x\" namespace: \"\" from \"f.yaml\": no matches for kind \"Foo\" in version \"v1\""
    ),
    (
      "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: x}\n",
      "f.yaml:2:1: resource mapping not found for name: \"x\" namespace: \"\" from \"f.yaml\": no matches for kind \"Deployment\" in version \"extensions/v1beta1\""
    ),
    (
      "apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: 2\n  replica: 3\n",
      "f.yaml:5:3: strict decoding error: unknown field \"spec.replica\""
    ),
    (
      "apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: three\n",
      "f.yaml:4:13: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
    ),
    (
      "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: ä\n    image: x\n    env: [{name: ü, value: 5}]\n",
      "f.yaml:7:28: json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string"
    ),
    (
      "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    resources:\n      limits: {cpu: 1 core}\n",
      "f.yaml:7:21: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    ),
    (
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels: {}\n  name: b\n",
      "f.yaml:6:3: key \"name\" already set in map"
    ),
    (
      "apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {a: 1\n",
      "f.yaml:4:16: yaml: did not find expected ',' or '}' while parsing a flow mapping"
    ),
    (
      "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: a\n",
      "f.yaml:4:1: yaml: found character that cannot start any token while scanning for the next token"
    ),
    (
      "apiVersion: v1\nkind: Pod: x\n",
      "f.yaml:2:10: yaml: mapping values are not allowed in this context"
    ),
    (
      "a: \"never closed\nb: c\n",
      "f.yaml:2:5: yaml: found unexpected end of stream while scanning a quoted scalar that began in line 1"
    ),
    ("a: [1,\n", "f.yaml:1:7: yaml: did not find expected node content"),
    ("a: *nowhere\n", "f.yaml:1:4: yaml: found undefined alias"),
    ("a: \u{0}\n", "f.yaml:1:4: found a NUL byte; expected YAML or JSON text, not a binary file"),
    ("a: &a\n  <<: *a\n", "f.yaml:2:7: yaml: found undefined alias"),
  ]

  @Test(arguments: bad) func errorsAreOneClearLine(text: String, line: String) {
    let problem = #expect(throws: ManifestProblem.self) {
      try ManifestReader.read(text: text, file: "f.yaml")
    }
    #expect(problem?.description == line)
  }

  @Test func kubectlsWords() throws {
    let strict = #expect(throws: ManifestProblem.self) {
      try ManifestReader.read(
        text: "apiVersion: apps/v1\nkind: Deployment\nspec: {foo: 1}\n", file: "f.yaml")
    }
    #expect(
      strict?.kubectlText
        == "Error from server (BadRequest): error when creating \"f.yaml\": Deployment in version "
        + "\"v1\" cannot be handled as a Deployment: strict decoding error: unknown field "
        + "\"spec.foo\"")
    let unknown = #expect(throws: ManifestProblem.self) {
      try ManifestReader.read(
        text: "apiVersion: v1\nkind: Foo\nmetadata: {name: x}\n", file: "f.yaml")
    }
    #expect(
      unknown?.kubectlText
        == "error: resource mapping not found for name: \"x\" namespace: \"\" from \"f.yaml\": "
        + "no matches for kind \"Foo\" in version \"v1\"\nensure CRDs are installed first")
  }

  @Test func truncationsNeverCrash() throws {
    // Every prefix either reads or is refused with a place inside the text.
    let lines = Self.blog.split(separator: "\n", omittingEmptySubsequences: false).count
    var refused = 0
    for length in stride(from: 0, to: Self.blog.unicodeScalars.count, by: 7) {
      let text = String(Self.blog.unicodeScalars.prefix(length))
      do { _ = try ManifestReader.read(text: text, file: "f") } catch {
        refused += 1
        #expect(error.location.line <= lines)
        #expect(!error.message.contains("\n"))
      }
    }
    #expect(refused > 20)
  }

  @Test func binaryFilesAreRefused() {
    let bytes: [UInt8] = Array("kind: ".utf8) + [0xFF, 0xFE, 0x01]
    let problem = #expect(throws: ManifestProblem.self) {
      try ManifestReader.read(bytes: bytes, file: "f.yaml")
    }
    #expect(
      problem?.description
        == "f.yaml:1:7: found bytes that are no UTF-8; expected YAML or JSON text, not a binary file"
    )
  }

  @Test func filesThatAreNone() throws {
    let folder = FileManager.default.temporaryDirectory.path
    let missing = #expect(throws: ManifestProblem.self) {
      try ManifestReader.read(path: "/no/such/file.yaml")
    }
    #expect(missing?.message == "the path \"/no/such/file.yaml\" does not exist")
    let directory = #expect(throws: ManifestProblem.self) {
      try ManifestReader.read(path: folder)
    }
    #expect(directory?.message == "is a directory; expected a manifest file")
    let large = folder + "/kubeapi-large-\(UUID().uuidString).yaml"
    #expect(FileManager.default.createFile(atPath: large, contents: nil))
    defer { try? FileManager.default.removeItem(atPath: large) }
    // A sparse file: refused by its size, not read.
    try FileHandle(forWritingTo: URL(fileURLWithPath: large)).truncate(atOffset: 1 << 34)
    let refused = #expect(throws: ManifestProblem.self) { try ManifestReader.read(path: large) }
    #expect(
      refused?.message
        == "the file has 17179869184 bytes; expected at most 16777216 (16 MiB)")
  }

  @Test func aliasBombsAreRefused() {
    var bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    for level in 1...9 {
      let refs = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",")
      bomb += "a\(level): &a\(level) [\(refs)]\n"
    }
    let problem = #expect(throws: ManifestProblem.self) {
      try ManifestReader.read(text: bomb, file: "f.yaml")
    }
    #expect(problem?.message == "yaml: document contains excessive aliasing")
    let keyed = #expect(throws: ManifestProblem.self) {
      try ManifestReader.read(text: bomb + "? *a9\n: x\n", file: "f.yaml")
    }
    #expect(keyed?.message == "yaml: document contains excessive aliasing")
    // Many aliases to something small are fine.
    let items = (0..<2000).map { "  k\($0): *v" }.joined(separator: "\n")
    let fine = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: &v c}\ndata:\n" + items
    #expect(throws: Never.self) { try ManifestReader.read(text: fine, file: "f.yaml") }
  }

  @Test func deepNestingIsRefused() {
    for text in [
      String(repeating: "[", count: 5000), "a: " + String(repeating: "- ", count: 5000) + "x",
      String(repeating: "- ", count: 5000) + "x",
      (0..<3000).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n"),
    ] {
      #expect(throws: ManifestProblem.self) {
        try ManifestReader.read(text: text, file: "f.yaml")
      }
    }
  }

  /// YAML 1.1 as sigs.k8s.io/yaml reads it.
  @Test(arguments: [
    ("yes", "true"), ("y", "true"), ("On", "true"), ("off", "false"), ("NO", "false"),
    ("\"yes\"", "\"yes\""), ("'1'", "\"1\""), ("010", "8"), ("0o10", "8"), ("0x1f", "31"),
    ("0b101", "5"), ("1_000", "1000"), ("-7", "-7"), ("+7", "7"), ("09", "9"), ("1e3", "1000"),
    ("1.5", "1.5"), (".5", "0.5"), ("1.0", "1"), ("1e-7", "1e-07"), ("~", "null"), ("", "null"),
    ("null", "null"), ("2026-01-31", "\"2026-01-31\""), ("12:30", "\"12:30\""),
    ("1.2.3", "\"1.2.3\""), ("v1", "\"v1\""), ("0x", "\"0x\""),
    ("!!str 5", "\"5\""), ("!!int 5", "5"), ("! 5", "\"5\""), ("1e", "\"1e\""),
    ("18446744073709551615", "18446744073709551615"), ("100000000000000000000000", "1e+23"),
  ]) func scalars(text: String, json: String) throws {
    let tree = try YAMLTree.documents("v: \(text)\nw: 1", file: "f").first
    let value = try #require(tree?.json["v"])
    #expect(value.text() == json)
  }
}
