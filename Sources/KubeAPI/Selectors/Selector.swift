/// One requirement of a label or node selector.
public struct SelectorRequirement: Sendable, Equatable {
  public var key = ""
  /// `In`, `NotIn`, `Exists`, `DoesNotExist`; for nodes also `Gt`, `Lt`.
  public var operatorName = ""
  public var values: [String] = []
  public init() {}
  public init(key: String, operatorName: String, values: [String] = []) {
    self.key = key
    self.operatorName = operatorName
    self.values = values
  }

  /// Whether a label map satisfies this (`labels.Requirement.Matches`): an absent key satisfies
  /// `NotIn`; `Gt` and `Lt` compare whole numbers.
  public func matches(_ labels: StringMap) -> Bool { matches(labels[key]) }

  func matches(_ value: String?) -> Bool {
    switch operatorName {
    case "In", "=", "==": return value.map(values.contains) ?? false
    case "NotIn", "!=": return value.map { !values.contains($0) } ?? true
    case "Exists": return value != nil
    case "DoesNotExist": return value == nil
    case "Gt", "Lt":
      guard let value, let have = Int64(value), values.count == 1, let bound = Int64(values[0])
      else { return false }
      return operatorName == "Gt" ? have > bound : have < bound
    default: return false
    }
  }
}

/// `metav1.LabelSelector`; an empty one matches everything.
public struct LabelSelector: Sendable, Equatable {
  public var matchLabels = StringMap()
  public var matchExpressions: [SelectorRequirement] = []
  public init() {}
  public init(matchLabels: StringMap) { self.matchLabels = matchLabels }

  public var isEmpty: Bool { matchLabels.isEmpty && matchExpressions.isEmpty }

  public func matches(_ labels: StringMap) -> Bool {
    matchLabels.isSubset(of: labels) && matchExpressions.allSatisfy { $0.matches(labels) }
  }
}

/// A whole number or a string: ports by number or name, shares by number or percentage.
public enum IntOrString: Sendable, Hashable {
  case integer(Int32)
  case string(String)

  public var text: String {
    switch self {
    case .integer(let n): String(n)
    case .string(let text): text
    }
  }

  /// The value, a percentage taken of `total` (`intstr.GetScaledValueFromIntOrPercent`); nil where
  /// the text is no percentage.
  public func scaled(of total: Int, roundUp: Bool) -> Int? {
    switch self {
    case .integer(let n): return Int(n)
    case .string(let text):
      guard text.hasSuffix("%"), let percent = Int(text.dropLast()) else { return nil }
      return roundUp ? (percent * total + 99) / 100 : percent * total / 100
    }
  }
}
