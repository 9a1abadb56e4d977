import Basics
import Engine
import KubeAPI
import TerminalCore

/// What Enter on a line of a sheet opens.
enum SheetLink: Sendable, Hashable {
  /// What changed from one revision of an object to another; 0 is before it was there.
  case diff(ObjectReference, from: Int64, to: Int64)
  case row(RowID)
  /// A step of a chain of causes; whether it would be so without one.
  case step(WhySubject, TraceID)
  case butFor(WhySubject, TraceID)
}

/// Owners and the past of objects, for their details.
extension AppState {
  /// The chain of controllers above an object, the nearest first: `Pod web-… < ReplicaSet web-… <
  /// Deployment web`, a line each.
  func ownerLines(_ reference: ObjectReference) -> [SheetLine] {
    var lines: [SheetLine] = []
    var current = timeline.world.object(reference.kind, reference.key)
    while let owner = current?.metadata.controller, let object = current, lines.count < 8 {
      let kind = ResourceKind(apiVersion: owner.apiVersion, kind: owner.kind)
      let key = ObjectKey(
        namespace: kind?.isNamespaced ?? true ? object.metadata.namespace : "", name: owner.name)
      let found = kind.flatMap { timeline.world.object($0, key) }
      let isThere = found?.metadata.uid == owner.uid
      let indent = String(repeating: "  ", count: lines.count + 1)
      lines.append(
        SheetLine(
          [
            Ink(indent + "owned by ", .dim), Ink("\(owner.kind) \(owner.name)"),
            Ink(isThere ? "" : "  gone", .error),
          ], opens: kind.map { .row(.object($0, key)) }))
      current = isThere ? found : nil
    }
    return lines.isEmpty ? [] : [SheetLine(""), .heading("Owners")] + lines
  }

  /// The states of an object that etcd still has, the newest first.
  func revisionLines(_ reference: ObjectReference) -> [SheetLine] {
    let all = timeline.world.revisions(of: reference)
    guard !all.isEmpty else { return [] }
    var lines: [SheetLine] = [
      SheetLine(""),
      .heading(
        diffBase == nil
          ? "History (Enter: what changed; v: compare from here)"
          : "History (Enter: what changed since the marked one; v: take the mark away)"),
    ]
    for (index, revision) in all.enumerated().reversed().prefix(40) {
      let before = index > 0 ? all[index - 1].revision : 0
      let isBase = diffBase == DiffBase(reference: reference, revision: revision.revision)
      let from = diffBase.flatMap { $0.reference == reference ? $0.revision : nil } ?? before
      let words = revision.note.flatMap(ActionText.deed) ?? ""
      lines.append(
        SheetLine(
          [
            Ink(isBase ? "  * " : "    ", .changed),
            Ink(padded("rev \(revision.revision)", 10), isBase ? .changed : .text),
            Ink(padded(revision.at.map(preciseClockText) ?? "", 13), .dim),
            Ink(
              revision.isDeletion ? "deleted" : words.isEmpty ? "write \(revision.version)" : words,
              revision.isDeletion ? .terminating : .dim),
          ], opens: .diff(reference, from: from, to: revision.revision)))
    }
    if all.count > 40 { lines.append(SheetLine("    and \(all.count - 40) older ones", .dim)) }
    return lines
  }

  /// What changed between two revisions: path, before, after.
  func diffLines(_ reference: ObjectReference, from: Int64, to: Int64) -> [SheetLine] {
    let all = timeline.world.revisions(of: reference)
    guard let new = all.first(where: { $0.revision == to }) else {
      return [SheetLine("etcd no longer has revision \(to).", .dim)]
    }
    let old = all.first { $0.revision == from }
    var lines: [SheetLine] = []
    if let words = new.note.flatMap(ActionText.deed) {
      lines += [SheetLine(words, .title), SheetLine("")]
    }
    let changes = FieldDiff.between(old?.object, new.object)
    if changes.isEmpty { lines.append(SheetLine("Nothing but the revision changed.", .dim)) }
    for change in changes.prefix(400) {
      lines.append(SheetLine("  " + change.path, .dim))
      if let before = change.old { lines.append(SheetLine([Ink("    - \(before)", .error)])) }
      if let after = change.new { lines.append(SheetLine([Ink("    + \(after)", .ok)])) }
    }
    return lines
  }

  /// Opens what the selected line of the topmost sheet leads to; false where it leads nowhere.
  mutating func openLink() -> Bool {
    guard case .sheet(let sheet) = overlays.last, let at = sheet.selected,
      sheet.lines.indices.contains(at), let link = sheet.lines[at].opens
    else { return false }
    switch link {
    case .diff(let reference, let from, let to):
      let name = "\(reference.kind.singular) \(reference.key.name)"
      let title = from == 0 ? "\(name) as created at \(to)" : "\(name): revision \(from) to \(to)"
      var diff = Sheet(content: .diff(reference, from: from, to: to), title: title)
      diff.update(diffLines(reference, from: from, to: to))
      overlays.append(.sheet(diff))
    case .step(let subject, let record): openStep(subject, record)
    case .butFor(let subject, let record): openButFor(subject, record)
    case .row(let row):
      var details = Sheet(content: .details(row), title: title(of: row))
      details.update(detailLines(of: row))
      overlays.append(.sheet(details))
    }
    return true
  }

  /// Marks the selected revision as the one to compare from, or takes the mark away.
  mutating func markRevision() {
    guard case .sheet(let sheet) = overlays.last, let at = sheet.selected,
      sheet.lines.indices.contains(at),
      case .diff(let reference, _, let to)? = sheet.lines[at].opens
    else { return say("v marks a line of an object's history to compare from") }
    let base = DiffBase(reference: reference, revision: to)
    diffBase = diffBase == base ? nil : base
    updateSheets(isForced: true)
    say(
      diffBase == nil
        ? "no mark: each revision is compared with the one before"
        : "revision \(to) is marked: Enter on another shows what differs")
  }
}

/// The revision that others are compared with.
struct DiffBase: Sendable, Hashable {
  let reference: ObjectReference
  let revision: Int64
}
