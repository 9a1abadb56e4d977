import Basics
import Engine
import Etcd
import MVCC

/// What an invocation works on: a world, or a timeline that records what it does.
public protocol EtcdDoor {
  var now: Tick { get }
  /// Hosts with a member, those whose process runs, and the machines as `--initial-cluster`.
  var etcdHosts: [String] { get }
  var runningEtcdHosts: [String] { get }
  var etcdInitialCluster: [(name: String, peerURLs: [String])] { get }
  func etcdHeader(_ client: UInt64) -> EtcdHeader?
  @discardableResult
  mutating func apply(_ input: Input) throws(FaultProblem) -> UInt64?
  mutating func takeEtcdEvents(_ client: UInt64) -> [EtcdClientEvent]
  /// Lets the next delivery happen, if it is due by `deadline`.
  @discardableResult
  mutating func step(through deadline: Tick) -> Bool
}

extension World: EtcdDoor {}

extension Timeline: EtcdDoor {
  public var etcdInitialCluster: [(name: String, peerURLs: [String])] { world.etcdInitialCluster }
}

/// A door that only notes which members would be restored.
private struct DryDoor: EtcdDoor {
  let now: Tick
  let etcdHosts: [String]
  let runningEtcdHosts: [String]
  let etcdInitialCluster: [(name: String, peerURLs: [String])]
  private(set) var restored: [String] = []

  init(_ door: some EtcdDoor) {
    now = door.now
    etcdHosts = door.etcdHosts
    runningEtcdHosts = door.runningEtcdHosts
    etcdInitialCluster = door.etcdInitialCluster
  }

  func etcdHeader(_ client: UInt64) -> EtcdHeader? { nil }
  mutating func apply(_ input: Input) throws(FaultProblem) -> UInt64? {
    if case .etcdRestore(let restore) = input { restored.append(restore.host) }
    return nil
  }
  mutating func takeEtcdEvents(_ client: UInt64) -> [EtcdClientEvent] { [] }
  mutating func step(through deadline: Tick) -> Bool { false }
}

/// One run of `etcdctl`, `etcdutl` or `etcd`: arguments in, requests to members, text out.
///
/// `pump` does what can be done now; between two pumps its owner lets time pass, up to `nextWake`
/// where nothing else happens. So a command can be under way while the world goes on.
public struct EtcdctlInvocation: Sendable {
  /// A lease's ID as etcdctl prints it.
  public static func text(ofLease id: Int64) -> String {
    GoText.hexadecimal16(UInt64(bitPattern: id))
  }

  /// The commands there are.
  public static let programs = ["etcdctl", "etcdutl", "etcd"]

  /// What was typed, the program first.
  public let arguments: [String]
  public private(set) var output = ""
  public private(set) var errorOutput = ""
  /// Nil while it is under way.
  public private(set) var exitCode: Int32?
  public var isFinished: Bool { exitCode != nil }

  private var verb: (any EtcdctlVerb)?
  /// Whether it only looks.
  public var isReading: Bool { verb?.isReading ?? true }
  private var flags: EtcdctlArguments?
  private var printer = EtcdctlPrinter(format: .simple)
  private var hasBegun = false
  private var flights: [Flight] = []
  private var clients: [(host: String, client: UInt64)] = []
  private var wakeAt: Tick?
  private var isStreaming = false
  private var hasHeard = false

  /// A call under way.
  private struct Flight: Sendable {
    var call: EtcdctlCall
    var deadline: Tick?
    /// Which of its hosts is asked.
    var at = 0
    var client: UInt64?
    var number: UInt64 = 0
    /// Nil once it is sent.
    var sendAt: Tick?
    var isStream = false
  }

  /// clientv3's wait between two rounds through its endpoints.
  private static let retryInterval = Span.milliseconds(500)

  /// The command as typed, split as a shell would. `input` is what it reads from standard input;
  /// in a line it stands after `<<<`.
  public init(line: String, input: String? = nil) {
    self.init(ShellWords.split(line), input: input)
  }

  public init(_ arguments: [String], input: String? = nil) {
    self.arguments = arguments
    do throws(EtcdctlProblem) {
      let program = arguments.first ?? ""
      var flags = try EtcdctlArguments(Array(arguments.dropFirst()))
      if let input { flags.input = input }
      if let given = flags.endpoints, given.isEmpty {
        throw EtcdctlProblem("etcdclient: no available endpoints")
      }
      guard let format = EtcdctlPrinter.Format(rawValue: flags["write-out"] ?? "simple") else {
        throw EtcdctlProblem("unsupported output format", code: 4)
      }
      printer = EtcdctlPrinter(format: format, isHex: flags.isSet("hex"))
      verb = try EtcdctlVerbs.verb(program, &flags)
      self.flags = flags
    } catch {
      fail(error)
    }
  }

