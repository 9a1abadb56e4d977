import Basics
import KubeAPI
import SimulationKernel

extension World {
  /// Why something is as it is, as far back as this world's trace reaches.
  public func why(_ subject: WhySubject) -> Explanation {
    Inquiry(Evidence(self)).answer(subject)
  }
}

extension Timeline {
  /// Why something is as it is. Where the trace or etcd's history no longer reach, the keyframes
  /// before do.
  public func why(_ subject: WhySubject) -> Explanation {
    let before = future.keyframes.filter {
      $0.world.now <= now && $0.world.trace.total <= world.trace.total
    }
    return Inquiry(Evidence(world, older: before)).answer(subject)
  }
}

/// One walk from an effect to its roots.
struct Inquiry {
  let evidence: Evidence
  var world: World { evidence.world }

  init(_ evidence: Evidence) { self.evidence = evidence }

  func answer(_ subject: WhySubject) -> Explanation {
    switch subject {
    case .field(let object, let path):
      let value =
        world.object(object.kind, object.key).flatMap { FieldDiff.value(at: path, of: $0) }
      let question = "why \(object.text) \(path) = \(value ?? "none")?"
      return explain(evidence.lastWriter(object, path), question)
    case .object(let object):
      return explain(evidence.lastWriter(object, nil), "why \(object.text)?")
    case .revision(let revision):
      return explain(evidence.write(revision), "why revision \(revision)?")
    case .record(let id):
      let words = evidence[id]?.record.note.message ?? "record \(id.rawValue)"
      return explain(evidence[id], "why: \(words)?")
    case .process(let id):
      guard world.processes.indices.contains(id) else { return nothing("why no such process?") }
      let process = world.processes[id]
      let name = world.name(of: id)
      let isUp = process.state == .running
      let start = evidence[process.startedBy]
      if !isUp, process.state == .paused {
        let deed = world.suppressors(of: process, from: world.now, to: world.now).first
        return explain(deed.flatMap { evidence[$0.record] }, "why is \(name) paused?")
      }
      return explain(
        isUp ? start : evidence[process.endedBy], "why is \(name) \(isUp ? "up" : "down")?")
    case .leader(let component):
      return explain(leadership(of: component), "why does this \(component) lead?")
    case .backend(let host): return backend(host)
    case .request:
      return explain(
        newest { $0.record.note.basis?.rule == "request" },
        "why was the last request slow, or refused?")
    case .copies(let pod): return copies(of: pod)
    case .restore: return restore()
    }
  }

  private func leadership(of component: String) -> Trace.Entry? {
    let leader = world.leaders(of: component).first
    return world.trace.newest(1, scanning: .max) { entry in
      guard entry.record.note.kind == .leadership, let id = entry.record.process,
        world.processes[id].role.name == component,
        entry.record.note.message.contains("became leader")
      else { return false }
      return leader.map { world.hosts[world.processes[id].host].name == $0 } ?? true
    }.first
  }

  func nothing(
    _ question: String, _ gap: String = "nothing is recorded about it"
  ) -> Explanation {
    Explanation(question: question, steps: [], gap: gap)
  }

  func newest(_ isWanted: (Trace.Entry) -> Bool) -> Trace.Entry? {
    world.trace.newest(1, scanning: .max, where: isWanted).first
  }

  // MARK: The walk

  func explain(_ start: Trace.Entry?, _ question: String) -> Explanation {
    guard let start else { return nothing(question) }
    var steps: [Explanation.Step] = []
    var gap: String?
    var seen = LookupSet<TraceID>()
    var here: Trace.Entry? = start
    var edge = Explanation.Edge.effect
    while let entry = here, steps.count < 200 {
      guard seen.insert(entry.id) else { break }
      if let tale = evidence.tale(of: entry.id), seen.insert(tale.id) {
        steps.append(step(tale, edge))
        edge = .program
      }
      let root = isRoot(entry)
      steps.append(step(entry, edge, isRoot: root))
      if root { break }
      if let absence = entry.record.note.basis?.absence {
        if let next = follow(absence, from: entry, &steps) {
          here = next
          edge = .suppress
          continue
        }
        if steps.last?.isRoot == true { break }
      }
      guard let cause = cause(of: entry) else {
        gap =
          entry.cause == .none
          ? "its record names no cause" : "the trace does not reach further back"
        break
      }
      here = cause
      do {
        edge = self.edge(from: cause, to: entry)
      }
    }
    return Explanation(question: question, steps: steps, gap: gap)
  }

  /// What caused a record. Three cases need a second look: watch events come in batches, of which
  /// the one about the record's own object counts; a candidate's victory follows from its own
  /// campaign, not from the last vote; and what a periodic timer did goes back to the start of the
  /// process that set it.
  private func cause(of entry: Trace.Entry) -> Trace.Entry? {
    let note = entry.record.note
    if note.kind == .leadership, let id = entry.record.process, world.processes[id].role == .etcd {
      let before = evidence.newest(before: entry.id) {
        $0.record.process == id
          && ($0.record.note.kind == .leadership || $0.record.note.message.hasSuffix("started"))
      }
      if let before { return before }
    }
    if let cause = evidence[entry.cause] {
      guard cause.record.note.kind == .write, let subject = note.subject,
        let other = cause.record.note.subject, other.kind == subject.kind, other != subject
      else { return cause }
      let revision = cause.record.note.revision
      let own = evidence.newest(before: entry.id) {
        $0.record.note.kind == .write && $0.record.note.subject == subject
      }
      if let own, abs(own.record.note.revision - revision) <= 64 { return own }
      return cause
    }
    guard entry.cause == .none, let id = entry.record.process else { return nil }
    return evidence.newest(before: entry.id) {
      $0.record.process == id && $0.record.note.kind == .lifecycle
        && $0.record.note.message.hasSuffix("started")
    }
  }

