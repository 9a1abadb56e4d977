import Basics
import ControllerRuntime
import Engine
import KubeAPI
import KubeScheduler
import TerminalCore
import Widgets

/// The control plane at work: queues and decisions of the controllers, how fresh the caches are,
/// and how the scheduler came to its last decision.
struct ControlScreen {
  let model: ControlModel

  func render(_ canvas: inout Canvas, in rect: Rect) {
    let state = canvas.state
    if state.isZoomed {
      switch state.focus {
      case .queue: renderQueue(&canvas, in: rect)
      case .verdicts: renderVerdicts(&canvas, in: rect)
      default: renderControllers(&canvas, in: rect)
      }
      return
    }
    let frame = canvas.style == .boxes ? 3 : 2
    let isWide = rect.width >= 110
    let wanted = max(model.rows.count + frame, model.caches.count + frame)
    let (upper, lower) = rect.cut(top: min(wanted, rect.height * 55 / 100))
    if isWide {
      let caches = upper.cut(right: min(max(upper.width * 30 / 100, 47), 60))
      canvas.frame.geometry.hasCaches = true
      renderControllers(&canvas, in: caches.rest)
      renderCaches(&canvas, in: caches.right)
    } else if state.views.showsCaches {
      canvas.frame.geometry.panes[.controllers] = upper
      renderCaches(&canvas, in: upper)
    } else {
      renderControllers(&canvas, in: upper)
    }
    let parts = lower.cut(left: lower.width * (isWide ? 42 : 44) / 100)
    renderQueue(&canvas, in: canvas.style == .boxes ? parts.left : parts.left.cut(right: 1).rest)
    renderVerdicts(&canvas, in: parts.rest)
  }

  // MARK: Controllers

  private func renderControllers(_ canvas: inout Canvas, in rect: Rect) {
    let leaders = model.managers.filter(\.view.isLeader)
    let words = leaders.map { "\($0.role.shortName) on \($0.host)" }.joined(separator: ", ")
    let inner = canvas.framed(
      .controllers, in: rect,
      subtitle: [
        leaders.isEmpty
          ? canvas.span("nobody leads", .error) : canvas.span(words, .dim)
      ])
    let theme = canvas.theme
    let now = canvas.state.timeline.now
    let columns = [
      Column("CONTROLLER", width: 18, weight: 1, priority: 9),
      Column("QUEUE", width: 5, alignment: .right, priority: 8),
      Column("WORK", width: 4, alignment: .right, priority: 5),
      Column("LATER", width: 5, alignment: .right, priority: 6),
      Column("RUNS", width: 5, alignment: .right, priority: 4),
      Column("AGO", width: 5, alignment: .right, priority: 7),
      Column("LAST DECISION", width: 24, weight: 4, priority: 8),
      Column("NEXT IN LINE", width: 20, weight: 2, priority: 1),
    ]
    canvas.table(
      .controllers, columns, in: inner,
      placeholder: leaders.isEmpty ? "no controller manager leads" : ""
    ) { [rows = model.rows] row, column in
      let controller = rows[row].controller
      func count(_ value: Int) -> TableCell {
        .text("\(value)", theme[value > 0 ? .changed : .dim])
      }
      switch column {
      case 0:
        return .text(
          controller.name.hasSuffix("-controller")
            ? String(controller.name.dropLast(11)) : controller.name,
          theme[controller.isStarted ? .text : .dim])
      case 1: return count(controller.queued)
      case 2: return count(controller.inWork)
      case 3: return .text("\(controller.delayed)", theme[controller.delayed > 0 ? .info : .dim])
      case 4: return .text("\(controller.reconciles)", theme[.dim])
      case 5:
        guard !controller.lastDecision.isEmpty else { return .text("-", theme[.dim]) }
        return .text((now - controller.lastDecisionAt).humanDuration, theme[.dim])
      case 6:
        if !controller.isStarted { return .text("waits for its caches", theme[.pending]) }
        let said =
          controller.lastDecision.hasPrefix(controller.name + " ")
          ? String(controller.lastDecision.dropFirst(controller.name.count + 1))
          : controller.lastDecision
        return .text(
          said.isEmpty ? "nothing yet" : said,
          theme[controller.lastDecision.isEmpty ? .dim : .text])
      default:
        let next = controller.next.prefix(3).map(\.key.name).joined(separator: ", ")
        return .text(
          controller.heldBack > 0 ? "\(controller.heldBack) held back by the rate limit" : next,
          theme[controller.heldBack > 0 ? .warn : .dim])
      }
    }
  }

