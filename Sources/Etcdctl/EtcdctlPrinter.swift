import Basics
import Engine
import Etcd
import KubeAPI
import MVCC

/// Answers in etcdctl's four forms (etcdctl/ctlv3/command, printer_*.go).
struct EtcdctlPrinter: Sendable {
  enum Format: String, Sendable { case simple, table, json, fields }

  var format: Format
  var isHex = false
  var isValueOnly = false

  /// The forms a verb's answer has; the rest is refused as etcdctl refuses it.
  func require(_ formats: [Format]) throws(EtcdctlProblem) {
    guard formats.contains(format) else {
      throw EtcdctlProblem("\(format.rawValue) not supported as output format", code: 4)
    }
  }

  /// One row in any of the forms (etcdutl/printer_*.go): as JSON, as lines of fields, as a table's
  /// headings and cells.
  func row(
    json: [(String, JSONValue?)], fields: [(name: String, value: String)], headings: [String],
    cells: [String]
  ) -> [String] {
    switch format {
    case .json: [object(json).text()]
    case .fields: fields.map { "\"\($0.name)\" : \($0.value)" }
    case .simple: [cells.joined(separator: ", ")]
    case .table: GoText.table(headings, [cells])
    }
  }

  // MARK: Keys

  func lines(_ kv: KeyValue) -> [String] {
    let key = text(kv.key.bytes)
    let value = text(kv.value.encoded())
    return isValueOnly ? [value] : [key, value]
  }

  func text(_ bytes: [UInt8]) -> String {
    isHex
      ? bytes.map { "\\x" + Self.hexadecimal($0) }.joined() : String(decoding: bytes, as: UTF8.self)
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }

  func get(_ response: RangeResponse, _ header: EtcdHeader) -> [String] {
    switch format {
    case .json: [json(response, header).text()]
    case .fields:
      fields(header) + response.kvs.flatMap { fields($0) }
        + ["\"More\" : \(response.more)", "\"Count\" : \(response.count)"]
    case .simple, .table: response.kvs.flatMap(lines)
    }
  }

  func put(_ response: PutResponse, _ header: EtcdHeader) -> [String] {
    switch format {
    case .json: [json(response, header).text()]
    case .fields: fields(header) + (response.previousKV.map { fields($0, "Prev") } ?? [])
    case .simple, .table: ["OK"] + (response.previousKV.map(lines) ?? [])
    }
  }

  func del(_ response: DeleteRangeResponse, _ header: EtcdHeader) -> [String] {
    switch format {
    case .json: [json(response, header).text()]
    case .fields:
      fields(header) + ["\"Deleted\" : \(response.deleted)"]
        + response.previousKVs.flatMap { fields($0, "Prev") }
    case .simple, .table: [String(response.deleted)] + response.previousKVs.flatMap(lines)
    }
  }

  func txn(_ response: TxnResponse, _ header: EtcdHeader) -> [String] {
    if format == .json { return [json(response, header).text()] }
    var out =
      format == .fields
      ? fields(header) + ["\"Succeeded\" : \(response.succeeded)"]
      : [response.succeeded ? "SUCCESS" : "FAILURE"]
    for op in response.responses {
      if format != .fields { out.append("") }
      switch op {
      case .range(let range): out += get(range, header)
      case .put(let put): out += self.put(put, header)
      case .deleteRange(let delete): out += del(delete, header)
      case .txn(let inner): out += txn(inner, header)
      }
    }
    return out
  }

  func watch(_ response: WatchResponse, _ header: EtcdHeader) -> [String] {
    if format == .json { return [json(response, header).text()] }
    var out = format == .fields ? fields(header) : []
    for event in response.events {
      let type = event.kind == .put ? "PUT" : "DELETE"
      if format == .fields {
        out.append("\"Type\" : \(type)")
        if let previous = event.previous { out += fields(previous, "Prev") }
        out += fields(event.kv)
      } else {
        out.append(type)
        if let previous = event.previous { out += lines(previous) }
        out += lines(event.kv)
      }
    }
    return out
  }

  // MARK: Fields

  func fields(_ header: EtcdHeader, hasRevision: Bool = true) -> [String] {
    var out = ["\"ClusterID\" : \(id(header.clusterID))", "\"MemberID\" : \(id(header.memberID))"]
    if hasRevision, header.revision > 0 { out.append("\"Revision\" : \(header.revision)") }
    return out + ["\"RaftTerm\" : \(header.raftTerm)"]
  }

  func id(_ id: UInt64) -> String { isHex ? String(id, radix: 16) : String(id) }

  private func fields(_ kv: KeyValue, _ prefix: String = "") -> [String] {
    [
      "\"\(prefix)Key\" : \(GoText.quoted(kv.key.bytes))",
      "\"\(prefix)CreateRevision\" : \(kv.createRevision)",
      "\"\(prefix)ModRevision\" : \(kv.modRevision)", "\"\(prefix)Version\" : \(kv.version)",
      "\"\(prefix)Value\" : \(GoText.quoted(kv.value.encoded()))",
      "\"\(prefix)Lease\" : \(isHex ? GoText.hexadecimal16(UInt64(bitPattern: kv.lease)) : String(kv.lease))",
    ]
  }
}
