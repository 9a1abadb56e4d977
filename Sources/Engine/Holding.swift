import Basics
import KubeAPI
import SimulationKernel

/// A message that a person holds back, out of the queue.
struct HeldParcel: Sendable {
  let id: DeliveryID
  let delivery: Delivery
}

/// Delivering, holding and dropping single messages.
///
/// Messages between an API client and a server are parts of one ordered stream, as over TCP: when
/// one is held, all behind it wait, and after 45 s without a packet both ends give the connection
/// up; a lost one means that the connection is reset. Raft's messages may be lost and may overtake
/// one another, so these are held and dropped one by one.
extension World {
  mutating func deliver(_ id: DeliveryID) throws(FaultProblem) {
    if let at = heldParcels.firstIndex(where: { $0.id == id }) {
      let held = heldParcels.remove(at: at)
      note("is let go", held.delivery)
      return wheel.schedule(held.delivery, at: now)
    }
    if let connection = stalledConnection(id) {
      connections[Int(connection)]?.isStalled = false
      connections[Int(connection)]?.silentSince = nil
      resume(connection)
      return
    }
    let delivery = try message(id)
    note("is delivered at once", delivery)
    guard let stream = stream(of: delivery) else {
      _ = wheel.remove(at: id.due, order: id.order)
      return wheel.schedule(delivery, at: now)
    }
    for other in take(from: stream, where: { $0 <= id }) {
      wheel.schedule(other.delivery, at: now)
    }
  }

  mutating func hold(_ id: DeliveryID) throws(FaultProblem) {
    let delivery = try message(id)
    switch stream(of: delivery) {
    case .client(let connection, let isToServer):
      note("is held back", delivery)
      let waiting = take(from: .client(connection, isToServer: isToServer), where: { $0 >= id })
      fallSilent(connection)
      connections[Int(connection)]?.isStalled = true
      connections[Int(connection)]?.stalledBy = id
      for item in waiting {
        guard case .parcel(let parcel) = item.delivery.payload else { continue }
        connections[Int(connection)]?.held.append(
          Connection.Held(
            isToServer: isToServer, parcel: parcel, cause: item.delivery.cause, sentAt: now))
      }
    case .etcd:
      throw FaultProblem(
        message: "a message between an API server and etcd can't be held: cut or delay the link")
    case nil:
      guard canBeLost(delivery) || isLocalCall(delivery) else {
        throw FaultProblem(message: "only messages between processes can be held")
      }
      note("is held back", delivery)
      _ = wheel.remove(at: id.due, order: id.order)
      heldParcels.append(HeldParcel(id: id, delivery: delivery))
    }
  }

  mutating func drop(_ id: DeliveryID) throws(FaultProblem) {
    if let at = heldParcels.firstIndex(where: { $0.id == id }) {
      guard canBeLost(heldParcels[at].delivery) else {
        throw FaultProblem(message: "a call within a host can't get lost")
      }
      note("is lost", heldParcels.remove(at: at).delivery)
      return
    }
    if let connection = stalledConnection(id) {
      return reset(connection, reason: "read: connection reset by peer")
    }
    let delivery = try message(id)
    switch stream(of: delivery) {
    case .client(let connection, let isToServer):
      note("is lost: its connection is reset", delivery)
      _ = take(from: .client(connection, isToServer: isToServer), where: { $0 >= id })
      reset(connection, reason: "read: connection reset by peer")
    case .etcd(let server, _):
      note("is lost: its connection is dead", delivery)
      _ = take(from: .etcd(server: server, isToServer: true), where: { $0 >= id })
      _ = take(from: .etcd(server: server, isToServer: false), where: { $0 >= id })
      loseEtcd(server)
    case nil:
      guard canBeLost(delivery) else {
        throw FaultProblem(message: "a call within a host can't get lost")
      }
      note("is lost", delivery)
      _ = wheel.remove(at: id.due, order: id.order)
    }
  }

