import Basics
import ControllerRuntime
import KubeAPI
import PersistentCollections

/// All that a kube-proxy knows and does; its bookmarks are kept beside it.
struct KubeProxyWork: Sendable {
  enum Call: Sendable {
    case services(Informer.Call)
    case slices(Informer.Call)
    case event(UInt64)
  }

  enum Timer {
    static let client: UInt8 = 1
    static let services: UInt8 = 2
    static let slices: UInt8 = 3
    static let sync: UInt8 = 4
    static let fullSync: UInt8 = 5
    static let eventRetry: UInt8 = 6
  }

  // In boxes, so that what a step leaves as it is copies of the world share.
  @Shared private(set) var config: KubeProxy.Config
  /// The node's rules as of the last sync. They outlive the process: hand them to the next one.
  private(set) var rules: RuleTable
  @Shared private(set) var client: APIClient<Call>
  @Shared private(set) var events: EventSeriesBroadcaster
  @Shared private(set) var services: Informer
  @Shared private(set) var slices: Informer
  /// The slices by service, kept as they come.
  private(set) var slicesOf = PersistentMap<ObjectKey, PersistentMap<String, APIObject>>()
  private var dirty = LookupSet<ObjectKey>()
  private(set) var dirtyOrder: [ObjectKey] = []
  private(set) var isSyncArmed = false
  private var lastSync: Tick?
  private var syncs: UInt64 = 0

  /// `rules` are what the kernel still holds from a process before this one.
  init(config: KubeProxy.Config, rules: RuleTable? = nil) {
    self.config = config
    self.rules = rules ?? RuleTable(nodeName: config.nodeName)
    client = APIClient(
      user: "system:kube-proxy", qps: config.clientQPS, burst: config.clientBurst,
      timerTag: Timer.client)
    events = EventSeriesBroadcaster(controller: "kube-proxy", host: config.nodeName)
    var selector = LabelSelector()
    selector.matchExpressions = [
      SelectorRequirement(
        key: "service.kubernetes.io/service-proxy-name", operatorName: "DoesNotExist"),
      SelectorRequirement(key: "service.kubernetes.io/headless", operatorName: "DoesNotExist"),
    ]
    services = Informer(.service, labelSelector: selector)
    slices = Informer(.endpointSlice, labelSelector: selector)
  }

  mutating func step(_ event: ClientEvent, at time: HostTime, into effects: inout Effects) {
    let now = time.monotonic
    switch event {
    case .started:
      if let (request, call) = services.nextRequest() {
        client.call(request, tag: .services(call), now: now, into: &effects)
      }
      if let (request, call) = slices.nextRequest() {
        client.call(request, tag: .slices(call), now: now, into: &effects)
      }
      effects.arm(TimerID(tag: Timer.fullSync), after: config.fullSyncPeriod)
      sayStarting(at: time, &effects)
    case .timer(let timer): due(timer, now, &effects)
    case .response(let id, let response):
      guard let pending = client.answered(id) else { return }
      switch pending.tag {
      case .services(let call):
        let (deltas, next) = _services.wrappedValue.answered(
          call, response, now: now, luck: config.seed)
        servicesChanged(deltas, now, &effects)
        follow(next, isServices: true, now, &effects)
        // The first sync needs both lists, even where they are empty.
        scheduleSync(now, &effects)
      case .slices(let call):
        let (deltas, next) = _slices.wrappedValue.answered(
          call, response, now: now, luck: config.seed)
        slicesChanged(deltas, now, &effects)
        follow(next, isServices: false, now, &effects)
        scheduleSync(now, &effects)
      case .event(let number): eventAnswered(number, response, now, &effects)
      }
    case .watch(let id, let events):
      switch client.watch(id)?.tag {
      case .services?: servicesChanged(services.received(events, now: now), now, &effects)
      case .slices?: slicesChanged(slices.received(events, now: now), now, &effects)
      case .event?, nil: break
      }
    case .watchClosed(let id, let status):
      switch client.answered(id)?.tag {
      case .services?:
        follow(
          _services.wrappedValue.closed(status, now: now, luck: config.seed), isServices: true, now,
          &effects)
      case .slices?:
        follow(
          _slices.wrappedValue.closed(status, now: now, luck: config.seed), isServices: false, now,
          &effects)
      case .event?, nil: break
      }
    case .disconnected(let reason):
      for (_, pending) in client.takeLost() {
        switch pending.tag {
        case .services:
          follow(
            _services.wrappedValue.disconnected(now: now, luck: config.seed), isServices: true, now,
            &effects)
        case .slices:
          follow(
            _slices.wrappedValue.disconnected(now: now, luck: config.seed), isServices: false, now,
            &effects)
        case .event(let number):
          eventAnswered(number, .status(.transport(reason)), now, &effects)
        }
      }
    }
  }

