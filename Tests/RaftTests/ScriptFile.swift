/// One argument of a command: a word, or a key with values.
struct ScriptArgument {
  var key: String
  var values: [String]
}

/// One command of a script with what it should print.
struct ScriptStep {
  var line: Int
  var command: String
  var arguments: [ScriptArgument]
  var input: String
  var expected: String
  /// The line of the `----`, and the one after the output.
  var outputLine: Int
  var endLine: Int

  /// The plain arguments.
  var words: [String] { arguments.filter(\.values.isEmpty).map(\.key) }

  func values(_ key: String) -> [String] { arguments.filter { $0.key == key }.flatMap(\.values) }
  func value(_ key: String) -> String? { values(key).first }
}

/// What is wrong with a script or with a command in it.
struct ScriptError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// Reads the files of data-driven tests:
///
///     # comment
///     command word key=value key=(value,value)
///     input
///     ----
///     expected output, up to a blank line, or, begun by a second ----, up to two more of them
enum ScriptFile {
  static func steps(_ text: String) throws -> [ScriptStep] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var steps: [ScriptStep] = []
    var next = 0
    while next < lines.count {
      let line = lines[next].trimmed
      let number = next + 1
      next += 1
      if line.isEmpty || line.hasPrefix("#") { continue }
      var directive = line
      while directive.hasSuffix("\\"), next < lines.count {
        directive = directive.dropLast().description + " " + lines[next].trimmed
        next += 1
      }
      var input: [String] = []
      while next < lines.count, lines[next] != "----" {
        input.append(lines[next])
        next += 1
      }
      guard next < lines.count else { throw ScriptError("line \(number): no ---- follows") }
      next += 1
      let outputLine = next
      var expected: [String] = []
      if next < lines.count, lines[next] == "----" {
        next += 1
        while next + 1 < lines.count, !(lines[next] == "----" && lines[next + 1] == "----") {
          expected.append(lines[next])
          next += 1
        }
        next += 2
      } else {
        while next < lines.count, !lines[next].trimmed.isEmpty {
          expected.append(lines[next])
          next += 1
        }
      }
      let (command, arguments) = try parse(directive, line: number)
      steps.append(
        ScriptStep(
          line: number, command: command, arguments: arguments,
          input: input.joined(separator: "\n"), expected: expected.joined(separator: "\n"),
          outputLine: outputLine,
          endLine: min(next, lines.count) + 1))
    }
    return steps
  }

  /// The script with what its commands printed in place of what it expected.
  static func rewrite(_ text: String, _ steps: [ScriptStep], _ outputs: [String]) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var result: [String] = []
    var next = 0
    for (step, output) in zip(steps, outputs) {
      result += lines[next..<step.outputLine - 1]
      let printed = comparable(output)
      let hasBlankLine = printed.contains { $0.trimmed.isEmpty }
      result += hasBlankLine ? ["----", "----"] + printed + ["----", "----"] : ["----"] + printed
      next = step.endLine - 1
    }
    return (result + lines[next...]).joined(separator: "\n")
  }

  private static func parse(
    _ directive: String, line: Int
  ) throws -> (String, [ScriptArgument]) {
    var words: [String] = []
    var word = ""
    var depth = 0
    for character in directive {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if character.isWhitespace, depth == 0 {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        word.append(character)
      }
    }
    if !word.isEmpty { words.append(word) }
    guard depth == 0, let command = words.first else {
      throw ScriptError("line \(line): unbalanced parentheses")
    }
    return (command, words.dropFirst().map(argument))
  }

  private static func argument(_ word: String) -> ScriptArgument {
    guard let equals = word.firstIndex(of: "=") else {
      return ScriptArgument(key: word, values: [])
    }
    let key = String(word[..<equals])
    var value = word[word.index(after: equals)...]
    guard value.hasPrefix("("), value.hasSuffix(")") else {
      return ScriptArgument(key: key, values: [String(value)])
    }
    value = value.dropFirst().dropLast()
    let values = value.split { $0 == "," || $0.isWhitespace }.map(String.init)
    return ScriptArgument(key: key, values: values)
  }

  /// Output as it is compared: without the lines a logger writes, and `ok` for nothing.
  static func comparable(_ output: String) -> [String] {
    var lines = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    lines.removeAll { line in
      let text = line.drop { $0 == " " }
      return ["DEBUG ", "INFO ", "WARN ", "ERROR "].contains { text.hasPrefix($0) }
    }
    while lines.last == "" { lines.removeLast() }
    return lines.isEmpty ? ["ok"] : lines
  }
}

extension String {
  var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
