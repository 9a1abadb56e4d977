import Basics
import Engine
import Etcdctl
import Foundation
import Testing

/// Keys, transactions, watches and leases, in etcdctl's words.
struct KeyVerbTests {
  @Test func keysArePutReadAndDeleted() throws {
    var shell = try Shell.three()
    #expect(shell.ok("etcdctl put /a 1") == "OK\n")
    #expect(shell.ok("etcdctl put /a 2 --prev-kv") == "OK\n/a\n1\n")
    shell.ok("etcdctl put /b 'two words'")
    #expect(shell.ok("etcdctl get /a") == "/a\n2\n")
    #expect(shell.ok("etcdctl get / --prefix --keys-only --limit 2") == "/a\n\n/b\n\n")
    #expect(shell.ok("etcdctl get /a --print-value-only") == "2\n")
    #expect(shell.ok("etcdctl get /a /c --order=DESCEND --print-value-only") == "two words\n2\n")
    #expect(shell.ok("etcdctl get /a --hex") == "\\x2f\\x61\n\\x32\n")
    #expect(shell.ok("etcdctl get /a --consistency=s --print-value-only") == "2\n")
    #expect(shell.ok("etcdctl get /nothing") == "")
    #expect(shell.ok("etcdctl get /a --count-only -w fields").contains("\"Count\" : 1\n"))
    #expect(shell.ok("etcdctl del /a --prev-kv") == "1\n/a\n2\n")
    #expect(shell.ok("etcdctl del /zzz") == "0\n")
    #expect(shell.world.monitor.violations.isEmpty)
  }

