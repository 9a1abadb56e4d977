import Basics
import KubeAPI
import Testing

/// `describe`.
struct DescribeTests {
  private static let pod = """
    apiVersion: v1
    kind: Pod
    metadata:
      name: full
      labels: {app: full, tier: front}
      annotations: {note: short}
    spec:
      automountServiceAccountToken: false
      nodeSelector: {kubernetes.io/os: linux}
      tolerations:
      - {key: gpu, operator: Equal, value: "yes", effect: NoSchedule}
      volumes:
      - name: scratch
        emptyDir: {}
      - name: settings
        configMap: {name: settings, optional: true}
      containers:
      - name: app
        image: shop/app:1
        command: [serve, --all]
        ports:
        - {name: http, containerPort: 8080}
        - {containerPort: 9090, protocol: UDP}
        env:
        - {name: MODE, value: fast}
        - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
        - {name: KEY, valueFrom: {secretKeyRef: {name: keys, key: main, optional: true}}}
        resources:
          requests: {cpu: 250m, memory: 64Mi}
          limits: {memory: 128Mi}
        readinessProbe:
          httpGet: {path: /ready, port: http}
          periodSeconds: 5
        livenessProbe:
          exec: {command: [cat, /alive]}
        volumeMounts:
        - {name: settings, mountPath: /etc/settings, readOnly: true}
        - {name: scratch, mountPath: /tmp/scratch, subPath: mine}
    """

  /// The lines of a block: from its title to the next title, without what is drawn by chance.
  private func block(_ title: String, _ text: String) -> [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let start = lines.firstIndex(where: { $0.hasPrefix(title + ":") }) else { return [] }
    let rest = lines[(start + 1)...].prefix { $0.hasPrefix(" ") }
    return (lines[start...start] + rest).filter {
      !$0.contains("Container ID:") && !$0.contains("Image ID:")
    }
  }

