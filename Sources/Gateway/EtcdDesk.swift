#if Doors
  import Basics
  import Engine
  import Etcd
  import MVCC

  /// The main loop's side of the etcd doors: takes what the network queued, gives it to the world as
  /// inputs at the present, and hands out the answers as the world comes to them.
  public struct EtcdDesk: Sendable {
    /// A member as the door sees it.
    struct Member {
      let name: String
      /// The client that the requests of all connections share; nil until one is needed.
      var client: UInt64?
      var open: [UInt64: (ticket: Ticket, since: Tick)] = [:]
    }

    /// A watch stream: an etcd client of its own, as the member knows watches by the stream.
    struct Stream {
      let member: Int
      let sink: WatchSink
      var client: UInt64?
      var nextID: Int64 = 0
      var active: Set<Int64> = []
      /// Watches asked for, by request number.
      var creating: [UInt64: Int64] = [:]
      var since = Tick.zero
    }

    private(set) var members: [Member]
    private var streams: [UInt64: Stream] = [:]
    /// In the order they were opened: a set's order must not reach the world.
    private var streamOrder: [UInt64] = []
    private let mailbox: Mailbox
    private var lastNow = Tick.zero

    /// While the world is paused, a question drives it no longer than this: a member that was going
    /// to answer has, as its own patience is 7 s.
    static let patience = Span.seconds(10)

    /// - Parameter members: the hosts of the members, in the order of their doors.
    public init(members: [String], mailbox: Mailbox) {
      self.members = members.map { Member(name: $0) }
      self.mailbox = mailbox
    }

    /// Whether a client waits for something that time may bring.
    public func isWaiting(at now: Tick) -> Bool {
      for member in members {
        for entry in member.open.values
        where now < entry.since + Self.patience && entry.ticket.isOpen { return true }
      }
      return streams.values.contains { !$0.creating.isEmpty && now < $0.since + Self.patience }
    }

    /// Hands out what the world has answered once that is everything that was asked, or a good many:
    /// each of them by itself would wake a thread.
    public mutating func handOutMany(_ timeline: inout Timeline) -> Bool {
      hasHandful(timeline) && handOut(&timeline)
    }

    private func hasHandful(_ timeline: borrowing Timeline) -> Bool {
      for member in members {
        guard let client = member.client else { continue }
        let count = timeline.etcdEventCount(client)
        if count > 0, count >= min(member.open.count, Self.handful) { return true }
      }
      return streamOrder.contains { number in
        guard let client = streams[number]?.client else { return false }
        return timeline.hasEtcdEvents(client)
      }
    }

    /// So many questions at once are worth a thread's waking, and work enough for the world while
    /// the network's thread reads and writes those before and after them.
    static let handful = 32

    /// How many questions the world has been asked and has not answered.
    var openCount: Int { members.reduce(0) { $0 + $1.open.count } }

    public var streamCount: Int { streams.count }

    // MARK: In

    /// Gives everything queued to the world. True where there was something.
    @discardableResult
    public mutating func takeIn(_ timeline: inout Timeline) -> Bool {
      takeIn(&timeline, atMost: .max)
    }

    /// The same with the oldest of it.
    mutating func takeIn(_ timeline: inout Timeline, atMost limit: Int) -> Bool {
      if timeline.now < lastNow { abandon("the world was taken back to an earlier time") }
      lastNow = timeline.now
      let posts = mailbox.take(atMost: limit)
      for post in posts { take(post, &timeline) }
      return !posts.isEmpty
    }

    private mutating func take(_ post: Post, _ timeline: inout Timeline) {
      switch post {
      case .request(let member, let question, let requiresLeader, let ticket):
        guard ticket.isOpen else { return }
        let request: EtcdRequest
        do throws(EtcdError) {
          request = try question.request
        } catch {
          return ticket.resolve(.failure(error))
        }
        if requiresLeader, !timeline.etcdKnowsLeader(members[member].name) {
          return ticket.resolve(.failure(.noLeader))
        }
        ask(member, request, ticket, &timeline)
      case .openStream(let number, let member, let sink):
        streams[number] = Stream(member: member, sink: sink)
        streamOrder.append(number)
      case .watch(let number, let order): take(order, stream: number, &timeline)
      case .closeStream(let number):
        if let client = streams[number]?.client { close(client, &timeline) }
        forget(number)
      }
    }

    private mutating func ask(
      _ index: Int, _ request: EtcdRequest, _ ticket: Ticket, _ timeline: inout Timeline
    ) {
      if members[index].client == nil { members[index].client = open(index, &timeline) }
      guard let client = members[index].client else {
        return ticket.resolve(.failure(Self.unreachable))
      }
      guard
        case .some(.some(let number)) = try? timeline.apply(.etcdRequest(client: client, request))
      else { return ticket.resolve(.failure(Self.unreachable)) }
      members[index].open[number] = (ticket, timeline.now)
    }

    private mutating func take(
      _ order: WatchOrder, stream number: UInt64, _ timeline: inout Timeline
    ) {
      guard var stream = streams[number] else { return }
      if stream.client == nil { stream.client = open(stream.member, &timeline) }
      guard let client = stream.client else {
        stream.sink.fail(Self.unreachable)
        return forget(number)
      }
      switch order {
      case .create(let wanted, let watch, let requiresLeader):
        var id = wanted
        if id == 0 {
          while stream.active.contains(stream.nextID) { stream.nextID += 1 }
          id = stream.nextID
          stream.nextID += 1
        }
        let request = EtcdRequest.watchCreate(id: id, watch, requireLeader: requiresLeader)
        if case .some(.some(let question)) = try? timeline.apply(
          .etcdRequest(client: client, request))
        {
          stream.creating[question] = id
          stream.since = timeline.now
        }
      case .cancel(let id):
        if stream.active.contains(id) {
          _ = try? timeline.apply(.etcdRequest(client: client, .watchCancel(id: id)))
        }
      case .nothing: break
      case .progress: _ = try? timeline.apply(.etcdRequest(client: client, .watchProgress))
      }
      streams[number] = stream
    }

    private func open(_ index: Int, _ timeline: inout Timeline) -> UInt64? {
      (try? timeline.apply(.etcdOpen(member: members[index].name))) ?? nil
    }

    private func close(_ client: UInt64, _ timeline: inout Timeline) {
      _ = try? timeline.apply(.etcdClose(client: client))
    }

    private mutating func forget(_ number: UInt64) {
      streams[number] = nil
      streamOrder.removeAll { $0 == number }
    }

    // MARK: Out

    /// Hands out what the world has answered. True where there was something.
    @discardableResult
    public mutating func handOut(_ timeline: inout Timeline) -> Bool {
      var any = false
      for index in members.indices {
        guard let client = members[index].client, timeline.hasEtcdEvents(client) else {
          continue
        }
        any = true
        let header = timeline.etcdHeader(client)
        for event in timeline.takeEtcdEvents(client) { hand(event, member: index, header) }
      }
      for number in streamOrder {
        guard let stream = streams[number], let client = stream.client,
          timeline.hasEtcdEvents(client)
        else { continue }
        any = true
        let header = timeline.etcdHeader(client)
        for event in timeline.takeEtcdEvents(client) {
          if !hand(event, stream: number, header) {
            close(client, &timeline)
            forget(number)
            break
          }
        }
      }
      return any
    }

    private mutating func hand(_ event: EtcdClientEvent, member index: Int, _ header: EtcdHeader?) {
      switch event {
      case .response(let number, let response):
        guard let entry = members[index].open.removeValue(forKey: number) else { return }
        if case .failure(let error) = response { return entry.ticket.resolve(.failure(error)) }
        entry.ticket.resolve(.success(Answer(response: response, header: header)))
      case .disconnected(let words):
        let open = members[index].open
        members[index].open = [:]
        for entry in open.values { entry.ticket.resolve(.failure(EtcdError(.unavailable, words))) }
      case .watch, .watchCanceled: break
      }
    }

    /// False where the stream is over.
    private mutating func hand(
      _ event: EtcdClientEvent, stream number: UInt64, _ header: EtcdHeader?
    ) -> Bool {
      guard let sink = streams[number]?.sink else { return false }
      switch event {
      case .response(let question, let response):
        let id = streams[number]?.creating.removeValue(forKey: question)
        switch response {
        case .watchCreated(let id, let revision):
          streams[number]?.active.insert(id)
          var header = header
          header?.revision = revision
          return sink.send(.created(id: id, header))
        case .watchCanceled(let id):
          streams[number]?.active.remove(id)
          return sink.send(.canceled(id: id, nil, compactRevision: 0, header))
        case .failure(let error):
          // A stream that needs a leader and has none is refused as a whole.
          if error == .noLeader {
            sink.fail(error)
            return false
          }
          return id == nil || sink.send(.refused(error, header))
        default: return true
        }
      case .watch(let response): return sink.send(.events(response, header))
      case .watchCanceled(let watch, let error, let compactRevision):
        if error == .noLeader {
          sink.fail(error)
          return false
        }
        streams[number]?.active.remove(watch.id)
        return sink.send(
          .canceled(id: watch.id, error, compactRevision: compactRevision, header))
      case .disconnected(let words):
        sink.fail(EtcdError(.unavailable, words))
        return false
      }
    }

    /// Ends everything under way, as a server that goes away does.
    public mutating func abandon(_ words: String) {
      let error = EtcdError(.unavailable, words)
      for index in members.indices {
        for entry in members[index].open.values { entry.ticket.resolve(.failure(error)) }
        members[index].open = [:]
        members[index].client = nil
      }
      for number in streamOrder { streams[number]?.sink.fail(error) }
      streams = [:]
      streamOrder = []
    }

    /// The last words to every client: nothing is taken in any more.
    public mutating func shut() {
      mailbox.close()
      for post in mailbox.take() {
        switch post {
        case .request(_, _, _, let ticket): ticket.resolve(.failure(.stopped))
        case .openStream(_, _, let sink): sink.fail(.stopped)
        case .watch, .closeStream: break
        }
      }
      abandon(EtcdError.stopped.message)
    }

    /// A member the world does not have: none of these is ever given a door.
    static let unreachable = EtcdError(.unavailable, "connection error: no such member")
  }
#endif
