import Basics

/// What one step of a configuration change does to one member.
public enum ConfChangeType: UInt8, Sendable, Hashable {
  case addNode, removeNode, updateNode, addLearnerNode
}

/// One operation of a configuration change.
public struct ConfChangeSingle: Hashable, Sendable {
  public var type: ConfChangeType
  public var nodeID: UInt64

  public init(_ type: ConfChangeType, _ nodeID: UInt64) {
    self.type = type
    self.nodeID = nodeID
  }
}

/// How a change of several members passes through joint consensus (Raft thesis §4.3).
public enum ConfChangeTransition: UInt8, Sendable, Hashable {
  /// Simple where one operation suffices, else joint and left by the leader itself.
  case auto
  /// Joint, and left by the leader itself.
  case jointImplicit
  /// Joint, and left by a second, empty proposal.
  case jointExplicit
}

/// A configuration change, either in the single-operation form etcd proposes or in the general one.
public enum ConfChange: Sendable {
  /// One operation, with the id etcd uses to find who waits for it.
  case v1(id: UInt64 = 0, ConfChangeSingle, context: Blob? = nil)
  /// Any operations; none at all leaves a joint configuration.
  case v2([ConfChangeSingle], transition: ConfChangeTransition = .auto, context: Blob? = nil)

  /// The order to leave a joint configuration.
  public static let leaveJoint = ConfChange.v2([])

  public var changes: [ConfChangeSingle] {
    switch self {
    case .v1(_, let change, _): [change]
    case .v2(let changes, _, _): changes
    }
  }

  public var transition: ConfChangeTransition {
    if case .v2(_, let transition, _) = self { transition } else { .auto }
  }

  public var context: Blob? {
    switch self {
    case .v1(_, _, let context), .v2(_, _, let context): context
    }
  }

  public var entryType: EntryType {
    if case .v1 = self { .confChange } else { .confChangeV2 }
  }

  /// Whether it leaves a joint configuration.
  var leavesJoint: Bool { transition == .auto && changes.isEmpty }

  /// Whether it enters a joint configuration.
  ///
  /// More changes could do without than those of a single operation, but it would depend on the
  /// configuration they meet.
  var entersJoint: Bool { transition != .auto || changes.count > 1 }

  /// Whether the leader leaves the joint configuration it enters by itself.
  var leavesByItself: Bool { transition != .jointExplicit }
}

extension ConfChange {
  /// The operations in short, as `v1 l2 r3 u4`: voter, learner, remove, update.
  public static func text(_ changes: [ConfChangeSingle]) -> String {
    var parts: [String] = []
    for change in changes {
      let letter =
        switch change.type {
        case .addNode: "v"
        case .addLearnerNode: "l"
        case .removeNode: "r"
        case .updateNode: "u"
        }
      parts.append(letter + String(change.nodeID))
    }
    return parts.joined(separator: " ")
  }

  /// Reads `v1 l2 r3 u4`; nil where a word is not of that form.
  public static func changes(_ text: String) -> [ConfChangeSingle]? {
    var changes: [ConfChangeSingle] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      guard let id = UInt64(word.dropFirst()) else { return nil }
      switch word.first {
      case "v": changes.append(ConfChangeSingle(.addNode, id))
      case "l": changes.append(ConfChangeSingle(.addLearnerNode, id))
      case "r": changes.append(ConfChangeSingle(.removeNode, id))
      case "u": changes.append(ConfChangeSingle(.updateNode, id))
      default: return nil
      }
    }
    return changes
  }
}
