import Basics
import Engine
import TerminalCore
import Widgets

/// etcd's members: who leads, and how far each has come.
struct EtcdPane {
  let members: [Observation.Member]
  let hasQuorum: Bool

  static let columns = [
    Column("MEMBER", width: 10, weight: 2, priority: 9),
    Column("ROLE", width: 9, weight: 1, priority: 8),
    Column("TERM", width: 4, alignment: .right, priority: 6),
    Column("INDEX", width: 6, alignment: .right, priority: 5),
    Column("REV", width: 6, alignment: .right, priority: 4),
    Column("FOLLOWS", width: 9, priority: 3),
    Column("COMMITTED", width: 9, alignment: .right, priority: 2),
    Column("DATA", width: 7, alignment: .right, priority: 1),
  ]

  func cell(_ row: Int, _ column: Int, _ theme: Theme) -> TableCell {
    let member = members[row]
    let isUp = member.state == .running
    let faint = theme[isUp ? .text : .dim]
    switch column {
    case 0:
      let (glyph, role) = Self.mark(member, theme.glyphs)
      return .spans([Span(glyph + " ", theme[role]), Span(member.name)])
    case 1:
      guard isUp else { return .text(member.state.word, theme[.error]) }
      if !member.isReachable { return .text("cut off", theme[.error]) }
      let role = Self.mark(member, theme.glyphs).1
      return .text(Self.word(member), theme[role])
    case 2...4 where !isUp: return .text("-", faint)
    case 2: return .text("\(member.term)", faint)
    case 3: return .text("\(member.lastIndex)", faint)
    case 4: return .text("\(member.revision)", faint)
    case 5:
      return .text(
        !isUp || member.role == .leader ? "-" : member.leader.isEmpty ? "nobody" : member.leader,
        theme[isUp && member.leader.isEmpty ? .error : .dim])
    case 6, 7:
      guard isUp else { return .text("-", faint) }
      if column == 7 { return .text(bytesText(Int64(member.dbSize)), theme[.dim]) }
      return .text("\(member.commit)", theme[.dim])
    default: return .text("")
    }
  }

  static func word(_ member: Observation.Member) -> String {
    switch member.role {
    case .leader: "leader"
    case .follower: member.leader.isEmpty ? "no leader" : "follower"
    case .candidate: "candidate"
    case .preCandidate: "pre-cand."
    }
  }

  static func mark(_ member: Observation.Member, _ glyphs: Glyphs) -> (String, Role) {
    guard member.state == .running, member.isReachable else { return (glyphs.error, .error) }
    switch member.role {
    case .leader: return (glyphs.leader, .leader)
    case .follower:
      return member.leader.isEmpty ? (glyphs.warn, .warn) : (glyphs.follower, .follower)
    case .candidate, .preCandidate: return (glyphs.candidate, .candidate)
    }
  }
}
