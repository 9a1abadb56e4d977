import Basics
import ControllerRuntime
import KubeAPI

/// Fills secrets of type `kubernetes.io/service-account-token` with a token, and deletes them with
/// their account (`pkg/controller/serviceaccount/tokens_controller.go`).
///
/// The real controller signs tokens itself with the cluster's key. Ours has no key: it asks the
/// API server for a token that lasts ten years.
public struct TokensController: Controller {
  private enum Step {
    static let token = 1
    static let write = 2
  }

  static let secretType = "kubernetes.io/service-account-token"
  static let accountName = "kubernetes.io/service-account.name"
  static let accountUID = "kubernetes.io/service-account.uid"

  public let name = "serviceaccount-token-controller"
  /// `--concurrent-serviceaccount-token-syncs`
  public let workers = 5
  public let watches: [ResourceKind] = [.secret, .serviceAccount]
  /// `maxRetries` of tokens_controller.go.
  public let maxRetries: Int? = 10
  private let certificate: String

  public init(certificate: String) { self.certificate = certificate }

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    switch delta.object.body {
    case .secret(let secret):
      if case .deleted = delta { return }
      if secret.type == Self.secretType { context.enqueue(secret.reference) }
    case .serviceAccount(let account):
      var found: [ObjectReference] = []
      context[.secret].forEach(inNamespace: account.metadata.namespace) { object in
        guard let secret = object.secret, secret.type == Self.secretType,
          secret.metadata.annotations[Self.accountName] == account.metadata.name
        else { return }
        found.append(object.reference)
      }
      for reference in found { context.enqueue(reference) }
    default: break
    }
  }

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    guard let secret = context.get(key.key, as: Secret.self), secret.type == Self.secretType,
      let name = secret.metadata.annotations[Self.accountName]
    else { return }
    let account = context.get(
      ObjectKey(namespace: key.key.namespace, name: name), as: ServiceAccount.self)
    let claimed = secret.metadata.annotations[Self.accountUID] ?? ""
    guard let account, claimed.isEmpty || claimed == account.metadata.uid.text else {
      context.decide(key, "\(self.name) deletes secret \(key.name): account \(name) is gone")
      return context.call(
        .delete(.secret, key.key, uid: secret.metadata.uid), step: Step.write)
    }
    guard secret.data["token"] == nil || claimed.isEmpty else { return }
    var request = APIRequest(
      .create, .serviceAccount, namespace: key.key.namespace, name: name)
    request.subresource = .token
    request.body = .tokenRequest(
      expirationSeconds: 10 * 365 * 86_400, boundPod: nil, podUID: .none)
    context.call(request, step: Step.token)
  }

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard call.step == Step.token, let key = call.key else { return .unlessGone(response) }
    guard case .token(let token, _) = response,
      let secret = context.get(key.key, as: Secret.self),
      let account = context[.serviceAccount][call.target.key]
    else { return .usual(response) }
    var copy = secret
    copy.metadata.annotations[Self.accountUID] = account.metadata.uid.text
    copy.data["token"] = Base64.encode(token.utf8)
    copy.data["namespace"] = Base64.encode(key.key.namespace.utf8)
    copy.data["ca.crt"] = Base64.encode(certificate.utf8)
    context.decide(key, "\(name) puts a token of \(call.target.name) into secret \(key.name)")
    context.call(.update(copy), step: Step.write)
    return .ok
  }
}