  mutating func take(_ bookmarks: KubeProxy.Bookmarks) {
    if bookmarks.services != nil { services.take(bookmarks.services) }
    if bookmarks.slices != nil { slices.take(bookmarks.slices) }
  }

  private mutating func due(_ timer: TimerID, _ now: Tick, _ effects: inout Effects) {
    switch timer.tag {
    case Timer.client: _ = client.timer(timer, now: now, into: &effects)
    case Timer.services: follow(services.retry(), isServices: true, now, &effects)
    case Timer.slices: follow(slices.retry(), isServices: false, now, &effects)
    case Timer.eventRetry: send(events.retry(timer.payload), now, &effects)
    case Timer.sync:
      isSyncArmed = false
      sync(now, &effects)
    case Timer.fullSync:
      for key in rules.services.keys { mark(key) }
      scheduleSync(now, &effects)
      effects.arm(TimerID(tag: Timer.fullSync), after: config.fullSyncPeriod)
    default: preconditionFailure("no such timer: \(timer.tag)")
    }
  }

  private mutating func follow(
    _ next: Informer.Next, isServices: Bool, _ now: Tick, _ effects: inout Effects
  ) {
    switch next {
    case .nothing: break
    case .send(let request, let call):
      client.call(
        request, tag: isServices ? .services(call) : .slices(call), now: now, into: &effects)
    case .retry(let span):
      effects.arm(TimerID(tag: isServices ? Timer.services : Timer.slices), after: span)
    }
  }

  // MARK: Events

  /// The one thing a proxy tells people.
  private mutating func sayStarting(at time: HostTime, _ effects: inout Effects) {
    var target = TargetReference()
    target.kind = "Node"
    target.name = config.nodeName
    let turn = events.record(
      target, type: "Normal", reason: "Starting", action: "StartKubeProxy", message: "", at: time,
      because: effects.cause)
    send(turn, time.monotonic, &effects)
  }

  private mutating func eventAnswered(
    _ number: UInt64, _ response: APIResponse, _ now: Tick, _ effects: inout Effects
  ) {
    switch events.answered(number, response, at: now, luck: config.seed) {
    case .nothing: break
    case .send(let turn): send(turn, now, &effects)
    case .wait(let span):
      effects.arm(TimerID(tag: Timer.eventRetry, payload: number), after: span)
    }
  }

  private mutating func send(
    _ turn: EventTurn?, _ now: Tick, _ effects: inout Effects
  ) {
    guard let turn else { return }
    client.call(
      turn.request, tag: .event(turn.number), because: turn.cause, now: now, into: &effects)
  }

  // MARK: Changes

  private mutating func servicesChanged(
    _ deltas: [Delta], _ now: Tick, _ effects: inout Effects
  ) {
    for delta in deltas { mark(delta.object.key) }
    if !deltas.isEmpty { scheduleSync(now, &effects) }
  }

