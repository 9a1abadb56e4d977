import Basics
import Engine
import Etcd
import Raft
import TerminalCore
import Widgets

/// etcd's members as columns: role, term, vote, indices, what the leader knows of them, and the
/// timers that decide about the next election.
struct EtcdMembers {
  let model: EtcdModel

  /// What a row of the columns shows; the last ones go first where there is little room.
  private enum Line: CaseIterable {
    case name, role, term, committed, progress, timer, arriving, vote, applied, data

    var label: String {
      switch self {
      case .name: ""
      case .role: "role"
      case .term: "term"
      case .committed: "committed"
      case .progress: "follows"
      case .timer: "timer"
      case .arriving: "arriving"
      case .vote: "vote"
      case .applied: "applied"
      case .data: "data"
      }
    }
  }

  /// Rows the columns take.
  static let rows = Line.allCases.count
  /// Rows they need.
  static let fewestRows = 7

  func render(_ canvas: inout Canvas, in rect: Rect) {
    let world = canvas.state.timeline.world
    let label = 12
    for (row, line) in Line.allCases.enumerated() where row < rect.height {
      canvas.line(" " + line.label, .dim, in: rect, row: row)
    }
    let count = max(model.members.count, 1)
    let width = max((rect.width - label) / count, 10)
    let leader = model.members.indices.lazy.compactMap { world.etcdView(at: $0) }
      .filter { $0.role == .leader }.max { $0.term < $1.term }
    let flights = Flight.all(in: world, limit: 500).filter { $0.kind == .raft }
    for (index, name) in model.members.enumerated() {
      let column = Rect(
        x: rect.x + label + index * width, y: rect.y, width: width, height: rect.height)
      guard column.x < rect.right else { break }
      canvas.frame.geometry.spots.append(
        ScreenGeometry.Spot(pane: .etcd, index: index, rect: column.intersection(rect)))
      renderMember(index, name, leader, flights, &canvas, column.intersection(rect))
    }
  }

  private func renderMember(
    _ index: Int, _ name: String, _ leader: EtcdView?, _ flights: [Flight],
    _ canvas: inout Canvas, _ rect: Rect
  ) {
    let state = canvas.state
    guard let member = state.observation.members.first(where: { $0.name == name }) else { return }
    let isSelected = state.cursor(.etcd).index == index
    let (glyph, role) = EtcdPane.mark(member, canvas.glyphs)
    let head = rect.row(0)
    var base = canvas.theme[.title]
    if isSelected {
      base = canvas.theme.selected(canvas.theme[.text], active: canvas.isFocused(.etcd))
      canvas.frame.buffer.fill(head.cut(right: 1).rest, base)
    }
    canvas.frame.buffer.spans([canvas.span(glyph + " ", role), Span(name)], in: head, base: base)
    guard let view = state.timeline.world.etcdView(at: index) else {
      canvas.line(member.state.word, .error, in: rect, row: 1)
      return
    }
    for (row, line) in Line.allCases.enumerated() where row > 0 && row < rect.height {
      render(line, member, view, leader, flights, &canvas, rect.row(row).cut(right: 1).rest)
    }
  }

  private func render(
    _ line: Line, _ member: Observation.Member, _ view: EtcdView, _ leader: EtcdView?,
    _ flights: [Flight], _ canvas: inout Canvas, _ rect: Rect
  ) {
    let world = canvas.state.timeline.world
    switch line {
    case .name: break
    case .role:
      let role = EtcdPane.mark(member, canvas.glyphs).1
      let word = EtcdPane.word(member) + (view.isLearner ? ", learner" : "")
      canvas.line(
        member.isReachable ? word : "cut off", member.isReachable ? role : .error, in: rect)
    case .term: canvas.line("\(view.term)", in: rect)
    case .vote:
      let vote = world.etcdMemberName(view.vote)
      let isOwn = view.vote == view.id
      canvas.line(
        vote.isEmpty ? "nobody yet" : isOwn ? "itself" : "for \(vote)", .dim, in: rect)
    case .committed:
      let behind = view.lastIndex > view.committed ? " of \(view.lastIndex)" : ""
      canvas.line(
        [canvas.span("\(view.committed)"), canvas.span(behind, .warn)], in: rect)
    case .applied:
      canvas.line(
        [
          canvas.span("\(view.applied)", view.applied < view.committed ? .warn : .text),
          canvas.span(rect.width < 26 ? " rev" : ", revision", .dim),
          canvas.span(
            " " + (rect.width < 30 ? canvas.revision(view.revision) : "\(view.revision)"), .dim),
        ], in: rect)
    case .progress: renderProgress(view, leader, &canvas, rect)
    case .timer: renderTimer(view, &canvas, rect)
    case .arriving: renderFlights(member.process, flights, &canvas, rect)
    case .data:
      let (used, all) = (bytesText(Int64(view.dbSizeInUse)), bytesText(Int64(view.dbSize)))
      canvas.line(
        rect.width < 24 ? "\(used) of \(all)" : "\(used) in use of \(all)", .dim, in: rect)
    }
  }

