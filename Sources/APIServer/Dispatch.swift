import Basics
import Etcd
import KubeAPI
import MVCC

/// How a request comes in, who asks, what is turned away, and how calls end.
extension APIServer {
  /// The user of the server's own loopback client.
  static let loopbackUser = "system:apiserver"

  mutating func accept(
    _ client: Client, _ request: APIRequest, _ time: HostTime, into effects: inout Effects
  ) {
    var request = request
    if let refusal = authenticate(&request, time) ?? APIServer.check(request) {
      effects.respond(client, .status(refusal))
      return
    }
    if request.verb == .watch {
      openWatch(client, request, time, into: &effects)
      return
    }
    guard hasRoom(for: request) else {
      turnedAway += 1
      effects.respond(
        client,
        .status(
          APIStatus(
            code: 429, reason: .tooManyRequests,
            message: "Too many requests, please try again later.", retryAfterSeconds: 1)))
      return
    }
    let id = begin(.client(client), request, time, into: &effects)
    callOfClient[client] = id
    route(id, time, into: &effects)
  }

  private func hasRoom(for request: APIRequest) -> Bool {
    request.isMutating
      ? writesInFlight < configuration.maxMutatingRequestsInflight
      : readsInFlight < configuration.maxRequestsInflight
  }

  /// What no server can make sense of.
  private static func check(_ request: APIRequest) -> APIStatus? {
    switch request.verb {
    case .get, .update, .patch, .delete:
      if request.name.isEmpty { return .badRequest("name is required") }
    case .create:
      if request.subresource != nil && request.name.isEmpty {
        return .badRequest("name is required")
      }
    case .list, .watch, .deletecollection: break
    }
    if request.kind.isNamespaced, request.namespace.isEmpty, request.verb.needsNamespace {
      return .badRequest("an empty namespace may not be set during creation")
    }
    guard let subresource = request.subresource else { return nil }
    guard request.kind.subresources.contains(subresource) else {
      return APIStatus(
        code: 404, reason: .notFound, message: "the server could not find the requested resource")
    }
    return nil
  }

  /// Enters a call in the books.
  mutating func begin(
    _ asker: Call.Asker, _ request: APIRequest, _ time: HostTime, into effects: inout Effects
  ) -> UInt64 {
    let id = nextCall
    nextCall += 1
    let deadline = time.monotonic + configuration.requestTimeout
    calls[id] = Call(
      id: id, asker: asker, request: request, cause: effects.cause, deadline: deadline)
    if case .client = asker {
      if request.isMutating { writesInFlight += 1 } else { readsInFlight += 1 }
      mostCalls = max(mostCalls, calls.count)
      deadlines.append((id, deadline))
      if !isDeadlineArmed {
        isDeadlineArmed = true
        effects.arm(TimerID(tag: TimerTag.deadline), after: configuration.requestTimeout)
      }
    }
    return id
  }

  /// Starts a call, or parks it until the caches are filled.
  mutating func route(_ id: UInt64, _ time: HostTime, into effects: inout Effects) {
    guard let call = calls[id] else { return }
    if call.request.verb == .get {
      startGet(id, into: &effects)
      return
    }
    guard areCachesReady else {
      calls[id]?.stage = .parked
      parked.append(id)
      return
    }
    switch call.request.verb {
    case .list: startList(id, time, into: &effects)
    case .deletecollection: startCollection(id, time, into: &effects)
    case .get, .watch: break
    case .create, .update, .patch, .delete: startWrite(id, time, into: &effects)
    }
  }

  /// The caches are filled: what waited for them goes on in the order it came.
  mutating func unpark(_ time: HostTime, into effects: inout Effects) {
    let waiting = parked
    parked = []
    for id in waiting {
      guard let call = calls[id] else { continue }
      effects.because(call.cause)
      route(id, time, into: &effects)
    }
    let parked = parkedWatches
    parkedWatches = parked.filter { !cache($0.request.kind).isReady }
    for watch in parked where cache(watch.request.kind).isReady {
      effects.because(watch.cause)
      open(watch, time, into: &effects)
    }
    if !isReady { bootstrap(time, into: &effects) }
  }

  /// etcd's answer to what a call asked: the call goes on from its stage.
  mutating func proceed(
    _ id: UInt64, _ answer: Result<EtcdResponse, EtcdError>, _ time: HostTime,
    into effects: inout Effects
  ) {
    guard let call = calls[id] else { return }
    effects.because(call.cause)
    let response: EtcdResponse
    switch answer {
    case .success(let given): response = given
    case .failure(let error):
      failed(call, error, into: &effects)
      return
    }
    switch (call.stage, response) {
    case (.getting, .range(let found)): finishGet(call, found, into: &effects)
    case (.askingRevision, .range(let found)):
      revisionKnown(id, found.revision, into: &effects)
    case (.paging, .range(let found)): finishPage(call, found, into: &effects)
    case (.reading, .range(let found)):
      calls.modify(id) {
        $0.current = found.kvs.first?.object
        $0.isCurrentFresh = true
      }
      attempt(id, time, into: &effects)
    case (.lookingUp(let kind, let key), .range(let found)):
      lookedUp(id, ObjectReference(kind, key), found.kvs.first?.object, time, into: &effects)
    case (.committing, .txn(let result)): committed(id, result, time, into: &effects)
    default:
      finish(id, .status(.internalError("etcd gave an unexpected answer")), into: &effects)
    }
  }

