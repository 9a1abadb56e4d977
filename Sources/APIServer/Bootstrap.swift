import Basics
import KubeAPI

/// What the server asks of itself, over its loopback client.
enum OwnTask: Sendable, Equatable {
  case namespace(String)
  case kubernetesService
  case kubernetesSlice
}

/// The objects a server makes when they are missing: the system namespaces, and the `kubernetes`
/// service by which pods find the API servers.
extension APIServer {
  static let systemNamespaces = ["kube-system", "kube-public", "kube-node-lease", "default"]

  mutating func bootstrap(_ time: HostTime, into effects: inout Effects) {
    ensureNamespaces(time, into: &effects)
    reconcileMasters(time, into: &effects)
    becomeReady(into: &effects)
  }

  mutating func ensureNamespaces(_ time: HostTime, into effects: inout Effects) {
    for name in Self.systemNamespaces where cache(.namespace).get(ObjectKey(name: name)) == nil {
      var request = APIRequest(.create, .namespace, name: name)
      request.body = .object(Namespace(name: name).boxed)
      own(.namespace(name), request, time, into: &effects)
    }
  }

  /// Sends a request of the server's own through the same steps as a client's.
  mutating func own(
    _ task: OwnTask, _ request: APIRequest, _ time: HostTime, into effects: inout Effects
  ) {
    var request = request
    request.user = Self.loopbackUser
    let cause = effects.cause
    let id = begin(.own(task), request, time, into: &effects)
    route(id, time, into: &effects)
    effects.because(cause)
  }

  /// Ready once the system namespaces have come back through the watch.
  mutating func becomeReady(into effects: inout Effects) {
    guard !isReady else { return }
    isReady = Self.systemNamespaces.allSatisfy {
      cache(.namespace).get(ObjectKey(name: $0)) != nil
    }
    if isReady { effects.note(.lifecycle, nil, "kube-apiserver on \(configuration.name) is ready") }
  }
}
