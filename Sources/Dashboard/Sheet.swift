import Engine
import KubeAPI
import TerminalCore

/// A piece of text and what it is for; a theme gives it its colours when it is drawn.
struct Ink: Sendable, Hashable {
  var text: String
  var role: Role

  init(_ text: String, _ role: Role = .text) {
    self.text = text
    self.role = role
  }
}

/// A line of a popup, and what `f` fails or heals on it.
struct SheetLine: Sendable, Hashable {
  var ink: [Ink]
  var target: Fault.Target?
  /// What Enter opens.
  var opens: SheetLink?

  init(_ ink: [Ink], target: Fault.Target? = nil, opens: SheetLink? = nil) {
    self.ink = ink
    self.target = target
    self.opens = opens
  }

  /// Whether the keys stop at it.
  var isSelectable: Bool { target != nil || opens != nil }

  init(_ text: String, _ role: Role = .text) { self.init([Ink(text, role)]) }

  static func heading(_ text: String) -> SheetLine { SheetLine(text, .title) }

  /// `Label:   value`, with the values of a block under each other.
  static func field(_ label: String, _ value: String, _ role: Role = .text) -> SheetLine {
    let pad = String(repeating: " ", count: max(14 - label.count, 1))
    return SheetLine([Ink("  \(label)\(pad)", .dim), Ink(value, role)])
  }
}

/// A popup to read: details, an answer of kubectl, a chain of causes, the help.
struct Sheet: Sendable {
  enum Content: Sendable, Hashable {
    case help
    case details(RowID)
    case why(RowID)
    case command
    /// A refusal that is longer than its line.
    case message
    /// What is printed until it is closed, while other commands are given.
    case stream
    /// What changed in an object between two revisions.
    case diff(ObjectReference, from: Int64, to: Int64)
    /// Two futures side by side.
    case comparison
  }

  var content: Content
  var title: String
  var lines: [SheetLine] = []
  /// First wrapped line in sight.
  var offset = 0
  /// Columns scrolled to the right, where lines are not wrapped.
  var column = 0
  /// Keeps the selected line in sight, until one scrolls elsewhere.
  private(set) var followsSelection = false
  /// The selected one of the lines that have a target.
  var selected: Int?

  var selectedTarget: Fault.Target? {
    selected.flatMap { lines.indices.contains($0) ? lines[$0].target : nil }
  }

  var selectedLink: SheetLink? {
    selected.flatMap { lines.indices.contains($0) ? lines[$0].opens : nil }
  }

  /// Of what is printed until it is closed the newest is in sight, until one scrolls elsewhere.
  var followsEnd = true

  mutating func scroll(to offset: Int) {
    self.offset = offset
    followsSelection = false
    followsEnd = false
  }

  /// The lines as they are now; the selection stays with its target.
  mutating func update(_ new: [SheetLine]) {
    let old = selected.flatMap { lines.indices.contains($0) ? lines[$0] : nil }
    lines = new
    let choices = lines.indices.filter { lines[$0].isSelectable }
    let same = choices.first { lines[$0].target == old?.target && lines[$0].opens == old?.opens }
    // A line whose link has changed is still in its place.
    selected = same ?? (old == nil ? nil : choices.first { $0 >= selected ?? 0 }) ?? choices.first
  }

  /// Begins at the line with this target, if there is one.
  mutating func select(_ target: Fault.Target?) {
    guard let target, let line = lines.firstIndex(where: { $0.target == target }) else { return }
    selected = line
    followsSelection = true
  }

  /// To the next line with a target; false when there is none that way.
  mutating func moveSelection(down: Bool) -> Bool {
    guard let current = selected else { return false }
    let next =
      down
      ? lines.indices.first { $0 > current && lines[$0].isSelectable }
      : lines.indices.last { $0 < current && lines[$0].isSelectable }
    guard let next else { return false }
    selected = next
    followsSelection = true
    return true
  }
}

/// Something to be said yes to before it is done.
struct Question: Sendable {
  let title: String
  let text: String
  let deed: Deed

  enum Deed: Sendable {
    case fault(Fault)
    /// A line of etcd's tools, and what is said once it is done.
    case etcd(String, said: String)
  }
}

/// What lies over the main screen.
enum Overlay: Sendable {
  case sheet(Sheet)
  case question(Question)
  case menu(Menu)
}
