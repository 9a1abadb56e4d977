import Basics
import PersistentCollections

/// The number of a host.
public typealias HostID = Int

/// The links between hosts: latency, loss, and cuts, each per direction.
///
/// What travels is a reliable, ordered stream, as over TCP: a lost packet is sent again and shows
/// as delay; a cut or a dead host shows as silence, until somebody's time-out. Who refuses (a live
/// host without the process) is the engine's business.
public struct Network: Sendable {
  /// What is wrong with one direction of a link.
  public struct Fault: Sendable, Equatable {
    public var isCut = false
    public var delay = Span.zero
    /// Packets lost of a hundred.
    public var lossPercent: UInt64 = 0
    public init() {}
    public var isNone: Bool { self == Fault() }
  }

  private struct Direction: Hashable, Comparable, Sendable {
    var from: HostID
    var to: HostID
    static func < (a: Direction, b: Direction) -> Bool {
      (a.from, a.to) < (b.from, b.to)
    }
  }

  /// One way between two hosts in one rack, drawn evenly from this range.
  public var latency: (low: Span, high: Span) = (.microseconds(150), .microseconds(350))
  /// Within a host.
  public var loopback: (low: Span, high: Span) = (.microseconds(15), .microseconds(40))
  private var faults = PersistentMap<Direction, Fault>()
  private var isolated = PersistentMap<HostID, Bool>()
  /// Hosts that only reach those of the same island; 0 is the mainland.
  private var islands = PersistentMap<HostID, Int>()
  private var seed: UInt64

  /// Two networks of one seed treat a packet that is sent on the same link at the same moment alike,
  /// whatever else they carry.
  public init(seed: UInt64) { self.seed = seed }

  /// True while nothing is wrong with any link.
  public var isHealthy: Bool { faults.isEmpty && isolated.isEmpty && islands.isEmpty }

  public func fault(from: HostID, to: HostID) -> Fault {
    faults[Direction(from: from, to: to)] ?? Fault()
  }

  public mutating func setFault(_ fault: Fault, from: HostID, to: HostID) {
    faults[Direction(from: from, to: to)] = fault.isNone ? nil : fault
  }

  /// Cuts a host off from all others, or joins it again.
  public mutating func setIsolated(_ value: Bool, host: HostID) {
    isolated[host] = value ? true : nil
  }

  public func isIsolated(_ host: HostID) -> Bool { isolated[host] == true }

  /// Puts a host on an island: it reaches only hosts of the same number. 0 is where all begin.
  public mutating func setIsland(_ island: Int, host: HostID) {
    islands[host] = island == 0 ? nil : island
  }

  public func island(of host: HostID) -> Int { islands[host] ?? 0 }

  /// Every direction with a fault.
  public var faultyDirections: [(from: HostID, to: HostID, fault: Fault)] {
    faults.map { ($0.key.from, $0.key.to, $0.value) }
  }

  /// Whether packets go from one host to the other at all.
  public func isOpen(from: HostID, to: HostID) -> Bool {
    if from == to || isHealthy { return true }
    if isIsolated(from) || isIsolated(to) || island(of: from) != island(of: to) { return false }
    return !fault(from: from, to: to).isCut
  }

  /// How long a message takes, retransmissions included. Only for an open direction.
  public func transit(from: HostID, to: HostID, at now: Tick) -> Span {
    var draws = Draws(seed, UInt64(from) << 32 | UInt64(to), now.microseconds)
    if from == to { return draws.span(loopback.low, loopback.high) }
    var span = draws.span(latency.low, latency.high)
    guard !faults.isEmpty else { return span }
    let fault = fault(from: from, to: to)
    span = span + fault.delay
    if fault.lossPercent > 0 {
      var timeout = Self.firstRetransmission
      var tries = 0
      while tries < 15, draws.chance(Ratio(fault.lossPercent, 100)) {
        span = span + timeout
        timeout = min(timeout * 2, Self.lastRetransmission)
        tries += 1
      }
    }
    return span
  }

  /// Other delays from here on: to see what is owed to chance.
  public mutating func reseed(_ salt: UInt64) {
    var draws = Draws(seed, salt)
    seed = draws.next()
  }

  /// When a message first sent at `sentAt`, and in vain so far, is sent again after `now`: TCP
  /// retransmits after 200 ms, then twice as long each time, at most 120 s (Linux' TCP_RTO_MIN and
  /// TCP_RTO_MAX).
  public static func retransmission(sentAt: Tick, after now: Tick) -> Tick {
    var timeout = firstRetransmission
    var at = sentAt + timeout
    while at <= now {
      timeout = min(timeout * 2, lastRetransmission)
      at += timeout
    }
    return at
  }

  private static let firstRetransmission = Span.milliseconds(200)
  private static let lastRetransmission = Span.seconds(120)
}

extension Network: Digestible {
  public func digest(into digest: inout Digest) {
    for (from, to, fault) in faultyDirections {
      digest.combine(from)
      digest.combine(to)
      digest.combine(fault.isCut)
      digest.combine(Int(fault.delay.microseconds))
      digest.combine(fault.lossPercent)
    }
    for host in isolated.keys { digest.combine(host) }
    for (host, island) in islands {
      digest.combine(host)
      digest.combine(island)
    }
    digest.combine(seed)
  }
}
