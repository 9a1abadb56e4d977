import Basics
import Etcd
import KubeAPI
import MVCC
import Testing

@testable import APIServer

/// One API server with one real etcd member behind it, its disk a quarter of a millisecond away.
private struct RealEtcd {
  private enum What {
    case server(APIServer.Event)
    case member(EtcdEvent)
  }
  private var queue: [(at: Tick, order: Int, what: What)] = []
  private var order = 0
  private var now = Tick.zero
  var server: APIServer
  private var member: EtcdMember
  var responses: [UInt64: APIResponse] = [:]
  var events: [UInt64: [WatchEvent]] = [:]

  init() {
    server = APIServer(
      APIServer.Configuration(name: "master-1", address: "10.0.0.1"), seed: 3)
    let founder = ClusterMember(
      id: 1, peerURLs: ["https://10.0.0.1:2380"], clientURLs: ["https://10.0.0.1:2379"],
      isLearner: false)
    member = EtcdMember(
      config: EtcdConfig(id: 1, name: "etcd-1", initialCluster: [founder], seed: 3))
    post(.member(.start(DiskContents())), after: .zero)
    post(.server(.started), after: .milliseconds(1))
  }

  private mutating func post(_ what: What, after span: Span) {
    order += 1
    queue.append((now + span, order, what))
  }

  mutating func run(_ span: Span) {
    let end = now + span
    while let at = queue.indices.min(by: {
      (queue[$0].at, queue[$0].order) < (queue[$1].at, queue[$1].order)
    }), queue[at].at <= end {
      let due = queue.remove(at: at)
      now = due.at
      switch due.what {
      case .server(let event): step(event)
      case .member(let event): step(event)
      }
    }
    now = end
  }

  private mutating func step(_ event: APIServer.Event) {
    var effects = APIServer.Effects()
    let time = HostTime(monotonic: now, wall: .powerOn + (now - .zero))
    server.step(event, at: time, into: &effects)
    for effect in effects.list {
      switch effect {
      case .respond(_, let id, let response): responses[id] = response
      case .watchEvents(_, let id, let new): events[id, default: []] += new
      case .etcd(let id, let request):
        post(
          .member(.client(token: 7, requestID: id, request)), after: .microseconds(50))
      case .arm(let timer, let span): post(.server(.timer(timer)), after: span)
      case .watchClosed, .note, .because, .exit: break
      }
    }
  }

  private mutating func step(_ event: EtcdEvent) {
    var effects: [EtcdEffect] = []
    member.step(event, now: now, into: &effects)
    for effect in effects {
      switch effect {
      case .respond(_, let id, let response):
        post(.server(.etcdResponse(id, response)), after: .microseconds(50))
      case .watch(let response): post(.server(.etcdWatch(response)), after: .microseconds(50))
      case .watchCanceled(let watch, let error, _):
        post(
          .server(.etcdWatchCanceled(UInt64(watch.id), error)), after: .microseconds(50))
      case .write(let id, _): post(.member(.diskDone(writeID: id)), after: .microseconds(250))
      case .arm(let span): post(.member(.tick), after: span)
      case .exit(let why): Issue.record("etcd ended: \(why)")
      default: break
      }
    }
  }

  mutating func send(_ id: UInt64, _ request: APIRequest) {
    step(.request(1, id, request))
  }
}

@Suite struct RealEtcdTests {
  @Test func aClusterOfOneServesItsApi() throws {
    var world = RealEtcd()
    world.run(.seconds(5))
    let isReady = world.server.isReady
    #expect(isReady)

    world.send(1, APIRequest(.watch, .pod))
    var account = APIRequest(.create, .serviceAccount, namespace: "default")
    account.body = .object(ServiceAccount(name: "default", namespace: "default").boxed)
    world.send(2, account)
    world.run(.milliseconds(100))
    for i in 0..<20 {
      var request = APIRequest(.create, .pod, namespace: "default")
      request.body = .object(pod("web-\(i)").boxed)
      world.send(UInt64(10 + i), request)
    }
    world.run(.milliseconds(100))
    for i in 0..<20 { #expect(world.responses[UInt64(10 + i)]?.object != nil) }
    #expect(world.events[1]?.count == 20)

    // A kind that nothing has happened to: only etcd's progress notice makes the list consistent.
    world.send(50, APIRequest(.list, .deployment))
    world.run(.milliseconds(150))
    guard case .list(let none, let revision, _)? = world.responses[50] else {
      Issue.record("no list")
      return
    }
    #expect(none.isEmpty)
    #expect(revision >= (world.events[1]?.last?.object.resourceVersion ?? .max))
    world.run(.seconds(15))
    let open = world.server.view.etcdRequestsOpen
    // A watch a kind, but for events, which nobody watches.
    #expect(open == ResourceKind.allCases.count - 1)
    let slice = world.server.cached(
      .endpointSlice, ObjectKey(namespace: "default", name: "kubernetes"))
    #expect(slice?.endpointSlice?.endpoints.map(\.addresses) == [["10.0.0.1"]])
  }
}
