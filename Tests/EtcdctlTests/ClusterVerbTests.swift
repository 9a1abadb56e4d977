import Basics
import Engine
import Etcdctl
import Foundation
import Testing

/// Members, endpoints, alarms and leadership.
struct ClusterVerbTests {
  /// As etcd makes them of the peer URL and `--initial-cluster-token etcd-cluster-1`.
  private let members = [
    "master-1": "8b0ef8b1e2914415", "master-2": "371ee3c467b14436", "master-3": "9666904b97065604",
  ]

  @Test func tablesAreEtcds() throws {
    var shell = try Shell.three()
    #expect(
      shell.ok("etcdctl member list -w table") == """
        +------------------+---------+----------+-----------------------+-----------------------+------------+
        |        ID        | STATUS  |   NAME   |      PEER ADDRS       |     CLIENT ADDRS      | IS LEARNER |
        +------------------+---------+----------+-----------------------+-----------------------+------------+
        | 371ee3c467b14436 | started | master-2 | https://master-2:2380 | https://master-2:2379 |      false |
        | 8b0ef8b1e2914415 | started | master-1 | https://master-1:2380 | https://master-1:2379 |      false |
        | 9666904b97065604 | started | master-3 | https://master-3:2380 | https://master-3:2379 |      false |
        +------------------+---------+----------+-----------------------+-----------------------+------------+

        """)
    #expect(
      shell.ok("etcdctl member list").hasPrefix(
        "371ee3c467b14436, started, master-2, https://master-2:2380, https://master-2:2379, false\n"
      ))
    let status = shell.ok("etcdctl endpoint status --cluster -w table").split(separator: "\n")
    #expect(status.count == 7)
    let titles =
      "ENDPOINT|ID|VERSION|STORAGE VERSION|DB SIZE|IN USE|PERCENTAGE NOT IN USE|QUOTA|"
      + "IS LEADER|IS LEARNER|RAFT TERM|RAFT INDEX|RAFT APPLIED INDEX|ERRORS|"
      + "DOWNGRADE TARGET VERSION|DOWNGRADE ENABLED"
    #expect(
      status[1].split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        .joined(separator: "|") == titles)
    #expect(status[3...5].count { $0.contains("|      true |") } == 1)
    #expect(status[3].contains("3.6.8") && status[3].contains("2.1 GB"))
    let health = shell.ok("etcdctl endpoint health").split(separator: "\n")
    #expect(health.count == 3)
    #expect(
      health[0].hasPrefix(
        "https://master-1:2379 is healthy: successfully committed proposal: took = "))
    #expect(health[0].hasSuffix("µs") || health[0].hasSuffix("ms"))
    let hashes = shell.ok("etcdctl endpoint hashkv --rev 5").split(separator: "\n")
      .map { $0.split(separator: ",")[1] }
    #expect(hashes.count == 3 && Set(hashes).count == 1)
  }

  @Test func deadEndpointsAreSaid() throws {
    var shell = try Shell.three()
    try shell.world.apply(.fail(Fault(.process(host: "master-2", name: "etcd"))))
    shell.wait(.seconds(4))
    let (text, code) = shell.run("etcdctl endpoint health")
    #expect(text.contains("https://master-1:2379 is healthy"))
    #expect(
      text.contains(
        "https://master-2:2379 is unhealthy: failed to commit proposal: context deadline exceeded"))
    #expect(text.hasSuffix("Error: unhealthy cluster\n") && code == 1)
    // Another endpoint takes over; the dead one alone does not answer.
    #expect(shell.ok("etcdctl put /x 1 --endpoints master-2,master-3") == "OK\n")
    let start = shell.world.now
    #expect(
      shell.run("etcdctl get /x --endpoints master-2").text
        == "Error: context deadline exceeded\n")
    #expect((shell.world.now - start).wholeSeconds == 5)
    #expect(shell.run("etcdctl endpoint status").code == 1)
    // Without a quorum nothing is written.
    try shell.world.apply(.fail(Fault(.process(host: "master-3", name: "etcd"))))
    shell.wait(.seconds(4))
    #expect(shell.run("etcdctl put /x 2").text == "Error: context deadline exceeded\n")
    #expect(
      shell.run("etcdctl put /x 2 --command-timeout 20s --endpoints master-1").text
        .hasPrefix("Error: etcdserver: request timed out"))
    #expect(shell.ok("etcdctl get /x --consistency=s --endpoints master-1") == "/x\n1\n")
  }

  @Test func theLeaderMoves() throws {
    var shell = try Shell.three()
    let leader = try #require(shell.world.leaders(of: "etcd").first)
    let target = leader == "master-1" ? "master-2" : "master-1"
    let id = try #require(members[target])
    let text = shell.ok("etcdctl move-leader \(id)")
    #expect(text.hasPrefix("Leadership transferred from ") && text.hasSuffix(" to \(id)\n"))
    #expect(shell.world.leaders(of: "etcd") == [target])
    let follower = target == "master-1" ? "master-2" : "master-1"
    #expect(
      shell.run("etcdctl move-leader \(id) --endpoints \(follower)").text
        == "Error: no leader endpoint given at [\(follower)]\n")
  }

  @Test func aFullBackendIsEmptiedInThreeSteps() throws {
    var spec = ClusterSpec(masters: 1, workers: 0, seed: 7)
    spec.flags = [
      ClusterSpec.ComponentFlag(component: "etcd", name: "quota-backend-bytes", value: "1500000")
    ]
    var shell = try Shell(spec)
    let big = String(repeating: "x", count: 60_000)
    var refused: String?
    for _ in 0..<40 where refused == nil {
      let (text, code) = shell.run("etcdctl put /big \(big)")
      if code != 0 { refused = text }
    }
    #expect(refused == "Error: etcdserver: mvcc: database space exceeded\n")
    shell.wait(.seconds(1))
    #expect(
      shell.ok("etcdctl alarm list")
        == "memberID:\(UInt64(members["master-1"] ?? "", radix: 16) ?? 0) alarm:NOSPACE \n")
    #expect(shell.run("etcdctl endpoint health").text.contains("Active Alarm(s): NOSPACE"))
    #expect(shell.ok("etcdctl get /big --keys-only") == "/big\n\n")
    // Compact, defragment, disarm: in this order.
    let status = shell.ok("etcdctl endpoint status -w fields")
    let revision = try #require(
      status.split(separator: "\n").first { $0.hasPrefix("\"Revision\"") }?.split(separator: " ")
        .last)
    shell.ok("etcdctl compaction \(revision)")
    #expect(
      shell.ok("etcdctl defrag").hasPrefix(
        "Finished defragmenting etcd member[https://master-1:2379]. took "))
    #expect(shell.run("etcdctl put /small 1").code == 1)
    #expect(
      shell.ok("etcdctl alarm disarm")
        == "memberID:\(UInt64(members["master-1"] ?? "", radix: 16) ?? 0) alarm:NOSPACE \n")
    #expect(shell.ok("etcdctl put /small 1") == "OK\n")
    #expect(shell.ok("etcdctl alarm list") == "")
  }

  @Test func aLearnerJoinsAndIsPromoted() throws {
    var shell = try Shell.three()
    try shell.world.apply(.fail(Fault(.disk("master-3"), .lost)))
    shell.wait(.seconds(8))
    #expect(
      shell.run("etcdctl member add m3 --peer-urls https://master-3:2390").text
        == "Error: etcdserver: unhealthy cluster\n")
    #expect(
      shell.ok("etcdctl member remove 9666904b97065604")
        == "Member 9666904b97065604 removed from cluster c7dbcccb7578a6f3\n")
    let added = shell.ok("etcdctl member add master-3 --learner --peer-urls https://master-3:2380")
    #expect(added.contains(" added as learner to cluster c7dbcccb7578a6f3\n"))
    #expect(
      added.contains(
        "ETCD_INITIAL_CLUSTER=\"master-1=https://master-1:2380,master-2=https://master-2:2380,"
          + "master-3=https://master-3:2380\"\n")
        || added.contains("ETCD_INITIAL_CLUSTER_STATE=\"existing\"\n"))
    let id = String(added.split(separator: " ")[1])
    #expect(
      shell.run("etcdctl member promote \(id)").text
        == "Error: etcdserver: can only promote a learner member which is in sync with leader\n")
    shell.ok("etcd --name master-3 --initial-cluster-state existing")
    shell.wait(.seconds(10))
    #expect(
      shell.run("etcdctl get /x --endpoints master-3").text
        == "Error: etcdserver: rpc not supported for learner\n")
    // It runs and follows, and no quorum can count on it.
    let health = shell.world.etcdHealth.healthy
    #expect(health == 2)
    #expect(
      shell.ok("etcdctl member promote \(id)")
        == "Member \(id) promoted in cluster c7dbcccb7578a6f3\n")
    shell.wait(.seconds(1))
    #expect(shell.world.etcdHealth.healthy == 3)
    #expect(shell.ok("etcdctl put /y 1 --endpoints master-3") == "OK\n")
    #expect(shell.ok("etcdctl member list").contains("\(id), started, master-3,"))
    #expect(shell.world.monitor.violations.isEmpty)
  }

  @Test func corruptionIsFoundByComparingHashes() throws {
    var spec = ClusterSpec(masters: 3, workers: 0, seed: 9)
    spec.flags = [
      ClusterSpec.ComponentFlag(component: "etcd", name: "corrupt-check-time", value: "10s")
    ]
    var shell = try Shell(spec)
    shell.ok("etcdctl put /c 1")
    shell.ok("etcdctl put /c 2")
    let leader = try #require(shell.world.leaders(of: "etcd").first)
    let victim = leader == "master-3" ? "master-2" : "master-3"
    shell.ok("etcdctl put /c 3")
    try shell.world.apply(.fail(Fault(.disk(victim), .corruptValue)))
    let hashes = shell.ok("etcdctl endpoint hashkv").split(separator: "\n")
      .map { $0.split(separator: ",")[1] }
    #expect(Set(hashes).count == 2)
    shell.wait(.seconds(25))
    #expect(shell.ok("etcdctl alarm list").contains("alarm:CORRUPT"))
    #expect(shell.run("etcdctl put /c 4").text == "Error: etcdserver: corrupt cluster\n")
  }

  @Test func aRottenLogIsRefused() throws {
    var shell = try Shell.three()
    try shell.world.apply(.fail(Fault(.disk("master-2"), .corruptLog)))
    shell.wait(.seconds(5))
    #expect(shell.world.etcdHealth.healthy == 3)
    try shell.world.apply(.kill(host: "master-2", process: "etcd"))
    shell.wait(.seconds(8))
    #expect(shell.world.etcdHealth.healthy == 2)
    let words = "failed to read WAL, cannot be repaired: walpb: crc mismatch"
    #expect(!shell.world.actions(1, where: { $0.message.contains(words) }).isEmpty)
  }

  /// Adding first is how a cluster is lost: with the check off, three of four are needed and two are
  /// there (teaching.md, M23).
  @Test func withoutTheCheckAWrongAdditionCostsTheQuorum() throws {
    var spec = ClusterSpec(masters: 3, workers: 0, seed: 8)
    spec.flags = [
      ClusterSpec.ComponentFlag(component: "etcd", name: "strict-reconfig-check", value: "false")
    ]
    var shell = try Shell(spec)
    try shell.world.apply(.fail(Fault(.process(host: "master-3", name: "etcd"))))
    shell.wait(.seconds(8))
    shell.ok("etcdctl put /x 1")
    shell.ok("etcdctl member add m4 --peer-urls https://mistyped:2380")
    shell.wait(.seconds(5))
    let hasQuorum = shell.world.etcdHealth.hasQuorum
    #expect(!hasQuorum)
    #expect(shell.run("etcdctl put /x 2").code == 1)
    // Not even the wrong one can be removed.
    #expect(shell.run("etcdctl member remove 9666904b97065604").code == 1)
  }

  @Test func theOldestMemberOfAllIsUpdated() throws {
    var shell = try Shell.three()
    #expect(
      shell.run("etcdctl member update 8b0ef8b1e2914415 --peer-urls https://master-2:2380").text
        == "Error: etcdserver: Peer URLs already exists\n")
    #expect(
      shell.ok(
        "etcdctl member update 8b0ef8b1e2914415 --peer-urls https://master-1:2380,https://other:2380"
      )
        == "Member 8b0ef8b1e2914415 updated in cluster c7dbcccb7578a6f3\n")
    #expect(shell.ok("etcdctl member list").contains("https://other:2380"))
  }
}
