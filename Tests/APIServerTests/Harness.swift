import Basics
import Etcd
import KubeAPI
import MVCC
import Testing

@testable import APIServer

/// API servers over one etcd that carries out each request at once, on a clock that tests move.
struct Harness {
  private struct Due {
    var at: Tick
    var order: Int
    var server: Int
    var event: APIServer.Event
  }

  var servers: [APIServer]
  var store = MVCC.Store()
  private var hub = WatchHub()
  private var leaseEnds: [(id: Int64, at: Tick)] = []
  private var nextLease: Int64 = 100
  private(set) var now = Tick.zero
  private var queue: [Due] = []
  private var order = 0
  private var nextRequest: UInt64 = 1

  /// What etcd says instead of carrying a request out.
  var etcdFailure: EtcdError?
  /// Nothing comes back from etcd, and its watches are silent.
  var isEtcdSilent = false
  /// Etcd's answers take this long.
  var etcdDelay = Span.zero
  /// Watches on etcd do not tell of changes until this is false again.
  var areWatchesHeld = false
  private var held: [WatchResponse] = []
  /// The newest watch on etcd of each kind and server.
  private var feeds: [(server: Int, key: Key, id: Int64)] = []

  var responses: [UInt64: APIResponse] = [:]
  var events: [UInt64: [WatchEvent]] = [:]
  var closed: [UInt64: APIStatus?] = [:]
  var notes: [Note] = []
  var etcdRequests = 0

  init(servers count: Int = 1, seed: UInt64 = 1, start: Bool = true) {
    servers = (1...count).map {
      var configuration = APIServer.Configuration(name: "master-\($0)", address: "10.0.0.\($0)")
      configuration.serviceAccountKey = 77
      var lives = PRNG(seed: seed, stream: UInt64($0))
      return APIServer(configuration, seed: lives.next())
    }
    if start {
      for server in servers.indices { step(server, .started) }
      run()
    }
  }

  var wall: Timestamp { .powerOn + (now - .zero) }

  // MARK: Driving

  mutating func step(_ server: Int, _ event: APIServer.Event) {
    var effects = APIServer.Effects(cause: TraceID(UInt64(order)))
    servers[server].step(event, at: HostTime(monotonic: now, wall: wall), into: &effects)
    for effect in effects.list { carryOut(effect, server) }
  }

  private mutating func post(_ server: Int, _ event: APIServer.Event, after span: Span) {
    order += 1
    queue.append(Due(at: now + span, order: order, server: server, event: event))
  }

  /// Delivers everything due up to now.
  mutating func run() {
    var bound = 200_000
    while let at = queue.indices.filter({ queue[$0].at <= now }).min(by: {
      (queue[$0].at, queue[$0].order) < (queue[$1].at, queue[$1].order)
    }) {
      let due = queue.remove(at: at)
      step(due.server, due.event)
      bound -= 1
      precondition(bound > 0, "the servers do not come to rest")
    }
  }

  mutating func advance(_ span: Span) {
    let end = now + span
    while true {
      let timer = queue.map(\.at).min() ?? .distantFuture
      let lease = leaseEnds.map(\.at).min() ?? .distantFuture
      let next = min(timer, lease)
      guard next <= end else { break }
      now = max(now, next)
      expireLeases()
      run()
    }
    now = end
  }

  private mutating func expireLeases() {
    for lease in leaseEnds where lease.at <= now { try? store.leaseRevoke(id: lease.id) }
    leaseEnds.removeAll { $0.at <= now }
    tellWatches()
  }

  private mutating func carryOut(_ effect: APIServer.Effect, _ server: Int) {
    switch effect {
    case .respond(_, let id, let response):
      #expect(responses[id] == nil, "two answers to one request")
      responses[id] = response
    case .watchEvents(_, let id, let new): events[id, default: []] += new
    case .watchClosed(_, let id, let status): closed[id] = .some(status)
    case .etcd(let id, let request): etcd(server, id, request)
    case .arm(let timer, let span): post(server, .timer(timer), after: span)
    case .note(let note): notes.append(note)
    case .because: break
    case .exit: Issue.record("the server ended itself")
    }
  }

