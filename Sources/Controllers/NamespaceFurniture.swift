import Basics
import ControllerRuntime
import KubeAPI

/// Sees to it that each namespace has the service account `default`
/// (`pkg/controller/serviceaccount/serviceaccounts_controller.go`).
public struct ServiceAccountController: Controller {
  public let name = "serviceaccount-controller"
  public let eventSource = "service-account-controller"
  public let workers = 1
  public let watches: [ResourceKind] = [.namespace, .serviceAccount]

  public init() {}

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    switch delta.object.body {
    case .namespace: context.enqueue(delta.object.reference)
    case .serviceAccount(let account):
      guard case .deleted = delta, account.metadata.name == "default" else { return }
      context.enqueue(
        ObjectReference(.namespace, ObjectKey(name: account.metadata.namespace)))
    default: break
    }
  }

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    guard let namespace = context.get(key.key, as: Namespace.self),
      namespace.status.phase == "Active", namespace.metadata.deletionTimestamp == nil,
      context[.serviceAccount][ObjectKey(namespace: key.name, name: "default")] == nil
    else { return }
    context.decide(key, "\(name) creates service account default in \(key.name)")
    context.call(.create(ServiceAccount(name: "default", namespace: key.name)))
  }

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome { .ofFurniture(response) }
}

/// Publishes the cluster's root certificate in each namespace as `kube-root-ca.crt`
/// (`pkg/controller/certificates/rootcacertpublisher`).
public struct RootCACertPublisher: Controller {
  public let name = "root-ca-certificate-publisher-controller"
  public let workers = 1
  public let watches: [ResourceKind] = [.namespace, .configMap]
  private static let mapName = "kube-root-ca.crt"
  private let certificate: String

  public init(certificate: String) { self.certificate = certificate }

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    switch delta.object.body {
    case .namespace: context.enqueue(delta.object.reference)
    case .configMap(let map):
      if case .added = delta { return }
      guard map.metadata.name == Self.mapName else { return }
      context.enqueue(ObjectReference(.namespace, ObjectKey(name: map.metadata.namespace)))
    default: break
    }
  }

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    guard let namespace = context.get(key.key, as: Namespace.self),
      namespace.metadata.deletionTimestamp == nil
    else { return }
    var wanted = ConfigMap(name: Self.mapName, namespace: key.name)
    wanted.metadata.annotations["kubernetes.io/description"] =
      "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
      + "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
      + "guaranteed across distributions of Kubernetes clusters."
    wanted.data["ca.crt"] = certificate
    guard let map = context.get(wanted.key, as: ConfigMap.self) else {
      context.decide(key, "\(name) publishes \(Self.mapName) in \(key.name)")
      return context.call(.create(wanted))
    }
    guard map.data != wanted.data else { return }
    var copy = map
    copy.data = wanted.data
    context.decide(key, "\(name) repairs \(Self.mapName) in \(key.name)")
    context.call(.update(copy))
  }

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome { .ofFurniture(response) }
}

extension CallOutcome {
  /// In a namespace that is on its way out nothing can be created: that is no failure, nor is it
  /// that somebody was faster.
  static func ofFurniture(_ response: APIResponse) -> CallOutcome {
    guard let refusal = response.refusal, !refusal.isAlreadyExists, !refusal.isNotFound,
      !refusal.causes.contains(where: { $0.reason == "NamespaceTerminating" })
    else { return .ok }
    return .retry(refusal.message)
  }
}
