import TerminalCore
import Widgets

/// Where things were drawn: what a click means, how high a page is.
struct ScreenGeometry: Sendable, Hashable {
  /// Something that is no row of a table and can be selected by a click.
  struct Spot: Sendable, Hashable {
    let pane: Pane
    let index: Int
    let rect: Rect
  }

  var panes: [Pane: Rect] = [:]
  /// Rows in sight.
  var rows: [Pane: Int] = [:]
  var tables: [Pane: Table.Geometry] = [:]
  /// The columns of the control plane: where each master's is.
  var masters: [String: Rect] = [:]
  /// The tabs of the smallest layout.
  var tabs: [Pane: Rect] = [:]
  /// Of the topmost sheet: wrapped lines, and how many are in sight.
  var sheetLines = 0
  var sheetRows = 0
  var sheetOffset = 0
  /// The smaller ones first where they overlap.
  var spots: [Spot] = []
  /// The tabs of the views.
  var screens: [Screen: Rect] = [:]
  /// Caches and controllers stand side by side.
  var hasCaches = false
  /// The track of the timeline strip.
  var timeline = Rect.zero
  /// The virtual second at its end.
  var timelineEnd: UInt64 = 0
  /// Its frame, and which of its lines stands on which row of the screen.
  var sheet = Rect.zero
  var sheetSources: [Int: Int] = [:]
  /// Of the topmost menu: its frame, its lines, and the first line in sight.
  var menuFrame = Rect.zero
  var menu = Rect.zero
  var menuOffset = 0
  /// The hints of the bottom line, by the number of their entry.
  var hints: [Int: Rect] = [:]
}