  @Test func theNumbersAreThere() throws {
    var shell = try Shell.three()
    shell.ok("etcdctl put /a 1")
    shell.ok("etcdctl put /a 2")
    struct Answer: Decodable {
      struct Header: Decodable { let revision: Int64, cluster_id: UInt64, raft_term: UInt64 }
      struct Pair: Decodable {
        let key: String, value: String
        let create_revision: Int64, mod_revision: Int64, version: Int64
      }
      let header: Header
      let kvs: [Pair]
      let count: Int
    }
    let text = shell.ok("etcdctl get /a -w json")
    let answer = try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
    #expect(answer.count == 1 && answer.kvs[0].version == 2)
    #expect(answer.kvs[0].key == Data("/a".utf8).base64EncodedString())
    #expect(answer.header.revision >= answer.kvs[0].mod_revision)
    // An old revision, until it is compacted.
    let first = answer.kvs[0].create_revision
    #expect(shell.ok("etcdctl get /a --rev \(first) --print-value-only") == "1\n")
    let newest = answer.kvs[0].mod_revision
    #expect(shell.ok("etcdctl compaction \(newest)") == "compacted revision \(newest)\n")
    let (refused, code) = shell.run("etcdctl get /a --rev \(first)")
    #expect(refused == "Error: etcdserver: mvcc: required revision has been compacted\n")
    #expect(code == 1)
    #expect(
      shell.run("etcdctl compaction 999999").text
        == "Error: etcdserver: mvcc: required revision is a future revision\n")
  }

  @Test(arguments: [
    ("etcdctl", "Error: etcdctl needs a command", Int32(1)),
    ("etcdctl frobnicate", "Error: unknown command \"frobnicate\" for \"etcdctl\"", 1),
    ("etcdctl get", "Error: get command needs one argument as key", 128),
    ("etcdctl get a --prefix --from-key", "Error: `--prefix` and `--from-key` cannot", 128),
    ("etcdctl get a --frob", "Error: unknown flag: --frob", 1),
    ("etcdctl get a --count-only", "Error: --count-only is only for `--write-out=fields`", 128),
    ("etcdctl get a --order=SIDEWAYS", "Error: bad sort order SIDEWAYS", 4),
    ("etcdctl get a -w table", "Error: table not supported as output format", 4),
    ("etcdctl get a -w yaml", "Error: unsupported output format", 4),
    ("etcdctl put a", "Error: put command needs 1 argument and input from stdin or 2", 128),
    ("etcdctl put a 1 --lease zz", "Error: bad lease ID", 128),
    ("etcdctl put a 1 --lease 1234", "Error: etcdserver: requested lease not found", 1),
    ("etcdctl put a 1 --ignore-value", "Error: put command needs only 1 argument when", 128),
    ("etcdctl compaction", "Error: compaction command needs 1 argument", 128),
    ("etcdctl member remove", "Error: member ID is not provided", 128),
    ("etcdctl member remove 99", "Error: etcdserver: member not found", 1),
    ("etcdctl member add x", "Error: member peer urls not provided", 128),
    ("etcdctl move-leader", "Error: move-leader command needs 1 argument", 128),
    ("etcdctl move-leader 99", "Error: etcdserver: bad leader transferee", 1),
    ("etcdctl lease revoke 99", "Error: failed to revoke lease (etcdserver: requested lease", 1),
    ("etcdctl lease keep-alive --once 99", "Error: etcdserver: requested lease not found", 2),
    ("etcdctl get a --endpoints nowhere", "Error: dial tcp: lookup nowhere: no such host", 1),
    ("etcdutl snapshot status /no/file", "Error: stat /no/file: no such file or directory", 1),
    ("etcdutl snapshot restore x --bump-revision 5", "Error: --mark-compacted required", 128),
  ])
  func whatIsWrongIsSaid(line: String, beginning: String, code: Int32) throws {
    var shell = try Shell.three()
    let (text, exit) = shell.run(line)
    #expect(text.hasPrefix(beginning), "\(line): \(text)")
    #expect(exit == code, "\(line)")
  }

  @Test func transactionsComeFromLines() throws {
    var shell = try Shell.three()
    shell.ok("etcdctl put /t 1")
    let lines = """
      value("/t") = "1"
      version("/none") = "0"

      put /t 2
      get /t

      put /t never
      """
    #expect(shell.ok("etcdctl txn", input: lines) == "SUCCESS\n\nOK\n\n/t\n2\n")
    #expect(
      shell.ok("etcdctl txn <<< 'mod(\"/t\") < \"2\"\\n\\nput /t x\\n\\ndel /t\\nget /t'")
        == "FAILURE\n\n1\n\n")
    #expect(
      shell.run("etcdctl txn", input: "nonsense\n\n").text
        == "Error: malformed comparison: nonsense\n")
    #expect(shell.run("etcdctl txn", input: "\nput /x\n").code == 128)
  }

  @Test func aWatchShowsWhatHappenedAndWhatHappens() throws {
    var shell = try Shell.three()
    struct Answer: Decodable {
      struct Header: Decodable { let revision: Int64 }
      let header: Header
    }
    let text = shell.ok("etcdctl put /w/a 1 -w json")
    let revision = try JSONDecoder().decode(Answer.self, from: Data(text.utf8)).header.revision
    shell.ok("etcdctl put /w/a 2")
    shell.ok("etcdctl del /w/a")
    #expect(
      shell.ok("etcdctl watch /w/ --prefix --rev \(revision) --prev-kv --events 3")
        == "PUT\n/w/a\n1\nPUT\n/w/a\n1\n/w/a\n2\nDELETE\n/w/a\n2\n/w/a\n\n")
    // One that is under way while others write, and outlives its member.
    var watch = EtcdctlInvocation(line: "etcdctl watch /w/b --endpoints master-1,master-2")
    func step(_ span: Span) {
      let end = shell.world.now + span
      while shell.world.now < end {
        watch.pump(&shell.world)
        shell.world.advance(to: shell.world.now + .milliseconds(5))
      }
      watch.pump(&shell.world)
    }
    step(.milliseconds(200))
    #expect(!watch.isFinished && watch.isEndless)
    shell.ok("etcdctl put /w/b 1")
    step(.milliseconds(200))
    #expect(watch.output == "PUT\n/w/b\n1\n")
    try shell.world.apply(.fail(Fault(.process(host: "master-1", name: "etcd"))))
    shell.wait(.seconds(5))
    shell.ok("etcdctl put /w/b 2 --endpoints master-3")
    step(.seconds(2))
    #expect(watch.output == "PUT\n/w/b\n1\nPUT\n/w/b\n2\n")
    watch.interrupt(&shell.world)
    #expect(watch.exitCode == 130)
    // From before a compaction there is nothing to be had.
    shell.ok("etcdctl compaction \(revision + 2)")
    let (late, code) = shell.run("etcdctl watch /w/ --prefix --rev \(revision) --for 5s")
    #expect(
      late == "watch was canceled (etcdserver: mvcc: required revision has been compacted)\n"
        + "Error: watch is canceled by the server\n" && code == 5)
  }

  @Test func leasesEndAndTakeTheirKeysWithThem() throws {
    var shell = try Shell.three()
    let granted = shell.ok("etcdctl lease grant 20")
    let words = granted.split(separator: " ")
    try #require(words.count == 5 && granted.hasSuffix(" granted with TTL(20s)\n"))
    let id = String(words[1])
    #expect(id.count == 16)
    shell.ok("etcdctl put /leased x --lease \(id)")
    #expect(shell.ok("etcdctl lease list").contains(id))
    let left = shell.ok("etcdctl lease timetolive \(id) --keys")
    #expect(left.hasPrefix("lease \(id) granted with TTL(20s), remaining("))
    #expect(left.hasSuffix("s), attached keys([/leased])\n"))
    shell.wait(.seconds(15))
    #expect(
      shell.ok("etcdctl lease keep-alive --once \(id)") == "lease \(id) keepalived with TTL(20)\n")
    shell.wait(.seconds(15))
    #expect(shell.ok("etcdctl get /leased --keys-only") == "/leased\n\n")
    shell.wait(.seconds(10))
    #expect(shell.ok("etcdctl get /leased") == "")
    #expect(shell.ok("etcdctl lease timetolive \(id)") == "lease \(id) already expired\n")
    let other = String(shell.ok("etcdctl lease grant 600").split(separator: " ")[1])
    shell.ok("etcdctl put /leased y --lease \(other)")
    #expect(shell.ok("etcdctl lease revoke \(other)") == "lease \(other) revoked\n")
    #expect(shell.ok("etcdctl get /leased") == "")
  }
}
