import APIServer
import Basics
import Etcd
import KubeAPI
import MVCC
import Raft
import SimulationKernel

/// etcd members: their steps, their peers, their disks and their clients.
extension World {
  /// The member of this ID in the cluster that counts, or in `cluster`.
  func memberIndex(_ id: UInt64, in cluster: UInt64? = nil) -> Int? {
    let cluster = cluster ?? etcdClusterID
    return etcdLaunches.firstIndex { $0.memberID == id && $0.clusterID == cluster }
  }

  func etcdProcess(_ index: Int) -> ProcessID { etcdProcesses[index] }

  mutating func stepEtcd(_ id: ProcessID, _ payload: Payload, cause: TraceID) {
    switch payload {
    case .timer: stepMember(id, .tick, cause: cause)
    case .diskDone(let write):
      let index = processes[id].index
      guard disks[index].completeOldest() == write else {
        preconditionFailure("fsyncs of one log finish in order")
      }
      stepMember(id, .diskDone(writeID: write), cause: cause)
    case .parcel(let parcel):
      switch parcel.content {
      case .peer(let message): stepMember(id, .peerMessage(message), cause: cause)
      case .peerGone(let peer): stepMember(id, .peerUnreachable(peer), cause: cause)
      case .etcd(let server, let life, let number, let request):
        guard processes[server].incarnation == life else { return }
        monitor.observeWrite(from: processes[server].role, at: now)
        stepMember(
          id, .client(token: token(server, life), requestID: number, request), cause: cause)
      case .etcdOutside(let token, let number, let request):
        stepMember(id, .client(token: token, requestID: number, request), cause: cause)
      case .etcdClientGone(let token): stepMember(id, .disconnected(token: token), cause: cause)
      case .diskFailed(let write): stepMember(id, .diskFailed(writeID: write), cause: cause)
      default: break
      }
    case .control: break
    }
  }

  mutating func startEtcd(_ id: ProcessID, cause: TraceID) {
    let index = processes[id].index
    if let refusal = prepareLaunch(index) {
      return exit(id, code: 1, reason: refusal, cause: cause)
    }
    etcdMembers[index] = makeEtcdMember(index, incarnation: processes[id].incarnation)
    let log = disks[index].durable
    let contents = DiskContents(
      records: Array(log), firstRecord: log.startIndex,
      corruptRecord: disks[index].corruptRecord)
    stepMember(id, .start(contents), cause: cause)
    for server in apiServers.indices where etcdEndpoint[server] == index {
      etcdArrivals[server] = (now, now)
    }
  }

  /// A client's connection to a member: which API server, in which of its lives.
  private func token(_ server: ProcessID, _ life: UInt32) -> UInt64 {
    UInt64(life) << 32 | UInt64(server)
  }

  mutating func stepMember(_ id: ProcessID, _ event: EtcdEvent, cause: TraceID) {
    let index = processes[id].index
    // Taken out of the world while they are carried out, or the buffer would be copied each time.
    var list: [EtcdEffect] = []
    swap(&list, &memberEffects)
    etcdMembers[index].step(
      event, now: time(of: id).monotonic, sharing: &recentRevisions, into: &list)
    var cause = cause
    for effect in list {
      switch effect {
      case .send(let to, let message): sendToPeer(index, to, message, cause: cause)
      case .respond(let token, let number, let response):
        answer(id, token, number, response, cause: cause)
      case .watch(let response) where EtcdClients.client(of: response.watch.stream) != nil:
        answerOutside(
          id, response.watch.stream, .watch(response),
          cause: causeOf(revision: response.events.last?.kv.modRevision ?? 0) ?? cause)
      case .watchCanceled(let watch, let error, let compacted)
      where EtcdClients.client(of: watch.stream) != nil:
        answerOutside(
          id, watch.stream, .watchCanceled(watch, error, compactRevision: compacted),
          cause: cause)
      case .watch(let response):
        deliver(
          id, response.watch.stream, .etcdWatch(response),
          revision: response.events.last?.kv.modRevision ?? 0, cause: cause)
      case .watchCanceled(let watch, let error, _):
        deliver(
          id, watch.stream, .etcdWatchCanceled(UInt64(bitPattern: watch.id), error),
          revision: 0, cause: cause)
      case .write(let write, let records): log(id, write, records, cause: cause)
      case .releaseWAL(let record): disks[index].dropPrefix(before: record)
      case .arm(let span): arm(id, 0, after: span, cause: .none)
      case .stopped: kill(id, cause: cause)
      case .exit(let reason):
        exit(id, code: 1, reason: reason, cause: diskDeed(index) ?? cause)
      case .note(let note):
        if let words = describe(note, member: index) {
          cause = record(words, by: id, cause: cause)
        }
        if case .started = note, etcdLaunches[index].clusterID == etcdClusterID {
          monitor.observeStart(of: etcdMembers[index], member: index, at: now)
        }
        if case .raft(let event) = note, case .becameLeader = event.kind,
          etcdLaunches[index].clusterID == etcdClusterID
        {
          monitor.observeLeader(
            index, term: event.term, lastIndex: etcdMembers[index].lastIndex, at: now)
        }
      }
    }
    list.removeAll(keepingCapacity: true)
    swap(&list, &memberEffects)
    if sabotage != nil { sabotageMember(index) }
    // What members of a cluster that was left behind do is no concern of the rules.
    guard etcdLaunches[index].clusterID == etcdClusterID else { return }
    // The figures first, and in place: a copy of a member is a hundred retains.
    let (commit, revision) = etcdMembers.withUnsafeBufferPointer {
      ($0[index].committedIndex, $0[index].revision)
    }
    if monitor.mustLook(
      at: index, incarnation: processes[id].incarnation, commit: commit, revision: revision)
    {
      observeMember(index, incarnation: processes[id].incarnation, commit, revision)
    }
  }

