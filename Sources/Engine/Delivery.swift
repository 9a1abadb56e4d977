import APIServer
import Basics
import ControllerRuntime
import Controllers
import Etcd
import KubeAPI
import Kubelet

/// What waits in the wheel: for whom, for which life of it, because of what, and what.
struct Delivery: Sendable {
  var target: Int32
  var incarnation: UInt32
  var cause: TraceID
  var payload: Payload
}

enum Payload: Sendable {
  /// A component's timer.
  case timer(UInt64)
  /// A message.
  case parcel(Parcel)
  /// The fsync that a write waits for.
  case diskDone(UInt64)
  /// The kernel's own: a process starts, a connection's silence is over its limit.
  case control(Control)
}

enum Control: Sendable {
  case start
  case dialFailed
  case connectionSilent(ConnectionID)
  case powerOn(Int32)
  /// The processes of a machine that is shut down have had their time.
  case shutdownOver(Int32)
  case flap(UInt32)
  case healthCheck
}

/// A message under way; immutable, shared between copies of the world.
final class Parcel: Sendable {
  let content: Content
  /// When it was sent; zero where nobody asks.
  let sentAt: Tick
  init(_ content: Content, at sentAt: Tick = .zero) {
    self.content = content
    self.sentAt = sentAt
  }

  enum Content: Sendable {
    case apiRequest(ConnectionID, RequestID, APIRequest)
    case apiCancel(ConnectionID, RequestID)
    case connectionClosed(ConnectionID)
    case apiResponse(ConnectionID, RequestID, APIResponse)
    case watchEvents(ConnectionID, RequestID, [WatchEvent])
    case watchClosed(ConnectionID, RequestID, APIStatus?)
    case disconnected(ConnectionID, String)
    case peer(PeerMessage)
    case peerGone(UInt64)
    /// From an API server's process, in one of its lives.
    case etcd(from: ProcessID, UInt32, UInt64, EtcdRequest)
    /// An answer or watch events of etcd; the revision tells what caused them.
    case etcdEvent(APIServer.Event, revision: Int64)
    case etcdDisconnected
    case etcdClientGone(UInt64)
    /// From a client outside the cluster, named by its connection's token.
    case etcdOutside(UInt64, UInt64, EtcdRequest)
    /// To such a client, on one of its connections.
    case etcdClientEvent(client: UInt64, UInt32, EtcdClientEvent, EtcdHeader?)
    /// Its keep-alive is due.
    case etcdClientPing(client: UInt64)
    case diskFailed(UInt64)
    case cri(CRIRequest)
    case criMessage(CRIMessage)
    case runtimeGone
    case cloud(ProcessID, CloudRequest)
    case cloudResponse(CloudResponse)
    case healthProbe(backend: Int, isReady: Bool)
  }
}
