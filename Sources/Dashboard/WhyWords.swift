import Engine
import KubeAPI

/// A question: why something is so, or why something is not.
enum WhyQuestion: Sendable {
  case why(WhySubject)
  case whyNot(WhyNotGoal)
}

/// `:why …`: every question that can be asked, by words.
extension AppState {
  /// The first words of questions, and what they ask.
  static let whyForms: [(words: String, summary: String)] = [
    ("pod/NAME", "why it is as it is, or not running"), ("node/NAME", "why it is ready, or not"),
    ("running POD", "why not?"), ("evicted POD", "why not yet?"), ("gone POD", "why not?"),
    ("moved POD", "why is it not moved back?"), ("copies POD", "why are there two of it?"),
    ("rollout DEPLOYMENT", "why is it not done?"), ("endpoints SERVICE", "why has it none?"),
    ("event KIND/NAME", "why is there no Event about it?"), ("drain NODE", "why did it stop?"),
    ("leader COMPONENT", "why does it lead, or nobody?"), ("controller NAME", "why does it idle?"),
    ("writes", "why are they not carried out?"), ("request", "why was it slow, or refused?"),
    ("lb", "why does the load balancer skip a server?"),
    ("restore", "what did it leave out?"), ("revision N", "who wrote it?"),
    ("nothing", "why does nothing happen?"),
  ]

  /// The questions that the words after `why` ask; nil where they ask none, and a notice says so.
  mutating func whyQuestions(_ words: [String]) -> [WhyQuestion]? {
    let world = timeline.world
    let rest = words.count > 1 ? words[1] : ""
    switch (words.first ?? "", words.count) {
    case ("nothing", 1): return [.whyNot(.anything)]
    case ("writes", 1): return [.whyNot(.committed)]
    case ("request", 1): return [.whyNot(.answered), .why(.request)]
    case ("restore", 1): return [.why(.restore)]
    case ("restore", 2):
      guard let object = object(named: rest, mayBeGone: true) else { return nil }
      return [.whyNot(.restored(object)), .why(.restore)]
    case ("lb", _):
      let down = world.loadBalancer.backends.filter { !$0.isUp }
      let backends = down.isEmpty ? world.loadBalancer.backends : down
      let names =
        words.count > 1
        ? [rest] : backends.map { world.hosts[world.processes[$0.server].host].name }
      return names.flatMap { [.whyNot(.balanced($0)), .why(.backend($0))] as [WhyQuestion] }
    case ("leader", 2):
      let leads = !world.leaders(of: rest).isEmpty
      return [leads ? .why(.leader(rest)) : .whyNot(.leader(rest))]
    case ("controller", 2): return [.whyNot(.acting(rest))]
    case ("drain", 2): return [.whyNot(.drained(rest))]
    case ("revision", 2):
      guard let revision = Int64(rest) else {
        say("revision N, a number", .warn)
        return nil
      }
      return [.why(.revision(revision))]
    case ("event", 2):
      guard let object = object(named: rest) else { return nil }
      return [.whyNot(.event(object))]
    case ("endpoints", 2): return key(of: .service, rest).map { [.whyNot(.endpoints($0))] }
    case ("rollout", 2): return key(of: .deployment, rest).map { [.whyNot(.rolledOut($0))] }
    case ("running", 2): return key(of: .pod, rest).map { [.whyNot(.running($0))] }
    case ("evicted", 2): return key(of: .pod, rest).map { [.whyNot(.evicted($0))] }
    case ("gone", 2): return key(of: .pod, rest).map { [.whyNot(.gone($0))] }
    case ("moved", 2): return key(of: .pod, rest).map { [.whyNot(.rescheduled($0))] }
    case ("copies", 2):
      return key(of: .pod, rest).map { [.why(.copies(ObjectReference(.pod, $0)))] }
    case (let word, 1...2) where word.contains("/"):
      guard let object = object(named: word) else { return nil }
      // A second word is a field: `why node/worker-2 spec.taints`.
      if words.count == 2 { return [.why(.field(object, rest))] }
      return questions(about: object)
    default:
      var sheet = Sheet(content: .why(.group("why")), title: "What can be asked")
      sheet.update(
        Self.whyForms.map { form in
          SheetLine([Ink("  why " + padded(form.words, 20)), Ink(form.summary, .dim)])
        })
      overlays.append(.sheet(sheet))
      return nil
    }
  }