  /// Shows the monitor what a member's step changed.
  private mutating func observeMember(
    _ index: Int, incarnation: UInt32, _ commit: UInt64, _ revision: Int64
  ) {
    let checked = monitor.checkedCommit(of: index, incarnation: incarnation)
    if commit > checked {
      let first = etcdMembers.withUnsafeBufferPointer { $0[index].firstIndex }
      var entry = max(checked + 1, first)
      while entry <= commit {
        if let term = etcdMembers.withUnsafeBufferPointer({ $0[index].entryTerm(at: entry) }) {
          monitor.observe(entry, term: term, member: index, at: now)
        }
        entry += 1
      }
      monitor.checked(commit, of: index)
    }
    if monitor.observe(revision, of: index, at: now),
      let store = etcdMembers.withUnsafeBufferPointer({ $0[index].store })
    {
      monitor.apply(store, at: now)
    }
  }

  private mutating func log(
    _ id: ProcessID, _ write: UInt64, _ records: [WALRecord], cause: TraceID
  ) {
    let index = processes[id].index
    guard let done = disks[index].write(records, id: write, now: now, seed: luck &+ UInt64(index))
    else {
      send(.diskFailed(write), to: id, after: .microseconds(50), cause: cause)
      return
    }
    schedule(.diskDone(write), to: id, at: done, cause: cause)
  }

  // MARK: Peers

  /// server/etcdserver/api/rafthttp/peer.go, ConnReadTimeout.
  private static let peerReadTimeout = Span.seconds(5)

  private mutating func sendToPeer(
    _ from: Int, _ to: UInt64, _ message: PeerMessage, cause: TraceID
  ) {
    if case .raft(let raft) = message.content, raft.type == .voteResp, !raft.reject,
      etcdLaunches[from].clusterID == etcdClusterID
    {
      monitor.observeVote(of: from, for: to, term: raft.term, at: now)
    }
    let sender = etcdProcess(from)
    guard let index = memberIndex(to, in: etcdLaunches[from].clusterID) else {
      return meetStranger(from, to, cause: cause)
    }
    let receiver = etcdProcess(index)
    let here = processes[sender].host
    let there = processes[receiver].host
    // rafthttp drops what it can't send rather than queue it: Raft sends again.
    guard hosts[there].isPowered, network.isOpen(from: here, to: there) else { return }
    guard processes[receiver].isAlive else {
      let roundTrip = network.transit(from: here, to: there, at: now) * 2
      send(.peerGone(to), to: sender, after: roundTrip, cause: .none)
      return
    }
    let pair = from * etcdMembers.count + index
    let at = max(now + network.transit(from: here, to: there, at: now), raftArrivals[pair])
    // A stream on which nothing comes for so long is closed and opened anew: it does not wait for
    // a packet that was lost many times.
    guard at - now <= Self.peerReadTimeout else { return }
    raftArrivals[pair] = at
    let message = sabotage == nil ? message : sabotaged(message)
    schedule(.parcel(Parcel(.peer(message), at: now)), to: receiver, at: at, cause: cause)
  }

  // MARK: Clients

  mutating func sendToEtcd(
    _ server: ProcessID, _ number: UInt64, _ request: EtcdRequest, cause: TraceID
  ) {
    let serverIndex = processes[server].index
    let life = processes[server].incarnation
    let member = etcdProcess(etcdEndpoint[serverIndex])
    let here = processes[server].host
    let there = processes[member].host
    guard !etcdSilent[serverIndex] else { return }
    guard hosts[there].isPowered, isOpen(here, there) else {
      loseEtcd(serverIndex)
      return
    }
    guard processes[member].isAlive else {
      schedule(
        .parcel(Parcel(.etcdDisconnected)), to: server,
        at: now + network.transit(from: here, to: there, at: now) * 2, cause: cause)
      moveEndpoint(serverIndex)
      return
    }
    let at = max(
      now + network.transit(from: here, to: there, at: now), etcdArrivals[serverIndex].toEtcd)
    etcdArrivals[serverIndex].toEtcd = at
    let request = sabotage == nil ? request : sabotaged(request)
    schedule(
      .parcel(Parcel(.etcd(from: server, life, number, request), at: now)), to: member, at: at,
      cause: cause)
  }

