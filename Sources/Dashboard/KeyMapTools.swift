import TerminalCore

extension KeyMap {
  /// What one works with: harm, search, copies, bookmarks, looks.
  static let tools: [Entry] = [
    Entry(
      "fault-menu", "Harm menu", cluster, [.char("F")], [.main, .popup], priority: 8, .faultMenu),
    Entry(
      "broken", "What is broken", cluster, [.char("A")], [.main, .popup], priority: 4, .broken),
    Entry(
      "slow-motion", "Skip waits, slow at moments", time, [.char("a")], [.main, .popup], .slowMotion
    ),
    Entry("mark", "Bookmark this moment", time, [.char("m")], [.main], .mark),
    Entry("marks", "Bookmarks", time, [.char("'")], [.main], .marks),
    Entry(
      "branches", "Futures: go to, compare", time, [.char("B")], [.main], priority: 4, .branches),
    Entry("themes", "Choose a theme", view, [.char("T")], [.main], .themes),
    Entry("big", "Big mode", view, [.char("Z")], [.main], .big),
    Entry("filter", "Filter the list", view, [.char("/")], [.main, .popup], priority: 3, .filter),
    Entry(
      "palette", "All actions, by name", program, [.ctrl("k")], [.main, .popup], priority: 6,
      .palette),
    Entry("copy", "Copy the selection", program, [.char("y")], [.main, .popup], .copy),
  ]
}
