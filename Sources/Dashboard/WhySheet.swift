import Basics
import Engine
import KubeAPI

/// `w`: why it is so, in at most six lines, each to be opened; why something has not happened; and
/// whether it would have without its cause.
extension AppState {
  /// What is asked about a row, the most telling first.
  func whySubjects(of row: RowID) -> [WhySubject] {
    switch row {
    case .node(let name):
      [.field(ObjectReference(.node, ObjectKey(name: name)), "status.conditions[Ready].status")]
    case .pod(let uid):
      observation.pods[uid].map { pod in
        let reference = ObjectReference(.pod, pod.key)
        return pod.isTerminating
          ? [.field(reference, "metadata.deletionTimestamp")]
          : [.field(reference, "status.conditions[Ready].status")]
      } ?? []
    case .member(let name):
      member(name).map { [.process($0)] + (leads(name) ? [.leader("etcd")] : []) } ?? []
    case .control(let role, let host):
      observation.control.first { $0.role == role && $0.host == host }.map { process in
        [.process(process.process)] + (process.isLeader ? [.leader(role.name)] : [])
      } ?? []
    case .action(let id): [.record(id)]
    case .object(let kind, let key): [.object(ObjectReference(kind, key))]
    default: []
    }
  }

  private func member(_ name: String) -> ProcessID? {
    observation.members.first { $0.name == name }?.process
  }

  private func leads(_ name: String) -> Bool {
    observation.members.contains { $0.name == name && $0.role == .leader && $0.state == .running }
  }

  /// What has not happened to a row, where that is worth asking.
  func whyNotGoals(of row: RowID?) -> [WhyNotGoal] {
    guard let row else { return [.anything] }
    switch row {
    case .pod(let uid):
      guard let pod = observation.pods[uid] else { return [] }
      if pod.isTerminating { return [.gone(pod.key)] }
      let isLost = observation.nodes.contains { $0.name == pod.node && $0.ready != "True" }
      if isLost { return [.evicted(pod.key)] }
      return pod.isReady ? [] : [.running(pod.key)]
    case .member: return observation.hasQuorum ? [] : [.committed]
    case .control(let role, _):
      let isLed = observation.control.contains { $0.role == role && $0.isLeader }
      return isLed || role == .apiServer ? [] : [.leader(role.name)]
    default: return []
    }
  }

  /// The whole answer about a row.
  func whyAnswer(about row: RowID) -> [SheetLine] {
    var lines: [SheetLine] = []
    for goal in whyNotGoals(of: row) {
      let answer = timeline.world.whyNot(goal)
      lines.append(.heading(answer.question))
      for (index, line) in answer.lines(6).enumerated() {
        lines.append(SheetLine("  " + line, index == 0 ? .warn : .text))
      }
      lines.append(SheetLine(""))
    }
    for subject in whySubjects(of: row) {
      let answer = timeline.why(subject)
      guard !answer.steps.isEmpty || answer.gap != nil else { continue }
      lines.append(.heading(answer.question))
      for step in answer.lines(6) {
        lines.append(
          SheetLine(
            [
              Ink("  \(padded(step.clock, 8)) ", .dim),
              Ink(step.who + ": ", step.isRoot ? .changed : .info),
              Ink(step.words, step.isRoot ? .changed : .text),
            ], opens: .step(subject, step.record)))
      }
      if let gap = answer.gap { lines.append(SheetLine("  " + gap, .dim)) }
      if let root = answer.steps.last(where: { $0.deed != nil }) {
        lines.append(
          SheetLine(
            [Ink("  Would it be so without that? ", .dim), Ink("Enter runs it again", .hintKey)],
            opens: .butFor(subject, root.record)))
      }
      lines.append(SheetLine(""))
    }
    if lines.isEmpty, case .action(let id) = row { return whyLines(from: id) }
    if lines.last?.ink.first?.text.isEmpty ?? false { lines.removeLast() }
    return lines
  }

  /// A step of a chain, with what it rests on.
  mutating func openStep(_ subject: WhySubject, _ record: TraceID) {
    guard let step = timeline.why(subject).steps.first(where: { $0.record == record }) else {
      return say("that step is no longer known")
    }
    var lines = [
      SheetLine([Ink("\(step.who): ", .info), Ink(step.words)]),
      SheetLine("at t=\(step.clock)", .dim),
    ]
    if let basis = step.basis {
      lines += [SheetLine(""), .heading("What it rests on")]
      lines += basis.lines.map { SheetLine("  " + $0) }
    }
    let also = step.also.compactMap { timeline.world.trace[$0] }.map { timeline.world.action($0) }
    if !also.isEmpty {
      lines += [SheetLine(""), .heading("Came to it together")]
      lines += also.map { Self.line(of: $0) }
    }
    lines += [SheetLine(""), .heading("Every record on the way")]
    lines += whyLines(from: record).dropFirst(2)
    var sheet = Sheet(content: .why(.action(record)), title: "A step")
    sheet.update(lines)
    overlays.append(.sheet(sheet))
  }

  /// Runs the world again without a deed.
  mutating func openButFor(_ subject: WhySubject, _ record: TraceID) {
    guard let answer = timeline.butFor(record, of: subject) else {
      return say("what was done is no longer known")
    }
    var lines = [SheetLine(answer.text)]
    let others = timeline.why(subject).steps.last { $0.record == record }?.also ?? []
    let together = [record] + others.filter { timeline.world.deed(of: $0) != nil }
    if answer.verdict == .no, together.count > 1,
      let set = timeline.butFor(together, of: subject)
    {
      lines.append(SheetLine("It was not alone. All \(together.count) left out:"))
      lines.append(SheetLine(set.text))
      for deed in set.deeds { lines.append(SheetLine("  " + deed.text(in: timeline.world), .dim)) }
    }
    if let actual = answer.actual { lines.append(.field("As it is", actual)) }
    if let without = answer.without { lines.append(.field("Without", without, .changed)) }
    lines.append(SheetLine("  checked at \(clockText(answer.at)), by running it again", .dim))
    var sheet = Sheet(content: .why(.action(record)), title: "But for that?")
    sheet.update(lines)
    overlays.append(.sheet(sheet))
  }
}
