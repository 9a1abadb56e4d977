import Basics
import Etcd
import KubeAPI
import Raft
import SimulationKernel

/// A message on its way between two processes, as a display draws it.
public struct Flight: Sendable {
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// Between members of etcd.
    case raft
    /// Between an API server and its etcd.
    case etcd
    /// Requests to an API server, and answers.
    case api
    /// Events of a watch.
    case watch
    /// Between a kubelet and its container runtime.
    case cri
    case cloud
    /// The load balancer's health checks.
    case probe
  }

  public let kind: Kind
  public let from: ProcessID
  public let to: ProcessID
  public let arrival: Tick
  /// Thousandths of the way, by the usual time such a message takes: the world knows when a message
  /// arrives, not when it was sent.
  public let progress: Int
  /// `append 349`, `list pods`, `3 events`.
  public let text: String
}

extension World {
  /// Messages that arrive within `span`, the soonest first.
  public func flights(within span: Span, limit: Int) -> [Flight] {
    wheel.soon(through: now + span, limit: limit).compactMap { tick, delivery in
      guard case .parcel(let parcel) = delivery.payload else { return nil }
      let target = Int(delivery.target)
      guard processes.indices.contains(target) else { return nil }
      return flight(parcel.content, to: target, at: tick)
    }
  }

  private func flight(_ content: Parcel.Content, to target: ProcessID, at tick: Tick) -> Flight? {
    let from: ProcessID
    let kind: Flight.Kind
    let text: String
    switch content {
    case .apiRequest(let id, _, let request):
      guard let connection = connection(id) else { return nil }
      (from, kind) = (connection.client, .api)
      text = "\(request.verb) \(request.kind.plural)"
    case .apiResponse(let id, _, _):
      guard let connection = connection(id) else { return nil }
      (from, kind, text) = (connection.server, .api, "answer")
    case .watchEvents(let id, _, let events):
      guard let connection = connection(id) else { return nil }
      (from, kind) = (connection.server, .watch)
      text = events.count == 1 ? "1 event" : "\(events.count) events"
    case .watchClosed(let id, _, _):
      guard let connection = connection(id) else { return nil }
      (from, kind, text) = (connection.server, .watch, "watch ends")
    case .peer(let message):
      guard let index = memberIndex(message.from) else { return nil }
      (from, kind, text) = (etcdProcesses[index], .raft, message.text)
    case .etcd(let server, _, _, let request): (from, kind, text) = (server, .etcd, request.word)
    case .etcdEvent(_, let revision):
      let server = processes[target]
      guard server.role == .apiServer else { return nil }
      from = etcdProcesses[etcdEndpoint[server.index]]
      (kind, text) = (.etcd, revision > 0 ? "revision \(revision)" : "answer")
    case .cri:
      guard let kubelet = process(.kubelet, on: processes[target].host) else { return nil }
      (from, kind, text) = (kubelet.id, .cri, "CRI call")
    case .criMessage:
      guard let runtime = process(.containerRuntime, on: processes[target].host) else { return nil }
      (from, kind, text) = (runtime.id, .cri, "CRI answer")
    case .cloud(let client, _): (from, kind, text) = (client, .cloud, "cloud call")
    case .cloudResponse: (from, kind, text) = (cloudProcess, .cloud, "cloud answer")
    case .healthProbe(let backend, let isReady):
      guard loadBalancer.backends.indices.contains(backend) else { return nil }
      from = loadBalancer.backends[backend].server
      (kind, text) = (.probe, isReady ? "up" : "down")
    // What is no message but the news that one will never come.
    default: return nil
    }
    return Flight(
      kind: kind, from: from, to: target, arrival: tick,
      progress: progress(from: processes[from].host, to: processes[target].host, at: tick),
      text: text)
  }

  private func connection(_ id: ConnectionID) -> Connection? {
    connections.indices.contains(Int(id)) ? connections[Int(id)] : nil
  }

  private func progress(from: HostID, to: HostID, at tick: Tick) -> Int {
    let usual: Span
    if from == to {
      usual = network.loopback.high
    } else {
      usual = network.latency.high + network.fault(from: from, to: to).delay
    }
    let left = min((tick - now).microseconds, usual.microseconds)
    return Int(1000 - left * 1000 / max(usual.microseconds, 1))
  }
}

extension PeerMessage {
  /// What it is, in a word or two.
  var text: String {
    guard case .raft(let message) = content else { return "ping" }
    switch message.type {
    case .app:
      return message.entries.isEmpty
        ? "commit \(message.commit)" : "append \(message.index + UInt64(message.entries.count))"
    case .appResp: return message.reject ? "reject" : "stored \(message.index)"
    case .vote: return "vote?"
    case .voteResp: return message.reject ? "no vote" : "vote"
    case .preVote: return "pre-vote?"
    case .preVoteResp: return message.reject ? "no pre-vote" : "pre-vote"
    case .heartbeat: return "heartbeat"
    case .heartbeatResp: return "alive"
    case .snap: return "snapshot"
    case .timeoutNow: return "campaign now"
    default: return "\(message.type)"
    }
  }
}

extension EtcdRequest {
  /// The operation in a word: `range`, `put`, `txn`.
  var word: String {
    switch self {
    case .range: "range"
    case .put: "put"
    case .deleteRange: "delete"
    case .txn: "txn"
    case .compact: "compact"
    case .leaseGrant: "grant lease"
    case .leaseRevoke: "revoke lease"
    case .leaseKeepAlive: "keep lease"
    case .watchCreate: "watch"
    case .watchCancel: "end watch"
    case .watchProgress: "progress?"
    case .status: "status"
    default: "call"
    }
  }
}
