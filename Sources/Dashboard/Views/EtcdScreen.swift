import Basics
import Engine
import Etcd
import Etcdctl
import MVCC
import Raft
import TerminalCore
import Widgets

/// etcd closely: its members side by side, their logs, and what they hold.
struct EtcdScreen {
  let model: EtcdModel

  func render(_ canvas: inout Canvas, in rect: Rect) {
    let state = canvas.state
    if state.isZoomed {
      if state.focus == .keys {
        renderKeys(&canvas, in: rect)
      } else {
        renderMembers(&canvas, in: rect)
      }
      return
    }
    let isWide = rect.width >= 110
    let boxes = canvas.style == .boxes ? 2 : 1
    let needed = EtcdMembers.rows + boxes
    if isWide {
      let parts = rect.cut(left: rect.width * 58 / 100)
      let (upper, lower) = parts.left.cut(top: needed)
      renderMembers(&canvas, in: upper)
      renderLogs(&canvas, in: lower)
      let (figures, keys) = parts.rest.cut(top: min(9, rect.height / 3))
      renderFigures(&canvas, in: figures)
      renderKeys(&canvas, in: keys)
    } else {
      let rows = rect.height < 30 ? EtcdMembers.fewestRows : EtcdMembers.rows
      let (upper, below) = rect.cut(top: min(rows + boxes, rect.height * 6 / 10))
      renderMembers(&canvas, in: upper)
      let (logs, keys) = below.cut(top: max(below.height * 45 / 100, 4))
      renderLogs(&canvas, in: logs)
      renderKeys(&canvas, in: keys)
    }
  }

  private func renderMembers(_ canvas: inout Canvas, in rect: Rect) {
    let state = canvas.state
    let inner = canvas.framed(
      .etcd, in: rect, title: "Members",
      subtitle: [
        canvas.span(state.quorumLine(columns: rect.width - 16), state.quorumRole)
      ])
    EtcdMembers(model: model).render(&canvas, in: inner)
  }

  private func renderLogs(_ canvas: inout Canvas, in rect: Rect) {
    let inner = canvas.framed(
      "Logs", in: rect,
      subtitle: [
        canvas.span(canvas.glyphs.arrow, .ok), canvas.span(" committed up to here", .dim),
      ])
    EtcdLogs(model: model).render(&canvas, in: inner)
  }

  /// Size, revisions and leases; the narrow layout has them over the keys.
  private func renderFigures(_ canvas: inout Canvas, in rect: Rect) {
    let inner = canvas.framed("Store", in: rect).inset(horizontal: 1)
    let world = canvas.state.timeline.world
    guard let view = newestView(world) else {
      return canvas.line("no member runs", .error, in: inner)
    }
    let quota = world.etcdConfig(at: 0)?.quotaBackendBytes ?? 1
    canvas.line(
      [
        canvas.span("revision ", .dim), canvas.span("\(view.revision)", .title),
        canvas.span("   compacted up to ", .dim),
        canvas.span(
          inner.width < 60
            ? canvas.revision(max(view.compactRevision, 0)) : "\(max(view.compactRevision, 0))"),
        canvas.span("   \(view.keyCount) keys", .dim),
      ], in: inner, row: 0)
    for (row, entry) in [
      ("in use", view.dbSizeInUse, view.dbSize), ("size", view.dbSize, Int(quota)),
    ].enumerated() {
      Gauge(
        entry.0, value: entry.1, of: max(entry.2, 1),
        text: "\(bytesText(Int64(entry.1))) of \(bytesText(Int64(entry.2)))", labelWidth: 6,
        textWidth: 18
      ).render(into: &canvas.frame.buffer, in: inner.row(1 + row), theme: canvas.theme)
    }
    canvas.line(
      [
        canvas.span("watches ", .dim), canvas.span("\(view.watchCount)"),
        canvas.span(
          view.unsyncedWatchCount > 0 ? ", \(view.unsyncedWatchCount) behind" : "", .warn),
        canvas.span("   waiting proposals ", .dim), canvas.span("\(view.pendingProposals)"),
        canvas.span(", reads ", .dim), canvas.span("\(view.pendingReads)"),
      ], in: inner, row: 3)
    for alarm in view.alarms {
      canvas.line(
        "alarm \(alarm.kind.name) of "
          + world.etcdMemberName(alarm.memberID), .error, in: inner, row: 4)
    }
    let leases = world.etcdLeases(limit: max(inner.height - 5, 0))
    let row = 4 + (view.alarms.isEmpty ? 0 : 1)
    guard inner.height > row else { return }
    canvas.line(
      "\(view.leaseCount) lease\(view.leaseCount == 1 ? "" : "s")"
        + (leases.isEmpty ? "" : ", the next to run out:"), .dim, in: inner, row: row)
    for (number, lease) in leases.enumerated() {
      let left = lease.remaining.map { $0.humanDuration } ?? "?"
      canvas.line(
        [
          canvas.span("  \(EtcdctlInvocation.text(ofLease: lease.id))  "),
          canvas.span("\(left) of \(lease.grantedTTL)s left", .warn),
          canvas.span("  \(lease.keys) key\(lease.keys == 1 ? "" : "s")", .dim),
        ], in: inner, row: row + 1 + number)
    }
  }