  private mutating func slicesChanged(
    _ deltas: [Delta], _ now: Tick, _ effects: inout Effects
  ) {
    for delta in deltas {
      let object = delta.object
      let metadata = object.metadata
      guard let name = metadata.labels["kubernetes.io/service-name"] else { continue }
      let service = ObjectKey(namespace: metadata.namespace, name: name)
      if case .deleted = delta {
        slicesOf[service]?[metadata.name] = nil
        if slicesOf[service]?.isEmpty == true { slicesOf[service] = nil }
      } else {
        slicesOf[service, default: PersistentMap()][metadata.name] = object
      }
      mark(service)
    }
    if !deltas.isEmpty { scheduleSync(now, &effects) }
  }

  private mutating func mark(_ service: ObjectKey) {
    if dirty.insert(service) { dirtyOrder.append(service) }
  }

  // MARK: Syncs

  /// At once, or when the minimum since the last sync is over (`BoundedFrequencyRunner`).
  private mutating func scheduleSync(_ now: Tick, _ effects: inout Effects) {
    guard !isSyncArmed, services.hasSynced, slices.hasSynced else { return }
    guard lastSync == nil || !dirtyOrder.isEmpty else { return }
    let wait = lastSync.map { config.minSyncPeriod - (now - $0) } ?? .zero
    if wait <= .zero { return sync(now, &effects) }
    isSyncArmed = true
    effects.arm(TimerID(tag: Timer.sync), after: wait)
  }

  /// Rewrites the rules of the services that changed.
  private mutating func sync(_ now: Tick, _ effects: inout Effects) {
    guard lastSync == nil || !dirtyOrder.isEmpty else { return }
    if lastSync == nil {
      // Rules of services that went away while no proxy ran.
      for key in rules.services.keys { mark(key) }
    }
    let changed = dirtyOrder
    dirtyOrder = []
    dirty.removeAll()
    for key in changed { rules.set(key, wantedRules(key)) }
    lastSync = now
    syncs += 1
    effects.note(
      .decision, nil,
      "kube-proxy on \(config.nodeName) synced \(rules.services.count) services, "
        + "\(rules.endpointCount) endpoints")
  }

  /// Services without a cluster address of their own have no rules.
  private func wantedRules(_ key: ObjectKey) -> ServiceRules? {
    guard let object = services.store[key], let spec = object.service?.spec,
      spec.type != "ExternalName", !spec.clusterIP.isEmpty, spec.clusterIP != "None"
    else { return nil }
    let list = slicesOf[key].map { $0.map { $0.value } } ?? []
    return ServiceRules(service: object, slices: list, endpointCount: EndpointChoice.count(list))
  }

  // MARK: Traffic and display

  func route(
    to frontend: Frontend, isNodeAddress: Bool = false, using prng: inout PRNG
  ) -> Backend? {
    rules.route(to: frontend, isNodeAddress: isNodeAddress, using: &prng)
  }

  func view(at now: Tick) -> KubeProxyView {
    KubeProxyView(
      nodeName: config.nodeName, sinceSync: lastSync.map { now - $0 }, syncs: syncs,
      pending: dirtyOrder.count,
      isWatching: services.phase == .watching && slices.phase == .watching,
      services: rules.services.map { key, rules in
        KubeProxyView.Service(
          key: key, clusterIP: rules.service.service?.spec.clusterIP ?? "",
          ports: rules.service.service?.spec.ports ?? [], endpoints: rules.endpointCount)
      })
  }
}

extension KubeProxyWork {
  func digest(into digest: inout Digest) {
    digest.combine(config.seed)
    digest.combine(syncs)
    digest.combine(lastSync ?? .zero)
    digest.combine(dirtyOrder.count)
    digest.combine(UInt64(bitPattern: services.resourceVersion))
    digest.combine(UInt64(bitPattern: slices.resourceVersion))
    digest.combine(rules.services.count)
    digest.combine(rules.endpointCount)
    for (key, rules) in rules.services {
      digest.combine(key.name)
      digest.combine(UInt64(bitPattern: rules.service.resourceVersion))
      for slice in rules.slices { digest.combine(UInt64(bitPattern: slice.resourceVersion)) }
    }
  }
}
