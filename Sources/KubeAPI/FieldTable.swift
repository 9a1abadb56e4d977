import Basics

/// A struct of the API, described once by the table of its fields; reading, writing and digesting
/// follow from it, and what its `Carried` holds follows from the schema.
protocol APIStruct: FieldValue {
  init()
  static var table: FieldTable<Self> { get }
}

extension APIStruct {
  static var zero: Self { Self() }

  init(json: JSONValue) {
    self.init()
    guard case .object(let object) = json else { return }
    Self.table.read(object, into: &self)
  }

  var json: JSONValue { .object(Self.table.write(self)) }
  /// `omitempty` has no effect on a struct; a pointer to one is an `Optional`.
  var isOmitted: Bool { false }
  func digest(into digest: inout Digest) { Self.table.digest(self, into: &digest) }
}

/// One field of a struct.
struct Field<Root>: Sendable {
  let name: String
  let read: @Sendable (JSONValue, inout Root) -> Void
  /// The value to write; nil where it is the empty one.
  let write: @Sendable (Root) -> JSONValue?
  /// The value to write when the field is written even though empty.
  let empty: @Sendable () -> JSONValue
  let digest: @Sendable (Root, inout Digest) -> Void

  init<Value: FieldValue>(
    _ name: String, _ path: WritableKeyPath<Root, Value> & Sendable
  ) {
    self.name = name
    read = { $1[keyPath: path] = Value(json: $0) }
    write = {
      let value = $0[keyPath: path]
      return value.isOmitted ? nil : value.json
    }
    empty = { Value.zero.json }
    digest = { $0[keyPath: path].digest(into: &$1) }
  }

  /// A field whose JSON is not that of its Swift type.
  init<Value: FieldValue>(
    _ name: String, _ path: WritableKeyPath<Root, Value> & Sendable,
    read: @escaping @Sendable (JSONValue) -> Value,
    write: @escaping @Sendable (Value) -> JSONValue
  ) {
    self.name = name
    self.read = { $1[keyPath: path] = read($0) }
    self.write = {
      let value = $0[keyPath: path]
      return value.isOmitted ? nil : write(value)
    }
    empty = { write(Value.zero) }
    digest = { $0[keyPath: path].digest(into: &$1) }
  }

  /// A field that several stored ones make up; those that `digest` them are other fields or it.
  init(
    _ name: String, empty: JSONValue = .null,
    read: @escaping @Sendable (JSONValue, inout Root) -> Void,
    write: @escaping @Sendable (Root) -> JSONValue?,
    digest: @escaping @Sendable (Root, inout Digest) -> Void
  ) {
    self.name = name
    self.read = read
    self.write = write
    self.empty = { empty }
    self.digest = digest
  }

  /// A list of names that the API holds as structs with one field: `[{key: …}, …]`.
  static func names(
    _ name: String, _ path: WritableKeyPath<Root, [String]> & Sendable, key: String
  ) -> Field {
    Field(
      name, path,
      read: { json in
        guard case .array(let items) = json else { return [] }
        return items.map { String(json: $0[key] ?? .null) }
      },
      write: { names in
        names.isEmpty
          ? .null : .array(names.map { .object(JSONObject([(key, .string($0))])) })
      })
  }

  /// A list of structs that are written by another table than their type's own.
  static func structs<Item: APIStruct>(
    _ name: String, _ path: WritableKeyPath<Root, [Item]> & Sendable, _ table: FieldTable<Item>
  ) -> Field {
    Field(
      name, path,
      read: { json in
        guard case .array(let items) = json else { return [] }
        return items.map { item in
          var value = Item()
          if case .object(let object) = item { table.read(object, into: &value) }
          return value
        }
      },
      write: { items in
        items.isEmpty ? .null : .array(items.map { .object(table.write($0)) })
      })
  }

  /// A `metav1.MicroTime`.
  static func micro(
    _ name: String, _ path: WritableKeyPath<Root, Timestamp?> & Sendable
  ) -> Field {
    Field(
      name, path, read: { Timestamp?(json: $0) },
      write: { $0.map { .string($0.rfc3339Micro) } ?? .null })
  }
}

/// The fields of a struct in alphabetical order, which is the order they are written in.
struct FieldTable<Root>: Sendable {
  private struct Row: Sendable {
    let field: Field<Root>
    let isAlwaysWritten: Bool
  }
  let schema: Schema.Struct
  private let rows: [Row]
  private let carried: (WritableKeyPath<Root, Carried> & Sendable)?
  /// What the schema has and no row: kept as it came.
  private let carriedFields: [Schema.Field]

  /// - Parameters:
  ///   - name: the type in the schema.
  ///   - carried: where the fields that no row covers are kept; without it there must be none.
  init(
    _ name: String, carried: (WritableKeyPath<Root, Carried> & Sendable)? = nil,
    _ fields: [Field<Root>], ignoring: [String] = []
  ) {
    let schema = Schema.named(name)
    rows = fields.sorted { $0.name < $1.name }.map { field in
      guard let known = schema.field(field.name) else {
        preconditionFailure("\(name) has no field \(field.name)")
      }
      return Row(field: field, isAlwaysWritten: known.isAlwaysWritten)
    }
    let covered = fields.map(\.name) + ignoring
    carriedFields = schema.fields.filter { !covered.contains($0.name) }
    precondition(
      carried != nil || carriedFields.isEmpty,
      "\(name) has nowhere to keep \(carriedFields.map(\.name))")
    self.schema = schema
    self.carried = carried
  }

  func read(_ object: JSONObject, into root: inout Root) {
    for row in rows {
      if let value = object[row.field.name] { row.field.read(value, &root) }
    }
    guard let carried else { return }
    var kept = JSONObject()
    for field in carriedFields {
      guard let value = object[field.name] else { continue }
      let normal = field.shape.normal(value)
      if !field.shape.isEmpty(normal) {
        kept.fields.append(JSONObject.Field(key: field.name, value: normal))
      }
    }
    if !kept.isEmpty { root[keyPath: carried] = Carried(kept) }
  }

  func write(_ root: Root) -> JSONObject {
    var out = JSONObject()
    for row in rows {
      if let value = row.field.write(root) {
        out.fields.append(JSONObject.Field(key: row.field.name, value: value))
      } else if row.isAlwaysWritten {
        out.fields.append(JSONObject.Field(key: row.field.name, value: row.field.empty()))
      }
    }
    guard let carried else { return out }
    let kept = root[keyPath: carried]
    for field in carriedFields where kept.isEmpty || kept[field.name] == nil {
      guard field.isAlwaysWritten else { continue }
      let empty = field.shape.normal(.null)
      out.fields.append(JSONObject.Field(key: field.name, value: empty))
    }
    if !kept.isEmpty { out.fields += kept.object.fields }
    out.sortFields()
    return out
  }

  func digest(_ root: Root, into digest: inout Digest) {
    for row in rows { row.field.digest(root, &digest) }
    guard let carried else { return }
    let kept = root[keyPath: carried]
    if kept.isEmpty { digest.combine(0) } else { kept.object.digest(into: &digest) }
  }
}
