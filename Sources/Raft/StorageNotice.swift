import Basics

/// That a member's entries and snapshot are on its own disk: what a `storageAppendResp` says, and
/// in the synchronous mode `advance()`, which needs no message for it.
struct StableNotice: Sendable {
  /// The term in which the write was asked for; 0 marks none.
  let term: UInt64
  /// The last of the entries; nil where there were none.
  let last: EntryID?
  let snapshot: Snapshot?
}

extension StableNotice {
  init(_ message: Message) {
    term = message.term
    last = message.index == 0 ? nil : EntryID(term: message.logTerm, index: message.index)
    snapshot = message.snapshot
  }
}

/// That committed entries are applied: what a `storageApplyResp` says.
struct AppliedNotice: Sendable {
  /// The last of them.
  let index: UInt64
  /// Their encoded bytes.
  let size: UInt64
  /// The bytes of their payloads.
  let payload: UInt64
}

extension AppliedNotice {
  /// Nil where nothing was applied.
  init?(_ message: Message) {
    guard let last = message.entries.last else { return nil }
    index = last.index
    size = message.entries.encodedSize
    payload = message.entries.payloadSize
  }
}

extension StableNotice: Digestible {
  func digest(into digest: inout Digest) {
    for word in [term, last?.term ?? 0, last?.index ?? 0] { digest.combine(word) }
    snapshot?.digest(into: &digest)
  }
}

extension AppliedNotice: Digestible {
  func digest(into digest: inout Digest) {
    for word in [index, size, payload] { digest.combine(word) }
  }
}
