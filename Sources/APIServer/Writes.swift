import Basics
import Etcd
import KubeAPI
import MVCC

/// The one way anything is written (storage/etcd3, GuaranteedUpdate): take the original from the
/// cache, work out the new object, commit if the original's revision still holds, and otherwise
/// start over from what etcd says it is.
extension APIServer {
  mutating func startWrite(_ id: UInt64, _ time: HostTime, into effects: inout Effects) {
    guard let call = calls[id] else { return }
    let request = call.request
    let startsFromNothing = request.verb == .create && request.subresource == nil
    if startsFromNothing {
      calls.modify(id) { $0.isCurrentFresh = true }
    } else if request.subresource == .token {
      // The account is looked up like any other object that a request depends on.
    } else if let cached = cache(request.kind).get(request.key) {
      calls.modify(id) { $0.current = cached }
    } else {
      readCurrent(id, into: &effects)
      return
    }
    attempt(id, time, into: &effects)
  }

  mutating func readCurrent(_ id: UInt64, into effects: inout Effects) {
    guard let call = calls[id] else { return }
    calls.modify(id) { $0.stage = .reading }
    askObject(id, call.request.kind, call.request.key, into: &effects)
  }

  /// One try: what the request comes to with the original as known.
  mutating func attempt(_ id: UInt64, _ time: HostTime, into effects: inout Effects) {
    guard let call = calls[id] else { return }
    switch outcome(of: call, time) {
    case .propose(let proposal): propose(id, proposal, time, into: &effects)
    case .unchanged(let object):
      // The cache may be behind: only etcd can say that there is nothing to write.
      if call.isCurrentFresh {
        finish(id, .object(object), into: &effects)
      } else {
        readCurrent(id, into: &effects)
      }
    case .refuse(let status):
      if call.isCurrentFresh {
        finish(id, .status(status), into: &effects)
      } else {
        readCurrent(id, into: &effects)
      }
    case .answer(let response): finish(id, response, into: &effects)
    case .lookUp(let kind, let key):
      calls[id]?.stage = .lookingUp(kind, key)
      askObject(id, kind, key, into: &effects)
    }
  }

  private mutating func outcome(of call: Call, _ time: HostTime) -> Outcome {
    let request = call.request
    switch (request.verb, request.subresource) {
    case (.create, nil): return creation(call, time)
    case (.create, .binding): return binding(call, time)
    case (.create, .eviction), (.delete, _): return deletion(call, time)
    case (.create, .token): return tokenRequest(call, time)
    case (.update, _), (.patch, _): return update(call, time)
    default:
      return .refuse(
        APIStatus(
          code: 405, reason: .methodNotAllowed,
          message: "the server does not allow this method on the requested resource"))
    }
  }

  mutating func propose(
    _ id: UInt64, _ proposal: Proposal, _ time: HostTime, into effects: inout Effects
  ) {
    guard let call = calls[id] else { return }
    // Whether a new name is free only etcd can say: its transaction is asked, with nothing to write.
    if call.request.options.dryRun, proposal.action != .create {
      finish(id, .object(proposal.object), into: &effects)
      return
    }
    calls.modify(id) { $0.proposal = proposal }
    if call.request.kind == .event, proposal.action != .remove,
      needsEventLease(id, time, into: &effects)
    {
      calls[id]?.stage = .awaitingLease
      return
    }
    commit(id, into: &effects)
  }

  /// Sends the transaction.
  mutating func commit(_ id: UInt64, into effects: inout Effects) {
    guard let call = calls[id], let proposal = call.proposal else { return }
    let key = cache(call.request.kind).storageKey(proposal.object.key)
    var txn = TxnRequest(
      compare: [Compare(key: key, .equal, .mod(proposal.expected))],
      failure: [.range(RangeRequest(key: key))])
    switch proposal.action {
    case .create, .replace:
      let lease = call.request.kind == .event ? eventLease.id : 0
      let stored =
        proposal.object.resourceVersion == 0
        ? proposal.object : proposal.object.at(resourceVersion: 0)
      txn.success = [.put(PutRequest(key: key, value: .boxed(stored), lease: lease))]
    case .remove:
      txn.success = [.deleteRange(DeleteRangeRequest(key: key))]
    }
    for claim in proposal.claims {
      txn.compare.append(Compare(key: claim.key, .equal, .mod(0)))
      txn.success.append(.put(PutRequest(key: claim.key, value: Blob(claim.value))))
      txn.failure.append(.range(RangeRequest(key: claim.key)))
    }
    for key in proposal.releases {
      txn.success.append(.deleteRange(DeleteRangeRequest(key: key)))
    }
    if call.request.options.dryRun { txn.success = [] }
    calls.modify(id) {
      $0.stage = .committing
      $0.attempts += 1
    }
    ask(.txn(txn), for: .call(id), into: &effects)
  }

