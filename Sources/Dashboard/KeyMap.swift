import TerminalCore
import Widgets

/// All keys in one table: help, hints and dispatch are made from it.
enum KeyMap {
  /// Where a key counts.
  enum Context: Sendable, Hashable {
    case main
    /// Details, command output, help, causes.
    case popup
    /// A question that wants a yes.
    case question
    /// A list to choose from; its letters are its own.
    case menu
  }

  struct Entry: Sendable {
    let id: String
    let title: String
    let group: String
    var keys: [Key]
    let contexts: Set<Context>
    /// In the hint line the lowest go first; 0 is in the help alone.
    let priority: Int
    let intent: Intent

    init(
      _ id: String, _ title: String, _ group: String, _ keys: [Key],
      _ contexts: Set<Context> = [.main], priority: Int = 0, _ intent: Intent
    ) {
      self.id = id
      self.title = title
      self.group = group
      self.keys = keys
      self.contexts = contexts
      self.priority = priority
      self.intent = intent
    }
  }

  static let time = "Time"
  static let view = "View"
  static let cluster = "Cluster"
  static let program = "Program"

  private static let first: [Entry] =
    [
      Entry(
        "run", "Run or pause", time, [.char(" ")], [.main, .popup], priority: 8, .toggleRun),
      Entry("tick", "Step 100 ms", time, [.char(".")], [.main, .popup], priority: 3, .tick),
      Entry("next-write", "Next API write", time, [.char("n")], [.main, .popup], .nextWrite),
      Entry(
        "next-moment", "Next moment", time, [.char("N")], [.main, .popup], priority: 7, .nextMoment),
      Entry(
        "faster", "Faster", time, [.char("+"), .char("=")], [.main, .popup], priority: 5, .faster),
      Entry("slower", "Slower", time, [.char("-")], [.main, .popup], priority: 3, .slower),
      Entry("rewind", "Back 10 s", time, [.char("<"), .char(",")], [.main], .rewind),
      Entry("forward", "On 10 s", time, [.char(">")], [.main], .forward),
      Entry("change-before", "Change before", time, [.char("[")], [.main], .changeBefore),
      Entry("change-after", "Change after", time, [.char("]")], [.main], .changeAfter),

      Entry(
        "fail", "Fail or heal", cluster, [.char("f")], [.main, .popup], priority: 9, .failOrHeal),
      Entry("heal-all", "Heal everything", cluster, [.char("H")], [.main], priority: 5, .healAll),
      Entry("why", "Why?", cluster, [.char("w")], [.main, .popup], priority: 8, .why),
      Entry("open", "Details", cluster, [.enter], [.main, .popup], priority: 7, .open),
      Entry(
        "do-step", "Do the step", cluster, [.char("x")], [.main, .popup], priority: 9, .doStep),
      Entry("prompt", "kubectl", cluster, [.char(":")], [.main, .popup], priority: 7, .prompt),

      Entry("up", "Up", view, [.up, .char("k")], [.main, .popup], .move(.up)),
      Entry("down", "Down", view, [.down, .char("j")], [.main, .popup], .move(.down)),
      Entry("left", "Pane to the left", view, [.left, .char("h")], [.main, .popup], .move(.left)),
      Entry(
        "right", "Pane to the right", view, [.right, .char("l")], [.main, .popup], .move(.right)),
      Entry("next-pane", "Next pane", view, [.tab], [.main], priority: 5, .focusNext),
      Entry("previous-pane", "Previous pane", view, [.backTab], [.main], .focusPrevious),
      Entry(
        "sort", "Sort by the next column", view, [.char("s")], [.main], priority: 4, .sort),
      Entry("columns", "Columns", view, [.char("c")], [.main], priority: 3, .columns),
      Entry("reverse", "Sort the other way", view, [.char("S")], [.main], .reverseSort),
      Entry("arrange", "Arrange", view, [.char("v")], [.main, .popup], priority: 6, .arrange),
      Entry("deliver", "Deliver the message", cluster, [.char("d")], [.main], .message(.deliver)),
      Entry("hold", "Hold the message back", cluster, [.char("b")], [.main], .message(.hold)),
      Entry("drop", "Lose the message", cluster, [.char("D")], [.main], .message(.drop)),
      Entry("fold", "Fold", view, [.char("o")], [.main], priority: 4, .fold),
      Entry("zoom", "Zoom the pane", view, [.char("z")], [.main], priority: 2, .zoom),
      Entry(
        "page-up", "Page up", view, [.pageUp, .ctrl("u")], [.main, .popup], .scroll(.pageUp)),
      Entry(
        "page-down", "Page down", view, [.pageDown, .ctrl("d")], [.main, .popup], .scroll(.pageDown)
      ),
      Entry("top", "To the top", view, [.home, .char("g")], [.main, .popup], .scroll(.top)),
      Entry("bottom", "To the end", view, [.end, .char("G")], [.main, .popup], .scroll(.bottom)),
      Entry("theme", "Next theme", view, [.char("t")], [.main], .nextTheme),

    ]
    + Screen.allCases.map { screen in
      Entry(
        "view-\(screen.key)", screen.title, "Views",
        screen.key.unicodeScalars.map { Key.char($0) }, [.main], .view(screen))
    }
    + [
      Entry("yes", "Yes, do it", program, [.char("y")], [.question], priority: 9, .confirm),
      Entry("back", "Back", program, [.escape], [.main, .popup, .question], .back),
      Entry(
        "help", "Help", program, [.char("?"), .function(1)], [.main, .popup], priority: 8, .help),
      Entry("suspend", "Suspend", program, [.ctrl("z")], [.main, .popup, .question], .suspend),
      Entry("quit", "Quit", program, [.char("q"), .ctrl("c")], [.main], priority: 8, .quit),
    ]

  /// Everything, in the order of hints and help: the tools stand behind `f`, which they belong to.
  static let entries: [Entry] = {
    let at = (first.firstIndex { $0.id == "fail" } ?? first.count - 1) + 1
    return Array(first[..<at]) + tools + Array(first[at...])
  }()
}
