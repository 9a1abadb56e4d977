import Basics
import KubeAPI

/// The ServiceAccount plugin: a pod runs as an account that exists, and finds the account's token,
/// the cluster's root certificate and its own namespace in a volume.
extension APIServer {
  private static let mirrorAnnotation = "kubernetes.io/config.mirror"
  private static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"

  /// nil lets the pod pass, perhaps changed.
  mutating func serviceAccount(_ pod: inout Pod, _ call: Call) -> Outcome? {
    // A mirror pod only reports what a kubelet runs anyway.
    if pod.metadata.annotations[Self.mirrorAnnotation] != nil { return nil }
    if pod.spec.serviceAccountName.isEmpty { pod.spec.serviceAccountName = "default" }
    let key = ObjectKey(namespace: call.request.namespace, name: pod.spec.serviceAccountName)
    switch dependency(.serviceAccount, key, call) {
    case .unknown: return .lookUp(.serviceAccount, key)
    case .absent:
      return .refuse(
        .forbidden(
          .pod, pod.metadata.name,
          "error looking up service account \(key.text): serviceaccount \"\(key.name)\" not found"))
    case .found(let object):
      if let account = object.serviceAccount, isMounted(account, pod) { mountToken(&pod) }
      return nil
    }
  }

  private func isMounted(_ account: ServiceAccount, _ pod: Pod) -> Bool {
    if case .bool(let own) = pod.spec.carried["automountServiceAccountToken"] { return own }
    return account.automountServiceAccountToken ?? true
  }

  private mutating func mountToken(_ pod: inout Pod) {
    let name =
      "kube-api-access-"
      + suffix(Self.subject(.serviceAccount, pod.metadata.namespace, pod.metadata.name))
    var isUsed = false
    let mount = JSONValue.object(
      JSONObject([
        ("mountPath", .string(Self.mountPath)), ("name", .string(name)),
        ("readOnly", .bool(true)),
      ]))
    func add(to containers: inout [Container]) {
      for at in containers.indices {
        var mounts: [JSONValue] = []
        if case .array(let given) = containers[at].carried["volumeMounts"] { mounts = given }
        if mounts.contains(where: Self.isTokenMount) { continue }
        mounts.append(mount)
        containers[at].carried["volumeMounts"] = .array(mounts)
        isUsed = true
      }
    }
    add(to: &pod.spec.initContainers)
    add(to: &pod.spec.containers)
    guard isUsed else { return }
    var volume = Volume()
    volume.name = name
    volume.carried = Self.tokenVolume
    pod.spec.volumes.append(volume)
  }

  private static func isTokenMount(_ mount: JSONValue) -> Bool {
    guard case .object(let object) = mount else { return false }
    return object["mountPath"] == .string(mountPath)
  }

  /// One box for all pods; fields are sorted, as the codec writes and reads them.
  private static let tokenVolume: Carried = {
    func object(_ fields: (String, JSONValue)...) -> JSONValue { .object(JSONObject(fields)) }
    let token = object(
      (
        "serviceAccountToken",
        object(("expirationSeconds", .integer(3607)), ("path", .string("token")))
      ))
    let certificate = object(("key", .string("ca.crt")), ("path", .string("ca.crt")))
    let root = object(
      (
        "configMap",
        object(("items", .array([certificate])), ("name", .string("kube-root-ca.crt")))
      ))
    let field = object(
      ("apiVersion", .string("v1")), ("fieldPath", .string("metadata.namespace")))
    let namespace = object(("fieldRef", field), ("path", .string("namespace")))
    let downward = object(("downwardAPI", object(("items", .array([namespace])))))
    let projected = object(
      ("defaultMode", .integer(420)), ("sources", .array([token, root, downward])))
    return Carried(JSONObject([("projected", projected)]))
  }()

  /// Accounts that controllers make by themselves: a pod may come a moment before them.
  func mayAppear(_ reference: ObjectReference, _ call: Call) -> Bool {
    reference.kind == .serviceAccount && reference.key.name == "default"
      && call.request.subresource == nil && call.lookups < 10
  }
}
