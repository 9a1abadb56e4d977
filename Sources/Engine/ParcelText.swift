import APIServer
import Basics
import ControllerRuntime
import Controllers
import Etcd
import KubeAPI
import Kubelet
import MVCC
import Raft

/// What a message is, for a list of messages under way.
struct ParcelView {
  var topic: Deadline.Topic
  var words: String
  var subject: ObjectReference?
  var isRoutine = false
  /// Who sent it, where a process did.
  var from: ProcessID?
}

extension World {
  func view(of parcel: Parcel, to target: ProcessID) -> ParcelView {
    switch parcel.content {
    case .apiRequest(let connection, _, let request):
      var view = words(request)
      view.from = connections[Int(connection)]?.client
      return view
    case .apiResponse(let connection, _, let response):
      var view = words(response)
      view.from = connections[Int(connection)]?.server
      return view
    case .apiCancel(let connection, _):
      return ParcelView(
        topic: .api, words: "closes a watch or gives up a request",
        from: connections[Int(connection)]?.client)
    case .watchEvents(let connection, _, let events):
      var view = words(events)
      view.from = connections[Int(connection)]?.server
      return view
    case .watchClosed(let connection, _, let status):
      return ParcelView(
        topic: .watch, words: status.map { "watch ends: \($0.message)" } ?? "watch ends in order",
        from: connections[Int(connection)]?.server)
    case .connectionClosed:
      return ParcelView(topic: .connection, words: "a client's connection closed")
    case .disconnected(_, let reason):
      return ParcelView(topic: .connection, words: "connection lost: \(reason)")
    case .peer(let message): return words(message)
    case .peerGone(let id):
      return ParcelView(
        topic: .connection, words: "connection to member \(memberName(id)) refused",
        isRoutine: true)
    case .etcd(let from, _, _, let request):
      var view = words(request)
      view.from = from
      return view
    case .etcdEvent(let event, let revision):
      var view = words(event, revision)
      view.from = etcdProcesses.isEmpty ? nil : etcdProcess(etcdEndpoint[processes[target].index])
      return view
    case .etcdOutside(_, _, let request):
      var view = words(request)
      view.from = userProcess
      return view
    case .etcdClientEvent(_, _, let event, _):
      let name = "\(event)".prefix { $0 != "(" }
      return ParcelView(topic: .etcd, words: "etcd to a client outside: \(name)")
    case .etcdClientPing:
      return ParcelView(
        topic: .connection, words: "keep-alive of a client outside", isRoutine: true)
    case .etcdDisconnected:
      return ParcelView(topic: .connection, words: "connection to etcd lost")
    case .etcdClientGone:
      return ParcelView(topic: .connection, words: "a client's connection closed")
    case .diskFailed: return ParcelView(topic: .disk, words: "write to the log failed")
    case .cri(let request):
      return ParcelView(
        topic: .runtime, words: "\(request.name)",
        from: process(.kubelet, on: processes[target].host)?.id)
    case .criMessage(let message):
      return ParcelView(
        topic: .runtime, words: words(message),
        from: process(.containerRuntime, on: processes[target].host)?.id)
    case .runtimeGone:
      return ParcelView(topic: .connection, words: "connection to the container runtime lost")
    case .cloud(let from, let request):
      return ParcelView(
        topic: .cloud, words: "asks the cloud: \(request.operation.words)", from: from)
    case .cloudResponse:
      return ParcelView(topic: .cloud, words: "the cloud answers", from: cloudProcess)
    case .healthProbe(let backend, let isReady):
      let server = loadBalancer.backends[backend].server
      return ParcelView(
        topic: .poll,
        words: "health check of kube-apiserver on \(hosts[processes[server].host].name) "
          + (isReady ? "passes" : "fails"), isRoutine: isReady, from: server)
    }
  }

  private func words(_ request: APIRequest) -> ParcelView {
    let subject =
      request.name.isEmpty ? nil : ObjectReference(request.kind, request.key)
    let isHeartbeat = request.kind == .lease
    return ParcelView(
      topic: isHeartbeat ? .heartbeat : .api, words: "\(request.verb.rawValue) \(request.path)",
      subject: subject, isRoutine: isHeartbeat)
  }

  private func words(_ response: APIResponse) -> ParcelView {
    switch response {
    case .object(let object):
      let isHeartbeat = object.kind == .lease
      return ParcelView(
        topic: isHeartbeat ? .heartbeat : .api,
        words: "answer: \(object.reference.text) at revision \(object.resourceVersion)",
        subject: object.reference, isRoutine: isHeartbeat)
    case .list(let items, let revision, _):
      let kind = items.first.map { $0.kind.plural } ?? "objects"
      return ParcelView(
        topic: .api, words: "answer: \(items.count) \(kind) at revision \(revision)")
    case .status(let status):
      return ParcelView(topic: .api, words: "answer: \(status.code) \(status.message)")
    case .token: return ParcelView(topic: .token, words: "answer: a token")
    }
  }

  private func words(_ events: [WatchEvent]) -> ParcelView {
    guard let first = events.first else {
      return ParcelView(topic: .watch, words: "no events", isRoutine: true)
    }
    let isRoutine = events.allSatisfy { $0.kind == .bookmark || $0.object.kind == .lease }
    let object = first.object
    if first.kind == .bookmark {
      return ParcelView(
        topic: .watch, words: "bookmark at revision \(object.resourceVersion)", isRoutine: isRoutine
      )
    }
    let more = events.count > 1 ? " and \(events.count - 1) more" : ""
    return ParcelView(
      topic: isRoutine ? .heartbeat : .watch,
      words: "\("\(first.kind)".uppercased()) \(object.reference.text) at revision "
        + "\(object.resourceVersion)\(more)",
      subject: object.reference, isRoutine: isRoutine)
  }

