import Basics
import Engine
import TerminalCore
import Widgets

/// The whole of the past in a few rows: who led, what was broken, when nothing could be written,
/// how much was, bookmarks, and the moment that is shown.
struct TimelineStrip {
  let state: AppState

  private static let labelWidth = 12

  func render(_ canvas: inout Canvas, in rect: Rect) {
    guard rect.height >= 2, rect.width > 40 else { return }
    let track = state.track
    guard !track.moments.isEmpty else { return }
    let area = rect.cut(left: 1 + Self.labelWidth).rest.cut(right: 1).rest
    let end = max(max(state.timeline.end, state.timeline.now).microseconds / 1_000_000, 1)
    let columns = Self.columns(track, end: end, width: area.width)
    var row = 0
    let leaders = max(min(rect.height - 2, TimeTrack.components.count), 1)
    for index in 0..<leaders {
      label(["etcd", "controllers", "scheduler"][index], .dim, &canvas, rect.row(row))
      renderLeaders(index, columns, &canvas, area.row(row))
      row += 1
    }
    if rect.height > leaders + 1 {
      label("faults", .dim, &canvas, rect.row(row))
      renderFaults(columns, &canvas, area.row(row))
      row += 1
    }
    label(clockText(state.timeline.now), .title, &canvas, rect.row(row))
    renderTime(columns, end: end, &canvas, area.row(row))
    canvas.frame.geometry.timeline = area
    canvas.frame.geometry.timelineEnd = end
  }

  private func label(
    _ text: String, _ role: Role, _ canvas: inout Canvas, _ rect: Rect
  ) {
    canvas.line(text, role, in: rect.cut(left: 1).rest.cut(left: Self.labelWidth - 1).left)
  }

  private struct Part {
    var moment: TimeTrack.Moment?
    var faults = 0
    var canWrite = true
    var writes: Int64 = 0
  }

  /// The moments that fall into each column, the worst of them for each figure.
  private static func columns(_ track: TimeTrack, end: UInt64, width: Int) -> [Part] {
    var parts = [Part](repeating: Part(), count: max(width, 1))
    var last: TimeTrack.Moment?
    for moment in track.moments {
      let at = Int(min(moment.second, end) * UInt64(max(width - 1, 0)) / end)
      parts[at].moment = moment
      parts[at].faults = max(parts[at].faults, moment.faults)
      parts[at].canWrite = parts[at].canWrite && moment.canWrite
      if let last { parts[at].writes += max(moment.revision - last.revision, 0) }
      last = moment
    }
    // What was not looked at is as it was before.
    var before: Part?
    let reach = Int(min(last?.second ?? 0, end) * UInt64(max(width - 1, 0)) / end)
    for index in parts.indices where index <= reach {
      if parts[index].moment == nil, var carried = before {
        carried.writes = 0
        parts[index] = carried
      }
      before = parts[index]
    }
    return parts
  }

  /// A band for each term of office, with the leader's name where it fits.
  private func renderLeaders(
    _ component: Int, _ columns: [Part], _ canvas: inout Canvas, _ rect: Rect
  ) {
    let hosts = state.timeline.world.etcdMemberNames + state.masters
    let isAscii = canvas.glyphs.alphabet == .ascii
    var x = 0
    while x < columns.count {
      guard let moment = columns[x].moment else {
        canvas.frame.buffer.put(
          canvas.glyphs.barEmpty, x: rect.x + x, y: rect.y, style: canvas.theme[.barTrack])
        x += 1
        continue
      }
      let leader = moment.leaders[component]
      var end = x
      while end < columns.count, columns[end].moment?.leaders[component] == leader { end += 1 }
      let index = hosts.firstIndex(of: leader) ?? -1
      let style = canvas.theme[leader.isEmpty ? .error : LogStrip.role(ofTerm: index)]
      for column in x..<end {
        canvas.frame.buffer.put(
          leader.isEmpty ? (isAscii ? "x" : "╳") : (isAscii ? "=" : "━"), x: rect.x + column,
          y: rect.y, style: style)
      }
      let name = leader.isEmpty ? "nobody" : leader
      let shown = end - x >= name.count + 3 ? name : ControlPane.short(leader)
      if end - x >= shown.count + 2, !leader.isEmpty || end - x > 8 {
        canvas.frame.buffer.text(
          " \(shown) ", x: rect.x + x + 1, y: rect.y, style: style, clip: rect)
      }
      x = end
    }
  }

