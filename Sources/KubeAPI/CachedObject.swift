import Basics

/// What a holder of copies knows of one object.
public struct CachedObject: Sendable {
  /// Nil where it knows no such object.
  public let object: APIObject?
  /// Up to which revision it has seen the kind.
  public let seenRevision: Int64
  /// When it heard anything of the kind last, on its host's monotonic clock.
  public let lastHeard: Tick

  public init(object: APIObject?, seenRevision: Int64, lastHeard: Tick) {
    self.object = object
    self.seenRevision = seenRevision
    self.lastHeard = lastHeard
  }
}
