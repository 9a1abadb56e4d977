import Basics
import Engine
import KubeAPI
import TerminalCore
import Widgets

/// What will happen, when, and who waits for it: timers, messages under way, times that components
/// keep in mind.
struct NextScreen {
  let model: NextModel

  func render(_ canvas: inout Canvas, in rect: Rect) {
    let held = model.items.count { $0.kind == .held }
    var subtitle = [canvas.span("\(model.total) timers and messages wait", .dim)]
    if held > 0 { subtitle.insert(canvas.span("\(held) held back  ", .warn), at: 0) }
    let inner = canvas.framed(.next, in: rect, title: "What comes next", subtitle: subtitle)
    let (body, last) = inner.cut(bottom: inner.height >= 26 ? 6 : 3)
    renderTable(&canvas, in: body)
    renderSelected(&canvas, in: last)
  }

  private func renderTable(_ canvas: inout Canvas, in rect: Rect) {
    let theme = canvas.theme
    let now = canvas.state.timeline.now
    // The countdown's bar is full at a minute: what is near is what one waits for.
    let columns = [
      Column("IN", width: 8, alignment: .right, priority: 9),
      Column(" ", width: 8, priority: 3),
      Column("KIND", width: 10, priority: 6),
      Column("WHAT", width: 36, weight: 4, priority: 10),
      Column("WHO", width: 18, priority: 8),
      Column("ABOUT", width: 18, weight: 2, priority: 2, cutsMiddle: true),
      Column("TOPIC", width: 10, priority: 1),
      Column("ALIKE", width: 5, alignment: .right, priority: 4),
    ]
    canvas.table(.next, columns, in: rect, placeholder: "nothing waits") {
      [items = model.items] row, column in
      let item = items[row]
      let left = item.due - now
      switch column {
      case 0: return .text(item.kind == .held ? "held" : Self.countdown(left), theme[.title])
      case 1:
        let seconds = Int(min(max(left.microseconds, 0), 60_000_000) / 1000)
        return .bar(
          value: seconds, of: 60_000, theme[item.kind == .message ? .info : Self.role(item)])
      case 2:
        let (glyph, word, role) = Self.kind(item, theme.glyphs)
        return .spans([Span(glyph + " ", theme[role]), Span(word, theme[.dim])])
      case 3: return .text(item.words, theme[item.isRoutine ? .dim : .text])
      case 4: return .text(Self.short(item.owner), theme[.dim])
      case 5: return .text(item.subject.map { $0.key.text } ?? "", theme[.dim])
      case 6: return .text(item.topic.name, theme[Self.role(item)])
      default:
        let more = item.isCountPartial ? "+" : ""
        return .text(item.count > 1 ? "\(item.count)\(more)" : "", theme[.dim])
      }
    }
  }

  /// `kube-controller-manager@master-1` needs half a row.
  static func short(_ owner: String) -> String {
    owner.replacing("kube-controller-manager", with: "kcm")
      .replacing("cloud-controller-manager", with: "ccm")
      .replacing("kube-apiserver", with: "apiserver").replacing("kube-scheduler", with: "scheduler")
  }

  /// `0.25 ms`, `2.3 s`, `47 s`, `4m10s`: exact where it is near.
  static func countdown(_ span: TimeSpan) -> String {
    let microseconds = max(span.microseconds, 0)
    if microseconds < 10_000 {
      return "\(microseconds / 1000).\(String(100 + microseconds % 1000 / 10).dropFirst()) ms"
    }
    if microseconds < 1_000_000 { return "\(microseconds / 1000) ms" }
    if microseconds < 10_000_000 {
      return "\(microseconds / 1_000_000).\(microseconds % 1_000_000 / 100_000) s"
    }
    if microseconds < 120_000_000 { return "\(microseconds / 1_000_000) s" }
    return span.humanDuration
  }

  private static func kind(
    _ item: PendingItem, _ glyphs: Glyphs
  ) -> (glyph: String, word: String, role: Role) {
    switch item.kind {
    case .timer: (glyphs.pending, "timer", .info)
    case .message: (glyphs.arrow, "message", .accent2)
    case .deadline: (glyphs.info, "deadline", .accent3)
    case .held: (glyphs.paused, "held", .warn)
    }
  }

  private static func role(_ item: PendingItem) -> Role {
    switch item.topic {
    case .grace, .toleration, .taint: .error
    case .backoff, .retry, .timeout, .connection: .warn
    case .election, .lease: .leader
    default: .dim
    }
  }

  /// The selected one in full: what it is, whose, and by whom it came.
  private func renderSelected(_ canvas: inout Canvas, in rect: Rect) {
    let rule = rect.cut(top: 1)
    canvas.frame.buffer.rule(
      rule.top, canvas.glyphs.box.horizontal, style: canvas.theme[.barTrack])
    guard let item = model.item(canvas.state.selectedRow(in: .next)) else { return }
    let world = canvas.state.timeline.world
    var lines = [SheetLine([Ink(" " + item.words, item.isRoutine ? .text : .title)])]
    var about = " \(item.owner) at \(preciseClockText(item.due))"
    if let from = item.from { about += ", sent by \(world.name(of: from))" }
    if let sent = item.sentAt { about += " at \(preciseClockText(sent))" }
    if let subject = item.subject {
      about += ", about \(subject.kind.singular) \(subject.key.text)"
    }
    if item.count > 1 {
      about += "; the first of \(item.count)\(item.isCountPartial ? " or more" : "") alike"
    }
    lines.append(SheetLine(about, .dim))
    if let cause = world.trace[item.cause] {
      let text = ActionText(world.action(cause))
      lines.append(SheetLine([Ink(" because ", .dim), Ink(text.text, cause.record.note.role)]))
    }
    canvas.lines(lines, in: rule.rest, wraps: rect.height > 4)
  }
}

extension AppState {
  /// The message under way that is selected.
  var selectedMessage: PendingItem? {
    guard screen == .next, let item = (model as? NextModel)?.item(selectedRow),
      item.kind == .message || item.kind == .held
    else { return nil }
    return item
  }

  mutating func doMessage(_ deed: Intent.MessageDeed) {
    guard screen == .next, let model = model as? NextModel else {
      return say("messages are on view 9: there d delivers, b holds, D loses one")
    }
    guard let item = model.item(selectedRow), let id = item.id,
      item.kind == .message || item.kind == .held
    else { return say("only a message can be delivered, held or lost", .warn) }
    switch deed {
    case .deliver: give(.deliver(id), said: "delivered: \(item.words)")
    case .hold: give(.hold(id), said: "held back: \(item.words)")
    case .drop: give(.drop(id), said: "lost: \(item.words)")
    }
  }

  /// Lets time pass until the selected item happens.
  mutating func goToNext() {
    guard let model = model as? NextModel, let item = model.item(selectedRow) else { return }
    guard item.kind != .held else { return say("it is held back: d delivers it", .warn) }
    pause()
    pursuit = .time(item.due)
    say("\(item.words), in \(NextScreen.countdown(item.due - timeline.now))")
  }
}
