import Basics
import Etcd
import KubeAPI
import MVCC

/// GET and LIST.
extension APIServer {
  /// How long a read waits for a cache to reach its revision (cacher.go).
  static let freshnessTimeout = Span.seconds(3)

  // MARK: GET

  /// With resource version 0 from the cache, else from etcd's quorum.
  mutating func startGet(_ id: UInt64, into effects: inout Effects) {
    guard let call = calls[id] else { return }
    let cache = cache(call.request.kind)
    if call.request.options.resourceVersion == 0, cache.isReady {
      answerGet(call, cache.get(call.request.key), into: &effects)
      return
    }
    calls.modify(id) { $0.stage = .getting }
    askObject(id, call.request.kind, call.request.key, into: &effects)
  }

  mutating func askObject(
    _ id: UInt64, _ kind: ResourceKind, _ key: ObjectKey, into effects: inout Effects
  ) {
    ask(
      .range(RangeRequest(key: StorageKey.object(kind, key))), for: .call(id), into: &effects)
  }

  mutating func finishGet(_ call: Call, _ found: RangeResponse, into effects: inout Effects) {
    answerGet(call, found.kvs.first?.object, into: &effects)
  }

  private mutating func answerGet(
    _ call: Call, _ object: APIObject?, into effects: inout Effects
  ) {
    if let object {
      finish(call.id, .object(object), into: &effects)
    } else {
      finish(
        call.id, .status(.notFound(call.request.kind, call.request.name)), into: &effects)
    }
  }

  // MARK: LIST

  /// Without a resource version consistent: etcd says what the newest revision is, and the cache
  /// answers once it has it. With 0 the cache answers at once, with N once it has N. A continued
  /// list is read in etcd at its own revision.
  mutating func startList(_ id: UInt64, _ time: HostTime, into effects: inout Effects) {
    guard let call = calls[id] else { return }
    let options = call.request.options
    if !options.continueToken.isEmpty {
      guard let token = ContinueToken(text: options.continueToken) else {
        finish(
          id, .status(.badRequest("continue key is not valid: illegal base64 data")),
          into: &effects)
        return
      }
      calls[id]?.page = token
      askPage(id, into: &effects)
      return
    }
    guard WatchCache.isKept(call.request.kind) else {
      askPage(id, into: &effects)
      return
    }
    switch options.resourceVersion {
    case nil:
      calls[id]?.stage = .askingRevision
      let range = RangeRequest(prefix: StorageKey.prefix(call.request.kind), limit: 1)
      ask(.range(range), for: .call(id), into: &effects)
    case 0: serveList(id, into: &effects)
    case let revision?: awaitRevision(id, revision, into: &effects)
    }
  }

  mutating func revisionKnown(_ id: UInt64, _ revision: Int64, into effects: inout Effects) {
    awaitRevision(id, revision, into: &effects)
    if case .awaitingRevision = calls[id]?.stage {
      // Nothing of this kind may have changed since: then only a progress notice helps.
      sendProgress(into: &effects)
      armProgress(into: &effects)
    }
  }

  private mutating func awaitRevision(_ id: UInt64, _ revision: Int64, into effects: inout Effects)
  {
    guard let call = calls[id] else { return }
    if cache(call.request.kind).revision >= revision {
      serveList(id, into: &effects)
      return
    }
    calls[id]?.stage = .awaitingRevision(revision)
    caches[Int(call.request.kind.rawValue)].waiting.append((revision, id))
    effects.arm(TimerID(tag: TimerTag.freshness, payload: id), after: Self.freshnessTimeout)
  }

  /// Three seconds are over and the cache has not got there.
  mutating func endStale(_ id: UInt64, _ time: HostTime, into effects: inout Effects) {
    guard let call = calls[id], case .awaitingRevision(let revision) = call.stage else { return }
    let kind = call.request.kind
    caches[Int(kind.rawValue)].waiting.removeAll { $0.call == id }
    effects.because(call.cause)
    let message =
      "Timeout: Too large resource version: \(revision), current: \(cache(kind).revision)"
    finish(
      id,
      .status(
        APIStatus(code: 504, reason: .timeout, message: message, retryAfterSeconds: 1)),
      into: &effects)
  }

  /// Answers from the cache; a limited list says where it goes on.
  mutating func serveList(_ id: UInt64, into effects: inout Effects) {
    guard let call = calls[id] else { return }
    effects.because(call.cause)
    let selection: Selection
    do { selection = try Selection(call.request) } catch {
      finish(id, .status(error), into: &effects)
      return
    }
    let cache = cache(call.request.kind)
    if call.request.verb == .deletecollection {
      collect(id, cache.select(selection), into: &effects)
      return
    }
    var items = cache.select(selection)
    var token = ""
    let limit = call.request.options.limit
    if limit > 0, items.count > limit, let last = items.prefix(limit).last {
      items.removeLast(items.count - limit)
      token =
        ContinueToken(
          revision: cache.revision, after: last.key.text
        ).text
    }
    finish(
      id, .list(items, resourceVersion: cache.revision, continueToken: token), into: &effects)
  }

  // MARK: Pages

  private mutating func askPage(_ id: UInt64, into effects: inout Effects) {
    guard let call = calls[id] else { return }
    let kind = call.request.kind
    let prefix = StorageKey.prefix(kind, namespace: call.request.namespace)
    var start = prefix
    if let page = call.page {
      start = Key(bytes: StorageKey.prefix(kind).bytes + Array(page.after.utf8) + [0])
    }
    calls.modify(id) { $0.stage = .paging }
    let range = RangeRequest(
      key: start, rangeEnd: prefix.prefixEnd, revision: call.page?.revision ?? 0,
      limit: call.request.options.limit)
    ask(.range(range), for: .call(id), into: &effects)
  }

  mutating func finishPage(_ call: Call, _ found: RangeResponse, into effects: inout Effects) {
    let selection: Selection
    do { selection = try Selection(call.request) } catch {
      finish(call.id, .status(error), into: &effects)
      return
    }
    let revision = call.page?.revision ?? found.revision
    let items = found.kvs.compactMap(\.object).filter { selection.matches($0) }
    if call.request.verb == .deletecollection {
      collect(call.id, items, into: &effects)
      return
    }
    var token = ""
    if found.more, let last = found.kvs.last {
      token =
        ContinueToken(
          revision: revision, after: StorageKey.suffix(call.request.kind, of: last.key)
        ).text
    }
    finish(
      call.id, .list(items, resourceVersion: revision, continueToken: token),
      into: &effects)
  }
}

/// Where a limited list goes on: the revision it is of, and the key it got to.
struct ContinueToken: Sendable {
  var revision: Int64
  /// `namespace/name` of the last object given.
  var after: String

  init(revision: Int64, after: String) {
    self.revision = revision
    self.after = after
  }

  var text: String { "\(revision):\(after)" }

  init?(text: String) {
    guard let colon = text.firstIndex(of: ":"), let revision = Int64(text[..<colon]),
      revision > 0
    else { return nil }
    self.init(revision: revision, after: String(text[text.index(after: colon)...]))
  }

  /// 410: the revision that the list was of is compacted (storage/etcd3/errors.go).
  static let expired = APIStatus(
    code: 410, reason: .expired,
    message: "The provided continue parameter is too old to display a consistent list result. "
      + "You can start a new list without the continue parameter.")
}
