/// A quick look at a YAML text before it is parsed: refuses what would cost more memory or stack
/// than its size warrants (nested aliases that expand without end, very deep nesting).
///
/// It knows quotes, comments, block scalars and brackets, and takes the rest roughly: what it
/// counts as part of an anchored node is at least what is part of it.
struct YAMLScreen {
  struct Refusal: Error {
    var line: Int
    var column: Int
    var message: String
  }

  /// Nodes that all aliases together may stand for.
  private static let maximumExpansion = 200_000
  private static let maximumDepth = 100

  private struct Anchor {
    var name: [UInt8]
    /// The indentation of the line it is on.
    var indent: Int
    /// Nodes it stands for, its aliases expanded.
    var weight: Int
  }

  private var open: [Anchor] = []
  private var closed: [[UInt8]: Int] = [:]
  private var expansion = 0
  private var flowDepth = 0
  private var indents: [Int] = []
  private var quote: UInt8?
  /// Indentation above which lines belong to a block scalar.
  private var blockIndent: Int?

  static func check(_ bytes: [UInt8]) throws(Refusal) {
    var screen = YAMLScreen()
    var number = 1
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      try screen.look(at: Array(line), number)
      number += 1
    }
  }

  private mutating func look(at line: [UInt8], _ number: Int) throws(Refusal) {
    let indent = line.prefix { $0 == 0x20 }.count
    if let block = blockIndent {
      if indent == line.count || indent > block { return }
      blockIndent = nil
    }
    if quote == nil, flowDepth == 0, indent < line.count {
      close(downTo: indent)
      while let last = indents.last, last >= indent { indents.removeLast() }
      indents.append(indent)
    }
    grow(by: 1)
    var at = quote == nil ? indent : 0
    while at < line.count {
      at = try token(line, at, indent, number)
    }
  }

  private mutating func close(downTo indent: Int) {
    while let last = open.last, last.indent >= indent {
      closed[last.name] = last.weight
      open.removeLast()
    }
  }

  private mutating func grow(by weight: Int) {
    for index in open.indices {
      open[index].weight = min(open[index].weight + weight, Self.maximumExpansion + 1)
    }
  }

  /// Looks at what begins at `at`; answers where to go on.
  private mutating func token(
    _ line: [UInt8], _ at: Int, _ indent: Int, _ number: Int
  ) throws(Refusal) -> Int {
    let byte = line[at]
    if let open = quote {
      if byte == UInt8(ascii: "\\"), open == UInt8(ascii: "\"") { return at + 2 }
      if byte == open { quote = nil }
      return at + 1
    }
    let isStart = at == 0 || " \t[{,:-?".utf8.contains(line[at - 1])
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "'"):
      if isStart { quote = byte }
    case UInt8(ascii: "#"):
      if at == 0 || line[at - 1] == 0x20 || line[at - 1] == 0x09 { return line.count }
    case UInt8(ascii: "&"):
      if isStart { return anchor(line, at, indent) }
    case UInt8(ascii: "*"):
      if isStart { return try alias(line, at, number) }
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      if isStart || flowDepth > 0 { flowDepth += 1 }
    case UInt8(ascii: "]"), UInt8(ascii: "}"):
      flowDepth = max(0, flowDepth - 1)
    case UInt8(ascii: ","): grow(by: 1)
    case UInt8(ascii: "|"), UInt8(ascii: ">"):
      if isStart, flowDepth == 0, isBlockHeader(line[(at + 1)...]) {
        blockIndent = indent
        return line.count
      }
    case UInt8(ascii: "-"), UInt8(ascii: "?"):
      // Compact nesting: `- - - a`.
      if isStart, flowDepth == 0, at + 1 < line.count, line[at + 1] == 0x20 {
        indents.append(at + 2)
      }
    default: break
    }
    if flowDepth + indents.count > Self.maximumDepth {
      throw Refusal(
        line: number, column: at + 1, message: "nested deeper than \(Self.maximumDepth) levels")
    }
    return at + 1
  }

  private func isBlockHeader(_ rest: ArraySlice<UInt8>) -> Bool {
    let after = rest.drop { "+-0123456789".utf8.contains($0) }.drop { $0 == 0x20 || $0 == 0x0D }
    return after.isEmpty || after.first == UInt8(ascii: "#")
  }

  private func name(_ line: [UInt8], _ at: Int) -> [UInt8] {
    Array(line[(at + 1)...].prefix { !" \t,[]{}\r".utf8.contains($0) })
  }

  private mutating func anchor(_ line: [UInt8], _ at: Int, _ indent: Int) -> Int {
    let name = name(line, at)
    open.append(Anchor(name: name, indent: indent, weight: 1))
    return at + 1 + name.count
  }

  private mutating func alias(
    _ line: [UInt8], _ at: Int, _ number: Int
  ) throws(Refusal) -> Int {
    let name = name(line, at)
    // An anchor on a line that is still open may be complete already, as in a flow sequence.
    let weight = closed[name] ?? open.last { $0.name == name }?.weight ?? 1
    grow(by: weight)
    expansion += weight
    if expansion > Self.maximumExpansion {
      throw Refusal(
        line: number, column: at + 1, message: "yaml: document contains excessive aliasing")
    }
    return at + 1 + name.count
  }
}
