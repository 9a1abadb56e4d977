import Engine
import TerminalCore
import Widgets

/// What was decided, written and noticed, newest at the bottom.
struct ActionsPane {
  let actions: [ActionRow]
  let folded: Int

  var subtitle: [Span] { [Span("\(folded) heartbeats, leases and events folded away")] }

  static func columns(width: Int) -> [Column] {
    [
      Column("TIME", width: 11, alignment: .right, priority: 8),
      Column("WHERE", width: 9, priority: 3),
      Column("WHAT HAPPENED", width: width < 78 ? 30 : 64, weight: 1, priority: 9),
      Column("REVISION", width: 10, alignment: .right, priority: 1),
    ]
  }

  func cell(_ row: Int, _ column: Int, _ theme: Theme) -> TableCell {
    let action = actions[row].action
    switch column {
    case 0: return .text(preciseClockText(action.at), theme[.dim])
    case 1:
      let host = action.who.firstIndex(of: "@").map { action.who[action.who.index(after: $0)...] }
      return .text(host.map(String.init) ?? action.who, theme[.dim])
    case 2:
      let more = actions[row].more
      let text = ActionText(action).text
      return .text(more == 0 ? text : "\(text) (and \(more) more)", theme[action.note.role])
    default: return .text(ActionText(action).tail, theme[.dim])
    }
  }
}