  /// From what did not come to what kept it away. Adds the last that came and the deeds that struck
  /// its sender; returns a record to go on from where it ended by itself.
  private func follow(
    _ absence: Basis.Absence, from entry: Trace.Entry, _ steps: inout [Explanation.Step]
  ) -> Trace.Entry? {
    var since = entry.at - absence.silence
    if absence.lastRevision > 0, let last = evidence.write(absence.lastRevision) {
      since = min(since, last.at)
      steps.append(
        Explanation.Step(
          record: last.id, at: last.at, who: who(last),
          words: "the last that came: \(words(of: last))", edge: .read, role: .context,
          basis: nil, deed: nil, isRoot: false))
    }
    for process in world.expected(from: absence.from, by: entry.record.process) {
      let found = world.suppressors(of: process, from: since, to: entry.at)
      if let first = found.first {
        var root = step(of: first, .suppress)
        root.also = found.dropFirst().map(\.record)
        steps.append(root)
        return nil
      }
      if let ended = process.endedAt, ended >= since - .seconds(1), ended <= entry.at,
        let record = evidence[process.endedBy]
      {
        return record
      }
    }
    return nil
  }

  private func step(of deed: Deed, _ edge: Explanation.Edge) -> Explanation.Step {
    Explanation.Step(
      record: deed.record, at: deed.at, who: "you", words: deed.text(in: world), edge: edge,
      role: .necessary, basis: nil, deed: deed, isRoot: true)
  }

  func step(
    _ entry: Trace.Entry, _ edge: Explanation.Edge, isRoot: Bool = false
  ) -> Explanation.Step {
    let deed = world.deed(of: entry.id)
    var step = Explanation.Step(
      record: entry.id, at: entry.at, who: who(entry),
      words: deed?.text(in: world) ?? words(of: entry),
      edge: deed != nil && edge != .effect && edge != .suppress ? .user : edge, role: .necessary,
      basis: entry.record.note.basis, deed: deed, isRoot: isRoot)
    step.also = entry.record.note.basis?.coalesced ?? []
    return step
  }

  /// What comes from outside, and the first start of a machine.
  private func isRoot(_ entry: Trace.Entry) -> Bool {
    let note = entry.record.note
    if note.kind == .input { return true }
    return entry.cause == .none && note.kind == .lifecycle
  }

  private func edge(from cause: Trace.Entry, to effect: Trace.Entry) -> Explanation.Edge {
    if cause.record.note.kind == .input { return .user }
    if cause.record.note.kind == .write, effect.record.note.kind != .write { return .watch }
    if cause.record.process == effect.record.process {
      return effect.at - cause.at > .seconds(1) ? .timer : .program
    }
    return .message
  }

  /// What a record says, without saying again who: that is told before it.
  private func words(_ message: String, without actor: String) -> String {
    message.hasPrefix(actor + " ") ? String(message.dropFirst(actor.count + 1)) : message
  }

  func words(of entry: Trace.Entry) -> String {
    let note = entry.record.note
    let message = note.message
    guard note.kind == .write else {
      return words(message, without: who(entry).split(separator: "@").first.map(String.init) ?? "")
    }
    let parts = message.split(separator: " ", omittingEmptySubsequences: false)
    return parts.count > 2 && parts[parts.count - 2] == "for"
      ? parts.dropLast(2).joined(separator: " ") : message
  }

  // MARK: Who

  /// The actor of a record: for a write, who asked the API server for it.
  func who(_ entry: Trace.Entry) -> String {
    let note = entry.record.note
    if note.kind == .write { return requester(entry) }
    guard let id = entry.record.process else {
      return note.kind == .lifecycle ? "the machines" : "you"
    }
    let process = world.name(of: id)
    // A controller says its own name first.
    if let word = note.message.split(separator: " ").first, word.hasSuffix("-controller") {
      return "\(word)@\(world.hosts[world.processes[id].host].name)"
    }
    return process
  }

  private func requester(_ entry: Trace.Entry) -> String {
    let words = entry.record.note.message
    guard let user = words.split(separator: " ").last.map(String.init) else { return "?" }
    if user.hasPrefix("system:node:") { return "kubelet@" + user.dropFirst("system:node:".count) }
    if user == "kubernetes-admin" { return "you" }
    if user.hasPrefix("system:apiserver") { return world.name(of: entry.record.process) }
    if let tale = evidence.tale(of: entry.id) { return who(tale) }
    guard user.hasPrefix("system:") else { return user }
    let role = String(user.dropFirst("system:".count))
    var next = evidence[entry.cause]
    for _ in 0..<6 {
      guard let cause = next else { break }
      if let id = cause.record.process, world.processes[id].role.name == role {
        return cause.id == entry.cause ? who(cause) : world.name(of: id)
      }
      next = evidence[cause.cause]
    }
    if let leader = world.leaders(of: role).first { return "\(role)@\(leader)" }
    return role
  }
}
