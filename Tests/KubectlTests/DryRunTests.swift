import Testing

/// `--dry-run=client` and `-o` of the verbs that make objects.
struct DryRunTests {
  @Test func aDeploymentIsShownAndNotMade() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.ok("create deployment shop --image=nginx:1.27 --replicas=2 --dry-run=client -o yaml")
        == """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          labels:
            app: shop
          name: shop
        spec:
          replicas: 2
          selector:
            matchLabels:
              app: shop
          strategy: {}
          template:
            metadata:
              labels:
                app: shop
            spec:
              containers:
              - image: nginx:1.27
                name: nginx
                resources: {}
        status: {}

        """)
    #expect(
      shell.ok("create deploy shop --image=nginx --dry-run=client")
        == "deployment.apps/shop created (dry run)\n")
    #expect(
      shell.ok("create deploy shop --image=nginx --dry-run -o name") == "deployment.apps/shop\n")
    #expect(shell.deployment("shop") == nil)
  }

  @Test func aPodIsShownWhereItWouldBe() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.ok(
        "run box --image=busybox --restart=Never -n other --dry-run=client -o yaml -- sleep 1")
          == """
          apiVersion: v1
          kind: Pod
          metadata:
            labels:
              run: box
            name: box
            namespace: other
          spec:
            containers:
            - args:
              - sleep
              - "1"
              image: busybox
              name: box
              resources: {}
            dnsPolicy: ClusterFirst
            restartPolicy: Never
          status: {}

          """)
    #expect(shell.pod("box") == nil)
  }

  @Test func aServiceIsShownAsItsManifest() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.ok("expose deployment web --port=80 --dry-run=client -o yaml") == """
        apiVersion: v1
        kind: Service
        metadata:
          labels:
            app: web
          name: web
        spec:
          ports:
          - port: 80
            protocol: TCP
            targetPort: 80
          selector:
            app: web
        status:
          loadBalancer: {}

        """)
    #expect(shell.service("web") == nil)
    #expect(
      shell.ok("expose deployment web --port=80 --dry-run=client")
        == "service/web exposed (dry run)\n")
  }

  @Test func whatIsShownCanBeApplied() throws {
    var shell = try Shell.withWeb()
    let file = try TemporaryFile(
      "shown.yaml",
      shell.ok("create deployment shop --image=nginx --dry-run=client -o yaml") + "---\n"
        + shell.ok("create ns apart --dry-run=client -o yaml"))
    #expect(
      shell.ok("create -f \(file.path) --dry-run=client")
        == "deployment.apps/shop created (dry run)\nnamespace/apart created (dry run)\n")
    #expect(
      shell.ok("apply -f \(file.path)") == "deployment.apps/shop created\nnamespace/apart created\n"
    )
    #expect(shell.ok("create sa robot -o name") == "serviceaccount/robot\n")
    #expect(shell.ok("create sa other -o yaml").contains("  uid: "))
  }

  @Test(arguments: [
    ("delete pod a --dry-run=client", "error: --dry-run is not supported with delete\n"),
    (
      "create ns a --dry-run=maybe",
      "error: Invalid dry-run value (maybe). Must be \"none\", \"server\", or \"client\".\n"
    ),
    (
      "create ns a --dry-run=server",
      "error: --dry-run=server is not supported; --dry-run=client shows the object\n"
    ),
    (
      "create ns a -o wide",
      "error: unable to match a printer suitable for the output format \"wide\", allowed formats "
        + "are: json,name,yaml\n"
    ),
  ])
  func whatCannotBeIsSaid(_ line: String, _ text: String) throws {
    try Shell.expectRefusal(line, text)
  }
}