  private func questions(about object: ObjectReference) -> [WhyQuestion] {
    let row: RowID
    switch object.kind {
    case .pod:
      guard let uid = observation.pods[object.key]?.uid else {
        return [.whyNot(.running(object.key)), .why(.object(object))]
      }
      row = .pod(uid)
    case .node: row = .node(object.key.name)
    default: row = .object(object.kind, object.key)
    }
    return whyNotGoals(of: row).map { .whyNot($0) } + whySubjects(of: row).map { .why($0) }
  }

  /// `node/worker-2`, `pod/default/web-1`, `service/web` of the default namespace, or of the only
  /// one that has such a name; of what may be gone, of the default namespace.
  private mutating func object(
    named text: String, mayBeGone: Bool = false
  ) -> ObjectReference? {
    let parts = text.split(separator: "/").map(String.init)
    guard (2...3).contains(parts.count), let kind = ResourceKind(commandLineName: parts[0]) else {
      say("\"\(text)\" is no object: node/NAME, pod/NAME, service/NAMESPACE/NAME", .warn)
      return nil
    }
    let name = parts[parts.count - 1]
    if !kind.isNamespaced { return ObjectReference(kind, ObjectKey(name: name)) }
    if mayBeGone, parts.count == 2 {
      return ObjectReference(kind, ObjectKey(namespace: "default", name: name))
    }
    return key(of: kind, parts.dropFirst().joined(separator: "/")).map {
      ObjectReference(kind, $0)
    }
  }

  private mutating func key(of kind: ResourceKind, _ text: String) -> ObjectKey? {
    let parts = text.split(separator: "/").map(String.init)
    if parts.count == 2 { return ObjectKey(namespace: parts[0], name: parts[1]) }
    let usual = ObjectKey(namespace: "default", name: text)
    if timeline.world.object(kind, usual) != nil { return usual }
    let key =
      kind == .pod
      ? observation.pods.first { $0.key.name == text }?.key
      : timeline.world.objects(kind).first { $0.key.name == text }?.key
    if let key { return key }
    say("no \(kind.singular) \"\(text)\"", .warn)
    return nil
  }

  /// `:why …`, answered in a sheet.
  mutating func askWhy(_ words: [String]) {
    guard !words.isEmpty else { return why() }
    guard let questions = whyQuestions(words) else { return }
    var lines: [SheetLine] = []
    for question in questions { lines += answerLines(question) }
    while lines.last?.ink.allSatisfy({ $0.text.isEmpty }) ?? false { lines.removeLast() }
    guard !lines.isEmpty else { return say("nothing is recorded about it") }
    var sheet = Sheet(content: .why(.group("why")), title: "Why \(words.joined(separator: " "))?")
    sheet.update(lines)
    overlays.append(.sheet(sheet))
  }

  /// Words that can follow `why …`.
  func whyCandidates(after words: [String]) -> [String] {
    let world = timeline.world
    func objects(_ kinds: ResourceKind...) -> [String] {
      kinds.flatMap { kind in names(of: kind).map { kind.singular + "/" + $0 } }
    }
    if words.count == 1 {
      return Self.whyForms.map { String($0.words.prefix { $0 != " " }) }
        .filter { !$0.contains("/") } + objects(.node, .pod)
    }
    guard words.count == 2 else { return [] }
    switch words[1] {
    case "running", "evicted", "gone", "moved", "copies": return names(of: .pod)
    case "drain": return names(of: .node)
    case "rollout": return names(of: .deployment)
    case "endpoints": return names(of: .service)
    case "leader":
      return ["etcd", "kube-controller-manager", "kube-scheduler", "cloud-controller-manager"]
    case "controller": return world.controllerNames
    case "lb":
      return world.loadBalancer.backends.map { world.hosts[world.processes[$0.server].host].name }
    case "event", "restore":
      return objects(.node, .pod, .deployment, .service)
    default: return []
    }
  }
}
