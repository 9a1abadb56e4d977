import Basics
import Engine
import KubeAPI
import Manifests

/// One run of `kubectl`: arguments in, requests out, answers in, text out.
///
/// It does no I/O on the cluster itself: its owner sends what `takeRequests` hands out and gives
/// the answers back, so that a command can be under way while the world goes on.
public struct KubectlInvocation: Sendable {
  /// A request to be sent, and the number its answer comes back under.
  public struct Outgoing: Sendable {
    public let token: Int
    public let request: APIRequest
    /// How long to wait before it is sent.
    public let delay: Span
  }

  /// Something printed on one side.
  public struct Piece: Sendable, Hashable {
    public internal(set) var text: String
    public let isError: Bool
  }

  /// What was typed, without `kubectl`.
  public let arguments: [String]
  public private(set) var output = ""
  public private(set) var errorOutput = ""
  /// What was printed on either side, in the order in which a terminal shows it.
  public private(set) var pieces: [Piece] = []
  /// All that was printed, as a terminal shows it.
  public var transcript: String { pieces.map(\.text).joined() }
  /// Nil while answers are awaited.
  public private(set) var exitCode: Int32?
  public var isFinished: Bool { exitCode != nil }

  private var verb: (any KubectlVerb)?
  /// Whether it only looks: nothing that it asks changes an object.
  public var isReading: Bool { verb.map { type(of: $0).isReading } ?? true }
  private var outgoing: [Outgoing] = []
  private var open = LookupTable<Int, KubectlRequest>()
  /// Requests that wait for the answer to the one before them, which is `turn`.
  private var queue: [KubectlRequest] = []
  private var turn: Int?
  /// The watch that it goes on with.
  private var watch: Int?
  /// The number under which its owner has sent that watch.
  public var watchNumber: UInt64?
  private var nextToken = 0
  private var hasBegun = false
  private var hasFailed = false

  /// The command as typed, with or without the leading `kubectl`, split as a shell would.
  ///
  /// - Parameter canFollow: whether its owner tells it what changes, as `get --watch` wants; it
  ///   goes on until its owner forgets it.
  public init(line: String, canFollow: Bool = false) {
    self.init(ShellWords.split(line), canFollow: canFollow)
  }

  public init(_ arguments: [String], canFollow: Bool = false) {
    let words = arguments.first == "kubectl" ? Array(arguments.dropFirst()) : arguments
    self.arguments = words
    do throws(KubectlProblem) {
      verb = try Self.parse(words, canFollow: canFollow)
    } catch {
      take(Piece(text: error.message + "\n", isError: true))
      exitCode = 1
    }
  }

  /// `kubectl apply` of manifests that were read already.
  public static func apply(_ manifests: [ManifestDocument]) -> KubectlInvocation {
    var invocation = KubectlInvocation(arguments: ["apply", "-f", "(inline)"])
    invocation.verb = ApplyVerb(documents: manifests, namespace: nil)
    return invocation
  }

  private init(arguments: [String]) { self.arguments = arguments }

  /// The requests to send now; the first time it is asked it begins.
  ///
  /// - Parameter seed: the world's, for the names that kubectl draws.
  public mutating func takeRequests(seed: UInt64) -> [Outgoing] {
    if !hasBegun, !isFinished {
      hasBegun = true
      advance(.begin(seed))
    }
    defer { outgoing = [] }
    return outgoing
  }

  /// The answer to one of them. `now` is the user's wall clock.
  public mutating func receive(_ token: Int, _ response: APIResponse, now: Timestamp) {
    guard let request = open.removeValue(forKey: token) else { return }
    if turn == token { turn = nil }
    advance(.answer(request, response, now))
  }

  /// Whether it goes on for as long as its watch does.
  public var isFollowing: Bool { !isFinished && watch != nil }

  /// What its watch brought; kubectl ends with the watch, and says nothing of it unless the watch
  /// was refused.
  public mutating func follow(_ news: WatchNews, now: Timestamp) {
    guard var verb, let watch else { return }
    var io = KubectlIO()
    verb.follow(news.events, now: now, &io)
    if news.isOver {
      open.removeValue(forKey: watch)
      self.watch = nil
      if let status = news.status, !status.isTransport { io.fail(status) }
      exitCode = io.hasFailed || hasFailed ? 1 : 0
    }
    self.verb = verb
    for piece in io.pieces { take(piece) }
  }

  private mutating func take(_ piece: Piece) {
    pieces.append(piece)
    if piece.isError { errorOutput += piece.text } else { output += piece.text }
  }

  private mutating func emit(_ request: KubectlRequest) {
    open[nextToken] = request
    if request.request.verb == .watch { watch = nextToken }
    outgoing.append(Outgoing(token: nextToken, request: request.request, delay: request.delay))
    nextToken += 1
  }

  private enum Progress {
    case begin(UInt64)
    case answer(KubectlRequest, APIResponse, Timestamp)
  }

