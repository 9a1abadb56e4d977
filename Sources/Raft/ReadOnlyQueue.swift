import Basics

/// The reads a leader has not yet confirmed, oldest first.
///
/// Reads are numbered from 1 in the leader's term. A heartbeat carries the number of the newest, so
/// that one round of answers confirms all of them.
struct ReadOnlyQueue: Sendable {
  struct Request: Sendable {
    var message: Message
    /// The commit index when the request came.
    var index: UInt64
  }

  let option: ReadOnlyOption
  private var unconfirmed: [Request] = []
  private var confirmedCount: UInt64 = 0
  private var acks: [(id: UInt64, position: UInt64)] = []

  init(option: ReadOnlyOption) { self.option = option }

  mutating func add(_ message: Message, commit: UInt64) {
    unconfirmed.append(Request(message: message, index: commit))
  }

  /// What a heartbeat sent now confirms.
  var heartbeatContext: MessageContext {
    unconfirmed.isEmpty ? .none : .readPosition(confirmedCount + UInt64(unconfirmed.count))
  }

  mutating func receiveAck(from id: UInt64, _ context: MessageContext) {
    guard case .readPosition(let position) = context else { return }
    if let known = acks.firstIndex(where: { $0.id == id }) {
      acks[known].position = max(acks[known].position, position)
    } else {
      acks.append((id, position))
    }
  }

  /// Takes out the reads that a majority's answers confirm.
  mutating func takeConfirmed(_ voters: JointConfig) -> [Request] {
    let confirmed = voters.committedIndex { id in acks.first { $0.id == id }?.position }
    guard confirmed > confirmedCount, confirmed != .max else { return [] }
    let count = min(Int(confirmed - confirmedCount), unconfirmed.count)
    let result = Array(unconfirmed.prefix(count))
    unconfirmed.removeFirst(count)
    confirmedCount += UInt64(count)
    return result
  }
}

extension ReadOnlyQueue: Digestible {
  func digest(into digest: inout Digest) {
    digest.combine(confirmedCount)
    digest.combine(unconfirmed.count)
    for request in unconfirmed {
      request.message.digest(into: &digest)
      digest.combine(request.index)
    }
    digest.combine(acks.count)
    for ack in acks {
      digest.combine(ack.id)
      digest.combine(ack.position)
    }
  }
}