  private mutating func answer(
    _ member: ProcessID, _ token: UInt64, _ number: UInt64, _ response: EtcdResponse,
    cause: TraceID
  ) {
    if EtcdClients.client(of: token) != nil {
      return answerOutside(
        member, token, .response(request: number, response), cause: cause)
    }
    deliver(member, token, .etcdResponse(number, response), revision: 0, cause: cause)
  }

  /// Carries an answer of a member to the API server behind `token`, in order.
  private mutating func deliver(
    _ member: ProcessID, _ token: UInt64, _ event: APIServer.Event, revision: Int64,
    cause: TraceID
  ) {
    let server = ProcessID(token & 0xFFFF_FFFF)
    guard server < processes.count, processes[server].role == .apiServer,
      UInt64(processes[server].incarnation) == token >> 32
    else { return }
    let index = processes[server].index
    guard etcdProcess(etcdEndpoint[index]) == member else { return }
    let here = processes[member].host
    let there = processes[server].host
    guard !etcdSilent[index] else { return }
    guard hosts[there].isPowered, isOpen(here, there) else {
      loseEtcd(index)
      return
    }
    let at = max(
      now + network.transit(from: here, to: there, at: now), etcdArrivals[index].toServer)
    etcdArrivals[index].toServer = at
    schedule(
      .parcel(Parcel(.etcdEvent(event, revision: revision), at: now)), to: server, at: at,
      cause: cause)
  }

  /// An etcd process died on a live host: its clients' connections break at once.
  mutating func etcdProcessDied(_ id: ProcessID) {
    switch processes[id].role {
    case .etcd:
      let index = processes[id].index
      for server in apiServers.indices where etcdEndpoint[server] == index && !etcdSilent[server] {
        dropEtcd(server, after: loopback(on: processes[id].host))
      }
      dropEtcdClients(of: id)
    case .apiServer:
      let index = processes[id].index
      let member = etcdProcess(etcdEndpoint[index])
      guard processes[member].isAlive else { return }
      send(
        .etcdClientGone(token(id, processes[id].incarnation - 1)), to: member,
        after: loopback(on: processes[id].host), cause: .none)
    default: break
    }
  }

  /// After a change of power or links: API servers that no longer reach their member have lost it.
  mutating func etcdServersReview() {
    for index in apiServers.indices {
      let here = processes[apiServerProcesses[index]].host
      let there = processes[etcdProcess(etcdEndpoint[index])].host
      if !hosts[there].isPowered || !isOpen(here, there) { loseEtcd(index) }
    }
  }

  /// A server's connection to its member carries nothing any more, in either direction, until the
  /// server's keep-alive finds out (10 s and a time-out of 10 s, as kube-apiserver configures its
  /// etcd client) and it connects anew. What was on the way meanwhile is lost, so that no event can
  /// follow on one that did not arrive.
  mutating func loseEtcd(_ index: Int) {
    let server = apiServerProcesses[index]
    guard !etcdSilent[index], processes[server].isAlive else { return }
    etcdSilent[index] = true
    schedule(.parcel(Parcel(.etcdDisconnected)), to: server, at: now + .seconds(20), cause: .none)
  }

  /// A server found its connection broken: the next thing it says goes over a new one, to another
  /// member where it knows one and this one can't be reached.
  mutating func reconnectEtcd(_ index: Int) {
    let server = apiServerProcesses[index]
    let member = etcdProcess(etcdEndpoint[index])
    let here = processes[server].host
    let there = processes[member].host
    let isReachable = hosts[there].isPowered && processes[member].isAlive && isOpen(here, there)
    if !isReachable {
      moveEndpoint(index)
    } else if etcdSilent[index] {
      // The old connection's end at the member goes with it.
      let at = max(
        now + network.transit(from: here, to: there, at: now), etcdArrivals[index].toEtcd)
      etcdArrivals[index].toEtcd = at
      schedule(
        .parcel(Parcel(.etcdClientGone(token(server, processes[server].incarnation)))),
        to: member, at: at, cause: .none)
    }
    etcdSilent[index] = false
  }

  private mutating func dropEtcd(_ index: Int, after span: Span) {
    let server = apiServerProcesses[index]
    guard processes[server].isAlive else { return }
    moveEndpoint(index)
    schedule(.parcel(Parcel(.etcdDisconnected)), to: server, at: now + span, cause: .none)
  }

  /// With external etcd the client tries the next member that answers.
  private mutating func moveEndpoint(_ index: Int) {
    guard spec.etcd == .external else { return }
    let here = processes[apiServerProcesses[index]].host
    for offset in 1...etcdMembers.count {
      let next = (etcdEndpoint[index] + offset) % etcdMembers.count
      let process = etcdProcess(next)
      let there = processes[process].host
      guard hosts[there].isPowered, processes[process].isAlive, isOpen(here, there) else {
        continue
      }
      etcdEndpoint[index] = next
      return
    }
  }
}
