import Basics
import KubeAPI

/// Server-side apply: the fields of the document are set and become the manager's, those that it
/// no longer names go, and another manager's are left alone unless forced.
///
/// Only appliers are managers here: what other requests write is nobody's, and so never in
/// conflict.
struct ServerSideApply {
  let manager: String
  let force: Bool
  let apiVersion: String
  let now: Timestamp

  private struct Entry {
    var manager: String
    var fields: FieldSet
    var raw: JSONObject
  }

  /// The live object with the document applied, or the conflict.
  func apply(
    _ document: JSONObject, to live: JSONObject
  ) throws(APIStatus) -> JSONObject {
    var entries = Self.entries(of: live)
    let mine = entries.firstIndex { $0.manager == manager }
    let fields = FieldSet(applied: document)
    var conflicts: [(manager: String, paths: [String])] = []
    var others = FieldSet()
    for at in entries.indices where at != mine {
      var found = Conflicts()
      found.walk(
        fields.tree, entries[at].fields.tree, .object(live), .object(document), path: "")
      if !found.paths.isEmpty {
        if force {
          entries[at].fields = entries[at].fields.subtracting(FieldSet(tree: found.tree))
        } else {
          conflicts.append((entries[at].manager, found.paths))
        }
      }
      others = FieldSet(tree: Self.union(others.tree, entries[at].fields.tree))
    }
    if !conflicts.isEmpty { throw status(conflicts) }

    var result = live
    if let mine {
      let gone = entries[mine].fields.subtracting(fields).subtracting(others)
      Self.remove(gone.tree, from: &result)
    }
    Self.merge(document, into: &result)
    record(fields, &entries, mine)
    entries.removeAll { $0.fields.isEmpty && $0.manager != manager }
    Self.setEntries(entries, in: &result)
    return result
  }

  /// `Apply failed with 1 conflict: conflict with "a" using apps/v1: .spec.replicas`
  /// (managedfields/internal/conflict.go).
  private func status(_ conflicts: [(manager: String, paths: [String])]) -> APIStatus {
    let count = conflicts.reduce(0) { $0 + $1.paths.count }
    var message = "Apply failed with \(count) conflict\(count == 1 ? "" : "s"): "
    if count == 1 {
      message +=
        "conflict with \"\(conflicts[0].manager)\" using \(apiVersion): \(conflicts[0].paths[0])"
    } else {
      message += conflicts.map { conflict in
        conflict.paths.count == 1
          ? "conflict with \"\(conflict.manager)\" using \(apiVersion): \(conflict.paths[0])"
          : "conflicts with \"\(conflict.manager)\" using \(apiVersion):\n"
            + conflict.paths.map { "- " + $0 }.joined(separator: "\n")
      }.joined(separator: "\n")
    }
    let causes = conflicts.flatMap { conflict in
      conflict.paths.map {
        APIStatus.Cause(
          reason: "FieldManagerConflict",
          message: "conflict with \"\(conflict.manager)\" using \(apiVersion)", field: $0)
      }
    }
    return APIStatus(code: 409, reason: .conflict, message: message, causes: causes)
  }

  // MARK: managedFields

  private static func entries(of live: JSONObject) -> [Entry] {
    guard case .object(let metadata)? = live["metadata"],
      case .array(let list)? = metadata["managedFields"]
    else { return [] }
    return list.compactMap { item in
      guard case .object(let raw) = item, case .string(let manager)? = raw["manager"],
        case .object(let tree)? = raw["fieldsV1"]
      else { return nil }
      return Entry(manager: manager, fields: FieldSet(tree: tree), raw: raw)
    }
  }

  private func record(_ fields: FieldSet, _ entries: inout [Entry], _ mine: Int?) {
    // The time moves only with the fields, so that applying the same again changes nothing.
    if let mine, entries[mine].fields == fields { return }
    let raw = JSONObject([
      ("apiVersion", .string(apiVersion)), ("fieldsType", .string("FieldsV1")),
      ("manager", .string(manager)), ("operation", .string("Apply")),
      ("time", .string(now.rfc3339)),
    ])
    let entry = Entry(manager: manager, fields: fields, raw: raw)
    if let mine { entries[mine] = entry } else { entries.append(entry) }
  }

  private static func setEntries(_ entries: [Entry], in result: inout JSONObject) {
    var metadata = JSONObject()
    if case .object(let given)? = result["metadata"] { metadata = given }
    metadata["managedFields"] = .array(
      entries.map { entry in
        var raw = entry.raw
        raw["fieldsV1"] = .object(entry.fields.tree)
        return .object(raw)
      })
    result["metadata"] = .object(metadata)
  }

  // MARK: Trees

  private static func union(_ a: JSONObject, _ b: JSONObject) -> JSONObject {
    var out = a
    for field in b.fields {
      if case .object(let mine)? = out[field.key], case .object(let theirs) = field.value {
        out[field.key] = .object(union(mine, theirs))
      } else {
        out[field.key] = field.value
      }
    }
    return out
  }