  // MARK: etcd

  private mutating func etcd(_ server: Int, _ id: UInt64, _ request: EtcdRequest) {
    etcdRequests += 1
    if isEtcdSilent { return }
    if let etcdFailure {
      post(server, .etcdResponse(id, .failure(etcdFailure)), after: etcdDelay)
      return
    }
    let response: EtcdResponse
    do throws(EtcdError) {
      response = try execute(server, request)
    } catch {
      response = .failure(error)
    }
    post(server, .etcdResponse(id, response), after: etcdDelay)
    if case .watchProgress = request, !areWatchesHeld,
      let answer = hub.progress(stream: UInt64(server), store)
    {
      post(server, .etcdWatch(answer), after: etcdDelay)
    }
    tellWatches()
  }

  private mutating func execute(
    _ server: Int, _ request: EtcdRequest
  ) throws(EtcdError) -> EtcdResponse {
    switch request {
    case .range(let range): return .range(try store.range(range))
    case .put(let put): return .put(try store.put(put))
    case .txn(let txn): return .txn(try store.txn(txn))
    case .compact(let revision):
      try store.compact(revision)
      return .compact(revision: store.revision)
    case .leaseGrant(_, let ttl):
      nextLease += 1
      try store.leaseGrant(id: nextLease, ttl: ttl, minimumTTL: 2)
      leaseEnds.append((nextLease, now + .seconds(Int(ttl))))
      return .leaseGrant(id: nextLease, ttl: ttl)
    case .watchCreate(let id, let watch, _):
      hub.add(WatchID(stream: UInt64(server), id: id), watch, store: store, now: now)
      feeds.removeAll { $0.server == server && $0.key == watch.key }
      feeds.append((server, watch.key, id))
      return .watchCreated(id: id, revision: store.revision)
    default: throw EtcdError(.unimplemented, "not in this harness")
    }
  }

  private mutating func tellWatches() {
    var answers: [WatchResponse] = []
    hub.notify(store, now: now, into: &answers)
    hub.resync(store, now: now, into: &answers)
    held += answers
    if !areWatchesHeld { releaseWatches() }
  }

  /// Tells what was held back.
  mutating func releaseWatches() {
    areWatchesHeld = false
    for answer in held {
      post(Int(answer.watch.stream), .etcdWatch(answer), after: etcdDelay)
    }
    held = []
  }

  /// etcd ends the watch that feeds a kind's cache, as it does where nobody leads.
  mutating func endFeed(_ kind: ResourceKind, _ server: Int = 0) {
    for feed in feeds where feed.server == server && feed.key == StorageKey.prefix(kind) {
      hub.remove(WatchID(stream: UInt64(server), id: feed.id))
      step(server, .etcdWatchCanceled(UInt64(feed.id), .noLeader))
    }
  }

  /// etcd says how far the watches of the server's stream have come.
  mutating func tellProgress(_ server: Int = 0) {
    guard let answer = hub.progress(stream: UInt64(server), store) else { return }
    step(server, .etcdWatch(answer))
  }

  /// The connection of `server` to etcd breaks.
  mutating func disconnectEtcd(_ server: Int = 0) {
    hub.removeStream(UInt64(server))
    queue.removeAll {
      if $0.server != server { return false }
      switch $0.event {
      case .etcdResponse, .etcdWatch: return true
      default: return false
      }
    }
    step(server, .etcdDisconnected)
  }

  /// The process `server` dies; nothing reaches it until it is revived.
  mutating func kill(_ server: Int) {
    hub.removeStream(UInt64(server))
    queue.removeAll { $0.server == server }
    held.removeAll { $0.watch.stream == UInt64(server) }
  }

  mutating func revive(_ server: Int) {
    step(server, .started)
    run()
  }

  // MARK: Asking

  @discardableResult
  mutating func send(_ request: APIRequest, to server: Int = 0, connection: UInt64 = 1) -> UInt64 {
    let id = nextRequest
    nextRequest += 1
    step(server, .request(connection, id, request))
    return id
  }

