import Basics
import KubeAPI

/// `serviceaccounts/token` and what such a token proves.
///
/// The token has the shape and the claims of the real one; its signature is a 64-bit digest under
/// the cluster's key, which is no cryptography but does tell a token of this cluster from any
/// other text.
struct TokenClaims: Sendable, Equatable {
  var account: ObjectKey
  var accountUID: UID
  var pod: ObjectKey?
  var podUID = UID.none
  var issuedAt: Timestamp
  var expiresAt: Timestamp

  /// kubeadm's `--service-account-issuer`.
  static let issuer = "https://kubernetes.default.svc.cluster.local"

  var user: String { "system:serviceaccount:\(account.namespace):\(account.name)" }
}

/// Tokens verified a moment ago, so that a busy pod's costs one look-up.
struct TokenCache: Sendable {
  private var claims = LookupTable<String, TokenClaims>()
  static let capacity = 10_000

  subscript(token: String) -> TokenClaims? { claims[token] }

  mutating func insert(_ found: TokenClaims, for token: String) {
    if claims.count >= Self.capacity { claims.removeAll() }
    claims[token] = found
  }
}

extension APIServer {
  /// Replaces the user by the one that the token names; a status where it proves nothing.
  mutating func authenticate(_ request: inout APIRequest, _ time: HostTime) -> APIStatus? {
    guard !request.bearerToken.isEmpty else {
      if request.user.isEmpty { request.user = "system:anonymous" }
      return nil
    }
    let unauthorized = APIStatus(code: 401, reason: .unauthorized, message: "Unauthorized")
    guard let claims = verified(request.bearerToken), claims.expiresAt > time.wall,
      isAlive(claims)
    else { return unauthorized }
    request.user = claims.user
    return nil
  }

  /// A token dies with its account, and with the pod it is bound to.
  private func isAlive(_ claims: TokenClaims) -> Bool {
    guard let account = cache(.serviceAccount).get(claims.account)?.serviceAccount,
      account.metadata.uid == claims.accountUID
    else { return false }
    guard let key = claims.pod else { return true }
    return cache(.pod).get(key)?.metadata.uid == claims.podUID
  }

  private mutating func verified(_ token: String) -> TokenClaims? {
    if let known = tokens[token] { return known }
    guard let claims = TokenClaims(token: token, key: configuration.serviceAccountKey) else {
      return nil
    }
    tokens.insert(claims, for: token)
    return claims
  }

  /// Expiry is at least 10 minutes away (apis/authentication/validation).
  static let minExpirationSeconds: Int64 = 600

  mutating func tokenRequest(_ call: Call, _ time: HostTime) -> Outcome {
    let request = call.request
    guard case .tokenRequest(let seconds, let pod, let podUID) = request.body else {
      return .refuse(.badRequest("not a TokenRequest"))
    }
    guard seconds >= Self.minExpirationSeconds else {
      return .answer(
        .status(
          .invalid(
            .serviceAccount, request.name,
            [
              .init(
                reason: "FieldValueInvalid",
                message:
                  "Invalid value: \(seconds): may not specify a duration less than 10 minutes",
                field: "spec.expirationSeconds")
            ])))
    }
    guard let account = found(.serviceAccount, request.key, call) else {
      return .lookUp(.serviceAccount, request.key)
    }
    guard let account else { return .answer(.status(.notFound(.serviceAccount, request.name))) }
    if let key = pod {
      guard let bound = found(.pod, key, call) else { return .lookUp(.pod, key) }
      guard let bound else { return .answer(.status(.notFound(.pod, key.name))) }
      if !podUID.isNone, bound.metadata.uid != podUID {
        return .answer(
          .status(
            .conflict(
              .pod, key.name,
              "the UID in the bound object reference (\(podUID.text)) does not match the UID in "
                + "record. The object might have been deleted and then recreated")))
      }
    }
    let now = time.wall.truncatedToSeconds
    let token = Self.subject(
      .serviceAccount, request.key.namespace, (pod?.name ?? "") + "/" + request.key.name)
    let claims = TokenClaims(
      account: request.key, accountUID: account.metadata.uid, pod: pod, podUID: podUID,
      issuedAt: now, expiresAt: now + .seconds(Int(min(seconds, 1 << 32))))
    return .answer(
      .token(
        claims.token(key: configuration.serviceAccountKey, id: newUID(token, time)),
        expiration: claims.expiresAt))
  }

  /// nil where nobody has looked yet; an inner nil where there is none.
  private func found(_ kind: ResourceKind, _ key: ObjectKey, _ call: Call) -> APIObject?? {
    switch dependency(kind, key, call) {
    case .found(let object): return .some(object)
    case .absent: return .some(nil)
    case .unknown: return nil
    }
  }
}

extension TokenClaims {
  /// `header.claims.signature`, each base64url without padding.
  func token(key: UInt64, id: UID) -> String {
    let header = JSONValue.object(
      JSONObject([("alg", .string("RS256")), ("kid", .string("orrery"))]))
    var bound = JSONObject([("namespace", .string(account.namespace))])
    if let pod {
      bound["pod"] = .object(
        JSONObject([("name", .string(pod.name)), ("uid", .string(podUID.text))]))
    }
    bound["serviceaccount"] = .object(
      JSONObject([("name", .string(account.name)), ("uid", .string(accountUID.text))]))
    let claims = JSONValue.object(
      JSONObject([
        ("aud", .array([.string(Self.issuer)])),
        ("exp", .integer(expiresAt.microseconds / 1_000_000)),
        ("iat", .integer(issuedAt.microseconds / 1_000_000)), ("iss", .string(Self.issuer)),
        ("jti", .string(id.text)), ("kubernetes.io", .object(bound)),
        ("nbf", .integer(issuedAt.microseconds / 1_000_000)),
        ("sub", .string(user)),
      ]))
    let signed = Base64.encodeURL(header.encoded()) + "." + Base64.encodeURL(claims.encoded())
    return signed + "." + Self.signature(of: signed, key: key)
  }

  /// What a token of this cluster says; nil for any other text.
  init?(token: String, key: UInt64) {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3,
      Self.signature(of: "\(parts[0]).\(parts[1])", key: key) == parts[2],
      let bytes = Base64.decodeURL(String(parts[1])),
      case .object(let claims)? = try? JSONParser.parse(bytes),
      case .object(let bound)? = claims["kubernetes.io"],
      case .string(let namespace)? = bound["namespace"],
      let (name, uid) = Self.reference(bound["serviceaccount"]),
      case .integer(let expiry)? = claims["exp"], case .integer(let issued)? = claims["iat"]
    else { return nil }
    account = ObjectKey(namespace: namespace, name: name)
    accountUID = uid
    issuedAt = Timestamp(microseconds: issued * 1_000_000)
    expiresAt = Timestamp(microseconds: expiry * 1_000_000)
    if let (podName, uid) = Self.reference(bound["pod"]) {
      pod = ObjectKey(namespace: namespace, name: podName)
      podUID = uid
    }
  }

  private static func reference(_ value: JSONValue?) -> (String, UID)? {
    guard case .object(let object)? = value, case .string(let name)? = object["name"],
      case .string(let text)? = object["uid"], let uid = UID(text: text)
    else { return nil }
    return (name, uid)
  }

  private static func signature(of text: String, key: UInt64) -> String {
    var digest = Digest()
    digest.combine(key)
    digest.combine(text)
    var value = digest.value
    var bytes: [UInt8] = []
    for _ in 0..<8 {
      bytes.append(UInt8(truncatingIfNeeded: value))
      value >>= 8
    }
    return Base64.encodeURL(bytes)
  }
}
