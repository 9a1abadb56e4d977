import Basics

/// Something a component waits for: a timer it armed, or a time it only keeps in mind, as the
/// grace it gives each node between two looks at all of them.
public struct Deadline: Sendable {
  /// What kind of wait it is; what repeats without end folds by it.
  public enum Topic: UInt8, Sendable, CaseIterable {
    case heartbeat, lease, election, grace, toleration, taint, backoff, requeue, work, scheduling
    case probe, container, image, volume, token, sync, status, relist, timeout, rateLimit, poll
    case compaction, retry, start, raft, api, watch, etcd, runtime, cloud, disk, connection

    /// The word for a column.
    public var name: String { "\(self)" }
  }

  public var topic: Topic
  /// On the monotonic clock of the host that the component runs on.
  public var due: Tick
  public var subject: ObjectReference?
  /// What happens then, in the field's words.
  public let words: String
  /// It comes round again and again while all is well: heartbeats, periodic looks.
  public var isRoutine: Bool
  /// The record that made the component wait; none where that was not kept.
  public var cause = TraceID.none
  /// How many of its topic it stands for, as the soonest of them.
  public fileprivate(set) var count = 1

  public init(
    _ topic: Topic, due: Tick = .zero, _ subject: ObjectReference?, _ words: String,
    isRoutine: Bool = false
  ) {
    self.topic = topic
    self.due = due
    self.subject = subject
    self.words = words
    self.isRoutine = isRoutine
  }

  public init(_ topic: Topic, due: Tick = .zero, _ words: String, isRoutine: Bool = false) {
    self.init(topic, due: due, nil, words, isRoutine: isRoutine)
  }
}

/// The times that a process keeps in mind. Folding, what is routine is only the soonest of its topic,
/// with a count: a controller that counts for thousands of nodes makes one `Deadline` of them.
public struct DeadlineList: Sendable {
  public private(set) var items: [Deadline] = []
  private let isFolding: Bool
  /// Where the routine of a topic is among the items.
  private var places: [Int?]

  public init(folding: Bool) {
    isFolding = folding
    places = folding ? Array(repeating: nil, count: Deadline.Topic.allCases.count) : []
  }

  public mutating func add(_ deadline: Deadline) {
    add(deadline.topic, due: deadline.due, isRoutine: deadline.isRoutine) { deadline }
  }

  /// Adds what `make` makes, which is not called for what folds away.
  public mutating func add(
    _ topic: Deadline.Topic, due: Tick, isRoutine: Bool, _ make: () -> Deadline
  ) {
    guard isFolding && isRoutine else { return items.append(make()) }
    guard let place = places[Int(topic.rawValue)] else {
      places[Int(topic.rawValue)] = items.count
      return items.append(make())
    }
    let count = items[place].count + 1
    if due < items[place].due { items[place] = make() }
    items[place].count = count
  }
}

extension Span {
  /// `50s`, `2.5s`, `300ms`, `4m10s`: for words about waits.
  public var brief: String {
    let total = abs(microseconds)
    let sign = microseconds < 0 ? "-" : ""
    if total < 1_000 { return "\(sign)\(total)us" }
    if total < 1_000_000 { return "\(sign)\(total / 1_000)ms" }
    let seconds = total / 1_000_000
    let tenths = total % 1_000_000 / 100_000
    if seconds < 60 { return tenths == 0 ? "\(sign)\(seconds)s" : "\(sign)\(seconds).\(tenths)s" }
    let minutes = seconds / 60
    if minutes < 60 { return "\(sign)\(minutes)m\(seconds % 60)s" }
    return "\(sign)\(minutes / 60)h\(minutes % 60)m"
  }
}

extension Tick {
  /// Hours, minutes and seconds since power-on, to a tenth: `0:06:26.1`.
  public var clock: String {
    func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let tenths = microseconds / 100_000
    let seconds = tenths / 10
    return "\(seconds / 3600):\(two(seconds / 60 % 60)):\(two(seconds % 60)).\(tenths % 10)"
  }
}