  /// Sends and runs until nothing is due; the answer must be there.
  @discardableResult
  mutating func ask(_ request: APIRequest, to server: Int = 0) -> APIResponse {
    let id = send(request, to: server)
    run()
    guard let response = responses[id] else {
      Issue.record("no answer to \(request.verb) \(request.path)")
      return .status(.transport("no answer"))
    }
    return response
  }

  @discardableResult
  mutating func create<R: Resource>(
    _ object: R, user: String = "admin", to server: Int = 0
  ) -> APIResponse {
    var request = APIRequest(.create, R.kind, namespace: object.metadata.namespace)
    request.name = object.metadata.name
    request.user = user
    request.body = .object(object.boxed)
    return ask(request, to: server)
  }

  @discardableResult
  mutating func update<R: Resource>(
    _ object: R, _ subresource: APIRequest.Subresource? = nil, to server: Int = 0
  ) -> APIResponse {
    var request = APIRequest(
      .update, R.kind, namespace: object.metadata.namespace, name: object.metadata.name)
    request.user = "admin"
    request.subresource = subresource
    request.body = .object(object.boxed)
    return ask(request, to: server)
  }

  mutating func get(
    _ kind: ResourceKind, _ namespace: String, _ name: String, to server: Int = 0
  ) -> APIResponse {
    ask(APIRequest(.get, kind, namespace: namespace, name: name), to: server)
  }

  @discardableResult
  mutating func delete(
    _ kind: ResourceKind, _ namespace: String, _ name: String, grace: Int64? = nil,
    policy: String? = nil
  ) -> APIResponse {
    var request = APIRequest(.delete, kind, namespace: namespace, name: name)
    request.user = "admin"
    request.options.gracePeriodSeconds = grace
    request.options.propagationPolicy = policy
    return ask(request)
  }

  @discardableResult
  mutating func bind(_ pod: String, to node: String, uid: UID = .none) -> APIResponse {
    var request = APIRequest(.create, .pod, namespace: "default", name: pod)
    request.subresource = .binding
    request.user = "system:kube-scheduler"
    request.body = .binding(node: node, uid: uid)
    return ask(request)
  }

  mutating func watch(
    _ kind: ResourceKind, _ namespace: String = "", from revision: Int64? = nil,
    field: FieldSelector? = nil, labels: LabelSelector? = nil, bookmarks: Bool = false
  ) -> UInt64 {
    var request = APIRequest(.watch, kind, namespace: namespace)
    request.options.resourceVersion = revision
    request.options.fieldSelector = field
    request.options.labelSelector = labels
    request.options.allowWatchBookmarks = bookmarks
    let id = send(request)
    run()
    return id
  }

  /// The events of a watch since the last call, as `ADDED web-1`.
  mutating func seen(_ watch: UInt64) -> [String] {
    let new = events[watch] ?? []
    events[watch] = nil
    return new.map { event in
      let verb =
        switch event.kind {
        case .added: "ADDED"
        case .modified: "MODIFIED"
        case .deleted: "DELETED"
        case .bookmark: "BOOKMARK"
        }
      return verb + (event.kind == .bookmark ? "" : " " + event.object.metadata.name)
    }
  }

  /// A cluster with the default service account, as its controller would make it.
  static func ready(servers: Int = 1) -> Harness {
    var harness = Harness(servers: servers)
    harness.create(ServiceAccount(name: "default", namespace: "default"))
    return harness
  }
}

extension APIResponse {
  var object: APIObject? {
    if case .object(let object) = self { return object }
    return nil
  }
  var items: [APIObject] {
    if case .list(let items, _, _) = self { return items }
    return []
  }
  var status: APIStatus? {
    if case .status(let status) = self { return status }
    return nil
  }
  var message: String { status?.message ?? "no status" }
}

func pod(_ name: String, labels: StringMap = [:], namespace: String = "default") -> Pod {
  var pod = Pod(name: name, namespace: namespace)
  pod.metadata.labels = labels
  var container = Container()
  container.name = "app"
  container.image = "nginx"
  pod.spec.containers = [container]
  pod.spec.terminationGracePeriodSeconds = 30
  return pod
}