  /// Where something was broken, and where nothing could be written.
  private func renderFaults(_ columns: [Part], _ canvas: inout Canvas, _ rect: Rect) {
    let isAscii = canvas.glyphs.alphabet == .ascii
    for (x, part) in columns.enumerated() {
      let (glyph, role): (Unicode.Scalar, Role) =
        part.moment == nil || (part.faults == 0 && part.canWrite)
        ? (canvas.glyphs.barEmpty, .barTrack)
        : !part.canWrite ? (isAscii ? "X" : "█", .error) : (isAscii ? "!" : "▄", .warn)
      canvas.frame.buffer.put(glyph, x: rect.x + x, y: rect.y, style: canvas.theme[role])
    }
    if columns.contains(where: { $0.moment != nil && !$0.canWrite }) {
      let text = " red: nothing can be written "
      let at = columns.firstIndex { $0.moment != nil && !$0.canWrite } ?? 0
      let left = at > text.count + 2 ? at - text.count - 1 : rect.width - text.count
      canvas.frame.buffer.text(
        text, x: rect.x + max(left, 0), y: rect.y, style: canvas.theme[.dim], clip: rect)
    }
  }

  /// How much was written, with bookmarks and the moment shown.
  private func renderTime(
    _ columns: [Part], end: UInt64, _ canvas: inout Canvas, _ rect: Rect
  ) {
    var marks = state.bookmarksHere.map {
      Timeline.Mark(at: Int($0.at.microseconds / 1_000_000), canvas.glyphs.marker, .mark)
    }
    // Where another future begins.
    let fork = canvas.glyphs.alphabet == .ascii ? "Y" : "┬"
    for branch in state.timeline.branches where branch.parent != nil {
      marks.append(
        Timeline.Mark(at: Int(branch.forkedAt.microseconds / 1_000_000), fork, .changed))
    }
    Timeline(
      start: 0, end: Int(end), position: Int(state.timeline.now.microseconds / 1_000_000),
      newest: Int(end), density: columns.map { Int($0.writes) }, marks: marks
    ).render(into: &canvas.frame.buffer, in: rect, theme: canvas.theme)
  }
}

extension AppState {
  /// Notes the present on the track of the future that is shown.
  mutating func noteMoment() {
    let branch = timeline.branch.id
    if branch != trackBranch {
      otherTracks[trackBranch] = track
      // A new future shares the past up to now.
      track = otherTracks[branch] ?? track
      trackBranch = branch
    }
    track.note(observation, end: timeline.end, newTurns: snapshot.turns)
  }

  /// To just before the last change of a leader or of what people did, or to the next.
  mutating func jumpToChange(isForward: Bool) {
    let found = track.turn(from: timeline.now, isForward: isForward)
    if isForward, timeline.isInPast, found.map({ $0 > timeline.end }) ?? true {
      jump(to: timeline.end)
      return say("on to the end of what has happened here")
    }
    if !isForward, let opened = openedAt, timeline.now > opened, found.map({ $0 < opened }) ?? true
    {
      jump(to: opened)
      return say("here the cluster stood and the application ran; [ goes on back into the boot")
    }
    guard let found else {
      return say(isForward ? "no later change is known: N looks for one" : "nothing changed before")
    }
    jump(to: isForward ? found : found - .microseconds(1))
  }

  /// The moment a point of the strip stands for; nil beside it.
  func moment(at point: Point) -> Tick? {
    let track = geometry.timeline
    guard track.contains(point), track.width > 1 else { return nil }
    let second =
      UInt64(point.x - track.x) * geometry.timelineEnd / UInt64(track.width - 1)
    return Tick(microseconds: second * 1_000_000)
  }
}