  // MARK: Caches

  /// Each API server's watch caches and the controllers' informers, by the revision they have come
  /// to: a smaller one than the newest is behind.
  private func renderCaches(_ canvas: inout Canvas, in rect: Rect) {
    let store = canvas.state.observation.revision
    let inner = canvas.framed(
      "Caches by revision", in: rect, subtitle: [canvas.span("etcd at \(store)", .dim)])
    let width = 6
    var head = [canvas.span(" " + padded("KIND", 15), .header)]
    for server in model.servers {
      head.append(canvas.span(leftPadded(ControlPane.short(server), width), .header))
    }
    head.append(canvas.span(leftPadded("INFORMER", 9), .header))
    head.append(canvas.span(leftPadded("OBJECTS", 9), .header))
    canvas.line(head, in: inner)
    for (row, cache) in model.caches.enumerated() where row + 1 < inner.height {
      var spans = [canvas.span(" " + padded(cache.kind.plural, 15))]
      for held in cache.servers {
        let (text, role): (String, Role) =
          switch held {
          case .down: ("down", .error)
          case .nothing: ("-", .dim)
          case .revision(let revision):
            (canvas.revision(revision), revision < cache.newest ? .warn : .dim)
          }
        spans.append(canvas.span(leftPadded(text, width), role))
      }
      let isBehind = cache.informer.map { $0 < cache.newest } ?? false
      spans.append(
        canvas.span(
          leftPadded(cache.informer.map(canvas.revision) ?? "-", 9), isBehind ? .warn : .dim))
      spans.append(canvas.span(leftPadded(cache.objects.map { "\($0)" } ?? "-", 9), .dim))
      canvas.line(spans, in: inner, row: row + 1)
    }
  }

  private func leftPadded(_ text: String, _ columns: Int) -> String {
    String(repeating: " ", count: max(columns - text.count, 0)) + text
  }

  // MARK: The scheduler

  private func renderQueue(_ canvas: inout Canvas, in rect: Rect) {
    guard let scheduler = model.scheduler else {
      let inner = canvas.framed(.queue, in: rect)
      return canvas.line(" no scheduler runs", .error, in: inner)
    }
    let stuck = scheduler.unschedulableCount
    let inner = canvas.framed(
      .queue, in: rect, title: rect.width < 60 ? "Queue" : nil,
      subtitle: [
        canvas.span(
          "\(scheduler.activeCount) active ", scheduler.activeCount > 0 ? .changed : .dim),
        canvas.span(
          "\(scheduler.backoffCount) backoff ", scheduler.backoffCount > 0 ? .pending : .dim),
        canvas.span("\(stuck) unschedulable", stuck > 0 ? .error : .dim),
      ])
    let theme = canvas.theme
    let now = canvas.state.timeline.now
    let isWide = inner.width >= 60
    let columns = [
      Column("POD", width: 14, weight: 2, priority: 9, cutsMiddle: true),
      Column("QUEUE", width: isWide ? 13 : 7, priority: 8),
      Column("TRIES", width: 5, alignment: .right, priority: 5),
      Column("WAITS", width: 5, alignment: .right, priority: 6),
      Column("UNTIL", width: 6, alignment: .right, priority: 4),
      Column("REFUSED BY", width: 12, weight: 1, priority: 7),
    ]
    let idle =
      scheduler.isLeader
      ? "no pod waits; \(scheduler.boundCount) bound so far" : "no scheduler leads"
    canvas.table(.queue, columns, in: inner, placeholder: idle) {
      [queue = model.queue] row, column in
      let entry = queue[row]
      switch column {
      case 0: return .text(entry.waiting.pod.name)
      case 1:
        switch entry.place {
        case .active: return .text("active", theme[.changed])
        case .backoff: return .text("backoff", theme[.pending])
        case .unschedulable: return .text(isWide ? "unschedulable" : "unsched", theme[.error])
        }
      case 2: return .text("\(entry.waiting.attempts)", theme[.dim])
      case 3: return .text((now - entry.waiting.since).humanDuration, theme[.dim])
      case 4:
        return .text(entry.waiting.until.map { ($0 - now).humanDuration } ?? "-", theme[.dim])
      default:
        if let gate = entry.waiting.gate { return .text("gated by \(gate.name)", theme[.warn]) }
        return .text(entry.waiting.rejectors.map(\.name).joined(separator: ","), theme[.warn])
      }
    }
  }

