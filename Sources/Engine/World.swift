import APIServer
import Basics
import ControllerRuntime
import Controllers
import Etcd
import KubeAPI
import KubeProxy
import KubeScheduler
import Kubelet
import MVCC
import PersistentCollections
import SimulationKernel

/// A whole cluster as one value: copying it is a snapshot, assigning an old copy is a rewind.
///
/// Its future is a function of its specification, its seed and the inputs it is given
/// (`apply(_:)`); `advance(to:)` lets it happen.
public struct World: Sendable {
  public let spec: ClusterSpec
  /// The present.
  public internal(set) var now = Tick.zero
  public internal(set) var hosts: [Host] = []
  /// Their numbers by name.
  var hostNumbers = LookupTable<String, HostID>()
  public internal(set) var processes = PagedVector<Process>()
  /// Which life of each process this is, and what it is, as in `processes`: side by side, for who
  /// looks at thousands of timers.
  var lives: [Life] = []
  /// The kube-proxies, in the order of their hosts.
  public internal(set) var proxyProcesses: [ProcessID] = []
  public internal(set) var network: Network
  public internal(set) var trace: Trace
  public internal(set) var loadBalancer = LoadBalancer(servers: [])
  public internal(set) var cloud: SimulatedCloud
  /// Broken rules, the first of each kind; empty in a world that is right.
  public internal(set) var monitor: InvariantMonitor
  /// What was done to this world and not undone, in order.
  public internal(set) var activeFaults: [Fault] = []

  /// Everything that came from outside, in order, with the record each made.
  public internal(set) var deeds = PersistentLog<Deed>()

  var wheel = TimingWheel<Delivery>()
  var connections = PagedVector<Connection?>([nil])
  /// Of each connection, by its number. Both only grow: a number is never given twice, so that a
  /// parcel, a timer or a notice of closing that is still under way can't mean another connection.
  /// A closed one costs a nil and two ticks; they come with restarts and cuts, not with requests.
  var arrivals = PagedVector<Connection.Arrivals>([.init(toServer: .zero, toClient: .zero)])
  /// How many connections to each API server are open.
  var openConnections = LookupTable<ProcessID, Int>()
  var etcdMembers: [EtcdMember] = []
  var disks: [Disk<WALRecord>] = []
  /// How each member is started, by index; changed by a restore and by a replacement.
  var etcdLaunches: [EtcdLaunch] = []
  /// The cluster that counts: a restore founds another one.
  var etcdClusterID: UInt64 = 0
  /// How often a snapshot was restored: each time the store is another one.
  var etcdRestores = 0
  /// What each restore left out, in order; of the members restored together the first tells.
  public internal(set) var restores: [RestoreReport] = []
  /// The members that the last of them has been given to.
  var restoredHosts: [String] = []
  /// Pairs of members of different clusters that have noticed so.
  var etcdStrangers = LookupSet<Int>()
  var apiServers: [APIServer] = []
  var schedulers: [SchedulerProcess] = []
  var controllerManagers: [ControllerManager] = []
  var cloudControllerManagers: [CloudControllerManager] = []
  var kubelets = PagedVector<Kubelet>()
  var runtimes = BoxedVector<ContainerRuntime>()
  var proxies = PagedVector<KubeProxy>()
  var user = UserClient()
  var etcdClients = EtcdClients()
  /// The newest state of a member that has since stopped: what is known while none runs.
  var lastStore: MVCC.Store?
  /// The revisions that the first member to apply them has made, for the others.
  var recentRevisions = RecentRevisions()
  /// The objects that API servers were told of last, for one another.
  var recentObjects = RecentObjects()
  /// Why a dial that is under way will fail.
  var dialFailures = LookupTable<ProcessID, String>()
  /// API servers that are short of processor time.
  var serverLoads = LookupTable<ProcessID, ServerLoad>()
  /// Links that come and go.
  var flaps: [Flap] = []
  var nextFlap: UInt32 = 1

  /// Messages that a person holds back.
  var heldParcels: [HeldParcel] = []
  /// Whether a person ever held, hastened or dropped one in this world.
  var hasHeldMessages = false

