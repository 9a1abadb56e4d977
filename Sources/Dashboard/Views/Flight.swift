import Basics
import Engine
import TerminalCore

/// A message between two processes on its way, as a map draws it.
struct Flight {
  enum Kind: Sendable { case raft, etcd, api, watch, cri, cloud, probe }

  let kind: Kind
  let from: ProcessID
  let to: ProcessID
  /// Thousandths of the way.
  let progress: Int
  let words: String

  /// The messages that arrive soon, the soonest first. What takes longer than this waits at a slow
  /// link and is drawn when it is nearly there.
  static func all(in world: World, limit: Int) -> [Flight] {
    let horizon = world.now + .milliseconds(500)
    return world.messagesInFlight(limit: limit, through: horizon).compactMap { item in
      guard let from = item.from else { return nil }
      let kind = Kind(
        item, from: world.processes[from].role, to: world.processes[item.process].role)
      return Flight(
        kind: kind, from: from, to: item.process, progress: progress(of: item, at: world.now),
        words: item.words)
    }
  }

  private static func progress(of item: PendingItem, at now: Tick) -> Int {
    // A message without a time of its own is drawn half way.
    guard let sent = item.sentAt, item.due > sent, now >= sent else { return 500 }
    return Int((now - sent).microseconds * 1000 / (item.due - sent).microseconds)
  }
}

extension Flight.Kind {
  /// By who talks to whom; a topic only tells watches from other API traffic.
  init(_ item: PendingItem, from: Process.Role, to: Process.Role) {
    switch (from, to) {
    case (.etcd, .etcd): self = .raft
    case (.etcd, _), (_, .etcd): self = .etcd
    case (.cloud, _), (_, .cloud): self = .cloud
    case (.containerRuntime, _), (_, .containerRuntime): self = .cri
    case (.loadBalancer, _), (_, .loadBalancer): self = .probe
    // What a server sends of its own accord are events.
    case (.apiServer, _) where item.topic == .watch || item.topic == .heartbeat: self = .watch
    default: self = .api
    }
  }

  var role: Role {
    switch self {
    case .raft: .accent1
    case .etcd: .accent4
    case .api: .accent2
    case .watch: .accent3
    case .cri: .accent5
    case .cloud: .accent6
    case .probe: .dim
    }
  }

  /// A shape for each kind, for eyes and terminals without colours.
  func glyph(_ glyphs: Glyphs) -> String {
    let isAscii = glyphs.alphabet == .ascii
    return switch self {
    case .raft: isAscii ? "r" : "●"
    case .etcd: isAscii ? "e" : "◉"
    case .api: isAscii ? "a" : "◆"
    case .watch: isAscii ? "w" : "▲"
    case .cri: isAscii ? "c" : "■"
    case .cloud: isAscii ? "p" : "○"
    case .probe: isAscii ? "." : "·"
    }
  }
}
