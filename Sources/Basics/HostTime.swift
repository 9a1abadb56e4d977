/// What a host's clocks read when a step is taken on it.
@frozen
public struct HostTime: Hashable, Sendable {
  /// The monotonic clock. It runs at the host's rate.
  public var monotonic: Tick
  /// The wall clock. It has the host's offset too.
  public var wall: Timestamp

  @inlinable public init(monotonic: Tick, wall: Timestamp) {
    self.monotonic = monotonic
    self.wall = wall
  }
}
