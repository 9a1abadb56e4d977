import Basics
import Engine
import TerminalCore

/// What a person wants, whatever key or click said it.
public enum Intent: Sendable, Hashable {
  case toggleRun, tick, nextWrite, nextMoment
  case faster, slower
  /// Fast while nothing happens, slow while something does.
  case slowMotion
  case rewind, forward
  /// To the change of leader, faults or quorum before or after.
  case changeBefore, changeAfter
  case focus(Pane)
  /// One of the ten views.
  case view(Screen)
  /// Other columns.
  case columns
  /// The next column to sort by, and the other way round.
  case sort, reverseSort
  /// Another arrangement of the rows: groups, maps, filters; each view has its own.
  case arrange
  /// Shows what is folded away, or folds it.
  case fold
  /// A message under way is delivered at once, held back, lost.
  case message(MessageDeed)
  case focusNext, focusPrevious
  case move(Direction)
  /// By so many rows; pages are as high as the pane.
  case scroll(Scroll)
  case zoom
  case open, back
  case failOrHeal, healAll
  /// What the scenario proposes.
  case doStep
  case why
  /// What can be done to the selection; what is broken.
  case faultMenu, broken
  /// Everything by name.
  case palette
  case themes, big
  case filter
  /// A bookmark here; the list of them; one of them.
  case mark, marks
  case goTo(Tick)
  /// A moment of another future.
  case goToIn(BranchID, Tick)
  /// The list of futures; one of them; two side by side.
  case branches
  case switchBranch(BranchID)
  case compareBranches(BranchID, BranchID)
  case copy
  case help
  case prompt
  case nextTheme
  case confirm
  case suspend, quit
  case click(Point)
  /// The right button: the harm menu of what is there.
  case menuAt(Point)
  case drag(Point)
  /// A key that the prompt takes as text.
  case typed(Key)
  case submit(String)

  public enum MessageDeed: Sendable, Hashable { case deliver, hold, drop }
  public enum Direction: Sendable, Hashable { case up, down, left, right }
  public enum Scroll: Sendable, Hashable { case pageUp, pageDown, top, bottom, lines(Int) }
}
