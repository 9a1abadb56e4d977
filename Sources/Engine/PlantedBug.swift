import Basics
import ControllerRuntime
import Etcd
import KubeAPI
import MVCC
import Raft
import SimulationKernel

/// A bug put into a world on purpose, to show that the invariant monitor catches its kind. Nothing
/// but `World.plant` puts one there, and a world without one pays a look at an optional.
public enum PlantedBug: Sendable, Equatable {
  /// Raft: a refused vote arrives as a granted one.
  case refusedVotesCount
  /// Disks that acknowledged writes they had in a volatile cache only: with the power go that many
  /// of the newest durable records too.
  case diskForgets(records: Int)
  /// A member's memory becomes what it was when the bug was planted, once it has grown since.
  case storeGoesBack(member: Int)
  /// An API server leaves out an event in every tenth batch of a watch.
  case watchEventDropped
  /// An API server sends an event twice in every tenth batch of a watch.
  case watchEventRepeated
  /// A write of a pod that is bound already carries this node instead of its own.
  case boundPodMoves(to: String)
  /// A scheduler that knows no limits: every binding names this node.
  case everyBindingTo(String)
  /// The first kube-scheduler writes a config map to the first etcd member by itself, now.
  case writePastAPIServer
  /// Every etcd process started from now on has this bug.
  case etcd(EtcdBug)
  /// The engine traps at the first request to etcd from this tick on: to show what a bug of the
  /// program's own leaves behind.
  case trap(at: Tick)
}

/// A planted bug at work.
struct Sabotage: Sendable {
  let bug: PlantedBug
  /// The member as it was, for `storeGoesBack`.
  var remembered: EtcdMember?
  var batches = 0
}

extension World {
  /// Plants a bug; it stays for as long as the world does. For tests of the monitor.
  public mutating func plant(_ bug: PlantedBug) {
    var sabotage = Sabotage(bug: bug)
    switch bug {
    case .storeGoesBack(let member): sabotage.remembered = etcdMembers[member]
    case .writePastAPIServer: forgeWrite()
    default: break
    }
    self.sabotage = sabotage
  }

  private mutating func forgeWrite() {
    guard let scheduler = processIDs(.scheduler).first else { return }
    var map = ConfigMap()
    map.metadata.name = "forged"
    map.metadata.namespace = "default"
    let put = PutRequest(
      key: Key(ResourceKind.configMap.registryPrefix + "default/forged"),
      value: .boxed(map.boxed))
    let life = processes[scheduler].incarnation
    send(
      .etcd(from: scheduler, life, 1, .put(put)), to: etcdProcesses[0],
      after: loopback(on: processes[scheduler].host),
      cause: .none)
  }

  /// What a peer's message becomes on its way.
  func sabotaged(_ message: PeerMessage) -> PeerMessage {
    guard case .refusedVotesCount? = sabotage?.bug, case .raft(var inner) = message.content,
      inner.type == .voteResp, inner.reject
    else { return message }
    inner.reject = false
    return PeerMessage(from: message.from, .raft(inner))
  }

  mutating func sabotageDisk(_ index: Int) {
    guard case .diskForgets(let records)? = sabotage?.bug else { return }
    disks[index].loseTail(records)
  }

  mutating func sabotageMember(_ index: Int) {
    guard case .storeGoesBack(index)? = sabotage?.bug, let old = sabotage?.remembered,
      etcdMembers[index].revision > old.revision + 3
    else { return }
    etcdMembers[index].takeStore(of: old)
  }

  /// What a batch of watch events becomes as its API server sends it.
  mutating func sabotaged(_ events: [WatchEvent]) -> [WatchEvent] {
    guard let bug = sabotage?.bug, bug == .watchEventDropped || bug == .watchEventRepeated,
      let first = events.firstIndex(where: { $0.kind != .bookmark })
    else { return events }
    sabotage?.batches += 1
    guard let batches = sabotage?.batches, batches % 10 == 0 else { return events }
    var events = events
    if bug == .watchEventDropped {
      events.remove(at: first)
    } else {
      events.insert(events[first], at: first)
    }
    return events
  }

  /// What an API server's request to etcd becomes on its way.
  func sabotaged(_ request: EtcdRequest) -> EtcdRequest {
    if case .trap(let tick)? = sabotage?.bug {
      precondition(now < tick, "a planted trap at \(now)")
    }
    guard case .boundPodMoves(let node)? = sabotage?.bug, case .txn(var txn) = request else {
      return request
    }
    for index in txn.success.indices {
      guard case .put(var put) = txn.success[index],
        var pod = StoredObject.object(in: put.value)?.pod, !pod.spec.nodeName.isEmpty,
        let old = store?.get(put.key).flatMap({ StoredObject.object(in: $0.value) })?.pod,
        !old.spec.nodeName.isEmpty
      else { continue }
      pod.spec.nodeName = node
      put.value = .boxed(pod.boxed)
      txn.success[index] = .put(put)
    }
    return .txn(txn)
  }

  /// What a client's request becomes on its way.
  func sabotaged(_ request: APIRequest) -> APIRequest {
    guard case .everyBindingTo(let node)? = sabotage?.bug,
      case .binding(_, let uid)? = request.body
    else { return request }
    var request = request
    request.body = .binding(node: node, uid: uid)
    return request
  }
}
