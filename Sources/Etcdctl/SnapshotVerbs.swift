import Basics
import Engine
import Etcd
import KubeAPI
import MVCC

/// `etcdctl snapshot save`: one member's backend as a file of the user's.
struct SnapshotSaveVerb: EtcdctlVerb {
  var isReading: Bool { true }
  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    guard io.arguments.words.count == 1 else {
      throw EtcdctlProblem("snapshot save expects one argument <filename>")
    }
    var hosts = io.endpoints.map(\.host)
    if io.arguments.endpoints == nil {
      // Any member that runs will do (teaching.md, M22); without --endpoints the first of them.
      hosts = [io.running.first ?? io.members.first ?? ""]
    }
    guard hosts.count == 1 else {
      throw EtcdctlProblem(
        "snapshot must be requested to one selected node, not multiple "
          + "[\(io.endpoints.map(\.name).joined(separator: " "))]", code: 5)
    }
    let isTimed = io.arguments["command-timeout"] != nil
    io.call(.snapshot, at: hosts, timeout: isTimed ? io.commandTimeout : nil, isPatient: true)
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    guard case .response(.snapshot(let state), _) = try answer.checked(code: 5) else { return }
    let path = io.arguments.words[0]
    do throws(SnapshotFileProblem) {
      try SnapshotFiles.save(BackendFile.snapshot(of: state), to: path)
    } catch {
      throw EtcdctlProblem(error.message, code: 5)
    }
    io.print("Snapshot saved at \(path)")
    io.print("Server version \(EtcdctlPrinter.storageVersion)")
  }
}

/// `etcdutl snapshot status`: what is in a file.
struct SnapshotStatusVerb: EtcdctlVerb {
  var isReading: Bool { true }
  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    guard io.arguments.words.count == 1 else {
      throw EtcdctlProblem("snapshot status requires exactly one argument")
    }
    let status: BackendFile.Status
    let bytes = try SnapshotFiles.bytes(of: io.arguments.words[0])
    do throws(BackendFile.Problem) { status = try BackendFile.status(of: bytes) } catch {
      throw EtcdctlProblem(error.description, code: 1)
    }
    let row = io.printer.row(
      json: [
        ("hash", .integer(Int64(status.hash))), ("revision", .integer(status.revision)),
        ("totalKey", .integer(Int64(status.totalKeys))),
        ("totalSize", .integer(Int64(status.totalSize))), ("version", .string(status.version)),
      ],
      fields: [
        ("Hash", "\(status.hash)"), ("Revision", "\(status.revision)"),
        ("Keys", "\(status.totalKeys)"), ("Size", "\(status.totalSize)"),
        ("Version", "\"\(status.version)\""),
      ],
      headings: ["hash", "revision", "total keys", "total size", "version"],
      cells: [
        String(status.hash, radix: 16), "\(status.revision)", "\(status.totalKeys)",
        GoText.bytes(status.totalSize), status.version,
      ])
    for line in row { io.print(line) }
    io.end()
  }
}

/// `etcdutl hashkv`: the hash over the history in a file, to compare with `endpoint hashkv`.
struct FileHashKVVerb: EtcdctlVerb {
  var isReading: Bool { true }
  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    let words = io.arguments.words
    guard words.count == 1 else {
      throw EtcdctlProblem("accepts 1 arg(s), received \(words.count)", code: 1)
    }
    let revision = max(0, try io.arguments.integer("rev"))
    let bytes = try SnapshotFiles.bytes(of: words[0])
    let file: BackendFile
    do throws(BackendFile.Problem) {
      file = try BackendFile(snapshot: bytes, skipHashCheck: true)
    } catch {
      throw EtcdctlProblem(error.description, code: 1)
    }
    let store = MVCC.Store(
      revisions: file.revisions, compactRevision: file.compactRevision, leases: file.leases)
    let found: HashKV
    do throws(EtcdError) { found = try store.hashKV(revision: revision) } catch {
      // Of the store itself, without the server's name before it.
      throw EtcdctlProblem(error.message.replacing("etcdserver: ", with: ""), code: 1)
    }
    let row = io.printer.row(
      json: [
        ("hash", .integer(Int64(found.hash))), ("hashRevision", .integer(found.revision)),
        ("compactRevision", .integer(found.compactRevision)),
      ],
      fields: [
        ("Hash", "\(found.hash)"), ("Hash revision", "\(found.revision)"),
        ("Compact revision", "\(found.compactRevision)"),
      ],
      headings: ["hash", "hash revision", "compact revision"],
      cells: ["\(found.hash)", "\(found.revision)", "\(found.compactRevision)"])
    for line in row { io.print(line) }
    io.end()
  }
}

