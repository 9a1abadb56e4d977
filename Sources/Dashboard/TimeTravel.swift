import Basics
import Engine

/// A moment to come back to.
struct Bookmark: Sendable, Hashable {
  let at: Tick
  let name: String
}

/// Going to a moment: back at once, on as fast as it goes.
extension AppState {
  mutating func jump(to tick: Tick) {
    guard !isBooting else { return say("booting: wait until the cluster stands") }
    isRunning = false
    meter.restart()
    guard tick < timeline.now else {
      pursuit = .time(tick)
      return
    }
    pursuit = nil
    command = nil
    timeline.rewind(to: tick)
    refresh()
    say("back at \(clockText(timeline.now)); what you do here starts another future")
  }

  mutating func mark(_ name: String) {
    let text = name.isEmpty ? "mark \(bookmarks.count + 1)" : name
    bookmarks.removeAll { $0.at == timeline.now }
    bookmarks.append(Bookmark(at: timeline.now, name: text))
    bookmarks.sort { $0.at < $1.at }
    say("\(text) at \(clockText(timeline.now)): ' lists the marks")
  }

  func bookmarkItems() -> [MenuItem] {
    bookmarks.map { mark in
      MenuItem(
        nil, mark.name, clockText(mark.at) + (mark.at == timeline.now ? ", here" : ""),
        .intent(.goTo(mark.at)))
    }
  }
}
