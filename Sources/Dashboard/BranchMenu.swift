import Basics
import Engine
import KubeAPI

/// Other futures: the list of them, going to one, and two side by side.
extension AppState {
  func branchItems() -> [MenuItem] {
    let branches = timeline.branches
    guard branches.count > 1 else {
      return [
        .heading("There is one future: go back (<), do something else, and there are two"),
        otherTopology,
      ]
    }
    var items = [MenuItem.heading("Go to (Enter)")]
    for branch in branches {
      let began = branch.parent == nil ? "the first" : "since \(clockText(branch.forkedAt))"
      let what = branch.inputs.compactMap { Self.words($0.input) }.last
      let mark = branch.isCurrent ? " (here)" : ""
      items.append(
        MenuItem(
          nil, branch.name + mark,
          "\(began), to \(clockText(branch.end))" + (what.map { ": " + $0 } ?? ""),
          branch.isCurrent ? nil : .intent(.switchBranch(branch.id))))
    }
    items.append(.heading("Compare with what is shown"))
    let here = timeline.branch
    for branch in branches where branch.id != here.id {
      items.append(
        MenuItem(
          nil, "\(here.name) and \(branch.name)", "what differs, and since when",
          .intent(.compareBranches(here.id, branch.id))))
    }
    return items + [.heading("Begin another"), otherTopology]
  }

  private var otherTopology: MenuItem {
    let other = timeline.world.spec.etcd == .stacked ? "external" : "stacked"
    return MenuItem(
      nil, "With etcd \(other)", "the same deeds at the same moments",
      .intent(.submit("topology \(other)")))
  }

  /// The same scenario with etcd in the other place, as a future beside this one.
  mutating func changeTopology(_ name: String) {
    guard let topology = ClusterSpec.EtcdTopology(rawValue: name) else {
      return say("topology stacked or topology external", .warn)
    }
    if let setup, setup.stage != .done {
      return say("booting: wait until the cluster stands")
    }
    let misses = timeline.inputs.count { Self.namesAPod($0.input) }
    guard let begun = timeline.begin(on: topology) else {
      return say("etcd is \(name) here already", .warn)
    }
    isRunning = false
    command = nil
    stream = nil
    meter.restart()
    pursuit = .time(begun.catchesUp)
    refresh()
    updateSheets(isForced: true)
    let missed =
      misses == 0
      ? "" : "; what named a pod misses there (\(misses) of the deeds): its pods have other names"
    say("the same with etcd \(name), from power-on\(missed); B compares", .changed)
  }

  /// Whether an input is about a pod by its name, as an eviction is: a name that a controller drew.
  private static func namesAPod(_ input: Input) -> Bool {
    switch input {
    case .request(let request):
      request.kind == .pod && request.isMutating && !request.name.isEmpty
    case .fail(let fault): if case .container = fault.target { true } else { false }
    default: false
    }
  }

  /// What an input did; nil for what nobody would name a future after.
  private static func words(_ input: Input) -> String? {
    switch input {
    case .fail(let fault): fault.text
    case .heal(let target): target.text + " is healed"
    case .healAll: "everything is healed"
    case .kill(let host, let process): "\(process) on \(host) is killed"
    case .request(let request) where request.subresource == .eviction:
      "evict \(request.kind.singular) \(request.name)"
    case .request(let request) where request.isMutating:
      "\(request.verb.rawValue) \(request.kind.singular) \(request.name)"
    default: nil
    }
  }

  mutating func switchBranch(_ id: BranchID) {
    isRunning = false
    pursuit = nil
    command = nil
    stream = nil
    meter.restart()
    guard timeline.switch(to: id) else { return say("that future is forgotten", .warn) }
    refresh()
    updateSheets(isForced: true)
    say("\(timeline.branch.name) at \(clockText(timeline.now))", .changed)
  }

  mutating func renameBranch(_ name: String) {
    guard !name.isEmpty else { return open(.branches) }
    timeline.rename(timeline.branch.id, to: name)
    say("this future is called \(name)")
  }

  /// Opens two futures side by side.
  mutating func compareBranches(_ a: BranchID, _ b: BranchID) {
    // As far as both have come: where one is shorter it is let to come as far as the other.
    guard let found = timeline.compare(a, b) else { return say("nothing to compare", .warn) }
    let names = timeline.branches
    func name(_ id: BranchID) -> String { names.first { $0.id == id }?.name ?? "?" }
    var sheet = Sheet(content: .comparison, title: "\(name(a)) and \(name(b))")
    sheet.update(comparisonLines(found, name(a), name(b)))
    overlays.append(.sheet(sheet))
  }

  private func comparisonLines(
    _ found: BranchComparison, _ a: String, _ b: String
  ) -> [SheetLine] {
    var lines = [
      SheetLine(
        "parted at \(clockText(found.forkedAt)), compared at \(clockText(found.at))", .dim),
      SheetLine(""),
    ]
    let left = timeline.world(of: found.first, at: found.at)
    let right = timeline.world(of: found.second, at: found.at)
    let width = max(a.count, b.count, 10) + 2
    func row(_ label: String, _ x: String, _ y: String) -> SheetLine {
      SheetLine([
        Ink("  " + padded(label, 14), .dim), Ink(padded(x, width), x == y ? .text : .changed),
        Ink(y, x == y ? .text : .changed),
      ])
    }
    lines.append(
      SheetLine([Ink("  " + padded("", 14)), Ink(padded(a, width), .title), Ink(b, .title)]))
    if let left, let right {
      let (x, y) = (left.observe(), right.observe())
      func ready(_ seen: Observation) -> String {
        "\(seen.nodes.readyCount) of \(seen.nodes.count)"
      }
      func pods(_ seen: Observation) -> String {
        "\(seen.pods.readyCount) of \(seen.pods.count)"
      }
      lines += [
        row("nodes Ready", ready(x), ready(y)), row("pods ready", pods(x), pods(y)),
        row("pods Pending", "\(Self.pending(x))", "\(Self.pending(y))"),
        row("faults", "\(x.faults.count)", "\(y.faults.count)"),
        row("revision", "\(x.revision)", "\(y.revision)"),
      ]
    }
    lines += [SheetLine(""), .heading("What differs, the earliest first (\(a) -> \(b))")]
    if found.differences.isEmpty { lines.append(SheetLine("  nothing", .dim)) }
    for difference in found.differences.prefix(200) {
      let since = difference.since.map(clockText) ?? "?"
      let what: String
      switch difference.kind {
      case .onlyInFirst: what = "only in \(a)"
      case .onlyInSecond: what = "only in \(b)"
      case .changed:
        what = "\(difference.fields.count) field\(difference.fields.count == 1 ? "" : "s")"
      }
      lines.append(
        SheetLine([
          Ink("  \(since)  ", .dim),
          Ink("\(difference.object.kind.singular) \(difference.object.key.text)"),
          Ink("  \(what)", .changed),
        ]))
      for field in difference.fields.prefix(6) {
        lines.append(SheetLine("      " + field.text, .dim))
      }
      if difference.fields.count > 6 {
        lines.append(SheetLine("      and \(difference.fields.count - 6) more", .dim))
      }
    }
    return lines
  }

  private static func pending(_ seen: Observation) -> Int {
    seen.pods.count { $0.phase == "Pending" }
  }
}
