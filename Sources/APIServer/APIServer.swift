import Basics
import Etcd
import KubeAPI
import MVCC
import PersistentCollections

/// A kube-apiserver: the only client of etcd, and the one door to the cluster's objects.
///
/// Stateless apart from caches: a request becomes a `Call` that goes on with each answer of etcd,
/// and many run interleaved.
public struct APIServer: Sendable {
  /// The flags a server is started with.
  public struct Configuration: Sendable {
    /// The server's name, that of its host: `master-1`.
    public var name: String
    /// `--advertise-address`.
    public var address: String
    /// `--secure-port`.
    public var port: Int32 = 6443
    /// `--max-requests-inflight`.
    public var maxRequestsInflight = 400
    /// `--max-mutating-requests-inflight`.
    public var maxMutatingRequestsInflight = 200
    /// `--request-timeout`.
    public var requestTimeout = Span.seconds(60)
    /// `--min-request-timeout`: a watch lives between this and twice this.
    public var minRequestTimeout = Span.seconds(1800)
    /// `--etcd-compaction-interval`.
    public var compactionInterval = Span.minutes(5)
    /// `--default-not-ready-toleration-seconds` and `--default-unreachable-toleration-seconds`.
    public var notReadyTolerationSeconds: Int64 = 300
    public var unreachableTolerationSeconds: Int64 = 300
    /// `--event-ttl`.
    public var eventTTL = Span.hours(1)
    /// `--service-cluster-ip-range`; kubeadm's default.
    public var serviceClusterIPRange = IPv4Range(base: 10 << 24 | 96 << 16, prefixLength: 12)
    /// `--service-node-port-range`.
    public var serviceNodePortRange: ClosedRange<Int32> = 30000...32767
    /// The key that service account tokens are signed with; one for all servers of a cluster.
    public var serviceAccountKey: UInt64 = 0

    public init(name: String, address: String) {
      self.name = name
      self.address = address
    }
  }

  public let configuration: Configuration
  /// What this server's luck is drawn from.
  let seed: UInt64
  /// How many names were drawn from each prefix, by a digest of kind, namespace and prefix.
  var drawnNames = DrawnNames()
  /// What identities were drawn for at the last moment at which there were any.
  var drawnUIDs: (at: Tick, subjects: [UInt64]) = (.zero, [])
  /// What each kind's watch has brought, by `ResourceKind.rawValue`.
  var caches: [WatchCache] = []
  var watchers: [Watchers] = []
  /// Where each open watch is.
  var watches = PersistentMap<Client, WatchPlace>()
  /// Watches that wait for their cache's first list.
  var parkedWatches: [ParkedWatch] = []

  var calls = LookupTable<UInt64, Call>()
  /// The most calls at a time since the table was made.
  var mostCalls = 0
  var callOfClient = PersistentMap<Client, UInt64>()
  /// Calls that wait for the caches, in order of arrival.
  var parked: [UInt64] = []
  var nextCall: UInt64 = 1
  /// Calls in order of arrival, each 60 s before its time-out. Thousands are in it at any time, and
  /// each call adds one: a log, of which copies of the world share all but the ends.
  var deadlines = PersistentLog<(call: UInt64, at: Tick)>()
  var isDeadlineArmed = false

  /// What the open requests to etcd are for.
  var asked = LookupTable<UInt64, Asked>()
  var nextAsked: UInt64 = 1
  var isProgressArmed = false

  var eventLease = EventLease()
  var compactor = Compactor()
  var masterLease = MasterLease()
  var tokens = TokenCache()

  /// What other servers were told of last, lent for the length of a step; see `exchange`.
  var recent = RecentObjects()

  /// Requests in flight now, watches aside.
  public internal(set) var readsInFlight = 0
  public internal(set) var writesInFlight = 0
  /// Requests answered, and those refused with 429, since the start.
  public internal(set) var answered = 0
  public internal(set) var turnedAway = 0
  /// True once the system namespaces are there: `/readyz`.
  public internal(set) var isReady = false

  struct WatchPlace: Sendable {
    var kind: ResourceKind
    var slot: Int
  }

  struct ParkedWatch: Sendable {
    var client: Client
    var request: APIRequest
    var selection: Selection
    var cause: TraceID
  }

  /// What a request to etcd is for.
  enum Asked: Sendable {
    case call(UInt64)
    case list(ResourceKind)
    case watch(ResourceKind)
    case eventLease
    case compactor
    case masterLease
  }