  private mutating func fail(_ problem: EtcdctlProblem) {
    errorOutput += "Error: " + problem.message + "\n"
    exitCode = problem.code
  }

  /// What a restore is about to do: the hosts whose members get new data, and the revision of the
  /// snapshot. Nil for another command, and where the restore would be refused.
  public func restorePlan(_ door: some EtcdDoor) -> (hosts: [String], revision: Int64)? {
    guard !isFinished, verb is SnapshotRestoreVerb, let flags, let path = flags.words.first,
      let bytes = try? SnapshotFiles.bytes(of: path),
      let status = try? BackendFile.status(of: bytes)
    else { return nil }
    var attempt = self
    var scratch = DryDoor(door)
    attempt.pump(&scratch)
    guard attempt.exitCode == 0 else { return nil }
    return (scratch.restored, status.revision)
  }

  /// When it wants to be pumped at the latest; nil for only when something happened.
  public var nextWake: Tick? {
    var ticks = flights.compactMap(\.deadline) + flights.compactMap(\.sendAt)
    if let wakeAt { ticks.append(wakeAt) }
    return ticks.min()
  }

  /// Whether it goes on until it is interrupted, as a watch does.
  public var isEndless: Bool { isStreaming && hasHeard && !isFinished }

  /// ^C.
  public mutating func interrupt(_ door: inout some EtcdDoor) {
    guard !isFinished else { return }
    exitCode = 130
    hangUp(&door)
  }

  // MARK: The pump

  /// Sends, hears, and prints what there is now.
  public mutating func pump(_ door: inout some EtcdDoor) {
    guard !isFinished else { return }
    if !hasBegun {
      hasBegun = true
      step(&door) { (verb, io) throws(EtcdctlProblem) in try verb.begin(&io) }
    }
    var hasMoved = true
    while hasMoved, !isFinished {
      hasMoved = send(&door)
      hasMoved = hear(&door) || hasMoved
      hasMoved = expire(&door) || hasMoved
    }
    if isFinished { hangUp(&door) }
  }

  private mutating func step(
    _ door: inout some EtcdDoor,
    _ body: (inout any EtcdctlVerb, inout EtcdctlIO) throws(EtcdctlProblem) -> Void
  ) {
    guard var verb, let flags, !isFinished else { return }
    var io = EtcdctlIO(
      now: door.now, arguments: flags, members: door.etcdHosts, running: door.runningEtcdHosts,
      initialCluster: door.etcdInitialCluster, printer: printer)
    io.isStreaming = isStreaming
    io.wakeAt = wakeAt
    var problem: EtcdctlProblem?
    do throws(EtcdctlProblem) { try body(&verb, &io) } catch { problem = error }
    self.verb = verb
    output += io.output
    errorOutput += io.errorOutput
    isStreaming = io.isStreaming
    wakeAt = io.wakeAt
    if let problem { return fail(problem) }
    for input in io.inputs {
      do throws(FaultProblem) { try door.apply(input) } catch {
        return fail(EtcdctlProblem(error.message, code: 1))
      }
    }
    for call in io.calls {
      var flight = Flight(call: call, deadline: call.timeout.map { io.now + $0 })
      flight.sendAt = io.now
      if case .watchCreate = call.request { flight.isStream = true }
      flights.append(flight)
    }
    if let code = io.exitCode {
      exitCode = code
    } else if flights.isEmpty, wakeAt == nil {
      exitCode = 0
    }
  }

  private mutating func send(_ door: inout some EtcdDoor) -> Bool {
    var hasMoved = false
    for i in flights.indices {
      guard let at = flights[i].sendAt, at <= door.now else { continue }
      flights[i].sendAt = nil
      hasMoved = true
      let host = self.host(for: flights[i], door)
      do throws(FaultProblem) {
        let client = try self.client(of: host, &door)
        let number = try door.apply(.etcdRequest(client: client, flights[i].call.request))
        flights[i].client = client
        flights[i].number = number ?? 0
      } catch {
        let flight = flights.remove(at: i)
        let words = "dial tcp: lookup \(host): no such host"
        step(&door) { (verb, io) throws(EtcdctlProblem) in
          try verb.receive(.failure(words), flight.call, &io)
        }
        return true
      }
    }
    return hasMoved
  }

  /// Its turn's host, or the next that takes connections: clientv3 dials all and uses those it got
  /// through to.
  private func host(for flight: Flight, _ door: some EtcdDoor) -> String {
    let hosts = flight.call.hosts
    guard !hosts.isEmpty else { return "" }
    let running = door.runningEtcdHosts
    let turns = hosts.indices.map { hosts[(flight.at + $0) % hosts.count] }
    return turns.first { running.contains($0) } ?? turns[0]
  }

