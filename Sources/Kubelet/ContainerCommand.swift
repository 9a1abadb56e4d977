import Basics

/// What a container's process does, read off its command line.
///
/// Recognised: `sleep N`, `true`, `false`, `exit N`, short-lived commands such as `echo` and `cp`,
/// and shell scripts (`sh -c`) of these joined by `;`, `&&` or line ends. Without a command, images
/// whose entry point is a shell end at once, as they do without a terminal. Everything else runs
/// until it is told to stop.
public struct ContainerCommand: Sendable, Equatable {
  /// How long the process runs by itself; nil means until it is told.
  public var duration: Span?
  /// What it then exits with.
  public var exitCode: Int32 = 0
  /// Process 1 without a handler never sees SIGTERM: sleep, tail and shells die by SIGKILL only.
  public var ignoresTerm = false
  /// The program isn't there: the start fails with this text.
  public var startError: String?
  /// Files the script makes and removes, by when: what an exec probe's `cat` finds.
  public var files: [FileChange] = []

  public struct FileChange: Sendable, Equatable {
    public var path: String
    public var exists: Bool
    public var after: Span
  }

  private static let shells = ["sh", "bash", "ash", "dash"]
  private static let instant = [
    "echo", "printf", "touch", "rm", "cat", "date", "mkdir", "cp", "mv", "ls", "chmod", "chown",
    "env", "set", "cd", "export", "id", "hostname", "test", "ln", "true", ":", "wget", "curl",
    "nslookup", "sysctl", "git", "tar", "trap",
  ]

  /// The command of a container with these `command` and `args`, in the image `image`.
  public init(_ words: [String], image: String) {
    guard let program = words.first else {
      let base = ImageCatalogue.baseName(of: image)
      if ["busybox", "alpine", "ubuntu", "debian", "hello-world"].contains(base) {
        duration = .milliseconds(20)
      }
      return
    }
    let name = Self.baseName(program)
    if name.contains("nonexistent") || name.contains("does-not-exist") || name.contains("no-such") {
      let detail =
        program.hasPrefix("/")
        ? "stat \(program): no such file or directory" : "executable file not found in $PATH"
      startError =
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: "
        + "runc create failed: unable to start container process: error during container init: "
        + "exec: \"\(program)\": \(detail)"
      return
    }
    if Self.shells.contains(name),
      let at = words.firstIndex(where: { $0.hasSuffix("c") && $0.hasPrefix("-") }),
      at + 1 < words.count
    {
      ignoresTerm = !words[at + 1].contains("trap ")
      run(script: words[at + 1])
    } else {
      ignoresTerm = name == "sleep" || name == "tail" || Self.shells.contains(name)
      var elapsed = Span.zero
      if let code = run(words, &elapsed) {
        duration = elapsed
        exitCode = code
      }
    }
  }

  private static func baseName(_ path: String) -> String {
    String(path.split(separator: "/").last ?? "")
  }

  /// Commands one after another; a failing one ends the script at `&&` and sets the last status
  /// elsewhere, as a shell without `set -e`.
  private mutating func run(script: String) {
    var elapsed = Span.zero
    var status: Int32 = 0
    for line in script.split(whereSeparator: { $0 == ";" || $0 == "\n" }) {
      var isSkipped = false
      for part in line.split(separator: "&").map(String.init) where !isSkipped {
        let words = part.split(separator: " ").map { $0.filter { $0 != "\"" && $0 != "'" } }
        if words.isEmpty { continue }
        if words[0] == "exit" {
          duration = elapsed + .milliseconds(10)
          exitCode = words.count > 1 ? Int32(words[1]) ?? 0 : status
          return
        }
        guard let code = run(words, &elapsed) else { return }
        status = code
        isSkipped = code != 0
      }
    }
    duration = elapsed + .milliseconds(10)
    exitCode = status
  }

  /// The exit status of one simple command, its time added to `elapsed`; nil where it runs on.
  private mutating func run(_ words: [String], _ elapsed: inout Span) -> Int32? {
    var words = words
    if words.first == "exec" { words.removeFirst() }
    guard let program = words.first.map(Self.baseName) else { return 0 }
    switch program {
    case "sleep":
      guard words.count > 1, let span = Self.duration(words[1]) else { return nil }
      elapsed = elapsed + span
      return 0
    case "false":
      elapsed = elapsed + .milliseconds(5)
      return 1
    case "touch", "rm":
      for path in words.dropFirst() where !path.hasPrefix("-") {
        files.append(FileChange(path: path, exists: program == "touch", after: elapsed))
      }
      return 0
    case "perl":
      // The digits of pi in the documentation's Job example take about this long.
      elapsed = elapsed + .seconds(5)
      return 0
    default:
      guard Self.instant.contains(program) else { return nil }
      elapsed = elapsed + .milliseconds(5)
      return 0
    }
  }

  /// `5`, `0.5`, `5s`, `2m`, `1h`; nil for `infinity`.
  private static func duration(_ text: String) -> Span? {
    var digits = text
    var unit: Int64 = 1_000_000
    if let last = text.last, let factor = ["s": 1, "m": 60, "h": 3600, "d": 86_400][last] {
      unit *= Int64(factor)
      digits.removeLast()
    }
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard let first = parts.first, let whole = Int64(first.isEmpty ? "0" : first),
      whole >= 0, whole < 1_000_000_000, parts.count <= 2
    else { return nil }
    var micros = whole * unit
    if parts.count == 2, let fraction = Int64(parts[1]), parts[1].count <= 6, fraction >= 0 {
      var scale: Int64 = 1
      for _ in parts[1] { scale *= 10 }
      micros += fraction * unit / scale
    }
    return Span(microseconds: micros)
  }

  /// Whether the file at `path` is there `after` the start; nil where the script never names it.
  func file(_ path: String, after: Span) -> Bool? {
    files.last { $0.path == path && $0.after <= after }?.exists
      ?? (files.contains { $0.path == path } ? false : nil)
  }
}