  /// etcd has decided.
  mutating func committed(
    _ id: UInt64, _ result: TxnResponse, _ time: HostTime, into effects: inout Effects
  ) {
    guard let call = calls[id], let proposal = call.proposal else { return }
    guard result.succeeded else {
      if call.isOrphan {
        calls[id] = nil
        return
      }
      lostRace(call, proposal, result, time, into: &effects)
      return
    }
    if call.request.options.dryRun { return finish(id, .object(proposal.object), into: &effects) }
    let object = proposal.object.at(resourceVersion: result.revision)
    effects.note(
      Note(
        wrote: object.reference, deed: proposal.deed, revision: result.revision,
        subresource: call.request.subresource, user: call.request.user))
    if proposal.isRemovedNext, !call.isOrphan {
      calls[id]?.current = object
      calls[id]?.isCurrentFresh = true
      var removal = Proposal(
        action: .remove, object: object, expected: object.resourceVersion, deed: "deleted")
      removal.releases = releases(object)
      propose(id, removal, time, into: &effects)
      return
    }
    finish(id, .object(object), into: &effects)
  }

  /// How often a transaction is tried again before the client is told of a conflict.
  static let attemptLimit = 100

  private mutating func lostRace(
    _ call: Call, _ proposal: Proposal, _ result: TxnResponse, _ time: HostTime,
    into effects: inout Effects
  ) {
    var found: [KeyValue?] = []
    for response in result.responses {
      if case .range(let range) = response { found.append(range.kvs.first) }
    }
    guard call.attempts < Self.attemptLimit else {
      let kind = call.request.kind
      finish(
        call.id, .status(.conflict(kind, call.request.name, APIStatus.objectModified)),
        into: &effects)
      return
    }
    let current = found.first.flatMap { $0 }
    if current.map({ $0.modRevision }) ?? 0 == proposal.expected {
      // The object is as it was: a claimed address or port is taken.
      let taken = zip(proposal.claims, found.dropFirst()).first { $0.1 != nil }
      if let claim = taken?.0, !claim.isDrawn {
        finish(call.id, .status(claim.refusal), into: &effects)
        return
      }
    } else if proposal.action == .create, call.request.verb == .create {
      existsAlready(call, time, into: &effects)
      return
    }
    calls[call.id]?.current = current?.object
    calls[call.id]?.isCurrentFresh = true
    attempt(call.id, time, into: &effects)
  }

  /// Names made of `generateName` are drawn again, at most 8 times (registry/generic, store.go).
  static let generateNameLimit = 8

  private mutating func existsAlready(
    _ call: Call, _ time: HostTime, into effects: inout Effects
  ) {
    guard case .object(let body) = call.request.body, body.metadata.name.isEmpty,
      call.attempts < Self.generateNameLimit
    else {
      let name = call.proposal?.object.metadata.name ?? call.request.name
      finish(call.id, .status(.alreadyExists(call.request.kind, name)), into: &effects)
      return
    }
    attempt(call.id, time, into: &effects)
  }

  // MARK: Looking past the caches

  mutating func lookedUp(
    _ id: UInt64, _ reference: ObjectReference, _ object: APIObject?, _ time: HostTime,
    into effects: inout Effects
  ) {
    calls[id]?.lookups += 1
    if object == nil, let call = calls[id], mayAppear(reference, call) {
      var draws = Draws(seed, id, time.monotonic.microseconds)
      // The ServiceAccount plugin waits a little for an account that is about to be made.
      effects.arm(
        TimerID(tag: TimerTag.retry, payload: id),
        after: draws.span(.milliseconds(100), .milliseconds(200)))
      return
    }
    calls[id]?.lookedUp.append((reference, object))
    attempt(id, time, into: &effects)
  }

  /// An object that this request depends on: from the cache, or looked up in etcd.
  enum Dependency {
    case found(APIObject)
    case absent
    case unknown
  }

  func dependency(_ kind: ResourceKind, _ key: ObjectKey, _ call: Call) -> Dependency {
    if let cached = cache(kind).get(key) { return .found(cached) }
    let reference = ObjectReference(kind, key)
    guard let answer = call.lookedUp.first(where: { $0.0 == reference }) else { return .unknown }
    return answer.1.map { .found($0) } ?? .absent
  }
}