  private mutating func client(
    of host: String, _ door: inout some EtcdDoor
  ) throws(FaultProblem) -> UInt64 {
    if let known = clients.first(where: { $0.host == host }) { return known.client }
    let client = try door.apply(.etcdOpen(member: host)) ?? 0
    clients.append((host, client))
    return client
  }

  private mutating func hear(_ door: inout some EtcdDoor) -> Bool {
    var hasMoved = false
    for (_, client) in clients {
      for event in door.takeEtcdEvents(client) {
        hasMoved = true
        let header =
          door.etcdHeader(client)
          ?? EtcdHeader(clusterID: 0, memberID: 0, revision: 0, raftTerm: 0)
        take(event, client, header, &door)
        if isFinished { return true }
      }
    }
    return hasMoved
  }

  private mutating func take(
    _ event: EtcdClientEvent, _ client: UInt64, _ header: EtcdHeader, _ door: inout some EtcdDoor
  ) {
    switch event {
    case .response(let number, let response):
      hasHeard = true
      guard let i = flights.firstIndex(where: { $0.client == client && $0.number == number })
      else { return }
      if case .failure(let error) = response {
        // A read that a member could not serve is asked again; a write might be done twice.
        if error.code == .unavailable, flights[i].call.request.isRepeatable {
          return retry(i, door.now)
        }
        return deliver(.failure(error.message), i, &door)
      }
      if flights[i].isStream {
        let call = flights[i].call
        return step(&door) { (verb, io) throws(EtcdctlProblem) in
          try verb.receive(.response(response, header), call, &io)
        }
      }
      deliver(.response(response, header), i, &door)
    case .watch(let response):
      guard let i = flights.firstIndex(where: { $0.client == client && $0.isStream }) else {
        return
      }
      let call = flights[i].call
      step(&door) { (verb, io) throws(EtcdctlProblem) in
        try verb.receive(.watch(response, header), call, &io)
      }
    case .watchCanceled(_, let error, let compacted):
      guard let i = flights.firstIndex(where: { $0.client == client && $0.isStream }) else {
        return
      }
      deliver(.watchCanceled(error, compactRevision: compacted), i, &door)
    case .disconnected(let words): disconnected(client, words, &door)
    }
  }

  private mutating func disconnected(
    _ client: UInt64, _ words: String, _ door: inout some EtcdDoor
  ) {
    let isRefusal = words.hasPrefix("connection error")
    for i in flights.indices.reversed()
    where flights[i].client == client && flights[i].sendAt == nil {
      // What never left is safe to send again, and so are reads and watches.
      if isRefusal || flights[i].call.request.isRepeatable {
        retry(i, door.now)
      } else {
        deliver(.failure("rpc error: code = Unavailable desc = \(words)"), i, &door)
      }
    }
  }

  /// The next endpoint at once; after a round through all of them a wait.
  private mutating func retry(_ i: Int, _ now: Tick) {
    flights[i].client = nil
    flights[i].at += 1
    let isRound = flights[i].at % max(1, flights[i].call.hosts.count) == 0
    flights[i].sendAt = isRound ? now + Self.retryInterval : now
    if case .watchCreate(let id, var watch, let requireLeader) = flights[i].call.request,
      let next = (verb as? WatchVerb)?.nextRevision
    {
      // A watch goes on where it was.
      watch.startRevision = next
      flights[i].call.request = .watchCreate(id: id, watch, requireLeader: requireLeader)
    }
  }

  private mutating func deliver(
    _ answer: EtcdctlAnswer, _ i: Int, _ door: inout some EtcdDoor
  ) {
    let flight = flights.remove(at: i)
    step(&door) { (verb, io) throws(EtcdctlProblem) in try verb.receive(answer, flight.call, &io) }
  }

  private mutating func expire(_ door: inout some EtcdDoor) -> Bool {
    if let at = wakeAt, at <= door.now {
      wakeAt = nil
      step(&door) { (verb, io) throws(EtcdctlProblem) in try verb.wake(&io) }
      return true
    }
    let now = door.now
    guard let i = flights.firstIndex(where: { $0.deadline.map { $0 <= now } ?? false }) else {
      return false
    }
    deliver(.failure("context deadline exceeded"), i, &door)
    return true
  }

  private mutating func hangUp(_ door: inout some EtcdDoor) {
    for (_, client) in clients { _ = try? door.apply(.etcdClose(client: client)) }
    clients = []
    flights = []
    wakeAt = nil
  }
}

extension EtcdRequest {
  /// Whether clientv3 asks again on its own when a member is not available.
  var isRepeatable: Bool {
    switch self {
    case .range, .leaseTimeToLive, .leases, .leaseKeepAlive, .memberList, .watchCreate, .hashKV,
      .alarmList:
      true
    case .txn(let txn): txn.isReadOnly
    default: false
    }
  }
}