  /// How long after a broken connection a read is tried again.
  static let readRetry = Span.milliseconds(100)

  private mutating func failed(_ call: Call, _ error: EtcdError, into effects: inout Effects) {
    if error.code == .unavailable, call.stage != .committing {
      // The etcd client retries what changes nothing (clientv3, repeatable policy).
      effects.arm(TimerID(tag: TimerTag.retry, payload: call.id), after: Self.readRetry)
      return
    }
    finish(call.id, .status(APIServer.status(for: error, call)), into: &effects)
  }

  /// etcd's refusal in the server's words: most pass as they are with a 500.
  private static func status(for error: EtcdError, _ call: Call) -> APIStatus {
    if error == .compacted {
      return ContinueToken.expired
    }
    return APIStatus(code: 500, reason: .unknown, message: error.message)
  }

  /// A call that waits to ask again does so.
  mutating func retry(_ id: UInt64, _ time: HostTime, into effects: inout Effects) {
    guard let call = calls[id] else { return }
    effects.because(call.cause)
    switch call.stage {
    case .getting, .askingRevision, .paging: route(id, time, into: &effects)
    case .reading: readCurrent(id, into: &effects)
    case .lookingUp(let kind, let key): askObject(id, kind, key, into: &effects)
    case .parked, .awaitingRevision, .awaitingLease, .committing, .collecting: break
    }
  }

  /// Answers a call and forgets it.
  mutating func finish(_ id: UInt64, _ response: APIResponse, into effects: inout Effects) {
    guard let call = calls.removeValue(forKey: id) else { return }
    if calls.isEmpty, mostCalls > 64 {
      // The room of a busy hour would be copied with the world ever after.
      calls = LookupTable()
      mostCalls = 0
    }
    switch call.asker {
    case .client(let client):
      release(call, client)
      answered += 1
      effects.respond(client, response)
    case .own, .nobody: break
    case .collection(let parent): deletedOne(parent, response, into: &effects)
    }
  }

  private mutating func release(_ call: Call, _ client: Client) {
    callOfClient[client] = nil
    if call.isMutating { writesInFlight -= 1 } else { readsInFlight -= 1 }
  }

  // MARK: Giving up

  /// 60 s are over: what etcd may still do is done, but nobody is told.
  mutating func endOverdue(_ time: HostTime, into effects: inout Effects) {
    isDeadlineArmed = false
    while let next = deadlines.first {
      if calls.contains(next.call) {
        guard next.at <= time.monotonic else { break }
        if let call = calls[next.call] {
          effects.because(call.cause)
          finish(
            call.id,
            .status(
              APIStatus(
                code: 504, reason: .timeout,
                message: "Timeout: request did not complete within requested timeout - "
                  + "context deadline exceeded")),
            into: &effects)
          outlive(call)
        }
      }
      deadlines.dropPrefix(before: deadlines.startIndex + 1)
    }
    if let next = deadlines.first {
      isDeadlineArmed = true
      effects.arm(TimerID(tag: TimerTag.deadline), after: next.at - time.monotonic)
    }
  }

  /// The client no longer waits.
  mutating func drop(_ client: Client) {
    if let place = watches.removeValue(forKey: client) {
      watchers[Int(place.kind.rawValue)].remove(place.slot, kind: place.kind)
    }
    parkedWatches.removeAll { $0.client == client }
    if let id = callOfClient[client], let call = calls.removeValue(forKey: id) {
      release(call, client)
      outlive(call)
    }
  }

  /// A transaction on its way can't be called back: if etcd carries it out, the trace says so.
  private mutating func outlive(_ call: Call) {
    guard call.stage == .committing else { return }
    var orphan = call
    orphan.asker = .nobody
    calls[call.id] = orphan
  }

  mutating func drop(connection: ConnectionID) {
    let from = Client(connection: connection, request: 0)
    let to = connection == .max ? nil : Client(connection: connection + 1, request: 0)
    for (client, _) in watches.range(from: from, to: to) { drop(client) }
    for (client, _) in callOfClient.range(from: from, to: to) { drop(client) }
    parkedWatches.removeAll { $0.client.connection == connection }
  }
}

extension APIRequest.Verb {
  fileprivate var needsNamespace: Bool {
    switch self {
    case .get, .create, .update, .patch, .delete: true
    case .list, .watch, .deletecollection: false
    }
  }
}

extension ResourceKind {
  /// The subresources each kind serves.
  var subresources: [APIRequest.Subresource] {
    switch self {
    case .pod: [.status, .binding, .eviction]
    case .node, .service: [.status]
    case .namespace: [.status, .finalize]
    case .deployment, .replicaSet: [.status, .scale]
    case .serviceAccount: [.token]
    case .endpointSlice, .configMap, .secret, .event, .lease: []
    }
  }
}