  enum TimerTag {
    static let deadline: UInt8 = 1
    static let second: UInt8 = 2
    static let progress: UInt8 = 3
    static let compactor: UInt8 = 4
    static let masterLease: UInt8 = 5
    static let feed: UInt8 = 6
    static let retry: UInt8 = 7
    static let freshness: UInt8 = 8
  }

  /// - Parameter seed: what its luck is drawn from.
  public init(_ configuration: Configuration, seed: UInt64) {
    self.configuration = configuration
    self.seed = seed
    forgetAll()
  }

  /// Swaps the objects that can be shared for others: a cluster lends them to one server after the
  /// other.
  public mutating func exchange(_ other: inout RecentObjects) { swap(&recent, &other) }

  /// The one door.
  public mutating func step(_ event: Event, at time: HostTime, into effects: inout Effects) {
    switch event {
    case .started: start(time, into: &effects)
    case .request(let connection, let id, let request):
      let client = Client(connection: connection, request: id)
      accept(client, request, time, into: &effects)
    case .cancel(let connection, let id):
      drop(Client(connection: connection, request: id))
    case .connectionClosed(let connection): drop(connection: connection)
    case .etcdResponse(let id, let response): respond(id, response, time, into: &effects)
    case .etcdWatch(let response): received(response, time, into: &effects)
    case .etcdWatchCanceled(let id, let error):
      guard case .watch(let kind) = asked.removeValue(forKey: id) else { return }
      feedEnded(kind, error, into: &effects)
    case .etcdDisconnected: disconnected(time, into: &effects)
    case .timer(let timer): fire(timer, time, into: &effects)
    }
  }

  private mutating func respond(
    _ id: UInt64, _ response: EtcdResponse, _ time: HostTime, into effects: inout Effects
  ) {
    // An open watch keeps its number.
    if case .watchCreated = response {
      if case .watch(let kind)? = asked[id] { caches[Int(kind.rawValue)].isWatching = true }
      return
    }
    guard let purpose = asked.removeValue(forKey: id) else { return }
    if case .failure(let error) = response {
      answered(purpose, .failure(error), time, into: &effects)
    } else {
      answered(purpose, .success(response), time, into: &effects)
    }
  }

  /// A new process: memory is empty, the number sequences go on so that no late answer fits.
  private mutating func start(_ time: HostTime, into effects: inout Effects) {
    forgetAll()
    for kind in ResourceKind.allCases where WatchCache.isKept(kind) {
      listFeed(kind, into: &effects)
    }
    effects.arm(TimerID(tag: TimerTag.second), after: .seconds(1))
    effects.arm(TimerID(tag: TimerTag.compactor), after: configuration.compactionInterval)
  }

  private mutating func forgetAll() {
    caches = ResourceKind.allCases.map { WatchCache($0) }
    watchers = ResourceKind.allCases.map { _ in Watchers() }
    watches = PersistentMap()
    parkedWatches = []
    calls = LookupTable()
    callOfClient = PersistentMap()
    parked = []
    deadlines = PersistentLog()
    isDeadlineArmed = false
    asked = LookupTable()
    isProgressArmed = false
    eventLease = EventLease()
    compactor = Compactor()
    masterLease = MasterLease()
    tokens = TokenCache()
    readsInFlight = 0
    writesInFlight = 0
    isReady = false
  }

  private mutating func fire(_ timer: TimerID, _ time: HostTime, into effects: inout Effects) {
    switch timer.tag {
    case TimerTag.deadline: endOverdue(time, into: &effects)
    case TimerTag.second: everySecond(time, into: &effects)
    case TimerTag.progress: askProgress(into: &effects)
    case TimerTag.compactor: compact(into: &effects)
    case TimerTag.masterLease: reconcileMasters(time, into: &effects)
    case TimerTag.feed:
      if let kind = ResourceKind(rawValue: UInt8(timer.payload)) { feed(kind, into: &effects) }
    case TimerTag.retry: retry(timer.payload, time, into: &effects)
    case TimerTag.freshness: endStale(timer.payload, time, into: &effects)
    default: break
    }
  }

  /// Asks etcd, and remembers what for.
  @discardableResult
  mutating func ask(
    _ request: EtcdRequest, for purpose: Asked, into effects: inout Effects
  ) -> UInt64 {
    let id = nextAsked
    nextAsked += 1
    asked[id] = purpose
    effects.etcd(id, request)
    return id
  }

  func cache(_ kind: ResourceKind) -> WatchCache { caches[Int(kind.rawValue)] }

  /// Every kind that is held in memory has had its first list.
  var areCachesReady: Bool {
    for index in caches.indices where !caches[index].isReady {
      if WatchCache.isKept(caches[index].kind) { return false }
    }
    return true
  }
}
