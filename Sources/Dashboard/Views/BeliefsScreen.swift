import Basics
import Engine
import KubeAPI
import TerminalCore
import Widgets

/// What everybody takes one object for: etcd's members, the API servers' caches, the informers, the
/// kubelet, the proxies. Whoever differs from etcd is marked.
struct BeliefsScreen {
  let model: BeliefsModel

  func render(_ canvas: inout Canvas, in rect: Rect) {
    guard let subject = model.subject, let beliefs = model.beliefs else {
      let inner = canvas.framed(.beliefs, in: rect)
      return canvas.line(" select a node, a pod or another object first, then 0", .dim, in: inner)
    }
    let differing = beliefs.differing.count
    let inner = canvas.framed(
      .beliefs, in: rect, title: "Beliefs about \(subject.kind.singular) \(subject.key.text)",
      subtitle: [
        differing == 0
          ? canvas.span("all agree with etcd", .ok)
          : canvas.span("\(differing) of \(beliefs.rows.count) differ from etcd", .warn)
      ])
    let (head, body) = inner.cut(top: 2)
    renderTruth(beliefs.truth, &canvas, in: head)
    let (list, last) = body.cut(bottom: min(max(body.height / 4, 4), 12))
    renderTable(beliefs, &canvas, in: list)
    renderDifferences(&canvas, in: last)
  }

  private func renderTruth(_ truth: Belief, _ canvas: inout Canvas, in rect: Rect) {
    canvas.line(
      [
        canvas.span(" etcd holds ", .dim),
        canvas.span(truth.revision > 0 ? "revision \(truth.revision)" : "", .dim),
        canvas.span(truth.age.map { ", written \($0.humanDuration) ago: " } ?? "", .dim),
        // Last, as it may be long.
        canvas.span(truth.object == nil ? "no such object" : truth.value, .title),
      ], in: rect)
  }

  private func renderTable(_ beliefs: Beliefs, _ canvas: inout Canvas, in rect: Rect) {
    let theme = canvas.theme
    let truth = beliefs.truth
    let columns = [
      Column(" ", width: 1, priority: 10),
      Column("WHO", width: 24, weight: 1, priority: 9),
      Column("BY", width: 8, priority: 4),
      Column("TAKES IT FOR", width: 22, weight: 4, priority: 8),
      Column("REVISION", width: 8, alignment: .right, priority: 7),
      Column("SEEN TO", width: 7, alignment: .right, priority: 3),
      Column("HEARD", width: 6, alignment: .right, priority: 5),
      Column("DIFFERS", width: 8, alignment: .right, priority: 6),
    ]
    canvas.table(.beliefs, columns, in: rect, placeholder: "nobody watches it") {
      [rows = beliefs.rows] row, column in
      let belief = rows[row]
      switch column {
      case 0:
        return .text(
          belief.isCurrent ? theme.glyphs.ok : theme.glyphs.warn,
          theme[belief.isCurrent ? .ok : .warn])
      case 1: return .text(NextScreen.short(belief.who))
      case 2: return .text(Self.word(belief.holder), theme[.dim])
      case 3:
        return .text(
          belief.object == nil ? "knows no such object" : belief.value,
          theme[belief.isCurrent ? .text : .warn])
      case 4:
        return .text(
          belief.revision > 0 ? "\(belief.revision)" : "-",
          theme[belief.revision == truth.revision ? .dim : .warn])
      case 5: return .text(belief.seenRevision > 0 ? "\(belief.seenRevision)" : "-", theme[.dim])
      case 6: return .text(belief.silence?.humanDuration ?? "", theme[.dim])
      default:
        let count = belief.differences.count
        return .text(count > 0 ? "\(count) fields" : "", theme[.warn])
      }
    }
  }

  private static func word(_ holder: Belief.Holder) -> String {
    switch holder {
    case .etcd: "store"
    case .watchCache: "cache"
    case .informer: "informer"
    case .own: "itself"
    case .rules: "rules"
    }
  }

  /// The fields in which the selected one differs, etcd's value first.
  private func renderDifferences(_ canvas: inout Canvas, in rect: Rect) {
    let (rule, rest) = rect.cut(top: 1)
    canvas.frame.buffer.rule(rule, canvas.glyphs.box.horizontal, style: canvas.theme[.barTrack])
    guard let belief = model.belief(canvas.state.selectedRow(in: .beliefs)) else { return }
    guard !belief.differences.isEmpty else {
      return canvas.line(" \(belief.who) takes it for what it is", .dim, in: rest)
    }
    canvas.lines(
      belief.differences.map { change in
        SheetLine([
          Ink(" \(change.path): ", .dim), Ink(change.old ?? "nothing", .text),
          Ink(" in etcd, but ", .dim), Ink(change.new ?? "nothing", .warn),
        ])
      }, in: rest, wraps: false)
  }
}
