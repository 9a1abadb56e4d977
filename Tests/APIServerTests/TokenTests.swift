import Basics
import KubeAPI
import MVCC
import Testing

@testable import APIServer

@Suite struct TokenTests {
  func token(_ harness: inout Harness, pod: String? = nil) -> String {
    var request = APIRequest(.create, .serviceAccount, namespace: "default", name: "default")
    request.subresource = .token
    let key = pod.map { ObjectKey(namespace: "default", name: $0) }
    let uid = key.flatMap { harness.servers[0].cached(.pod, $0)?.metadata.uid } ?? .none
    request.body = .tokenRequest(expirationSeconds: 3607, boundPod: key, podUID: uid)
    guard case .token(let token, let expiration) = harness.ask(request) else {
      Issue.record("no token")
      return ""
    }
    #expect(expiration == harness.wall.truncatedToSeconds + .seconds(3607))
    return token
  }

  func user(_ harness: inout Harness, _ token: String, name: String) -> APIResponse {
    var request = APIRequest(.create, .configMap, namespace: "default")
    request.bearerToken = token
    request.body = .object(ConfigMap(name: name, namespace: "default").boxed)
    return harness.ask(request)
  }

  @Test func aTokenNamesItsAccount() {
    var harness = Harness.ready()
    let token = token(&harness)
    #expect(token.split(separator: ".").count == 3)
    #expect(user(&harness, token, name: "a").object != nil)
    #expect(
      harness.notes.last?.message.hasSuffix("for system:serviceaccount:default:default") == true)
  }

  @Test func aTokenDiesWithItsAccount() {
    var harness = Harness.ready()
    let token = token(&harness)
    harness.delete(.serviceAccount, "default", "default")
    #expect(user(&harness, token, name: "a").message == "Unauthorized")
    harness.create(ServiceAccount(name: "default", namespace: "default"))
    #expect(user(&harness, token, name: "a").status?.code == 401)
  }

  @Test func aTokenDiesWithItsPodAndInTime() {
    var harness = Harness.ready()
    harness.create(pod("web-1"))
    let bound = token(&harness, pod: "web-1")
    let free = token(&harness)
    #expect(user(&harness, bound, name: "a").object != nil)
    harness.delete(.pod, "default", "web-1")
    #expect(user(&harness, bound, name: "b").status?.code == 401)
    harness.advance(.seconds(3608))
    #expect(user(&harness, free, name: "c").status?.code == 401)
  }

  @Test func aForgedTokenProvesNothing() {
    var harness = Harness.ready()
    let token = token(&harness)
    #expect(user(&harness, token + "A", name: "a").status?.code == 401)
    #expect(user(&harness, "not.a.token", name: "a").status?.code == 401)
    #expect(user(&harness, "x", name: "a").status?.code == 401)
  }
}
