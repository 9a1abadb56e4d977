import KubeAPI
import Testing

/// Which pods a drain takes, leaves and stops at, as kubectl's filters decide it.
struct DrainFiltersTests {
  private func pod(
    _ name: String, owner: String? = "ReplicaSet", phase: String = "Running",
    emptyDir: Bool = false, mirror: Bool = false
  ) throws -> Pod {
    let owners =
      owner.map {
        """
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "\($0)", "name": "o", "uid":
        "00000000-0000-4000-8000-000000000001", "controller": true}],
        """
      } ?? ""
    let annotations = mirror ? "\"kubernetes.io/config.mirror\": \"x\"" : ""
    let volumes = emptyDir ? "{\"name\": \"v\", \"emptyDir\": {}}" : ""
    let json = try JSONParser.parse(
      """
      {"apiVersion": "v1", "kind": "Pod",
       "metadata": {"name": "\(name)", "namespace": "n", \(owners)
         "annotations": {\(annotations)}},
       "spec": {"volumes": [\(volumes)],
         "containers": [{"name": "c", "image": "nginx:1.27"}]},
       "status": {"phase": "\(phase)"}}
      """)
    return try #require(try APIObject(json: json).pod)
  }

  private func words(_ plan: DrainPlan) -> [String] {
    plan.errors.map { "error: \($0.words): \($0.names)" }
      + plan.warnings.map { "warning: \($0.words): \($0.names)" }
  }

  @Test func withoutFlagsThreeKindsOfPodsStopIt() throws {
    let plan = DrainFilters().plan(for: [
      try pod("alone", owner: nil), try pod("web"), try pod("cache", emptyDir: true),
      // The first filter that refuses has the word.
      try pod("both", owner: nil, emptyDir: true), try pod("agent", owner: "DaemonSet"),
    ])
    #expect(plan.leaving.map(\.metadata.name) == ["web"])
    #expect(
      words(plan) == [
        "error: DaemonSet-managed Pods (use --ignore-daemonsets to ignore): n/agent",
        "error: Pods with local storage (use --delete-emptydir-data to override): n/cache, n/both",
        "error: Pods that declare no controller (use --force to override): n/alone",
      ])
  }

  @Test func withTheFlagsTheyGo() throws {
    let filters = DrainFilters(
      ignoresDaemonSets: true, isForced: true, deletesEmptyDirData: true)
    let plan = filters.plan(for: [
      try pod("alone", owner: nil), try pod("cache", emptyDir: true),
      try pod("agent", owner: "DaemonSet"),
    ])
    #expect(plan.leaving.map(\.metadata.name) == ["alone", "cache"])
    #expect(
      words(plan) == [
        "warning: ignoring DaemonSet-managed Pods: n/agent",
        "warning: deleting Pods that declare no controller: n/alone",
      ])
  }

  @Test(arguments: ["Succeeded", "Failed"])
  func aFinishedPodMayAlwaysGo(phase: String) throws {
    for owner in [nil, "ReplicaSet", "DaemonSet"] {
      let pod = try pod("job", owner: owner, phase: phase, emptyDir: true)
      #expect(DrainFilters().status(of: pod) == .okay)
    }
  }

  @Test func aMirrorPodIsLeftAlone() throws {
    let plan = DrainFilters().plan(for: [
      try pod("etcd", owner: nil, emptyDir: true, mirror: true)
    ])
    #expect(plan.leaving.isEmpty && words(plan).isEmpty)
  }
}