  private static func merge(_ document: JSONObject, into live: inout JSONObject) {
    for field in document.fields {
      switch (live[field.key], field.value) {
      case (.object(var old)?, .object(let new)):
        merge(new, into: &old)
        live[field.key] = .object(old)
      case (.array(let old)?, .array(let new)):
        live[field.key] = .array(merge(new, into: old, field.key))
      default: live[field.key] = field.value
      }
    }
  }

  private static func merge(
    _ new: [JSONValue], into old: [JSONValue], _ field: String
  ) -> [JSONValue] {
    switch ListType(of: field, new) {
    case .atomic: return new
    case .set: return old + new.filter { !old.contains($0) }
    case .map(let keys):
      var out = old
      for item in new {
        guard case .object(let object) = item else { continue }
        if let at = index(of: ListType.keyValues(object, keys), keys, in: out),
          case .object(var current) = out[at]
        {
          merge(object, into: &current)
          out[at] = .object(current)
        } else {
          out.append(item)
        }
      }
      return out
    }
  }

  private static func index(
    of values: JSONObject, _ keys: [String], in items: [JSONValue]
  ) -> Int? {
    items.firstIndex {
      if case .object(let item) = $0 { return ListType.keyValues(item, keys) == values }
      return false
    }
  }

  private static func remove(_ tree: JSONObject, from object: inout JSONObject) {
    for branch in tree.fields {
      guard branch.key.hasPrefix("f:"), case .object(let inner) = branch.value else { continue }
      let name = String(branch.key.dropFirst(2))
      switch object[name] {
      case .object(var nested)? where !inner.isEmpty:
        remove(inner, from: &nested)
        object[name] = nested.isEmpty ? nil : .object(nested)
      case .array(let items)? where !inner.isEmpty:
        let kept = remove(inner, from: items, name)
        object[name] = kept.isEmpty ? nil : .array(kept)
      default: object[name] = nil
      }
    }
  }

  private static func remove(
    _ tree: JSONObject, from items: [JSONValue], _ field: String
  ) -> [JSONValue] {
    let type = ListType(of: field, items)
    return items.compactMap { item in
      if case .map(let keys) = type, case .object(var object) = item,
        case .object(let inner)? = tree[ListType.label(object, keys)]
      {
        // An item that was this manager's as a whole goes as a whole.
        if inner["."] != nil { return nil }
        remove(inner, from: &object)
        return .object(object)
      }
      return tree["v:" + item.text()] == nil ? item : nil
    }
  }
}

/// The leaves that two managers both claim and that the document would change.
private struct Conflicts {
  var paths: [String] = []
  var tree = JSONObject()

  mutating func walk(
    _ mine: JSONObject, _ theirs: JSONObject, _ live: JSONValue?, _ wanted: JSONValue?,
    path: String
  ) {
    tree = common(mine, theirs, live, wanted, path)
  }

  private mutating func common(
    _ mine: JSONObject, _ theirs: JSONObject, _ live: JSONValue?, _ wanted: JSONValue?,
    _ path: String
  ) -> JSONObject {
    var out = JSONObject()
    for branch in mine.fields where branch.key != "." {
      guard case .object(let inner) = branch.value, case .object(let other)? = theirs[branch.key]
      else { continue }
      let below = path + Self.text(branch.key)
      let before = Self.step(live, branch.key)
      let after = Self.step(wanted, branch.key)
      if inner.isEmpty || other.isEmpty {
        guard before != after else { continue }
        paths.append(below)
        out[branch.key] = .object(JSONObject())
      } else {
        let found = common(inner, other, before, after, below)
        if !found.isEmpty { out[branch.key] = .object(found) }
      }
    }
    return out
  }

  /// `.spec`, `[name="app"]`.
  private static func text(_ key: String) -> String {
    if key.hasPrefix("f:") { return "." + key.dropFirst(2) }
    guard key.hasPrefix("k:"),
      case .object(let keys)? = try? JSONParser.parse(
        String(key.dropFirst(2)))
    else { return "[" + key.dropFirst(2) + "]" }
    return "[" + keys.fields.map { $0.key + "=" + $0.value.text() }.joined(separator: ",") + "]"
  }

  private static func step(_ value: JSONValue?, _ key: String) -> JSONValue? {
    if key.hasPrefix("f:"), case .object(let object)? = value {
      return object[String(key.dropFirst(2))]
    }
    if key.hasPrefix("k:"), case .array(let items)? = value {
      guard case .object(let keys)? = try? JSONParser.parse(String(key.dropFirst(2))) else {
        return nil
      }
      let names = keys.fields.map(\.key)
      return items.first {
        if case .object(let item) = $0 { return ListType.keyValues(item, names) == keys }
        return false
      }
    }
    return nil
  }
}