  private func words(_ message: PeerMessage) -> ParcelView {
    let from = memberIndex(message.from).map { etcdProcess($0) }
    switch message.content {
    case .raft(let raft):
      let name = raft.type.description
      var words = "\(name) term \(raft.term)"
      var isRoutine = false
      switch raft.type {
      case .app where !raft.entries.isEmpty:
        words += ", entries \(raft.index + 1)..\(raft.index + UInt64(raft.entries.count))"
      case .app: words += ", commit \(raft.commit)"
      case .appResp: words += raft.reject ? ", rejected" : ", index \(raft.index)"
      case .vote, .preVote: words += ", last log \(raft.logTerm)/\(raft.index)"
      case .voteResp, .preVoteResp: words += raft.reject ? ", refused" : ", granted"
      case .heartbeat, .heartbeatResp: isRoutine = true
      default: break
      }
      return ParcelView(
        topic: isRoutine ? .heartbeat : .raft, words: words, isRoutine: isRoutine, from: from)
    case .ping, .pong:
      return ParcelView(topic: .heartbeat, words: "stream ping", isRoutine: true, from: from)
    case .leaseRenew, .leaseAnswer, .leaseTimeToLive, .leaseNotLeader:
      return ParcelView(topic: .lease, words: "lease keep-alive", isRoutine: true, from: from)
    case .hash, .hashAnswer:
      return ParcelView(topic: .etcd, words: "comparison of hashes", from: from)
    case .promote: return ParcelView(topic: .raft, words: "promotion of a learner", from: from)
    }
  }

  private func words(_ request: EtcdRequest) -> ParcelView {
    switch request {
    case .txn(let txn):
      for case .put(let put) in txn.success {
        guard let object = put.value.storedObject else { continue }
        let isHeartbeat = object.kind == .lease
        return ParcelView(
          topic: isHeartbeat ? .heartbeat : .etcd, words: "txn put \(put.key)",
          subject: object.reference, isRoutine: isHeartbeat)
      }
      return ParcelView(topic: .etcd, words: "txn")
    case .range(let range): return ParcelView(topic: .etcd, words: "range \(range.key)")
    case .watchCreate: return ParcelView(topic: .watch, words: "opens a watch")
    case .watchProgress:
      return ParcelView(topic: .watch, words: "asks for watch progress", isRoutine: true)
    case .compact(let revision):
      return ParcelView(topic: .compaction, words: "compact revision \(revision)")
    case .leaseGrant: return ParcelView(topic: .lease, words: "grants a lease")
    case .leaseKeepAlive: return ParcelView(topic: .lease, words: "keep-alive", isRoutine: true)
    default:
      let name = "\(request)".prefix { $0 != "(" }
      return ParcelView(topic: .etcd, words: String(name))
    }
  }

  private func words(_ event: APIServer.Event, _ revision: Int64) -> ParcelView {
    switch event {
    case .etcdWatch(let response):
      guard let first = response.events.first else {
        return ParcelView(
          topic: .watch, words: "watch progress to revision \(response.revision)", isRoutine: true)
      }
      let more = response.events.count > 1 ? " and \(response.events.count - 1) more" : ""
      let object = first.kv.value.storedObject
      let isRoutine = response.events.allSatisfy { $0.kv.value.storedObject?.kind == .lease }
      return ParcelView(
        topic: isRoutine ? .heartbeat : .watch,
        words: "watch event \(first.kv.key) at revision \(first.kv.modRevision)\(more)",
        subject: object?.reference, isRoutine: isRoutine)
    case .etcdWatchCanceled(_, let error):
      return ParcelView(topic: .watch, words: "watch canceled: \(error.message)")
    case .etcdResponse(_, let response):
      switch response {
      case .failure(let error):
        return ParcelView(topic: .etcd, words: "answer: \(error.message)")
      case .txn(let result):
        return ParcelView(
          topic: .etcd,
          words: "answer: txn \(result.succeeded ? "succeeded" : "failed its comparison"), "
            + "revision \(result.revision)")
      default:
        let name = "\(response)".prefix { $0 != "(" }
        return ParcelView(topic: .etcd, words: "answer: \(name)")
      }
    default: return ParcelView(topic: .etcd, words: "an answer of etcd")
    }
  }

  private func words(_ message: CRIMessage) -> String {
    switch message {
    case .response(let response):
      if case .failure(let error) = response.result { return "answer: \(error.text)" }
      return "answer"
    case .event(.exited(_, let exit)):
      return "container exited with code \(exit.exitCode) (\(exit.reason))"
    case .event(.sandboxStopped): return "sandbox stopped"
    case .event(.probesChanged): return "probes answer otherwise from now on"
    }
  }
}

extension Blob {
  /// The API object stored under a key, without its revision; nil where the value is none.
  var storedObject: APIObject? { StoredObject.object(in: self) }
}

extension CloudRequest.Operation {
  var words: String {
    switch self {
    case .instance(_, let node): "instance of \(node)"
    case .ensureLoadBalancer(let service, _, _, _): "load balancer of \(service.text)"
    case .deleteLoadBalancer(let service, _): "no load balancer of \(service.text)"
    case .ensureRoute(let node, let cidr): "route \(cidr) to \(node)"
    }
  }
}
