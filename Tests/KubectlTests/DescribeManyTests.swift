import Basics
import KubeAPI
import Testing

/// `describe` of several objects, and of kinds that take what stands in others.
struct DescribeManyTests {
  private func lines(_ text: String, _ start: String) -> [String] {
    text.split(separator: "\n").map(String.init).filter { $0.hasPrefix(start) }
  }

  @Test func anObjectThatTwoAskForCountsOnce() throws {
    var shell = try Shell.withWeb()
    for line in ["describe nodes,rs", "describe rs,nodes"] {
      let text = shell.ok(line)
      #expect(
        lines(text, "Pods Status:")
          == ["Pods Status:    3 Running / 0 Waiting / 0 Succeeded / 0 Failed"])
      let counts = lines(text, "Non-terminated Pods:").compactMap {
        Int($0.split(separator: "(")[1].prefix { $0.isNumber })
      }
      #expect(counts.count == 3 && counts.reduce(0, +) == shell.world.objects(.pod).count)
    }
  }

  @Test func oneObjectAloneHasItsEvents() throws {
    var shell = try Shell.withWeb()
    let pods = shell.world.objects(.pod).map(\.metadata.name).filter { $0.hasPrefix("web") }
      .sorted()
    let first = try #require(pods.first)
    #expect(shell.ok("describe pod \(first)").contains("\nEvents:"))
    #expect(shell.ok("describe pods -l app=web --namespace default").contains("Events:") == false)
    // The error of another name is one too.
    let (out, error, code) = shell.run("describe pod \(first) gone")
    #expect(out.hasPrefix("Name:  ") && !out.contains("Events:"))
    #expect(error == "Error from server (NotFound): pods \"gone\" not found\n" && code == 1)
    // A name that only begins so.
    let cut = String(first.dropLast())
    let matches = pods.filter { $0.hasPrefix(cut) }
    let text = shell.ok("describe pod \(cut)")
    #expect(lines(text, "Name:  ").count == matches.count && !text.contains("Events:"))
  }

  @Test func blankLinesStandBetweenAndAfterMatchesOfABeginningOne() throws {
    var shell = try Shell.withWeb()
    let all = shell.ok("describe pods -l app=web")
    #expect(all.occurrences(of: "\n\n\nName:  ") == 2 && !all.hasSuffix("\n\n"))
    let matches = shell.ok("describe pod web")
    #expect(matches.occurrences(of: "\n\nName:  ") == 2 && !matches.contains("\n\n\n"))
    #expect(matches.hasSuffix("\n\n"))
  }

  @Test func aServiceNamesItsEndpoints() throws {
    var shell = try Shell.withWeb()
    shell.ok("expose deployment web --port=80 --target-port=8080 --type=NodePort")
    shell.ok("scale deployment web --replicas=5")
    shell.wait(.seconds(30))
    let service = try #require(shell.service("web"))
    let slice = try #require(
      shell.world.objects(.endpointSlice).compactMap(\.endpointSlice).first {
        $0.metadata.labels["kubernetes.io/service-name"] == "web"
      })
    let addresses = slice.endpoints.compactMap(\.addresses.first).map { $0 + ":8080" }
    #expect(addresses.count == 5)
    #expect(
      shell.ok("describe service web") == """
        Name:                     web
        Namespace:                default
        Labels:                   app=web
        Annotations:              <none>
        Selector:                 app=web
        Type:                     NodePort
        IP Family Policy:         SingleStack
        IP Families:              IPv4
        IP:                       \(service.spec.clusterIP)
        IPs:                      \(service.spec.clusterIP)
        Port:                     <unset>  80/TCP
        TargetPort:               8080/TCP
        NodePort:                 <unset>  \(service.spec.ports[0].nodePort)/TCP
        Endpoints:                \(addresses.prefix(3).joined(separator: ",")) + 2 more...
        Session Affinity:         None
        External Traffic Policy:  Cluster
        Internal Traffic Policy:  Cluster
        Events:                   <none>

        """)
    // Each takes its own slice.
    shell.ok("expose deployment web --port=81 --name=other")
    shell.wait(.seconds(10))
    let both = lines(shell.ok("describe services -l app=web"), "Endpoints:")
    #expect(both.count == 2 && both[0].contains(":81") && both[1].contains(":8080"))
  }

  @Test func aReplicaSetCountsItsPods() throws {
    var shell = try Shell.withWeb()
    let set = try #require(shell.world.objects(.replicaSet).first?.replicaSet)
    let hash = try #require(set.metadata.labels["pod-template-hash"])
    let text = shell.ok("describe rs \(set.metadata.name)")
    #expect(
      text.hasPrefix(
        """
        Name:           \(set.metadata.name)
        Namespace:      default
        Selector:       app=web,pod-template-hash=\(hash)
        Labels:         app=web
                        pod-template-hash=\(hash)
        Annotations:    deployment.kubernetes.io/desired-replicas: 3
                        deployment.kubernetes.io/max-replicas: 4
                        deployment.kubernetes.io/revision: 1
        Controlled By:  Deployment/web
        Replicas:       3 current / 3 desired
        Pods Status:    3 Running / 0 Waiting / 0 Succeeded / 0 Failed
        Pod Template:
          Labels:  app=web
                   pod-template-hash=\(hash)
        """), "\(text)")
    #expect(text.occurrences(of: "SuccessfulCreate") == 3)
  }

  @Test func aNamespaceHasNoEvents() throws {
    var shell = try Shell.withWeb()
    #expect(
      shell.ok("describe ns default") == """
        Name:         default
        Labels:       kubernetes.io/metadata.name=default
        Annotations:  <none>
        Status:       Active

        No resource quota.

        No LimitRange resource.

        """)
  }

  @Test func nothingThereIsSaid() throws {
    var shell = try Shell.withWeb()
    for (line, text) in [
      ("describe pods -l app=none", "No resources found in default namespace.\n"),
      ("describe pods -A -l app=none", "No resources found\n"),
      // kubectl does not ask here whether the kind has namespaces.
      ("describe nodes -l app=none", "No resources found in default namespace.\n"),
      ("get nodes -l app=none", "No resources found\n"),
    ] {
      let (out, error, code) = shell.run(line)
      #expect(out.isEmpty && error == text && code == 0, "\(line): \(error)")
    }
  }

  @Test func whatIsSaidOfAPodAsAWholeCounts() throws {
    var shell = try Shell.withWeb()
    let file = try TemporaryFile(
      "whole.yaml",
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: whole}
      spec:
        nodeName: worker-1
        resources: {requests: {cpu: 300m}, limits: {cpu: 700m, memory: 64Mi}}
        containers:
        - name: app
          image: app:1
          resources: {requests: {cpu: 100m, memory: 16Mi}, limits: {memory: 32Mi}}
      """)
    shell.ok("apply -f \(file.path)")
    let rows = lines(shell.ok("describe node worker-1"), "  default ").filter {
      $0.contains(" whole ")
    }
    let amounts = rows.first?.split(separator: " ").filter { !$0.hasPrefix("(") }.map(String.init)
    #expect(amounts?.dropLast() == ["default", "whole", "300m", "700m", "16Mi", "64Mi"])
  }

  @Test func aShareBeyondAllNumbersIsTheLargest() throws {
    var shell = try Shell.withWeb()
    let file = try TemporaryFile(
      "vast.yaml",
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: vast}
      spec:
        nodeName: worker-1
        containers:
        - name: app
          image: app:1
          resources: {requests: {cpu: 0}, limits: {cpu: "9223372036854775"}}
      """)
    shell.ok("apply -f \(file.path)")
    shell.ok(
      #"patch node worker-1 --subresource=status -p '{"status":{"allocatable":{"cpu":"1m"}}}'"#)
    let text = shell.ok("describe node worker-1")
    #expect(text.contains("9223372036854775 (9223372036854775807%)"), "\(text)")
  }

  @Test func eventsAreOfThisVeryObjectAndTrimmed() throws {
    var shell = try Shell.withWeb()
    let pod = try #require(
      shell.world.objects(.pod).first { $0.metadata.name.hasPrefix("web") }?.metadata)
    func event(_ name: String, _ uid: String) -> String {
      """
      apiVersion: v1
      kind: Event
      metadata: {name: \(name)}
      involvedObject: {kind: Pod, namespace: default, name: \(pod.name), uid: "\(uid)"}
      type: Normal
      reason: \(name)
      message: " it ended \\n"

      """
    }
    let file = try TemporaryFile(
      "events.yaml",
      event("mine", pod.uid.text) + "---\n"
        + event("another", "00000000-0000-4000-8000-000000000001"))
    shell.ok("create -f \(file.path)")
    let text = shell.ok("describe pod \(pod.name)")
    let mine = lines(text, "  Normal").filter { $0.contains(" mine ") }
    #expect(mine.count == 1 && mine.allSatisfy { $0.hasSuffix("  it ended") }, "\(text)")
    #expect(!text.contains("another"))
  }
}

extension String {
  /// How often a text occurs, counting no place twice.
  fileprivate func occurrences(of text: String) -> Int { ranges(of: text).count }
}