/// `etcdutl snapshot restore`: the member of the host `--name` is stopped, gets a data directory made
/// of the file, and is started again. Without `--name` all members, stopped together: what a runbook
/// does with one file.
struct SnapshotRestoreVerb: EtcdctlVerb {
  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    let arguments = io.arguments
    guard arguments.words.count == 1 else {
      throw EtcdctlProblem("snapshot restore requires exactly one argument")
    }
    guard let bump = UInt64(arguments["bump-revision"] ?? "0") else {
      throw EtcdctlProblem(
        "invalid argument \"\(arguments["bump-revision"] ?? "")\" for \"--bump-revision\" flag: "
          + "strconv.ParseUint: parsing: invalid syntax", code: 1)
    }
    guard (bump > 0) == arguments.isSet("mark-compacted") else {
      throw EtcdctlProblem("--mark-compacted required if --revision-bump > 0")
    }
    let bytes = try SnapshotFiles.bytes(of: arguments.words[0])
    let cluster = try Self.cluster(arguments, io)
    let token = arguments["initial-cluster-token"] ?? "etcd-cluster"
    // Refused before anything is touched.
    do throws(BackendFile.Problem) {
      let file = try BackendFile(
        snapshot: bytes, skipHashCheck: arguments.isSet("skip-hash-check"))
      _ = try RestoredCluster(file, cluster: cluster, token: token, bump: bump)
    } catch {
      throw EtcdctlProblem(error.description, code: 1)
    }
    let hosts = arguments["name"].map { [$0] } ?? cluster.map(\.name)
    for host in hosts {
      if let url = arguments["initial-advertise-peer-urls"],
        let own = cluster.first(where: { $0.name == host }),
        own.peerURLs.joined(separator: ",") != url
      {
        throw EtcdctlProblem(
          "--initial-cluster has \(host)=\(own.peerURLs.joined(separator: ",")) but missing from "
            + "--initial-advertise-peer-urls=\(url)", code: 1)
      }
      io.inputs.append(
        .etcdRestore(
          EtcdRestore(
            host: host, cluster: cluster, token: token, snapshot: bytes, bump: bump,
            skipHashCheck: arguments.isSet("skip-hash-check"))))
      io.print(
        "info\trestored snapshot\t{\"path\": \"\(arguments.words[0])\", \"data-dir\": "
          + "\"\(arguments["data-dir"] ?? "/var/lib/etcd")\", \"member\": \"\(host)\"}")
    }
    io.end()
  }

  /// `--initial-cluster a=https://a:2380,b=…`; every member of the world where it is not given.
  private static func cluster(
    _ arguments: EtcdctlArguments, _ io: EtcdctlIO
  ) throws(EtcdctlProblem) -> [(name: String, peerURLs: [String])] {
    guard let text = arguments["initial-cluster"] else { return io.initialCluster }
    var cluster: [(name: String, peerURLs: [String])] = []
    for part in text.split(separator: ",") {
      let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard pair.count == 2, !pair[1].isEmpty else {
        throw EtcdctlProblem("empty URL given for \"\(pair[0])\"", code: 1)
      }
      if let known = cluster.firstIndex(where: { $0.name == pair[0] }) {
        cluster[known].peerURLs.append(pair[1])
      } else {
        cluster.append((pair[0], [pair[1]]))
      }
    }
    return cluster
  }
}

/// `etcd --name HOST --initial-cluster-state existing`: the etcd of a host is started with an empty
/// data directory, to join a cluster that has added it.
struct EtcdStartVerb: EtcdctlVerb {
  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    guard let name = io.arguments["name"] else {
      throw EtcdctlProblem("etcd needs --name HOST and --initial-cluster-state existing", code: 1)
    }
    guard io.arguments["initial-cluster-state"] == "existing" else {
      throw EtcdctlProblem("expected --initial-cluster-state existing", code: 1)
    }
    io.inputs.append(.etcdJoin(host: name))
    io.print(
      "etcd on \(name) starts with an empty data directory and --initial-cluster-state existing")
    io.end()
  }
}
