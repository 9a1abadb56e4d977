#if Doors
  import Basics
  import Dispatch
  import Engine
  import Etcd
  import MVCC
  import Synchronization

  /// A member's answer as it comes out of the world.
  struct Answer: Sendable {
    let response: EtcdResponse
    /// Nil where the member has not said anything yet.
    let header: EtcdHeader?
  }

  /// What a watch stream is told.
  enum WatchNews: Sendable {
    case created(id: Int64, EtcdHeader?)
    case refused(EtcdError, EtcdHeader?)
    case canceled(id: Int64, EtcdError?, compactRevision: Int64, EtcdHeader?)
    case events(WatchResponse, EtcdHeader?)
  }

  /// One question of a client, answered once; the client may give it up before.
  final class Ticket: Sendable {
    private enum State {
      case waiting
      /// Nobody sleeps for it: this is called.
      case calling(@Sendable (Result<Answer, EtcdError>) -> Void)
      case asked(UnsafeContinuation<Result<Answer, EtcdError>, Never>)
      case resolved(Result<Answer, EtcdError>)
      case over
    }
    private let state: Mutex<State>

    init() { state = Mutex(.waiting) }

    /// Has `reply` called with the answer, on the thread that has it.
    init(_ reply: @escaping @Sendable (Result<Answer, EtcdError>) -> Void) {
      state = Mutex(.calling(reply))
    }

    /// Whether somebody still waits for the answer.
    var isOpen: Bool {
      state.withLock {
        switch $0 {
        case .waiting, .asked, .calling: true
        case .resolved, .over: false
        }
      }
    }

    func resolve(_ result: Result<Answer, EtcdError>) {
      enum Waiter {
        case sleeper(UnsafeContinuation<Result<Answer, EtcdError>, Never>)
        case call(@Sendable (Result<Answer, EtcdError>) -> Void)
      }
      let waiter: Waiter? = state.withLock { state in
        switch state {
        case .waiting: state = .resolved(result)
        case .asked(let continuation):
          state = .over
          return .sleeper(continuation)
        case .calling(let reply):
          state = .over
          return .call(reply)
        case .resolved, .over: break
        }
        return nil
      }
      switch waiter {
      case .sleeper(let continuation): continuation.resume(returning: result)
      case .call(let reply): reply(result)
      case nil: break
      }
    }

    /// Waits for the answer.
    func value() async -> Result<Answer, EtcdError> {
      await withUnsafeContinuation { continuation in
        let result: Result<Answer, EtcdError>? = state.withLock { state in
          if case .resolved(let result) = state {
            state = .over
            return result
          }
          state = .asked(continuation)
          return nil
        }
        if let result { continuation.resume(returning: result) }
      }
    }
  }

  /// What the network side asks of the main loop.
  enum Post: Sendable {
    /// For the member of this number.
    case request(member: Int, Question, requiresLeader: Bool, Ticket)
    /// A client opens a watch stream.
    case openStream(UInt64, member: Int, WatchSink)
    case watch(stream: UInt64, WatchOrder)
    case closeStream(UInt64)
  }

  /// A request, or its bytes for the main loop to read: the thread of the network has more to do
  /// than that one, and what the world keeps of a request is then of the world's own memory.
  enum Question: Sendable {
    case read(EtcdRequest)
    case unread([UInt8], QuickCall)

    var request: EtcdRequest {
      get throws(EtcdError) {
        switch self {
        case .read(let request): request
        case .unread(let bytes, let call): try call.decode(bytes)
        }
      }
    }
  }

  enum WatchOrder: Sendable {
    /// ID 0 leaves the choice to the server.
    case create(id: Int64, WatchRequest, requiresLeader: Bool)
    case cancel(id: Int64)
    case progress
    /// A message that asks for nothing.
    case nothing
  }

  /// The one place where threads of the network and the main loop meet: posts wait here until the
  /// loop takes them, and the loop sleeps here until one comes.
  public final class Mailbox: Sendable {
    private struct Contents {
      var posts: [Post] = []
      var isClosed = false
      var streams: UInt64 = 0
      var ring: (@Sendable () -> Void)?
    }
    private let contents = Mutex(Contents())
    private let bell = DispatchSemaphore(value: 0)

    /// More than so many posts that wait are refused, as a member refuses what it can't keep up with.
    static let capacity = 100_000

    public init() {}

    /// Has `ring` called, on some thread, whenever something comes: for a loop that sleeps elsewhere.
    public func onPost(_ ring: @escaping @Sendable () -> Void) {
      contents.withLock { $0.ring = ring }
    }

    /// False where the mailbox is full or closed; nothing is kept then.
    @discardableResult
    func post(_ post: Post) -> Bool { self.post([post]) == 1 }

    /// How many of the posts there was room for: none in a closed mailbox.
    func post(_ posts: [Post]) -> Int {
      let (taken, mustRing, ring) = contents.withLock { contents in
        let isEmpty = contents.posts.isEmpty
        let room = contents.isClosed ? 0 : max(0, Self.capacity - contents.posts.count)
        contents.posts += posts.prefix(room)
        return (min(room, posts.count), isEmpty && !contents.posts.isEmpty, contents.ring)
      }
      if mustRing {
        bell.signal()
        ring?()
      }
      return taken
    }

    /// A number for a new watch stream.
    func nextStream() -> UInt64 {
      contents.withLock {
        $0.streams += 1
        return $0.streams
      }
    }

    /// What waits, in order, up to a limit.
    func take(atMost limit: Int = .max) -> [Post] {
      contents.withLock { contents in
        if contents.posts.count > limit {
          defer { contents.posts.removeFirst(limit) }
          return Array(contents.posts.prefix(limit))
        }
        var posts: [Post] = []
        swap(&posts, &contents.posts)
        return posts
      }
    }

    var isEmpty: Bool { contents.withLock { $0.posts.isEmpty } }

    /// Refuses everything from now on.
    func close() { contents.withLock { $0.isClosed = true } }

    /// Sleeps until something comes, `wake` is called, or the time is over.
    func wait(microseconds: Int) {
      _ = bell.wait(timeout: .now() + .microseconds(microseconds))
    }

    /// Ends a `wait`, from any thread.
    public func wake() { bell.signal() }
  }

  /// The way news go to a watch stream: in order, up to a limit at which the stream is given up.
  struct WatchSink: Sendable {
    let continuation: AsyncStream<Result<WatchNews, EtcdError>>.Continuation

    /// More news than this that a client has not read end its stream; it comes again and asks from
    /// where it was.
    static let capacity = 10_000

    static func make() -> (AsyncStream<Result<WatchNews, EtcdError>>, WatchSink) {
      let (stream, continuation) = AsyncStream<Result<WatchNews, EtcdError>>.makeStream(
        bufferingPolicy: .bufferingOldest(capacity))
      return (stream, WatchSink(continuation: continuation))
    }

    /// False where the client does not keep up: the stream is to be closed.
    func send(_ news: WatchNews) -> Bool {
      if case .enqueued = continuation.yield(.success(news)) { return true }
      return false
    }

    func fail(_ error: EtcdError) {
      continuation.yield(.failure(error))
      continuation.finish()
    }
  }
#endif