  private func newestView(_ world: World) -> EtcdView? {
    model.members.indices.compactMap { world.etcdView(at: $0) }.max { $0.revision < $1.revision }
  }

  // MARK: Keys

  private func renderKeys(_ canvas: inout Canvas, in rect: Rect) {
    let isTree = model.arrangement == .tree
    var subtitle = "\(model.keyCount) keys, revision \(model.revision)"
    if model.compactRevision > 0 { subtitle += ", compacted up to \(model.compactRevision)" }
    let inner = canvas.framed(
      .keys, in: rect, title: isTree ? "Keys" : "Newest writes",
      subtitle: [canvas.span(subtitle, .dim)])
    let (theme, compacted) = (canvas.theme, model.compactRevision)
    let columns = [
      Column(isTree ? "KEY" : "KEY WRITTEN", width: 24, weight: 1, priority: 9),
      Column("CREATED", width: 7, alignment: .right, priority: 2),
      Column("REVISION", width: 8, alignment: .right, priority: 8),
      Column("VERSION", width: 7, alignment: .right, priority: 4),
      Column("BYTES", width: 6, alignment: .right, priority: 3),
    ]
    canvas.table(
      .keys, columns, in: inner, placeholder: "no keys",
      rowStyle: { [keys = model.keys] row in
        // What the compaction has left of the past: only this newest revision.
        keys[row].modRevision <= compacted && keys[row].count == nil ? theme[.dim] : .plain
      },
      cell: { [keys = model.keys] row, column in
        let key = keys[row]
        if column == 0 { return .spans(Self.name(key, isTree, theme)) }
        if let count = key.count {
          return column == 2 ? .text("\(count) keys", theme[.dim]) : .text("")
        }
        switch column {
        case 1: return .text("\(key.createRevision)", theme[.dim])
        case 2: return .text("\(key.modRevision)", theme[key.isDelete ? .terminating : .text])
        case 3: return .text(key.isDelete ? "gone" : "\(key.version)", theme[.dim])
        default: return .text("\(key.size)", theme[.dim])
        }
      })
  }

  private static func name(_ key: EtcdModel.KeyRow, _ isTree: Bool, _ theme: Theme) -> [Span] {
    guard isTree else {
      let glyph = key.isDelete ? theme.glyphs.cross : theme.glyphs.bullet
      return [
        Span(glyph + " ", theme[key.isDelete ? .terminating : .ok]),
        Span(key.name.hasPrefix("/registry/") ? String(key.name.dropFirst(10)) : key.name),
      ]
    }
    let indent = String(repeating: "  ", count: key.depth)
    guard key.count != nil else { return [Span(indent + "  " + key.name)] }
    return [
      Span(indent),
      Span(
        (key.isOpen ? theme.glyphs.expanded : theme.glyphs.collapsed) + " ",
        theme[.hintKey]),
      Span(key.name, theme[.title]),
    ]
  }
}
