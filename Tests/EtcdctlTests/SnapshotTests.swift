import Basics
import Engine
import Etcdctl
import Foundation
import Testing

/// Snapshots as files of the user's, and what becomes of them.
struct SnapshotTests {
  @Test func aSnapshotIsSavedLookedAtAndRestored() throws {
    let folder = try Folder()
    var shell = try Shell.three()
    shell.ok("etcdctl put /s 1")
    let path = folder.path + "/backup.db"
    #expect(
      shell.ok("etcdctl snapshot save \(path) --endpoints master-2")
        == "Snapshot saved at \(path)\nServer version 3.6.0\n")
    #expect(folder.files == ["backup.db"])
    let size = try #require(FileManager.default.contents(atPath: path)?.count)
    #expect(size % 512 == 32)
    let table = shell.ok("etcdutl snapshot status \(path) -w table").split(separator: "\n")
    #expect(table.count == 5)
    #expect(
      table[1].split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        == ["HASH", "REVISION", "TOTAL KEYS", "TOTAL SIZE", "VERSION"])
    #expect(table[3].contains("3.6.0"))
    shell.ok("etcdctl put /s 2")
    let before = shell.ok("etcdctl member list")
    shell.ok("etcdutl snapshot restore \(path)")
    shell.wait(.seconds(10))
    #expect(shell.ok("etcdctl get /s") == "/s\n1\n")
    let after = shell.ok("etcdctl member list")
    #expect(before != after && after.split(separator: "\n").count == 3)
    #expect(!after.contains("unstarted"))
    #expect(shell.world.monitor.violations.isEmpty, "\(shell.world.monitor.violations)")
  }

  /// What a file hashes to is what its member said.
  @Test func theHashOfAFileIsThatOfItsMember() throws {
    let folder = try Folder()
    var shell = try Shell.three()
    for number in 1...9 { shell.ok("etcdctl put /s\(number % 3) \(number)") }
    shell.ok("etcdctl del /s1")
    shell.ok("etcdctl compaction 5")
    let path = folder.path + "/backup.db"
    shell.ok("etcdctl snapshot save \(path)")
    let revision = try #require(
      shell.ok("etcdutl snapshot status \(path)").split(separator: ",").dropFirst().first
    ).trimmingCharacters(in: .whitespaces)
    for asked in ["7", revision] {
      let live = shell.ok("etcdctl endpoint hashkv --endpoints master-1 --rev \(asked)")
      let hash = live.split(separator: ",")[1].trimmingCharacters(in: .whitespacesAndNewlines)
      #expect(
        shell.ok("etcdutl hashkv \(path) --rev \(asked)") == "\(hash), \(asked), 5\n", "\(live)")
    }
    #expect(
      shell.ok("etcdutl hashkv \(path)") == shell.ok("etcdutl hashkv \(path) --rev \(revision)"))
    for (line, text) in [
      ("--rev 4", "Error: mvcc: required revision has been compacted\n"),
      ("--rev 99999", "Error: mvcc: required revision is a future revision\n"),
    ] {
      let (said, code) = shell.run("etcdutl hashkv \(path) \(line)")
      #expect(said == text && code == 1)
    }
    #expect(shell.run("etcdutl hashkv").text == "Error: accepts 1 arg(s), received 0\n")
  }

  @Test func whatCannotBeWrittenLeavesNothingBehind() throws {
    let folder = try Folder()
    var shell = try Shell.three()
    let (text, code) = shell.run("etcdctl snapshot save \(folder.path)/no/such/backup.db")
    #expect(
      text.hasPrefix("Error: could not open \(folder.path)/no/such/backup.db.part")
        && text.hasSuffix("no such file or directory)\n"))
    #expect(code == 5)
    // A folder in the way of the rename.
    try FileManager.default.createDirectory(
      atPath: folder.path + "/taken/inside", withIntermediateDirectories: true)
    #expect(
      shell.run("etcdctl snapshot save \(folder.path)/taken").text.contains("could not rename"))
    #expect(folder.files == ["taken"])
    #expect(
      shell.run("etcdctl snapshot save \(folder.path)/x --endpoints master-1,master-2").text
        == "Error: snapshot must be requested to one selected node, not multiple "
        + "[master-1 master-2]\n")
  }

  @Test func aDamagedFileIsNotRestored() throws {
    let folder = try Folder()
    var shell = try Shell.three()
    shell.ok("etcdctl put /s 'a value to be found'")
    let path = folder.path + "/backup.db"
    shell.ok("etcdctl snapshot save \(path)")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let place = try #require(bytes.range(of: Data("a value to be found".utf8)))
    bytes[place.lowerBound] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
    let (text, code) = shell.run("etcdutl snapshot restore \(path)")
    #expect(text.hasPrefix("Error: expected sha256 [") && code == 1)
    #expect(shell.world.etcdHealth.healthy == 3)
    try Data(repeating: 7, count: 10_000).write(to: URL(fileURLWithPath: path))
    #expect(
      shell.run("etcdutl snapshot restore \(path)").text
        == "Error: snapshot missing hash but --skip-hash-check=false\n")
    #expect(shell.run("etcdutl snapshot status \(path)").text == "Error: invalid database\n")
  }

  /// A single member of the real etcd, its snapshot, and our reading of it.
  @Test func aSnapshotOfARealEtcdIsRestored() throws {
    let etcd = "/usr/bin/etcd"
    let etcdctl = "/usr/bin/etcdctl"
    guard FileManager.default.isExecutableFile(atPath: etcd),
      FileManager.default.isExecutableFile(atPath: etcdctl)
    else {
      print("skipped: no etcd on this machine")
      return
    }
    let folder = try Folder()
    let port = 20_000 + Int(getpid()) % 20_000
    let server = Process()
    server.executableURL = URL(fileURLWithPath: etcd)
    let client = "http://127.0.0.1:\(port)"
    let peer = "http://127.0.0.1:\(port + 1)"
    server.arguments = [
      "--data-dir", folder.path + "/data", "--listen-client-urls", client,
      "--advertise-client-urls", client, "--listen-peer-urls", peer,
      "--initial-advertise-peer-urls", peer, "--initial-cluster", "default=" + peer,
    ]
    server.standardOutput = FileHandle.nullDevice
    server.standardError = FileHandle.nullDevice
    try server.run()
    defer { server.terminate() }
    func tool(_ arguments: [String]) throws -> Int32 {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: etcdctl)
      process.arguments = ["--endpoints", client] + arguments
      process.environment = ["ETCDCTL_API": "3"]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      return process.terminationStatus
    }
    var tries = 0
    while try tool(["put", "/real", "0"]) != 0, tries < 20 {
      tries += 1
      usleep(200_000)
    }
    for number in 1...20 { #expect(try tool(["put", "/real", "\(number)"]) == 0) }
    #expect(try tool(["del", "/gone"]) == 0)
    #expect(try tool(["snapshot", "save", folder.path + "/real.db"]) == 0)
    var shell = try Shell(ClusterSpec(masters: 1, workers: 0, seed: 3))
    let status = shell.ok("etcdutl snapshot status \(folder.path)/real.db")
    #expect(status.contains(", 22, 1, "))
    shell.ok("etcdutl snapshot restore \(folder.path)/real.db")
    shell.wait(.seconds(8))
    #expect(shell.ok("etcdctl get /real --print-value-only") == "20\n")
    #expect(shell.ok("etcdctl get /real --rev 12 --print-value-only") == "10\n")
  }
}
