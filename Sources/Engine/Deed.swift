import Basics
import KubeAPI

/// Something that came from outside: what a person, a scenario or a door did to the world.
public struct Deed: Sendable {
  /// Its record in the trace, from which all that follows is caused.
  public let record: TraceID
  public let at: Tick
  public let input: Input
}

extension Deed {
  /// `FAULT worker-2 loses power`, `kubectl: create /api/v1/…`, for people.
  public func text(in world: World) -> String {
    switch input {
    case .fail(let fault): return "FAULT \(fault.text)"
    case .kill(let host, let process): return "FAULT \(process) on \(host) is killed"
    case .heal(let target): return "\(target.text) is healed"
    case .request(let request): return "kubectl: \(request.verb.rawValue) \(request.path)"
    default: return world.trace[record]?.record.note.message ?? "an input"
    }
  }

  /// Something wrong, and not a wish.
  public var isFault: Bool {
    switch input {
    case .fail, .kill, .hold, .drop: true
    default: false
    }
  }
}

extension World {
  /// The deed that made this record.
  public func deed(of record: TraceID) -> Deed? {
    guard record != .none else { return nil }
    var low = deeds.startIndex
    var high = deeds.endIndex
    while low < high {
      let middle = (low + high) >> 1
      if deeds[middle].record < record { low = middle + 1 } else { high = middle }
    }
    return low < deeds.endIndex && deeds[low].record == record ? deeds[low] : nil
  }

  /// When a fault was healed, or replaced by another of the same target; nil while it is in force.
  func end(of deed: Deed) -> Tick? {
    guard case .fail(let fault) = deed.input else { return deed.at }
    for index in deeds.indices where deeds[index].record > deed.record {
      switch deeds[index].input {
      case .heal(let target) where target == fault.target: return deeds[index].at
      case .healAll: return deeds[index].at
      case .fail(let other) where other.target == fault.target: return deeds[index].at
      default: break
      }
    }
    return nil
  }

  /// What was done to a member's disk that ends the member, not the write or the start at which it
  /// finds out; nil where its disk is as it should be.
  func diskDeed(_ member: Int) -> TraceID? {
    let host = hosts[processes[etcdProcesses[member]].host].name
    return deeds.last { deed in
      guard case .fail(let fault) = deed.input, fault.target == .disk(host), end(of: deed) == nil
      else { return false }
      return fault.effect == .full || fault.effect == .corruptLog
    }?.record
  }
}
