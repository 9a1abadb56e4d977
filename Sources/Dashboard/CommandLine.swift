import Basics
import Engine
import Etcdctl
import KubeAPI
import Kubectl
import TerminalCore
import Widgets

/// What the line at the bottom is for.
enum PromptKind: Sendable, Hashable {
  case command, filter, helpFilter

  var sign: String { self == .command ? ":" : "/" }
}

/// The line behind `:`: kubectl's verbs and a few words of the dashboard's own.
extension AppState {
  /// Opens the line at the bottom.
  mutating func ask(_ kind: PromptKind, text: String = "") {
    promptKind = kind
    prompt = TextInput(text, history: kind == .command ? history : [])
  }

  mutating func type(_ key: Key) {
    guard var input = prompt else { return }
    if case .mouse = key { return }
    if key == .tab {
      if promptKind == .command { complete(&input) }
      prompt = input
      return
    }
    if key == .backspace, input.isEmpty {
      prompt = nil
      return
    }
    switch input.handle(key) {
    case .submitted(let line):
      prompt = nil
      if promptKind == .command {
        history = input.history
        reduce(.submit(line))
      } else {
        narrow(to: line)
      }
    case .cancelled:
      prompt = nil
      if promptKind != .command { narrow(to: "") }
    case .edited, .ignored:
      prompt = input
      if promptKind != .command { narrow(to: input.text) }
    }
  }

  /// The list, or the help, is narrowed while one types.
  mutating func narrow(to text: String) {
    if promptKind == .helpFilter { helpFilter = text } else { filter = text }
  }

  mutating func askFilter() {
    if case .sheet(let sheet) = overlays.last {
      guard sheet.content == .help else { return say("/ narrows lists and the help") }
      return ask(.helpFilter, text: helpFilter)
    }
    ask(.filter, text: filter)
  }

  mutating func submit(_ line: String) {
    let words = ShellWords.split(line)
    guard !words.isEmpty else { return }
    if submitOwn(words) { openLongNotice() } else { start(line) }
  }

  private mutating func start(_ line: String) {
    guard !isBooting else { return say("booting: wait until the cluster stands") }
    let words = ShellWords.split(line)
    if let program = words.first, EtcdctlInvocation.programs.contains(program) {
      let invocation = EtcdctlInvocation(line: line)
      guard let question = question(before: invocation, line) else { return start(invocation) }
      return overlays.append(.question(question))
    }
    let shown = words.first == "kubectl" ? Array(words.dropFirst()) : words
    start(KubectlInvocation(line: line, canFollow: true), words: shown.joined(separator: " "))
  }

  /// Starts a command; its answer goes into a sheet as it comes.
  mutating func start(_ invocation: KubectlInvocation, words: String) {
    show(CommandRun(invocation, line: words, at: timeline.now))
  }

  mutating func start(_ invocation: EtcdctlInvocation) {
    let words = invocation.arguments.dropFirst().joined(separator: " ")
    show(CommandRun(invocation, line: words, at: timeline.now))
  }

  /// Closes the command under way.
  mutating func dropCommand() {
    command?.interrupt(&timeline)
    command = nil
  }

  mutating func dropStream() {
    stream?.interrupt(&timeline)
    stream = nil
  }

  /// Whether a popup shows what is printed until it is closed.
  func isStreaming(_ sheet: Sheet) -> Bool {
    switch sheet.content {
    case .stream: true
    case .command: command?.isEndless ?? false
    default: false
    }
  }

  /// What prints until it is closed goes on behind the next command: a watch shows a put.
  private mutating func keepStream() {
    guard let run = command, run.isEndless, !run.isFinished else { return }
    dropStream()
    overlays.removeAll { overlay in
      if case .sheet(let sheet) = overlay { sheet.content == .stream } else { false }
    }
    for at in overlays.indices {
      guard case .sheet(var sheet) = overlays[at], sheet.content == .command else { continue }
      sheet.content = .stream
      overlays[at] = .sheet(sheet)
      (stream, command) = (run, nil)
    }
  }

  private mutating func show(_ started: CommandRun) {
    if started.isEndless { dropCommand() } else { keepStream() }
    dropCommand()
    var run = started
    if timeline.isInPast, run.isReading {
      // A look into the past is no other future: it is asked of a copy, which is thrown away.
      var aside = timeline
      run.answer(&aside)
      say("asked of the past as it was: nothing has changed by it")
    } else {
      run.pump(&timeline)
    }
    command = run
    if case .sheet(let sheet) = overlays.last, sheet.content == .command { overlays.removeLast() }
    var sheet = Sheet(content: .command, title: run.name + " " + run.line)
    sheet.update(lines(of: run))
    overlays.append(.sheet(sheet))
  }

  /// Tabs as a terminal shows them, to the next eighth column.
  private static func untabbed(_ line: Substring) -> String {
    guard line.contains("\t") else { return String(line) }
    var text = ""
    for (place, part) in line.split(separator: "\t", omittingEmptySubsequences: false).enumerated()
    {
      if place > 0 { text += String(repeating: " ", count: 8 - text.count % 8) }
      text += part
    }
    return text
  }