  /// How the leader follows this member.
  private func renderProgress(
    _ view: EtcdView, _ leader: EtcdView?, _ canvas: inout Canvas, _ rect: Rect
  ) {
    guard let leader else { return canvas.line("no leader", .error, in: rect) }
    if leader.id == view.id { return canvas.line("-", .dim, in: rect) }
    guard let follower = leader.followers.first(where: { $0.id == view.id }) else {
      return canvas.line("not a member", .warn, in: rect)
    }
    let (word, role): (String, Role) =
      switch follower.state {
      case .probe: ("probe", .warn)
      case .replicate: ("replicate", .ok)
      case .snapshot: ("snapshot", .pending)
      }
    let lag = leader.lastIndex - min(follower.match, leader.lastIndex)
    let silence = follower.isRecentlyActive ? 0 : 7
    var text = " has \(follower.match)"
    if word.count + silence + text.count > rect.width { text = " \(follower.match)" }
    if follower.next != follower.match + 1 || lag > 0 {
      let long = text + " next \(follower.next)"
      let fits = word.count + silence + long.count <= rect.width
      if fits { text = long }
    }
    canvas.line(
      [
        canvas.span(word, role), canvas.span(follower.isRecentlyActive ? "" : " silent", .error),
        canvas.span(text, lag > 0 ? .text : .dim),
      ], in: rect)
  }

  /// Until an election, or until a leader's next look at its quorum.
  private func renderTimer(_ view: EtcdView, _ canvas: inout Canvas, _ rect: Rect) {
    let isLeader = view.role == .leader
    let total = isLeader ? canvas.electionTicks : max(view.randomizedElectionTimeout, 1)
    let left = max(total - view.electionElapsed, 0)
    let text = isLeader ? "quorum" : "election"
    let seconds = "\(left / 10).\(left % 10)s"
    let words = rect.width >= 20 ? " \(seconds) \(text)" : " \(seconds)"
    guard rect.width >= words.count + 4 else { return canvas.line(seconds, .dim, in: rect) }
    let (bar, rest) = rect.cut(left: min(rect.width - words.count - 1, 12))
    canvas.frame.buffer.bar(
      bar, value: left, of: total, glyphs: canvas.glyphs,
      style: canvas.theme[isLeader ? .ok : left * 4 < total ? .error : .info],
      trackStyle: canvas.theme[.barTrack], thin: true)
    canvas.line(words, .dim, in: rest)
  }

  /// The messages of other members that are about to arrive.
  private func renderFlights(
    _ process: Int, _ flights: [Flight], _ canvas: inout Canvas, _ rect: Rect
  ) {
    let mine = flights.filter { $0.to == process }
    guard let first = mine.first else { return canvas.line("-", .dim, in: rect) }
    let more = mine.count > 1 ? " +\(mine.count - 1)" : ""
    canvas.line("\(canvas.glyphs.arrow) \(first.words)\(more)", .changed, in: rect)
  }
}

extension Canvas {
  /// Ticks of 100 ms between two looks of a leader at its quorum.
  var electionTicks: Int { state.timeline.world.etcdConfig(at: 0)?.electionTicks ?? 10 }
}

/// The tails of the members' logs under each other, an index a row: who has which entry of which
/// term, what is committed, and what the entry says.
struct EtcdLogs {
  let model: EtcdModel

  func render(_ canvas: inout Canvas, in rect: Rect) {
    let world = canvas.state.timeline.world
    let views = model.members.indices.map { world.etcdView(at: $0) }
    guard let last = views.compactMap({ $0?.lastIndex }).max() else {
      return canvas.line(" no member runs", .error, in: rect)
    }
    let commit = views.compactMap { $0?.committed }.max() ?? 0
    let wide = model.members.map(\.count).max() ?? 8
    let room = rect.width / 2 - 8
    let isShort = (wide + 1) * model.members.count > room
    let column = isShort ? 4 : max(wide, 5) + 1
    var head = [canvas.span(" " + padded("INDEX", 8), .header)]
    for name in model.members {
      head.append(canvas.span(padded(isShort ? ControlPane.short(name) : name, column), .header))
    }
    head.append(canvas.span("ENTRY", .header))
    canvas.line(head, in: rect, row: 0)
    let rows = UInt64(max(rect.height - 1, 0))
    let first = last >= rows ? last - rows + 1 : 1
    guard last > 0, rows > 0 else { return }
    for (row, index) in (first...last).enumerated() {
      var spans = [canvas.span(" " + padded("\(index)", 7), index <= commit ? .text : .warn)]
      spans.append(canvas.span(index == commit ? canvas.glyphs.arrow : " ", .ok))
      var text = ""
      for (member, view) in views.enumerated() {
        let entry = world.etcdEntry(member: member, index: index)
        if text.isEmpty, let entry { text = entry.text }
        let cell = self.cell(entry, view, index, canvas)
        spans.append(cell)
        spans.append(Span(String(repeating: " ", count: max(column - cell.width, 0))))
      }
      spans.append(
        canvas.span(
          text.replacing("/registry/", with: ""), index <= commit ? .dim : .text))
      canvas.line(spans, in: rect, row: row + 1)
    }
  }

  /// Applied, committed, or only stored, with the entry's term.
  private func cell(
    _ entry: EtcdMember.LogEntry?, _ view: EtcdView?, _ index: UInt64, _ canvas: Canvas
  ) -> Span {
    let isAscii = canvas.glyphs.alphabet == .ascii
    guard let view else { return canvas.span(isAscii ? "x" : "✗", .error) }
    guard let entry else {
      if index < view.firstIndex { return canvas.span(isAscii ? ":" : "░", .dim) }
      return canvas.span(isAscii ? "." : "·", .barTrack)
    }
    let glyph =
      index <= view.applied
      ? (isAscii ? "#" : "█")
      : index <= view.committed ? (isAscii ? "=" : "▓") : (isAscii ? "-" : "▒")
    return canvas.span("\(glyph)\(entry.term)", LogStrip.role(ofTerm: Int(entry.term)))
  }
}
