import Basics

/// An event (`v1`): something a component wants people to know.
public struct Event: Sendable, Equatable {
  public var resourceVersion: Int64 = 0
  @Shared public var metadata: ObjectMeta
  @Shared public var involvedObject: TargetReference
  /// All the rest: thirteen fields in one box, or every object of any kind would be as large as an
  /// event.
  @Shared var content: Content

  public init() {
    metadata = ObjectMeta()
    involvedObject = TargetReference()
    content = Content()
  }

  public init(metadata: ObjectMeta, about object: TargetReference, _ content: Content) {
    self.metadata = metadata
    involvedObject = object
    self.content = content
  }

  /// Who says it: the same of all events of one recorder, which share it.
  public struct Reporter: Sendable, Equatable {
    public var sourceComponent: String = ""
    public var sourceHost: String = ""
    public var reportingComponent: String = ""
    public var reportingInstance: String = ""
    public init() {}
  }

  /// How often an event of the newer API (`events.k8s.io/v1`) was observed, and when last.
  public struct Series: Sendable, Equatable {
    public var count: Int32
    public var lastObservedTime: Timestamp?
    public init(count: Int32, lastObservedTime: Timestamp?) {
      self.count = count
      self.lastObservedTime = lastObservedTime
    }
  }

  public struct Content: Sendable, Equatable {
    @Shared public var reporter: Reporter
    public var reason: String = ""
    public var message: String = ""
    @PackedTime public var firstTimestamp: Timestamp?
    @PackedTime public var lastTimestamp: Timestamp?
    public var count: Int32 = 0
    var seriesCount: Int32 = 0
    @PackedTime var lastObservedTime: Timestamp?
    public var type: String = ""
    @PackedTime public var eventTime: Timestamp?
    public var action: String = ""
    public var carried: Carried = Carried()
    public init(_ reporter: Shared<Reporter> = Shared(wrappedValue: Reporter())) {
      _reporter = reporter
    }
  }
}

extension Event {
  public var reason: String {
    _read { yield content.reason }
    _modify { yield &content.reason }
  }
  public var message: String {
    _read { yield content.message }
    _modify { yield &content.message }
  }
  /// `source.component` and `source.host`.
  public var sourceComponent: String {
    _read { yield content.reporter.sourceComponent }
    _modify { yield &content.reporter.sourceComponent }
  }
  public var sourceHost: String {
    _read { yield content.reporter.sourceHost }
    _modify { yield &content.reporter.sourceHost }
  }
  public var firstTimestamp: Timestamp? {
    _read { yield content.firstTimestamp }
    _modify { yield &content.firstTimestamp }
  }
  public var lastTimestamp: Timestamp? {
    _read { yield content.lastTimestamp }
    _modify { yield &content.lastTimestamp }
  }
  public var count: Int32 {
    _read { yield content.count }
    _modify { yield &content.count }
  }
  /// `Normal` or `Warning`.
  public var type: String {
    _read { yield content.type }
    _modify { yield &content.type }
  }
  public var eventTime: Timestamp? {
    _read { yield content.eventTime }
    _modify { yield &content.eventTime }
  }
  /// Nil for one that was observed once, and for all of the older API, which have a `count`.
  public var series: Series? {
    get {
      guard content.seriesCount != 0 || content.lastObservedTime != nil else { return nil }
      return Series(count: content.seriesCount, lastObservedTime: content.lastObservedTime)
    }
    set {
      content.seriesCount = newValue?.count ?? 0
      content.lastObservedTime = newValue?.lastObservedTime
    }
  }
  public var action: String {
    _read { yield content.action }
    _modify { yield &content.action }
  }
  public var reportingComponent: String {
    _read { yield content.reporter.reportingComponent }
    _modify { yield &content.reporter.reportingComponent }
  }
  public var reportingInstance: String {
    _read { yield content.reporter.reportingInstance }
    _modify { yield &content.reporter.reportingInstance }
  }
  public var carried: Carried {
    _read { yield content.carried }
    _modify { yield &content.carried }
  }
}

extension Event {
  /// How often it was observed, by either API.
  public var occurrences: Int32 { series?.count ?? max(1, count) }
  /// When it was observed first, by either API.
  public var firstSeen: Timestamp? { firstTimestamp ?? eventTime }
  /// When it was observed last, by either API.
  public var lastSeen: Timestamp? { series?.lastObservedTime ?? lastTimestamp ?? firstSeen }
  /// Who says it: the source of the older API, or the reporter of the newer.
  public var component: String {
    sourceComponent.isEmpty ? reportingComponent : sourceComponent
  }
}

extension Event {
  /// Takes the storage of `old` for what is the same in it: a repeat differs by a count and a time.
  public mutating func share(with old: Event) {
    if metadata == old.metadata { $metadata = old.$metadata }
    if involvedObject == old.involvedObject { $involvedObject = old.$involvedObject }
    if content.reporter == old.content.reporter {
      content.$reporter = old.content.$reporter
    }
    if content.message == old.content.message { content.message = old.content.message }
  }
}

extension Event: Resource {
  public static var kind: ResourceKind { .event }
  public static func extract(_ body: APIObject.Body) -> Event? {
    guard case .event(let object) = body else { return nil }
    return object
  }
  public var body: APIObject.Body { .event(self) }
}
