import Basics
import Engine
import Etcd
import KubeAPI
import MVCC

/// `member list`.
struct MemberListVerb: EtcdctlVerb {
  var isReading: Bool { true }
  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    io.call(.memberList(linearizable: !(try KeyArguments.isSerializable(io.arguments))))
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    guard case .response(.members(let members), let header) = try answer.checked() else { return }
    let printer = io.printer
    let rows = members.map { member in
      [
        String(member.id, radix: 16), member.name.isEmpty ? "unstarted" : "started", member.name,
        member.peerURLs.joined(separator: ","), member.clientURLs.joined(separator: ","),
        String(member.isLearner),
      ]
    }
    switch printer.format {
    case .json:
      io.print(
        printer.object([
          ("header", printer.json(header, hasRevision: false)),
          ("members", printer.list(members.map(printer.json))),
        ]).text())
    case .fields:
      for line in printer.fields(header, hasRevision: false) { io.print(line) }
      for member in members {
        io.print("\"ID\" : \(printer.id(member.id))")
        io.print("\"Name\" : \"\(member.name)\"")
        for url in member.peerURLs { io.print("\"PeerURL\" : \"\(url)\"") }
        for url in member.clientURLs { io.print("\"ClientURL\" : \"\(url)\"") }
        io.print("\"IsLearner\" : \(member.isLearner)")
        io.print("")
      }
    case .simple: for row in rows { io.print(row.joined(separator: ", ")) }
    case .table:
      let headings = ["ID", "Status", "Name", "Peer Addrs", "Client Addrs", "Is Learner"]
      for line in GoText.table(headings, rows) { io.print(line) }
    }
  }
}

/// `member add`: tells the cluster of a member that will join; starting it is another matter.
struct MemberAddVerb: EtcdctlVerb {
  private var name = ""
  private var urls: [String] = []

  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    let words = io.arguments.words
    guard let name = words.first else { throw EtcdctlProblem("member name not provided") }
    guard words.count == 1 else {
      let hints = words.filter { $0.lowercased().hasPrefix("http") }
        .map { ", did you mean --peer-urls=\($0)" }
      throw EtcdctlProblem("too many arguments" + hints.joined())
    }
    guard let text = io.arguments["peer-urls"], !text.isEmpty else {
      throw EtcdctlProblem("member peer urls not provided")
    }
    self.name = name
    urls = text.split(separator: ",").map(String.init)
    io.call(
      .memberAdd(
        ClusterMember(id: 0, peerURLs: urls, isLearner: io.arguments.isSet("learner"))))
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    guard case .response(.members(let members), let header) = try answer.checked(),
      let added = members.first(where: { $0.peerURLs == urls })
    else { return }
    let printer = io.printer
    try printer.require([.simple, .json])
    if printer.format == .json {
      return io.print(
        printer.object([
          ("header", printer.json(header)), ("member", printer.json(added)),
          ("members", printer.list(members.map(printer.json))),
        ]).text())
    }
    io.print(
      "Member \(GoText.padded16(added.id)) added\(added.isLearner ? " as learner " : " ")to cluster "
        + GoText.padded16(header.clusterID))
    let cluster = members.flatMap { member in
      member.peerURLs.map { "\(member.id == added.id ? name : member.name)=\($0)" }
    }
    io.print("")
    io.print("ETCD_NAME=\"\(name)\"")
    io.print("ETCD_INITIAL_CLUSTER=\"\(cluster.joined(separator: ","))\"")
    io.print("ETCD_INITIAL_ADVERTISE_PEER_URLS=\"\(urls.joined(separator: ","))\"")
    io.print("ETCD_INITIAL_CLUSTER_STATE=\"existing\"")
  }
}

/// `member remove`, `member update` and `member promote`.
struct MemberChangeVerb: EtcdctlVerb {
  let kind: String
  private var id: UInt64 = 0

  init(kind: String) { self.kind = kind }

  mutating func begin(_ io: inout EtcdctlIO) throws(EtcdctlProblem) {
    guard io.arguments.words.count == 1 else { throw EtcdctlProblem("member ID is not provided") }
    id = try EtcdctlArguments.hexadecimal(io.arguments.words[0], "member ID arg")
    switch kind {
    case "remove": io.call(.memberRemove(id: id))
    case "promote": io.call(.memberPromote(id: id))
    default:
      guard let text = io.arguments["peer-urls"], !text.isEmpty else {
        throw EtcdctlProblem("member peer urls not provided")
      }
      io.call(.memberUpdate(id: id, peerURLs: text.split(separator: ",").map(String.init)))
    }
  }

  mutating func receive(
    _ answer: EtcdctlAnswer, _ call: EtcdctlCall, _ io: inout EtcdctlIO
  ) throws(EtcdctlProblem) {
    guard case .response(.members(let members), let header) = try answer.checked() else { return }
    let printer = io.printer
    try printer.require([.simple, .json])
    if printer.format == .json {
      return io.print(
        printer.object([
          ("header", printer.json(header)), ("members", printer.list(members.map(printer.json))),
        ]).text())
    }
    let done =
      switch kind {
      case "remove": "removed from"
      case "promote": "promoted in"
      default: "updated in"
      }
    io.print(
      "Member \(GoText.padded16(id)) \(done) cluster \(GoText.padded16(header.clusterID))")
  }
}
