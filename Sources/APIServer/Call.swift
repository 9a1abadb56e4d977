import Basics
import KubeAPI
import MVCC

/// A request being worked on: a small state machine that goes on with each answer of etcd.
struct Call: Sendable {
  /// Who gets the answer.
  enum Asker: Sendable {
    case client(APIServer.Client)
    /// The server itself, over its loopback client.
    case own(OwnTask)
    /// A `deletecollection` that this deletion is part of.
    case collection(UInt64)
    /// Whoever asked has given up; the transaction on its way may still be carried out.
    case nobody
  }

  enum Stage: Sendable, Equatable {
    /// Waits until the caches have their first lists.
    case parked
    /// GET: the object is asked of etcd.
    case getting
    /// LIST: etcd's current revision is asked for.
    case askingRevision
    /// LIST: the cache has not reached the revision yet.
    case awaitingRevision(Int64)
    /// LIST: a page is asked of etcd.
    case paging
    /// A write reads the object's current state from etcd.
    case reading
    /// A write needs an object that the caches don't have.
    case lookingUp(ResourceKind, ObjectKey)
    /// An event waits for the etcd lease that will end it.
    case awaitingLease
    /// The transaction is on its way.
    case committing
    /// A `deletecollection` waits for its deletions.
    case collecting
  }

  let id: UInt64
  var asker: Asker
  /// Boxed: a call is handed about at each step of its way, and this is most of it.
  @Shared var request: APIRequest
  let cause: TraceID
  /// When the client gets a 504 instead.
  let deadline: Tick
  var stage = Stage.parked

  /// A write's original, as far as known, at its resource version.
  var current: APIObject?
  /// True when `current` (or its absence) is etcd's word and not the cache's.
  var isCurrentFresh = false
  /// How often the transaction was tried.
  var attempts = 0
  /// What the transaction writes, or the last state of what it removes.
  var proposal: Proposal?
  /// Objects looked up in etcd past the caches: nil where etcd has none.
  var lookedUp: [(ObjectReference, APIObject?)] = []
  var lookups = 0
  /// A page's revision and the last key before it.
  var page: ContinueToken?

  /// A `deletecollection`'s objects still to delete, last first, and those deleted.
  var remaining: [ObjectKey] = []
  var deleted: [APIObject] = []

  var reference: ObjectReference { ObjectReference(request.kind, request.key) }
  var isMutating: Bool { request.isMutating }
  /// Nobody waits for it any more.
  var isOrphan: Bool {
    if case .nobody = asker { return true }
    return false
  }
  /// What a trace calls a change of an object.
  var deed: String {
    guard case .patch(let patch) = request.body else { return "updated" }
    return patch.format == .apply ? "applied to" : "patched"
  }
}

/// What one try of a write comes to.
enum Outcome: Sendable {
  case propose(Proposal)
  /// Nothing would change; this is the answer.
  case unchanged(APIObject)
  case refuse(APIStatus)
  /// The answer is something other than an object.
  case answer(APIResponse)
  /// The caches don't have an object that it depends on; etcd may.
  case lookUp(ResourceKind, ObjectKey)
}

/// A transaction on one object.
struct Proposal: Sendable {
  enum Action: Sendable { case create, replace, remove }
  var action: Action
  /// What is written, or the last state of what is removed.
  var object: APIObject
  /// The revision the object must still have; 0 for a creation.
  var expected: Int64
  /// Keys taken in the same transaction, each of which must not exist: a cluster IP, a node port.
  var claims: [Claim] = []
  /// Keys given back.
  var releases: [Key] = []
  /// What a trace calls it: `created`, `updated`, `bound`, …
  var deed: String
  /// The object is removed in a second transaction: a deletion whose grace is over first shows
  /// that it is (registry/generic, store.go).
  var isRemovedNext = false

  struct Claim: Sendable {
    var key: Key
    var value: String
    /// Chosen by the server: another is drawn when it is taken.
    var isDrawn: Bool
    /// What the client is told when a key that it asked for is taken.
    var refusal: APIStatus
  }
}
