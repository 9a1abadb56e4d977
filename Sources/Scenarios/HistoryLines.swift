import Basics
import KubeAPI
import Linearizability

/// Histories as text, for checkers of others: one operation a line, as JSON, in the order of calls.
///
///     {"client":3,"op":"put","key":"k1","value":"v17","call":12.034117,"return":12.035200,
///      "result":"ok","revision":40,"seed":7}
///
/// `op` is put, get, delete or cas. `value` is what was written, or for a get what was read (null:
/// no such key). A cas has `expected` (null: no such key), and where it did not hold `found`; a
/// delete says in `existed` whether there was anything. `result` is ok, mismatch (of a cas), failed
/// (without effect for certain) or unknown (it may take effect at any time after `call`, or never;
/// `return` is null). Times are virtual seconds. Keys are independent; each begins as absent.
public enum HistoryLines {
  public static func text(_ history: [Operation], seed: UInt64) -> String {
    let inOrder = history.enumerated().sorted {
      ($0.element.call, $0.offset) < ($1.element.call, $1.offset)
    }
    return inOrder.map { line($0.element, seed: seed) + "\n" }.joined()
  }

  private static func line(_ operation: Operation, seed: UInt64) -> String {
    var fields = JSONObject([("client", .integer(Int64(operation.client)))])
    func value(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    func name(_ op: String) {
      fields["op"] = .string(op)
      fields["key"] = .string(operation.key)
    }
    switch operation.action {
    case .put(let text):
      name("put")
      fields["value"] = .string(text)
    case .get: name("get")
    case .delete: name("delete")
    case .compareAndSwap(let expected, let text):
      name("cas")
      fields["expected"] = value(expected)
      fields["value"] = .string(text)
    }
    var result = "ok"
    switch operation.outcome {
    case .unknown: result = "unknown"
    case .failed: result = "failed"
    case .put, .swapped: break
    case .got(let text): fields["value"] = value(text)
    case .deleted(let any): fields["existed"] = .bool(any)
    case .notSwapped(let found):
      result = "mismatch"
      fields["found"] = value(found)
    }
    fields["call"] = number(operation.call)
    fields["return"] = operation.outcome == .unknown ? .null : number(operation.end)
    fields["result"] = .string(result)
    if operation.revision > 0 { fields["revision"] = .integer(operation.revision) }
    fields["seed"] = .integer(Int64(bitPattern: seed))
    return JSONValue.object(fields).text()
  }

  /// Seconds to the microsecond.
  private static func number(_ tick: Tick) -> JSONValue {
    let fraction = String(tick.microseconds % 1_000_000)
    let zeros = String(repeating: "0", count: 6 - fraction.count)
    return .number("\(tick.microseconds / 1_000_000).\(zeros)\(fraction)")
  }
}