  private mutating func advance(_ progress: Progress) {
    guard var verb else { return }
    var io = KubectlIO()
    switch progress {
    case .begin(let seed):
      io.seed = seed
      verb.begin(&io)
    case .answer(let request, let response, let now):
      verb.receive(request, response, now: now, &io)
    }
    self.verb = verb
    for piece in io.pieces { take(piece) }
    hasFailed = hasFailed || io.hasFailed
    for request in io.requests {
      if request.isInTurn { queue.append(request) } else { emit(request) }
    }
    if turn == nil, !queue.isEmpty {
      turn = nextToken
      emit(queue.removeFirst())
    }
    if open.isEmpty, exitCode == nil { exitCode = hasFailed ? 1 : 0 }
  }
}

/// A request of a verb, and what the verb wants to remember with it.
struct KubectlRequest: Sendable {
  var request: APIRequest
  var tag: Int = 0
  var delay = Span.zero

  /// kubectl goes from one object to the next. Only what waits for its time does not hold up the
  /// others, nor evictions, each of which has a thread of its own.
  var isInTurn: Bool { delay == .zero && request.subresource != .eviction }
}

/// What a verb says and asks in one step.
struct KubectlIO {
  fileprivate(set) var pieces: [KubectlInvocation.Piece] = []
  var requests: [KubectlRequest] = []
  var hasFailed = false
  /// The world's, while the verb begins.
  fileprivate(set) var seed: UInt64 = 0

  mutating func print(_ line: String) { write(line + "\n") }

  /// On standard output, as it stands.
  mutating func write(_ text: String) { add(text, isError: false) }

  /// A line on standard error that is no failure.
  mutating func warn(_ line: String) { add(line + "\n", isError: true) }

  mutating func fail(_ line: String) {
    warn(line)
    hasFailed = true
  }

  private mutating func add(_ text: String, isError: Bool) {
    if let last = pieces.indices.last, pieces[last].isError == isError {
      pieces[last].text += text
    } else {
      pieces.append(KubectlInvocation.Piece(text: text, isError: isError))
    }
  }

  /// A refusal in kubectl's words.
  mutating func fail(_ status: APIStatus) { fail(Self.text(status)) }

  /// What went wrong with one object of several.
  enum Failure {
    /// In kubectl's own words, without `error: `.
    case words(String)
    case status(APIStatus)
  }

  /// Says what went wrong with several objects: one error alone is called one, more stand in lines
  /// (`cmdutil.CheckErr` of an aggregate).
  mutating func failAll(_ failures: [Failure]) {
    for failure in failures {
      switch failure {
      case .words(let text): fail(failures.count == 1 ? "error: " + text : text)
      case .status(let status): fail(status)
      }
    }
  }

  mutating func send(_ request: APIRequest, tag: Int = 0, after delay: Span = .zero) {
    requests.append(KubectlRequest(request: request, tag: tag, delay: delay))
  }

  /// `Error from server (NotFound): pods "x" not found`, as `cmdutil.CheckErr` prints it.
  static func text(_ status: APIStatus) -> String {
    if status.code == 0 {
      return "Unable to connect to the server: " + status.message
    }
    if status.reason == .unknown { return "Error from server: " + status.message }
    if status.reason == .invalid {
      return invalidText(status)
    }
    return "Error from server (\(status.reason.rawValue)): " + status.message
  }

  private static func invalidText(_ status: APIStatus) -> String {
    let isNamed = !status.kind.isEmpty || !status.name.isEmpty
    let what =
      isNamed ? "The \(status.kind) \"\(status.name)\" is invalid" : "The request is invalid"
    // With causes, the message would only say them once more.
    guard status.causes.isEmpty else { return what + ": " + invalidDetail(status) }
    return isNamed || status.message.isEmpty ? what : what + ": " + status.message
  }

  private static func invalidDetail(_ status: APIStatus) -> String {
    if status.causes.count == 1 { return status.causes[0].field + ": " + status.causes[0].message }
    return status.causes.map { "\n* " + $0.field + ": " + $0.message }.joined()
  }
}

/// One of kubectl's verbs: a small state machine over requests and answers.
protocol KubectlVerb: Sendable {
  /// Whether it only looks.
  static var isReading: Bool { get }
  mutating func begin(_ io: inout KubectlIO)
  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO)
  /// What a watch of its brought.
  mutating func follow(_ events: [WatchEvent], now: Timestamp, _ io: inout KubectlIO)
}

extension KubectlVerb {
  static var isReading: Bool { false }
  mutating func follow(_ events: [WatchEvent], now: Timestamp, _ io: inout KubectlIO) {}
}

/// What is wrong with the arguments, in kubectl's words.
struct KubectlProblem: Error {
  let message: String

  /// A wrong use of a command, with where to read of it (`cmdutil.UsageErrorf`).
  static func usage(_ command: String, _ message: String) -> KubectlProblem {
    KubectlProblem(
      message: "error: \(message)\nSee 'kubectl \(command) -h' for help and examples")
  }
}
