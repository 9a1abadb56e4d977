import Basics
import Engine

/// Which verb the words of a command mean. As with cobra, the beginning of a name is enough.
enum EtcdctlVerbs {
  /// What each program knows, for completion too.
  static let commands: [(program: String, names: [String])] = [
    (
      "etcdctl",
      [
        "get", "put", "del", "txn", "watch", "compaction", "defrag", "endpoint", "member",
        "move-leader", "alarm", "lease", "snapshot", "version",
      ]
    ),
    ("etcdutl", ["hashkv", "snapshot", "version"]),
  ]

  static let subcommands: [(command: String, names: [String])] = [
    ("endpoint", ["status", "health", "hashkv"]),
    ("member", ["list", "add", "remove", "update", "promote"]),
    ("alarm", ["list", "disarm"]),
    ("lease", ["grant", "revoke", "timetolive", "list", "keep-alive"]),
  ]

  static func verb(
    _ program: String, _ flags: inout EtcdctlArguments
  ) throws(EtcdctlProblem) -> any EtcdctlVerb {
    switch program {
    case "etcdctl": return try etcdctl(&flags)
    case "etcdutl":
      let name = try take(&flags, commands[1].names, "etcdutl")
      if name == "version" { return VersionVerb(program: "etcdutl") }
      if name == "hashkv" { return FileHashKVVerb() }
      switch try take(&flags, ["status", "restore"], "etcdutl snapshot") {
      case "status": return SnapshotStatusVerb()
      default: return SnapshotRestoreVerb()
      }
    case "etcd": return EtcdStartVerb()
    default: throw EtcdctlProblem("unknown program \"\(program)\"", code: 1)
    }
  }

  private static func etcdctl(
    _ flags: inout EtcdctlArguments
  ) throws(EtcdctlProblem) -> any EtcdctlVerb {
    let command = try take(&flags, commands[0].names, "etcdctl")
    var sub = ""
    if let names = subcommands.first(where: { $0.command == command })?.names {
      sub = try take(&flags, names, "etcdctl " + command)
    } else if command == "snapshot" {
      sub = try take(&flags, ["save"], "etcdctl snapshot")
    }
    switch (command, sub) {
    case ("get", _): return GetVerb()
    case ("put", _): return PutVerb()
    case ("del", _): return DelVerb()
    case ("txn", _): return TxnVerb()
    case ("watch", _): return WatchVerb()
    case ("compaction", _): return CompactionVerb()
    case ("defrag", _): return DefragVerb()
    case ("move-leader", _): return MoveLeaderVerb()
    case ("endpoint", "status"): return EndpointStatusVerb()
    case ("endpoint", "health"): return EndpointHealthVerb()
    case ("endpoint", _): return EndpointHashKVVerb()
    case ("member", "list"): return MemberListVerb()
    case ("member", "add"): return MemberAddVerb()
    case ("member", _): return MemberChangeVerb(kind: sub)
    case ("alarm", _): return AlarmVerb(isDisarming: sub == "disarm")
    case ("lease", "keep-alive"): return LeaseKeepAliveVerb()
    case ("lease", _): return LeaseVerb(kind: sub)
    case ("snapshot", _): return SnapshotSaveVerb()
    default: return VersionVerb(program: "etcdctl")
    }
  }

  private static func take(
    _ flags: inout EtcdctlArguments, _ names: [String], _ path: String
  ) throws(EtcdctlProblem) -> String {
    guard let word = flags.words.first else {
      throw EtcdctlProblem(
        "\(path) needs a command: \(names.joined(separator: ", "))", code: 1)
    }
    let found = names.contains(word) ? [word] : names.filter { $0.hasPrefix(word) }
    guard found.count == 1 else {
      throw EtcdctlProblem("unknown command \"\(word)\" for \"\(path)\"", code: 1)
    }
    flags.words.removeFirst()
    return found[0]
  }
}

/// `etcdctl version`.
struct VersionVerb: EtcdctlVerb {
  var isReading: Bool { true }
  let program: String

  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    io.print("\(program) version: 3.6.8")
    io.print("API version: 3.6")
    io.end()
  }
}

extension EtcdctlInvocation {
  /// What could follow the words of a line, the program first.
  public static func completions(
    after words: [String], hosts: [String], members: [UInt64]
  ) -> [String] {
    guard let program = words.first else { return programs }
    let bare = words.dropFirst().filter { !$0.hasPrefix("-") }
    if program == "etcd" {
      return words.last == "--name"
        ? hosts
        : words.last == "--initial-cluster-state"
          ? ["existing"] : ["--name", "--initial-cluster-state"]
    }
    guard let command = bare.first else {
      return EtcdctlVerbs.commands.first { $0.program == program }?.names ?? []
    }
    if command == "snapshot", bare.count == 1 {
      return program == "etcdutl" ? ["status", "restore"] : ["save"]
    }
    if bare.count == 1,
      let names = EtcdctlVerbs.subcommands.first(where: { $0.command == command })?.names
    {
      return names
    }
    let takesMember =
      bare.count == 1
      ? command == "move-leader"
      : bare.count == 2 && command == "member" && ["promote", "remove", "update"].contains(bare[1])
    if takesMember { return members.map { String($0, radix: 16) } }
    if words.last == "--endpoints" || words.last == "--name" { return hosts }
    if program == "etcdutl", command == "hashkv" { return ["--rev", "--write-out"] }
    return program == "etcdutl"
      ? ["--bump-revision", "--mark-compacted", "--name", "--skip-hash-check", "--write-out"]
      : ["--cluster", "--endpoints", "--prefix", "--prev-kv", "--rev", "--write-out"]
  }
}
