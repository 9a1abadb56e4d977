import Basics
import MVCC
import Raft

/// One etcd member: Raft, a write-ahead log, the store, watches and leases behind one door.
///
/// The member does no I/O: it is told what happened (`EtcdEvent`) and says what it wants done
/// (`EtcdEffect`). Its owner carries messages and keeps the disk, delivers each `tick` when the
/// timer armed last is due, and after a crash makes the member anew with `crash()` and a `start`
/// that holds what the disk kept.
public struct EtcdMember: Sendable {
  public let config: EtcdConfig
  /// The running process; nil before `start` and after a crash.
  ///
  /// In a box: its hundreds of words stay where they are while one is read or a step is taken.
  var running: Shared<EtcdServer>?

  public init(config: EtcdConfig) { self.config = config }

  public var id: UInt64 { config.id }
  public var isRunning: Bool { running != nil }

  /// The process is gone with everything that was not on disk.
  public mutating func crash() { running = nil }

  /// Takes one event. All but `start` are ignored while the process is not running.
  public mutating func step(
    _ event: EtcdEvent, now: Tick, into effects: inout [EtcdEffect]
  ) {
    if case .start(let disk) = event {
      precondition(running == nil, "member \(id) is started twice")
      // A torn tail is cut off; bits that rotted within are refused (storage/wal, ReadAll).
      if disk.corruptRecord != nil {
        effects.append(.exit("failed to read WAL, cannot be repaired: walpb: crc mismatch"))
        return
      }
      do throws(RaftError) {
        running = Shared(
          wrappedValue: try EtcdServer(config: config, disk: disk, now: now))
        running?.wrappedValue.boot(now, &effects)
      } catch {
        effects.append(.exit(error.description))
      }
      return
    }
    running?.wrappedValue.step(event, now, &effects)
    if running?.wrappedValue.hasEnded ?? false { running = nil }
  }

  /// The same in a cluster whose members share the revisions they write.
  public mutating func step(
    _ event: EtcdEvent, now: Tick, sharing recent: inout RecentRevisions,
    into effects: inout [EtcdEffect]
  ) {
    guard running != nil else { return step(event, now: now, into: &effects) }
    running?.wrappedValue.state.store.exchange(&recent)
    step(event, now: now, into: &effects)
    running?.wrappedValue.state.store.exchange(&recent)
  }

  /// Replaces what this member has applied by what another had. No working member does so: for
  /// tests that plant a bug.
  public mutating func takeStore(of other: EtcdMember) {
    if let store = other.running?.wrappedValue.state.store {
      running?.wrappedValue.state.store = store
    }
  }

  /// Makes one value on this member, in memory and on disk, another than the cluster wrote; answers
  /// with its key. For faults: no working member does so.
  public mutating func corruptValue() -> Key? { running?.wrappedValue.corruptValue() }

  /// Traps where the member contradicts itself. Walks the store: for tests.
  public func checkInvariants() { running?.wrappedValue.checkInvariants() }
}

extension EtcdMember: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(config.id)
    digest.combine(running != nil)
    running?.wrappedValue.digest(into: &digest)
  }
}