  /// The answer so far.
  func lines(of command: CommandRun) -> [SheetLine] {
    var lines: [SheetLine] = []
    for piece in command.pieces where !piece.text.isEmpty {
      var parts = piece.text.split(separator: "\n", omittingEmptySubsequences: piece.isError)
      if parts.last?.isEmpty ?? false { parts.removeLast() }
      for line in parts {
        lines.append(SheetLine(Self.untabbed(line), piece.isError ? .error : .text))
      }
    }
    if let ending = command.ending {
      // kubectl itself falls silent.
      lines.append(SheetLine(ending, .dim))
    } else if command.isEndless {
      lines.append(SheetLine("streaming until Esc", .dim))
    } else if !command.isFinished {
      let waited = (timeline.now - command.startedAt).humanDuration
      let server = command.server.map { " for " + $0 } ?? ""
      lines.append(SheetLine("waiting\(server), \(waited) so far", .dim))
    } else if lines.isEmpty {
      lines.append(SheetLine("(no output)", .dim))
    }
    return lines
  }

  // MARK: Completion

  /// What the word before the cursor could become, and the word.
  func completions(_ input: TextInput) -> (word: String, choices: [String]) {
    guard promptKind == .command else { return ("", []) }
    let head = input.head
    var words = head.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
    let word = head.hasSuffix(" ") || words.isEmpty ? "" : words.removeLast()
    if words.first == "kubectl" { words.removeFirst() }
    let all = candidates(after: words)
    return (word, all.filter { $0.hasPrefix(word) && $0 != word })
  }

  private func candidates(after words: [String]) -> [String] {
    guard let verb = words.first else {
      return (KubectlInvocation.verbs + EtcdctlInvocation.programs + CommandWord.names).sorted()
    }
    if EtcdctlInvocation.programs.contains(verb) {
      let world = timeline.world
      return EtcdctlInvocation.completions(
        after: words, hosts: world.etcdHosts, members: world.etcdMemberIDs)
    }
    if let own = ownCandidates(after: words) { return own }
    switch (verb, words.count) {
    case ("cordon", 1), ("uncordon", 1), ("drain", 1): return observation.nodes.map(\.name)
    case ("drain", _): return ["--ignore-daemonsets", "--delete-emptydir-data", "--force"]
    case ("taint", 1): return ["nodes"]
    case ("taint", 2): return observation.nodes.map(\.name)
    case ("taint", 3): return ["experiment=yes:NoExecute", "experiment=yes:NoSchedule"]
    case ("set", 1): return ["image"]
    case ("set", 2):
      return timeline.world.objects(.deployment).filter { $0.key.namespace == "default" }
        .map { "deployment/" + $0.key.name }
    case ("rollout", 1): return KubectlInvocation.rolloutSubcommands
    case ("rollout", 2):
      return timeline.world.objects(.deployment).filter { $0.key.namespace == "default" }
        .map { "deployment/" + $0.key.name }
    case ("expose", 1): return ["deployment"]
    case ("expose", 3): return ["--port="]
    case ("run", 2): return ["--image="]
    case ("scale", 1): return ["deployment", "replicaset"]
    case ("create", 1):
      return ["configmap", "deployment", "namespace", "secret", "serviceaccount"]
    case ("create", 2) where words[1] == "secret": return ["generic"]
    case ("create", _) where ["configmap", "secret"].contains(words[1]):
      return ["--from-literal=", "--from-file=", "--from-env-file="]
    case ("apply", 1): return ["-f"]
    case ("get", 1), ("describe", 1), ("delete", 1), ("label", 1), ("annotate", 1), ("patch", 1):
      return ResourceKind.allCases.map { verb == "get" ? $0.plural : $0.singular }
    case ("get", 2), ("describe", 2), ("delete", 2), ("scale", 2), ("label", 2), ("annotate", 2),
      ("patch", 2), ("expose", 2):
      return ResourceKind(commandLineName: words[1]).map(names) ?? []
    case ("scale", _): return ["--replicas"]
    default: return []
    }
  }

  /// Names that a word of the command line may mean: of the default namespace.
  func names(of kind: ResourceKind) -> [String] {
    switch kind {
    case .node: return observation.nodes.map(\.name)
    case .pod:
      return observation.pods.lazy.filter { $0.key.namespace == "default" }.prefix(500)
        .map(\.key.name)
    case .event, .lease: return []
    default:
      return timeline.world.objects(kind).lazy.map(\.key)
        .filter { $0.namespace.isEmpty || $0.namespace == "default" }.prefix(500).map(\.name)
    }
  }

  private mutating func complete(_ input: inout TextInput) {
    let (word, choices) = completions(input)
    guard let first = choices.first else { return }
    if choices.count == 1 {
      input.replace(last: word.count, with: first + " ")
      return
    }
    let common = choices.dropFirst().reduce(first) { a, b in
      String(zip(a, b).prefix { $0 == $1 }.map(\.0))
    }
    input.replace(last: word.count, with: common.count > word.count ? common : first)
  }
}
