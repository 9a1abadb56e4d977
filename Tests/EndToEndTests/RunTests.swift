import Foundation
import Testing

/// `orrery run` on a real application: what it prints, how it exits, and that hash order, processes
/// and time of day leave no mark.
struct RunTests {
  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func run(_ arguments: String..., environment: [String: String] = [:]) throws
    -> OrreryCommand
  {
    try OrreryCommand(
      ["run", dataFile("shop.yaml"), "--until", "converged", "--output", "json"] + arguments,
      environment: environment)
  }

  @Test func applicationConverges() throws {
    let command = try run()
    #expect(command.exitCode == 0)
    #expect(command.errors == "")
    let report = try object(command.output)
    #expect(report["converged"] as? Bool == true)
    #expect((report["violations"] as? [Any])?.isEmpty == true)
    let list = try #require((report["objects"] as? [String: Any])?["items"] as? [[String: Any]])
    func all(_ kind: String) -> [[String: Any]] { list.filter { $0["kind"] as? String == kind } }
    func field(_ object: [String: Any], _ path: String...) -> Any? {
      path.reduce(object as Any?) { ($0 as? [String: Any])?[$1] }
    }

    let pods = all("Pod")
    #expect(pods.count == 8)
    for pod in pods {
      #expect(field(pod, "status", "phase") as? String == "Running")
      #expect((field(pod, "spec", "nodeName") as? String)?.hasPrefix("worker-") == true)
      #expect((field(pod, "status", "podIP") as? String)?.split(separator: ".").count == 4)
      let owners = field(pod, "metadata", "ownerReferences") as? [[String: Any]]
      #expect(owners?.first?["kind"] as? String == "ReplicaSet")
    }
    #expect(Set(pods.compactMap { field($0, "status", "podIP") as? String }).count == 8)

    let ready = all("EndpointSlice").reduce(into: [String: Int]()) { counts, slice in
      let labels = field(slice, "metadata", "labels") as? [String: Any]
      let service = labels?["kubernetes.io/service-name"] as? String ?? "none"
      let endpoints = slice["endpoints"] as? [[String: Any]] ?? []
      counts[service, default: 0] += endpoints.count {
        field($0, "conditions", "ready") as? Bool == true
      }
    }
    #expect(ready["shop"] == 6)
    #expect(ready["cart"] == 2)

    let namespaces = all("Namespace").compactMap { field($0, "metadata", "name") as? String }
    #expect(namespaces.contains("backend") && namespaces.contains("default"))
    for namespace in namespaces {
      #expect(
        all("ServiceAccount").contains {
          field($0, "metadata", "name") as? String == "default"
            && field($0, "metadata", "namespace") as? String == namespace
        }, "\(namespace)")
    }
  }

  @Test func digestDependsOnTheSeedAlone() throws {
    let plain = try object(try run("--seed", "7").output)
    let again = try object(try run("--seed", "7").output)
    let unhashed = try object(
      try run("--seed", "7", environment: ["SWIFT_DETERMINISTIC_HASHING": "1"]).output)
    let elsewhere = try object(
      try run("--seed", "7", environment: ["TZ": "Asia/Tokyo", "LANG": "tr_TR.UTF-8"]).output)
    let other = try object(try run("--seed", "8").output)
    let digest = try #require(plain["digest"] as? String)
    #expect(digest.count == 16)
    #expect(again["digest"] as? String == digest)
    #expect(unhashed["digest"] as? String == digest)
    #expect(elsewhere["digest"] as? String == digest)
    #expect(other["digest"] as? String != digest)
    #expect(plain["events"] as? Int == again["events"] as? Int)
  }

  @Test func wholeOutputIsTheSameTwice() throws {
    let one = try OrreryCommand(["run", dataFile("lose-a-worker.yaml"), "--output", "json"])
    let two = try OrreryCommand(["run", dataFile("lose-a-worker.yaml"), "--output", "json"])
    #expect(one.exitCode == 0)
    #expect(one.output == two.output)
    #expect(!one.output.isEmpty)
  }

  @Test func failedExpectationExitsWithOneAndSaysWhy() throws {
    let scenario = """
      apiVersion: orrery/v1
      kind: Scenario
      cluster: {masters: 1, workers: 1, seed: 3}
      timeline:
        - kubectl: create deployment web --image=nginx:1.27 --replicas=2
        - expect: {deployment: web, available: 5}
          within: 20s
      """
    let text = try OrreryCommand(["run", "-"], input: Data(scenario.utf8))
    #expect(text.exitCode == 1)
    #expect(text.output.contains("FAIL"))
    #expect(text.output.contains("deployment default/web has 5 available"))
    #expect(text.output.contains("found 2 available"))
    #expect(text.output.contains("<- "), "the causes are named")

    let json = try OrreryCommand(["run", "-", "--output", "json"], input: Data(scenario.utf8))
    #expect(json.exitCode == 1)
    let expectations = try object(json.output)["expectations"] as? [[String: Any]]
    let failed = try #require(expectations?.first { $0["holds"] as? Bool == false })
    #expect(failed["found"] as? String == "2 available")
    #expect((failed["causes"] as? [String])?.isEmpty == false)
    #expect((failed["source"] as? String)?.hasSuffix(":6") == true)
  }

  @Test func traceIsOneObjectALine() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appendingPathComponent("trace.jsonl")
    let command = try OrreryCommand([
      "run", dataFile("shop.yaml"), "--for", "1m", "--trace", file.path,
    ])
    #expect(command.exitCode == 0)
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    #expect(lines.count > 100)
    for line in lines {
      let entry = try object(String(line))
      #expect(entry["id"] is Int && entry["cause"] is Int && entry["message"] is String)
    }
  }

  @Test func standardInputIsAManifest() throws {
    let pod = """
      apiVersion: v1
      kind: Pod
      metadata: {name: alone}
      spec: {containers: [{name: a, image: "nginx:1.27"}]}
      """
    let command = try OrreryCommand(
      ["run", "-", "--masters", "1", "--workers", "1", "--until", "converged", "--output", "json"],
      input: Data(pod.utf8))
    #expect(command.exitCode == 0)
    #expect(command.output.contains("\"name\": \"alone\""))
  }
}