  /// Deliveries so far, and a digest over all of them in order.
  public internal(set) var events: UInt64 = 0
  var rolling = Digest()
  /// What the luck of machines, disks and the cloud is drawn from.
  var luck: UInt64
  /// A bug planted by a test of the monitor; see `plant`.
  var sabotage: Sabotage?
  /// Last arrivals per pair of etcd members: their streams stay in order.
  var raftArrivals: [Tick] = []
  /// Last arrivals per API server from and to its etcd.
  var etcdArrivals: [(toEtcd: Tick, toServer: Tick)] = []
  /// The processes of `etcdMembers` and of `apiServers`.
  var etcdProcesses: [ProcessID] = []
  var apiServerProcesses: [ProcessID] = []
  var userProcess: ProcessID = 0
  var cloudProcess: ProcessID = 0
  /// The etcd member each API server talks to.
  var etcdEndpoint: [Int] = []
  /// API servers whose connection to etcd is dead and that don't know it yet.
  var etcdSilent: [Bool] = []
  /// The records of writes by revision, for the causes of watch events and the ages of beliefs: as
  /// many as the trace can hold. Not in the order in which they came: answers overtake each other,
  /// and an API server that stood still notes its writes when it goes on.
  var revisionCauses = PersistentMap<Int64, TraceID>()
  /// The time of the last write that was no heartbeat, lease or event.
  public internal(set) var lastWorkAt = Tick.zero

  // Buffers of the step in hand, reused from step to step; empty between steps.
  var effects = Effects()
  var serverEffects = APIServer.Effects()
  var memberEffects: [EtcdEffect] = []
  var runtimeEffects = RuntimeEffects()
  var criRequests: [CRIRequest] = []
  var cloudRequests: [CloudRequest] = []

  /// What the world itself draws lots about.
  enum Matter: UInt64 {
    case boot = 1
    case power, cloud
  }

  /// The world of `spec` with every machine switched off at time zero; `powerOn()` starts it.
  public init(_ spec: ClusterSpec, traceCapacity: Int = 50_000) {
    self.spec = spec
    var streams = Draws(spec.seed, 1)
    luck = streams.next()
    network = Network(seed: streams.next())
    trace = Trace(capacity: traceCapacity)
    cloud = SimulatedCloud()
    monitor = InvariantMonitor()
    build()
  }

  /// Gives back the room of buffers that hold nothing, before a copy that is to be kept: it would
  /// keep them too.
  mutating func releaseRoom() {
    wheel.releaseRoom()
    effects = Effects()
    serverEffects = APIServer.Effects()
    memberEffects = []
    runtimeEffects = RuntimeEffects()
    criRequests = []
    cloudRequests = []
  }

  /// The machines of a role, by number; no machine is copied.
  public func hostIDs(_ role: Host.Role) -> [HostID] {
    hosts.indices.filter { hosts[$0].role == role }
  }

  /// The master, worker or etcd host, or any other, of this name.
  public func host(named name: String) -> Host? { hostNumbers[name].map { hosts[$0] } }

  /// The process of this role on the host.
  public func process(_ role: Process.Role, on host: HostID) -> Process? {
    for id in hosts[host].processes where processes[id].role == role { return processes[id] }
    return nil
  }

  /// Which of these numbers is a process of that role. Given what it looks at, as a call with the
  /// world in hand copies the world.
  static func find(
    _ role: Process.Role, _ numbers: [ProcessID], _ processes: PagedVector<Process>
  ) -> ProcessID? {
    for id in numbers where processes[id].role == role { return id }
    return nil
  }

  /// The process that `name` (its binary's name) means on the host.
  public func process(named name: String, on host: HostID) -> Process? {
    hosts[host].processes.map { processes[$0] }.first { $0.role.name == name }
  }
}

// MARK: - Running

extension World {
  /// Lets happen everything due up to `deadline`, one delivery at a time; the present is then
  /// `deadline`.
  public mutating func advance(to deadline: Tick) {
    while let (tick, delivery) = wheel.next(through: deadline) {
      now = tick
      deliver(delivery)
    }
    now = max(now, deadline)
  }

  /// Lets the next delivery happen if it is due by `deadline`. False, and the present is
  /// `deadline`, when there is none.
  @discardableResult
  public mutating func step(through deadline: Tick = .distantFuture) -> Bool {
    guard let (tick, delivery) = wheel.next(through: deadline) else {
      if deadline < .distantFuture { now = max(now, deadline) }
      return false
    }
    now = tick
    deliver(delivery)
    return true
  }

  /// Advances until `condition` holds after some delivery, looking at most every `interval`; false
  /// when `deadline` came first.
  @discardableResult
  public mutating func advance(
    to deadline: Tick, every interval: Span = .milliseconds(10), until condition: (World) -> Bool
  ) -> Bool {
    while true {
      if condition(self) { return true }
      guard now < deadline else { return false }
      advance(to: min(deadline, now + interval))
    }
  }

  /// Deliveries that wait.
  public var pendingDeliveries: Int { wheel.count }
  /// When the next delivery is due.
  public var nextTick: Tick? { wheel.nextTick }
}
