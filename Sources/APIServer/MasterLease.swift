import Basics
import Etcd
import KubeAPI
import MVCC

/// How the `kubernetes` service's endpoints follow the servers that are alive: each keeps a key
/// under a 15 s lease, and each makes the endpoints what the keys say (reconcilers/lease).
struct MasterLease: Sendable {
  enum Step: Sendable { case idle, granting, putting, listing }
  var step = Step.idle

  /// controlplane/instance.go.
  static let interval = Span.seconds(10)
  static let seconds: Int64 = 15
}

extension APIServer {
  mutating func reconcileMasters(_ time: HostTime, into effects: inout Effects) {
    effects.arm(TimerID(tag: TimerTag.masterLease), after: MasterLease.interval)
    guard areCachesReady else { return }
    ensureNamespaces(time, into: &effects)
    guard cache(.namespace).get(ObjectKey(name: "default")) != nil, masterLease.step == .idle
    else { return }
    ensureKubernetesService(time, into: &effects)
    masterLease.step = .granting
    ask(.leaseGrant(id: 0, ttl: MasterLease.seconds), for: .masterLease, into: &effects)
  }

  mutating func masterLeaseAnswered(
    _ answer: Result<EtcdResponse, EtcdError>, _ time: HostTime, into effects: inout Effects
  ) {
    let step = masterLease.step
    masterLease.step = .idle
    switch (step, answer) {
    case (.granting, .success(.leaseGrant(let lease, _))):
      masterLease.step = .putting
      let key = Key(
        bytes: StorageKey.masterLeases.bytes + Array(configuration.address.utf8))
      let put = PutRequest(key: key, value: Blob(configuration.address), lease: lease)
      ask(.put(put), for: .masterLease, into: &effects)
    case (.putting, .success(.put)):
      masterLease.step = .listing
      ask(
        .range(RangeRequest(prefix: StorageKey.masterLeases)), for: .masterLease, into: &effects)
    case (.listing, .success(.range(let found))):
      let addresses = found.kvs.map { String(decoding: $0.value.encoded(), as: UTF8.self) }
      reconcileSlice(addresses.sorted(), time, into: &effects)
    default: break
    }
  }

  private mutating func ensureKubernetesService(_ time: HostTime, into effects: inout Effects) {
    let key = ObjectKey(namespace: "default", name: "kubernetes")
    guard cache(.service).get(key) == nil else { return }
    var service = Service(name: "kubernetes", namespace: "default")
    service.metadata.labels = ["component": "apiserver", "provider": "kubernetes"]
    service.spec.type = "ClusterIP"
    service.spec.sessionAffinity = "None"
    service.spec.clusterIP = IPv4Range.text(configuration.serviceClusterIPRange.address(1))
    var port = ServicePort()
    port.name = "https"
    port.protocolName = "TCP"
    port.port = 443
    port.targetPort = .integer(configuration.port)
    service.spec.ports = [port]
    var request = APIRequest(.create, .service, namespace: "default", name: "kubernetes")
    request.body = .object(service.boxed)
    own(.kubernetesService, request, time, into: &effects)
  }

  /// The slice is written only where it differs.
  private mutating func reconcileSlice(
    _ addresses: [String], _ time: HostTime, into effects: inout Effects
  ) {
    let key = ObjectKey(namespace: "default", name: "kubernetes")
    let current = cache(.endpointSlice).get(key)?.endpointSlice
    var slice = current ?? EndpointSlice(name: key.name, namespace: key.namespace)
    slice.metadata.labels["kubernetes.io/service-name"] = "kubernetes"
    slice.addressType = "IPv4"
    slice.endpoints = addresses.map {
      var endpoint = Endpoint()
      endpoint.addresses = [$0]
      endpoint.ready = true
      return endpoint
    }
    var port = EndpointPort()
    port.name = "https"
    port.protocolName = "TCP"
    port.port = configuration.port
    slice.ports = [port]
    if slice == current { return }
    var request = APIRequest(
      current == nil ? .create : .update, .endpointSlice, namespace: key.namespace, name: key.name)
    request.body = .object(slice.boxed)
    own(.kubernetesSlice, request, time, into: &effects)
  }
}