  private func renderVerdicts(_ canvas: inout Canvas, in rect: Rect) {
    let decision = model.scheduler?.lastDecision
    var words = "no cycle yet"
    if let decision {
      let outcome = decision.node.map { "on \($0)" } ?? "on no node"
      words = "\(decision.pod.name) \(outcome)"
    }
    let inner = canvas.framed(
      .verdicts, in: rect, title: rect.width < 60 ? "Last cycle" : nil,
      subtitle: [
        canvas.span(
          TextWidth.truncated(
            words, columns: max(rect.width - 20, 8), ellipsis: canvas.glyphs.ellipsis), .dim)
      ])
    let theme = canvas.theme
    // A column for each plugin that scored, where there is room; else all in one.
    let plugins = model.verdicts.first { !$0.scores.isEmpty }?.scores.map(\.plugin) ?? []
    let isRoomy = inner.width >= 36 + plugins.count * 6
    var columns = [
      Column("NODE", width: 10, weight: 1, priority: 9),
      Column("TOTAL", width: 5, alignment: .right, priority: 8),
    ]
    if isRoomy {
      columns += plugins.map { Column(Self.short($0), width: 5, alignment: .right, priority: 5) }
    }
    columns.append(Column(isRoomy ? "REFUSED" : "WHY", width: 14, weight: 3, priority: 7))
    canvas.table(.verdicts, columns, in: inner) { [verdicts = model.verdicts] row, column in
      let verdict = verdicts[row]
      let isTaken = verdict.name == decision?.node
      switch column {
      case 0:
        let mark = isTaken ? theme.glyphs.check : verdict.isFeasible ? " " : theme.glyphs.cross
        return .spans([
          Span(mark + " ", theme[isTaken ? .ok : verdict.isFeasible ? .dim : .error]),
          Span(verdict.name),
        ])
      case 1:
        return .text(
          verdict.isFeasible ? "\(verdict.total)" : "-", theme[isTaken ? .ok : .text])
      case columns.count - 1:
        if !verdict.isEvaluated { return .text("not looked at", theme[.dim]) }
        guard verdict.isFeasible else {
          let reasons = verdict.reasons.joined(separator: ", ")
          let plugin = verdict.plugin?.name ?? ""
          return .text(
            reasons.isEmpty ? plugin : isRoomy ? "\(plugin): \(reasons)" : reasons, theme[.warn])
        }
        if isRoomy { return .text("") }
        let scores = verdict.scores.filter { $0.weighted > 0 }
          .map { "\(Self.short($0.plugin)) \($0.weighted)" }
        return .text(scores.joined(separator: " "), theme[.dim])
      default:
        let plugin = column - 2
        guard plugins.indices.contains(plugin),
          let score = verdict.scores.first(where: { $0.plugin == plugins[plugin] })
        else { return .text("") }
        return .text("\(score.weighted)", theme[.dim])
      }
    }
  }

  /// `NodeResourcesFit` as `Fit`: the columns are narrow.
  static func short(_ plugin: Plugin) -> String {
    switch plugin.name {
    case "NodeResourcesFit": "Fit"
    case "NodeResourcesBalancedAllocation": "Bal"
    case "ImageLocality": "Image"
    case "TaintToleration": "Taint"
    case "NodeAffinity": "NAff"
    case "InterPodAffinity": "PAff"
    case "PodTopologySpread": "Sprd"
    default: String(plugin.name.prefix(5))
    }
  }
}
