import Basics
import KubeAPI
import Kubectl
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
    ("get pod a --dry-run=client", "error: unknown flag: --dry-run\n"),
    (
      "create ns a --dry-run=maybe",
      "error: Invalid dry-run value (maybe). Must be \"none\", \"server\", or \"client\".\n"
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

  /// Each verb says what it would do, on either side, and nothing is stored.
  @Test(arguments: [
    ("scale deployment web --replicas=9", "deployment.apps/web scaled"),
    ("label deployment web tier=front", "deployment.apps/web labeled"),
    ("label deployment web app=web", "deployment.apps/web not labeled"),
    ("annotate deployment web note=x", "deployment.apps/web annotated"),
    ("taint nodes worker-1 a=b:NoSchedule", "node/worker-1 tainted"),
    ("cordon worker-1", "node/worker-1 cordoned"),
    ("uncordon worker-1", "node/worker-1 already uncordoned"),
    ("set image deployment/web nginx=nginx:1.28", "deployment.apps/web image updated"),
    ("patch deployment web -p {\"spec\":{\"replicas\":5}}", "deployment.apps/web patched"),
    (
      "patch deployment web -p {\"spec\":{\"replicas\":3}}",
      "deployment.apps/web patched (no change)"
    ),
    ("delete deployment web", "deployment.apps \"web\" deleted from default namespace"),
    ("delete node worker-1", "node \"worker-1\" deleted"),
    ("create namespace shop", "namespace/shop created"),
    ("create deployment shop --image=nginx", "deployment.apps/shop created"),
    ("expose deployment web --port=80", "service/web exposed"),
    ("run box --image=busybox", "pod/box created"),
  ])
  func whatWouldBeDoneIsSaid(line: String, words: String) throws {
    var shell = try Shell.withWeb()
    let line = line.replacing("-p {", with: "-p '{").replacing("}}", with: "}}'")
    let before = shell.world.store?.revision
    #expect(shell.ok(line + " --dry-run=client") == words + " (dry run)\n")
    #expect(shell.ok(line + " --dry-run=server") == words + " (server dry run)\n")
    #expect(shell.deployment("web")?.spec.replicas == 3)
    #expect(shell.ok("get node worker-1 -o yaml").contains("unschedulable") == false)
    // Only leases and events were written meanwhile.
    #expect((shell.world.store?.revision ?? 0) - (before ?? 0) < 60)
    #expect(shell.refusal("get deployment shop").contains("NotFound"))
  }

  @Test func anAppliedFileIsShownAndNotStored() throws {
    var shell = try Shell.withWeb()
    let text = shell.ok("create deployment shop --image=nginx --dry-run=client -o yaml")
    let file = try TemporaryFile("shop.yaml", text)
    for (word, side) in [("client", "dry run"), ("server", "server dry run")] {
      #expect(
        shell.ok("apply -f \(file.path) --dry-run=\(word)")
          == "deployment.apps/shop created (\(side))\n")
    }
    #expect(shell.deployment("shop") == nil)
    shell.ok("apply -f \(file.path)")
    let changed = try TemporaryFile(
      "shop2.yaml", text.replacing("replicas: 1", with: "replicas: 2"))
    for (word, side) in [("client", "dry run"), ("server", "server dry run")] {
      #expect(
        shell.ok("apply -f \(changed.path) --dry-run=\(word)")
          == "deployment.apps/shop configured (\(side))\n")
      #expect(
        shell.ok("apply -f \(file.path) --dry-run=\(word)")
          == "deployment.apps/shop unchanged (\(side))\n")
    }
    #expect(shell.deployment("shop")?.spec.replicas == 1)
  }

  @Test func theServerRefusesWhatItWouldRefuse() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.refusal("create deployment web --image=nginx --dry-run=server")
        == "error: failed to create deployment: deployments.apps \"web\" already exists\n")
    #expect(
      shell.ok("create deployment web --image=nginx --dry-run=client")
        == "deployment.apps/web created (dry run)\n")
    #expect(
      shell.refusal("delete pod nobody --dry-run=server")
        == "Error from server (NotFound): pods \"nobody\" not found\n")
    #expect(
      shell.ok("delete pod nobody --dry-run=client")
        == "pod \"nobody\" deleted from default namespace (dry run)\n")
    #expect(
      shell.refusal("patch deployment web -p '{\"spec\":{\"replicas\":-1}}' --dry-run=server")
        .contains("must be greater than or equal to 0"))
    #expect(
      shell.refusal("create deployment x --image=nginx -n nowhere --dry-run=server")
        .contains("namespaces \"nowhere\" not found"))
    #expect(
      shell.refusal("scale deployment web --replicas=1 --dry-run=maybe")
        == "error: Invalid dry-run value (maybe). Must be \"none\", \"server\", or \"client\".\n")
    #expect(
      shell.refusal("rollout restart deployment/web --dry-run=client")
        == "error: unknown flag: --dry-run\n")
  }

  @Test func aDrainIsOnlyTold() throws {
    var shell = try Shell.withWeb()
    for (word, side) in [("client", "dry run"), ("server", "server dry run")] {
      let lines = shell.ok("drain worker-1 --ignore-daemonsets --dry-run=\(word)")
        .split(separator: "\n")
      #expect(lines.first == "node/worker-1 cordoned (\(side))")
      #expect(lines.last == "node/worker-1 drained (\(side))")
      #expect(lines.count > 2)
      for line in lines.dropFirst().dropLast() {
        #expect(line.hasPrefix("evicting pod default/web-") && line.hasSuffix(" (\(side))"))
      }
    }
    #expect(shell.ok("get pods").split(separator: "\n").count == 4)
  }

  @Test func whatAnUndoWouldBringBackIsShown() throws {
    var shell = try Shell.withWeb()
    shell.ok("set image deployment/web nginx=nginx:1.28")
    shell.wait(.seconds(30))
    let shown = shell.ok("rollout undo deployment/web --dry-run=client")
    #expect(shown.hasPrefix("deployment.apps/web Pod Template:\n"))
    #expect(shown.contains("nginx:1.27") && shown.hasSuffix(" (dry run)\n"))
    #expect(
      shell.ok("rollout undo deployment/web --dry-run=server")
        == "deployment.apps/web rolled back (server dry run)\n")
  }

  /// A terminal shows what was printed in its order, whatever side it went to.
  @Test func aWarningStandsBeforeWhatItWarnsOf() throws {
    var shell = try Shell.withWeb()
    let pod = shell.ok("get pods -o name").split(separator: "\n")[0]
    var invocation = KubectlInvocation(line: "delete \(pod) --force")
    shell.world.run(&invocation, for: .minutes(5))
    let lines = invocation.transcript.split(separator: "\n")
    #expect(lines[0].hasPrefix("Warning: Immediate deletion"))
    #expect(lines[1].contains("force deleted"))
    #expect(invocation.pieces.map(\.isError) == [true, false])

    let file = try TemporaryFile("web.yaml", shell.ok("get deployment web -o yaml"))
    invocation = KubectlInvocation(line: "apply -f \(file.path)")
    shell.world.run(&invocation, for: .minutes(5))
    #expect(
      invocation.transcript.hasPrefix(
        "Warning: resource deployments/web is missing the "
          + "kubectl.kubernetes.io/last-applied-configuration annotation"))
  }
}
