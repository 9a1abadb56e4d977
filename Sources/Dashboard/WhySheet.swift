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
          ? [.field(reference, "metadata.deletionTimestamp"), .copies(reference)]
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
    case .host(let name):
      timeline.world.host(named: name)?.role == .loadBalancer
        ? skipped.map { .backend($0) } : []
    default: []
    }
  }

  /// The API servers that the load balancer skips, by their hosts.
  private var skipped: [String] {
    let world = timeline.world
    return world.loadBalancer.backends.filter { !$0.isUp }.map {
      world.hosts[world.processes[$0.server].host].name
    }
  }

  /// Whether a node is being emptied, as far as can be seen: cordoned, with pods still on it.
  private func isDraining(_ name: String) -> Bool {
    observation.nodes.contains { $0.name == name && $0.status.contains("SchedulingDisabled") }
      && observation.pods.count(on: name) > 0
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
    case .node(let name):
      // What one knows of a machine that is off, and nobody can write.
      if !observation.hasQuorum { return [.committed] }
      return isDraining(name) ? [.drained(name)] : []
    case .member: return observation.hasQuorum ? [] : [.committed]
    case .control(let role, _):
      let isLed = observation.control.contains { $0.role == role && $0.isLeader }
      if role == .apiServer, case .control(_, let host) = row {
        return skipped.contains(host) ? [.balanced(host)] : []
      }
      return isLed || role == .apiServer ? [] : [.leader(role.name)]
    case .controller(_, let name): return [.acting(name)]
    case .host(let name) where timeline.world.host(named: name)?.role == .loadBalancer:
      return skipped.map { .balanced($0) }
    case .object(.deployment, let key):
      return timeline.world.whyNot(.rolledOut(key)).unmet == nil ? [] : [.rolledOut(key)]
    case .object(.service, let key):
      return timeline.world.whyNot(.endpoints(key)).unmet == nil ? [] : [.endpoints(key)]
    case .object(let kind, let key) where timeline.world.object(kind, key) == nil:
      return timeline.world.restores.last?.loss(of: ObjectReference(kind, key)) == nil
        ? [] : [.restored(ObjectReference(kind, key))]
    default: return []
    }
  }

  /// The whole answer about a row.
  func whyAnswer(about row: RowID) -> [SheetLine] {
    var lines: [SheetLine] = []
    for goal in whyNotGoals(of: row) { lines += answerLines(.whyNot(goal)) }
    for subject in whySubjects(of: row) {
      // Of most pods on their way out there is one.
      if case .copies = subject, timeline.why(subject).steps.isEmpty { continue }
      lines += answerLines(.why(subject))
    }
    if lines.isEmpty, case .action(let id) = row { return whyLines(from: id) }
    if lines.last?.ink.first?.text.isEmpty ?? false { lines.removeLast() }
    return lines
  }

  /// One question, its answer, and an empty line.
  func answerLines(_ question: WhyQuestion) -> [SheetLine] {
    var lines: [SheetLine] = []
    switch question {
    case .whyNot(let goal):
      let answer = timeline.world.whyNot(goal)
      lines.append(.heading(answer.question))
      for line in answer.answer() {
        let isMissing = line.part == .missing || line.part == .heldUp
        lines.append(SheetLine("  " + line.text, isMissing ? .warn : .text))
      }
      if let due = answer.waiter?.earliest, due > timeline.now {
        lines.append(SheetLine("  that is in \((due - timeline.now).brief)", .dim))
      }
      lines.append(SheetLine(""))
    case .why(let subject):
      let answer = timeline.why(subject)
      guard !answer.steps.isEmpty || answer.gap != nil else { return [] }
      lines.append(.heading(answer.question))
      for step in answer.lines(6) {
        lines.append(
          SheetLine(
            [
              Ink("  \(padded(step.clock, 10)) ", .dim),
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
    return lines
  }

  /// A step of a chain, with what it rests on.
  mutating func openStep(_ subject: WhySubject, _ record: TraceID) {
    guard let step = timeline.why(subject).steps.first(where: { $0.record == record }) else {
      return say("that step is no longer known")
    }
    var lines = [
      SheetLine([Ink("\(step.who): ", .info), Ink(step.words)]),
      SheetLine("at \(step.clock)", .dim),
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
    let deed = timeline.world.deed(of: record)?.text(in: timeline.world) ?? "what was done"
    if let actual = answer.actual { lines.append(.field("As it is", actual)) }
    if let without = answer.without { lines.append(.field("Without", without, .changed)) }
    lines.append(SheetLine("  checked at \(clockText(answer.at)), by running it again", .dim))
    var sheet = Sheet(content: .why(.action(record)), title: "What if not: \(deed)?")
    sheet.update(lines)
    overlays.append(.sheet(sheet))
  }
}
