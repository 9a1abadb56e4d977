import Basics
import Engine
import KubeAPI
import Testing

/// Every namespace has its default service account, and a token of it is a way in.
struct ServiceAccountTests {
  @Test func tokenIsUsable() throws {
    var world = try World.booted()
    try world.create(Namespace(name: "backend").boxed)
    world.converge(deadline: world.now + .minutes(1))
    for namespace in world.objects(.namespace).map(\.metadata.name) {
      let key = ObjectKey(namespace: namespace, name: "default")
      #expect(world.object(.serviceAccount, key) != nil, "\(namespace)")

      var request = APIRequest(
        .create, .serviceAccount, namespace: namespace, name: "default")
      request.subresource = .token
      request.body = .tokenRequest(expirationSeconds: 3600, boundPod: nil, podUID: .none)
      guard case .token(let token, let expiration) = try world.ask(request) else {
        Issue.record("no token in \(namespace)")
        continue
      }
      #expect(expiration - world.wallClock > .minutes(59))

      var list = APIRequest(.list, .pod, namespace: namespace)
      list.bearerToken = token
      guard case .list = try world.ask(list) else {
        Issue.record("the token of \(namespace) was refused")
        continue
      }
      list.bearerToken = String(token.dropLast(4)) + "AAAA"
      guard case .status(let status) = try world.ask(list) else {
        Issue.record("a forged token was taken")
        continue
      }
      #expect(status.code == 401 && status.reason == .unauthorized)
    }
  }

  @Test func tokenDiesWithItsAccount() throws {
    var world = try World.booted()
    var request = APIRequest(.create, .serviceAccount, namespace: "default", name: "default")
    request.subresource = .token
    request.body = .tokenRequest(expirationSeconds: 3600, boundPod: nil, podUID: .none)
    guard case .token(let token, _) = try world.ask(request) else {
      Issue.record("no token")
      return
    }
    _ = try world.ask(APIRequest(.delete, .serviceAccount, namespace: "default", name: "default"))
    world.advance(to: world.now + .seconds(5))
    var list = APIRequest(.list, .pod, namespace: "default")
    list.bearerToken = token
    guard case .status(let status) = try world.ask(list) else {
      Issue.record("a token of an account that is gone was taken")
      return
    }
    #expect(status.code == 401)
    let key = ObjectKey(namespace: "default", name: "default")
    #expect(world.object(.serviceAccount, key) != nil, "the account is made again")
  }
}