  @Test func aPodInDetail() throws {
    var shell = try Shell.withWeb()
    let file = try TemporaryFile("full.yaml", Self.pod)
    shell.ok("apply -f \(file.path)")
    shell.wait(.seconds(30))
    let pod = try #require(
      shell.world.object(.pod, ObjectKey(namespace: "default", name: "full"))?.pod)
    let text = shell.ok("describe pod full")
    #expect(
      text.hasPrefix(
        """
        Name:             full
        Namespace:        default
        Priority:         0
        Service Account:  default
        Node:             \(pod.spec.nodeName)/\(pod.status.hostIP)
        Start Time:       Thu, 01 Jan 2026 00:00:
        """), "\(text)")
    #expect(block("Annotations", text) == ["Annotations:      note: short"])
    #expect(
      block("IPs", text) == ["IPs:", "  IP:  \(pod.status.podIP)"])
    let started = try #require(
      text.split(separator: "\n").first { $0.contains("Started:      ") }.map(String.init))
    #expect(
      block("Containers", text).joined(separator: "\n") == """
        Containers:
          app:
            Image:         shop/app:1
            Ports:         8080/TCP (http), 9090/UDP
            Host Ports:    0/TCP (http), 0/UDP
            Command:
              serve
              --all
            State:          Running
        \(started)
            Ready:          True
            Restart Count:  0
            Limits:
              memory:  128Mi
            Requests:
              cpu:      250m
              memory:   64Mi
            Liveness:   exec [cat /alive] delay=0s timeout=1s period=10s #success=1 #failure=3
            Readiness:  http-get http://:http/ready delay=0s timeout=1s period=5s #success=1 \
        #failure=3
            Environment:
              MODE:  fast
              NODE:  \(pod.spec.nodeName) (v1:spec.nodeName)
              KEY:   <set to the key 'main' in secret 'keys'>  Optional: true
            Mounts:
              /etc/settings from settings (ro)
              /tmp/scratch from scratch (rw,path="mine")
        """)
    #expect(
      block("Conditions", text) == [
        "Conditions:", "  Type                        Status",
        "  PodReadyToStartContainers   True ", "  Initialized                 True ",
        "  Ready                       True ", "  ContainersReady             True ",
        "  PodScheduled                True ",
      ])
    #expect(
      block("Volumes", text) == [
        "Volumes:", "  scratch:",
        "    Type:       EmptyDir (a temporary directory that shares a pod's lifetime)",
        "    Medium:     ", "    SizeLimit:  <unset>", "  settings:",
        "    Type:        ConfigMap (a volume populated by a ConfigMap)",
        "    Name:        settings", "    Optional:    true",
      ])
    #expect(block("QoS Class", text) == ["QoS Class:       Burstable"])
    #expect(
      block("Tolerations", text) == [
        "Tolerations:     gpu=yes:NoSchedule",
        "                 node.kubernetes.io/not-ready:NoExecute op=Exists for 300s",
        "                 node.kubernetes.io/unreachable:NoExecute op=Exists for 300s",
      ])
    let events = block("Events", text)
    #expect(
      events.dropFirst(2).first?.split(separator: " ") == [
        "----", "------", "----", "----", "-------",
      ])
    #expect(
      events.contains {
        $0.hasPrefix("  Normal") && $0.contains(" default-scheduler ")
          && $0.hasSuffix("Successfully assigned default/full to \(pod.spec.nodeName)")
      }, "\(events)")
  }

  @Test func aNodeInDetail() throws {
    var shell = try Shell.withWeb()
    let file = try TemporaryFile("full.yaml", Self.pod)
    shell.ok("apply -f \(file.path)")
    shell.wait(.seconds(30))
    let name = try #require(
      shell.world.object(.pod, ObjectKey(namespace: "default", name: "full"))?.pod?.spec.nodeName)
    let text = shell.ok("describe node \(name)")
    #expect(text.hasPrefix("Name:               \(name)\nRoles:              <none>\nLabels: "))
    #expect(
      block("CreationTimestamp", text)[0].hasPrefix(
        "CreationTimestamp:  Thu, 01 Jan 2026 00:00:"))
    let lease = block("Lease", text)
    #expect(lease.first == "Lease:" && lease[1] == "  HolderIdentity:  \(name)")
    #expect(lease[3].hasPrefix("  RenewTime:       Thu, 01 Jan 2026 00:0"))
    let conditions = block("Conditions", text)
    #expect(
      conditions[1].split(separator: " ") == [
        "Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message",
      ])
    #expect(
      conditions.contains {
        $0.hasPrefix("  Ready ")
          && $0.hasSuffix(
            " +0000   KubeletReady                 "
              + "kubelet is posting ready status")
      }, "\(conditions)")
    #expect(
      block("Capacity", text) == [
        "Capacity:", "  cpu:                4", "  ephemeral-storage:  100Gi",
        "  memory:             16Gi", "  pods:               110",
      ])
    let system = block("System Info", text)
    #expect(system.count == 10 && system[9].hasPrefix("  Kubelet Version:            v1.36."))
    let pods = block("Non-terminated Pods", text)
    #expect(
      pods[1].split(separator: "  ").map { $0.trimmed } == [
        "Namespace", "Name", "CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits",
        "Age",
      ])
    let row = try #require(pods.first { $0.contains(" full ") })
    #expect(
      row.split(separator: "  ").map { $0.trimmed }.dropLast() == [
        "default", "full", "250m (6%)", "0 (0%)", "64Mi (0%)", "128Mi (0%)",
      ])
    #expect(
      block("Allocated resources", text) == [
        "Allocated resources:",
        "  (Total limits may be over 100 percent, i.e., overcommitted.)",
        "  Resource           Requests   Limits", "  --------           --------   ------",
        "  cpu                250m (6%)  0 (0%)", "  memory             64Mi (0%)  128Mi (0%)",
        "  ephemeral-storage  0 (0%)     0 (0%)",
      ])
    #expect(block("Events", text).contains { $0.hasSuffix("status is now: NodeReady") })
    #expect(shell.ok("describe node master-1").contains("Roles:              control-plane\n"))
  }

  @Test func aNodeHasWholeIdentities() throws {
    var shell = try Shell.withWeb()
    let text = shell.ok("describe node worker-1")
    for label in ["Boot ID:", "System UUID:"] {
      let line = try #require(text.split(separator: "\n").first { $0.contains(label) })
      let parts = (line.split(separator: " ").last ?? "").split(separator: "-")
      #expect(parts.map(\.count) == [8, 4, 4, 4, 12], "\(line)")
      #expect(parts[2].first == "4" && "89ab".contains(parts[3].first ?? " "), "\(line)")
    }
    #expect(text == shell.ok("describe node worker-1"))
  }

  @Test func aDeploymentInDetail() throws {
    var shell = try Shell.withWeb()
    let first = try #require(shell.world.objects(.replicaSet).first?.metadata.name)
    shell.ok("set image deployment/web nginx=nginx:1.28")
    shell.ok("rollout status deployment/web")
    let second = try #require(
      shell.world.objects(.replicaSet).map(\.metadata.name).first { $0 != first })
    let text = shell.ok("describe deployment web")
    let rest = try #require(text.firstRange(of: "Labels:").map { String(text[$0.lowerBound...]) })
    #expect(
      rest.hasPrefix(
        """
        Labels:                 app=web
        Annotations:            deployment.kubernetes.io/revision: 2
        Selector:               app=web
        Replicas:               3 desired | 3 updated | 3 total | 3 available | 0 unavailable
        StrategyType:           RollingUpdate
        MinReadySeconds:        0
        RollingUpdateStrategy:  25% max unavailable, 25% max surge
        Pod Template:
          Labels:  app=web
          Containers:
           nginx:
            Image:         nginx:1.28
            Port:          <none>
            Host Port:     <none>
            Environment:   <none>
            Mounts:        <none>
          Volumes:         <none>
          Node-Selectors:  <none>
          Tolerations:     <none>
        Conditions:
          Type           Status  Reason
          ----           ------  ------
          Available      True    MinimumReplicasAvailable
          Progressing    True    NewReplicaSetAvailable
        OldReplicaSets:  \(first) (0/0 replicas created)
        NewReplicaSet:   \(second) (3/3 replicas created)
        Events:
          Type    Reason
        """), "\(rest)")
    #expect(
      block("Events", text).last?.hasSuffix("Scaled down replica set \(first) from 1 to 0") == true)
  }

  @Test func theBeginningOfANameWillDo() throws {
    var shell = try Shell.withWeb()
    let text = shell.ok("describe pod web")
    #expect(text.components("Name:  ") == 3)
    #expect(
      shell.refusal("describe pod gone")
        == "Error from server (NotFound): pods \"gone\" not found\n")
    #expect(
      shell.refusal("describe pods,services gone")
        == "Error from server (NotFound): pods \"gone\" not found\n"
        + "Error from server (NotFound): services \"gone\" not found\n")
    #expect(
      shell.refusal("describe pod/web") == "Error from server (NotFound): pods \"web\" not found\n")
  }
}

extension Substring {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

extension String {
  /// How many lines begin so.
  fileprivate func components(_ start: String) -> Int {
    split(separator: "\n").count { $0.hasPrefix(start) }
  }
}
