/// Why a text is no selector.
public struct SelectorProblem: Error, Sendable, Equatable {
  /// In kubectl's words: `unable to parse requirement: found '=', expected: identifier`.
  public var message: String
  public init(message: String) { self.message = message }
}

extension LabelSelector {
  /// Reads what `kubectl -l` takes (`labels.Parse`): `app=web,tier in (a,b),!legacy,env!=prod`.
  public init(text: String) throws(SelectorProblem) {
    self.init()
    for requirement in try SelectorParser.requirements(text) {
      let isEquality = requirement.operatorName == "In" && requirement.values.count == 1
      if isEquality, matchLabels[requirement.key] == nil {
        matchLabels[requirement.key] = requirement.values[0]
      } else {
        matchExpressions.append(requirement)
      }
    }
  }

  /// The selector as kubectl prints it: `app=web,tier in (a,b),!legacy`; empty matches everything.
  public var text: String {
    var parts = matchLabels.entries.map { (key: $0.key, text: $0.key + "=" + $0.value) }
    parts += matchExpressions.map { (key: $0.key, text: $0.text) }
    // labels.Parse sorts by key; equal keys stay in order.
    let sorted = parts.enumerated().sorted {
      $0.element.key == $1.element.key
        ? $0.offset < $1.offset : $0.element.key < $1.element.key
    }
    return sorted.map(\.element.text).joined(separator: ",")
  }
}

extension SelectorRequirement {
  /// As `labels.Requirement` prints itself.
  public var text: String {
    let list = "(" + values.sorted().joined(separator: ",") + ")"
    switch operatorName {
    case "In": return "\(key) in \(list)"
    case "NotIn": return values.count == 1 ? "\(key)!=\(values[0])" : "\(key) notin \(list)"
    case "Exists": return key
    case "DoesNotExist": return "!" + key
    case "Gt": return "\(key)>\(values.joined())"
    case "Lt": return "\(key)<\(values.joined())"
    default: return "\(key) \(operatorName) \(list)"
    }
  }
}

/// The grammar of `labels.Parse`, with its words for what is wrong.
private struct SelectorParser {
  private enum Token: Equatable {
    case identifier(String)
    case symbol(String)
    case end

    var text: String {
      switch self {
      case .identifier(let text), .symbol(let text): text
      case .end: ""
      }
    }
  }

  private var tokens: [Token]
  private var at = 0

  static func requirements(_ text: String) throws(SelectorProblem) -> [SelectorRequirement] {
    var parser = SelectorParser(tokens: lex(text))
    return try parser.run()
  }

  private static func lex(_ text: String) -> [Token] {
    let symbols = Set("=!(),<>")
    var tokens: [Token] = []
    var rest = text[...]
    while let first = rest.first {
      if first.isWhitespace {
        rest.removeFirst()
      } else if symbols.contains(first) {
        let two = String(rest.prefix(2))
        let symbol = two == "==" || two == "!=" ? two : String(first)
        tokens.append(.symbol(symbol))
        rest.removeFirst(symbol.count)
      } else {
        let word = rest.prefix { !symbols.contains($0) && !$0.isWhitespace }
        tokens.append(.identifier(String(word)))
        rest.removeFirst(word.count)
      }
    }
    return tokens
  }

  private var next: Token { at < tokens.count ? tokens[at] : .end }

  private mutating func take() -> Token {
    let token = next
    at += 1
    return token
  }

  private mutating func run() throws(SelectorProblem) -> [SelectorRequirement] {
    var found: [SelectorRequirement] = []
    while next != .end {
      switch next {
      case .identifier, .symbol("!"): break
      default: throw problem("found '\(next.text)', expected: !, identifier, or 'end of string'")
      }
      do { found.append(try requirement()) } catch {
        throw problem("unable to parse requirement: " + error.message)
      }
      switch take() {
      case .end: return found
      case .symbol(","):
        switch next {
        case .identifier, .symbol("!"): break
        default: throw problem("found '\(next.text)', expected: identifier after ','")
        }
      case let other:
        throw problem("found '\(other.text)', expected: ',' or 'end of string'")
      }
    }
    return found
  }

  private mutating func requirement() throws(SelectorProblem) -> SelectorRequirement {
    let isNegated = next == .symbol("!")
    if isNegated { at += 1 }
    let token = take()
    guard case .identifier(let key) = token else {
      throw problem("found '\(token.text)', expected: identifier")
    }
    try check(NameRules.labelKey(key), key, "<nil>")
    if isNegated { return SelectorRequirement(key: key, operatorName: "DoesNotExist") }
    if next == .end || next == .symbol(",") {
      return SelectorRequirement(key: key, operatorName: "Exists")
    }
    let sign = take()
    let (name, values) = try operation(sign)
    for (index, value) in values.enumerated() {
      if name == "Gt" || name == "Lt", Int64(value) == nil {
        throw problem(
          "values[\(index)]: Invalid value: \"\(value)\": for 'Gt', 'Lt' operators, the value "
            + "must be an integer")
      }
      try check(NameRules.labelValue(value), value, "values[\(index)][\(key)]")
    }
    return SelectorRequirement(key: key, operatorName: name, values: values)
  }

  private mutating func operation(_ sign: Token) throws(SelectorProblem) -> (String, [String]) {
    switch sign {
    case .symbol("="), .symbol("=="): return ("In", [try exactValue()])
    case .symbol("!="): return ("NotIn", [try exactValue()])
    case .symbol(">"): return ("Gt", [try exactValue()])
    case .symbol("<"): return ("Lt", [try exactValue()])
    case .identifier("in"): return ("In", try values())
    case .identifier("notin"): return ("NotIn", try values())
    default:
      throw problem("found '\(sign.text)', expected: in, notin, =, ==, !=, gt, lt")
    }
  }

  private mutating func exactValue() throws(SelectorProblem) -> String {
    if next == .end || next == .symbol(",") { return "" }
    let token = take()
    guard case .identifier(let value) = token else {
      throw problem("found '\(token.text)', expected: identifier")
    }
    return value
  }

  /// `(a,b)`; an empty place is the empty value. Sorted and without doubles, as a set.
  private mutating func values() throws(SelectorProblem) -> [String] {
    let open = take()
    guard open == .symbol("(") else { throw problem("found '\(open.text)' expected: '('") }
    var found: [String] = []
    var isAfterValue = false
    while true {
      let token = take()
      switch token {
      case .identifier(let value) where !isAfterValue:
        found.append(value)
        isAfterValue = true
      case .symbol(","):
        if !isAfterValue { found.append("") }
        isAfterValue = false
      case .symbol(")"):
        if !isAfterValue { found.append("") }
        return Array(Set(found)).sorted()
      default:
        throw problem(
          isAfterValue
            ? "found '\(token.text)', expected: ',' or ')'"
            : "found '\(token.text)', expected: ',', ')' or identifier")
      }
    }
  }

  private func check(
    _ problems: [String], _ text: String, _ place: String
  ) throws(SelectorProblem) {
    guard !problems.isEmpty else { return }
    throw problem(
      "\(place): Invalid value: \"\(text)\": " + problems.joined(separator: "; "))
  }

  private func problem(_ message: String) -> SelectorProblem { SelectorProblem(message: message) }
}