  /// The messages held back, each with what may be done with it by its `id`.
  func heldItems() -> [PendingItem] {
    var items: [PendingItem] = []
    func append(_ id: DeliveryID, _ parcel: Parcel, _ cause: TraceID) {
      let view = view(of: parcel, to: id.process)
      items.append(
        PendingItem(
          kind: .held, topic: view.topic, due: id.due, id: id, process: id.process,
          owner: name(of: id.process), from: view.from,
          sentAt: parcel.sentAt == .zero ? nil : parcel.sentAt, subject: view.subject,
          words: view.words, cause: cause, isRoutine: false))
    }
    for held in heldParcels {
      if case .parcel(let parcel) = held.delivery.payload {
        append(held.id, parcel, held.delivery.cause)
      }
    }
    for id in stalledIDs() {
      guard let connection = stalledConnection(id),
        let first = connections[Int(connection)]?.held.first
      else { continue }
      append(id, first.parcel, first.cause)
    }
    return items
  }

  // MARK: Streams

  private enum Stream: Equatable {
    case client(ConnectionID, isToServer: Bool)
    /// Between an API server, by its index, and its member.
    case etcd(server: Int, isToServer: Bool)
  }

  private func stream(of delivery: Delivery) -> Stream? {
    guard case .parcel(let parcel) = delivery.payload else { return nil }
    switch parcel.content {
    case .apiRequest(let id, _, _), .apiCancel(let id, _): return .client(id, isToServer: true)
    case .apiResponse(let id, _, _), .watchEvents(let id, _, _), .watchClosed(let id, _, _):
      return .client(id, isToServer: false)
    case .etcd(let server, _, _, _):
      return .etcd(server: processes[server].index, isToServer: false)
    case .etcdEvent:
      return .etcd(server: processes[ProcessID(delivery.target)].index, isToServer: true)
    default: return nil
    }
  }

  /// Takes the messages of a stream out of the queue, in order.
  private mutating func take(
    from stream: Stream, where isWanted: (DeliveryID) -> Bool
  ) -> [HeldParcel] {
    var found: [HeldParcel] = []
    wheel.walk { tick, order, delivery in
      let id = DeliveryID(due: tick, order: order, process: ProcessID(delivery.target))
      if self.stream(of: delivery) == stream, isWanted(id) {
        found.append(HeldParcel(id: id, delivery: delivery))
      }
      return true
    }
    for item in found.reversed() { _ = wheel.remove(at: item.id.due, order: item.id.order) }
    return found
  }

  private func stalledIDs() -> [DeliveryID] {
    guard isAnyStalled else { return [] }
    return connections.indices.compactMap { index in
      connections[index].flatMap { $0.isStalled ? $0.stalledBy : nil }
    }
  }

  /// Only a scan of all connections knows; a message was held in this world, or none is stalled.
  private var isAnyStalled: Bool { hasHeldMessages }

  private func stalledConnection(_ id: DeliveryID) -> ConnectionID? {
    guard isAnyStalled else { return nil }
    for index in connections.indices {
      if let connection = connections[index], connection.isStalled, connection.stalledBy == id {
        return connection.id
      }
    }
    return nil
  }

  private func message(_ id: DeliveryID) throws(FaultProblem) -> Delivery {
    guard let delivery = wheel.payload(at: id.due, order: id.order),
      ProcessID(delivery.target) == id.process
    else { throw FaultProblem(message: "that message is not under way any more") }
    guard case .parcel = delivery.payload else {
      throw FaultProblem(message: "a timer can't be held, dropped or hastened, only messages can")
    }
    return delivery
  }

  private func canBeLost(_ delivery: Delivery) -> Bool {
    guard case .parcel(let parcel) = delivery.payload else { return false }
    if case .peer = parcel.content { return true }
    return false
  }

  private func isLocalCall(_ delivery: Delivery) -> Bool {
    guard case .parcel(let parcel) = delivery.payload else { return false }
    switch parcel.content {
    case .cri, .criMessage, .cloud, .cloudResponse: return true
    default: return false
    }
  }

  /// The input's record, caused by nobody in the world; the message's own cause is told in words.
  private mutating func note(_ deed: String, _ delivery: Delivery) {
    guard case .parcel(let parcel) = delivery.payload else { return }
    let target = ProcessID(delivery.target)
    let view = view(of: parcel, to: target)
    _ = record(
      Note(
        .input, view.subject,
        "message to \(name(of: target)) \(deed): \(view.words)"), by: nil, cause: .none)
    hasHeldMessages = true
  }
}
