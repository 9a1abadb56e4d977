import Basics
import Engine

/// A moment to come back to.
struct Bookmark: Sendable, Hashable {
  let at: Tick
  let name: String
  /// The future it was made in.
  let branch: BranchID
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
    stream = nil
    timeline.rewind(to: tick)
    refresh()
    say("back at \(clockText(timeline.now)); what you do here starts another future")
  }

  mutating func mark(_ name: String) {
    let text = name.isEmpty ? "mark \(bookmarks.count + 1)" : name
    let branch = timeline.branch.id
    bookmarks.removeAll { $0.at == timeline.now && $0.branch == branch }
    bookmarks.append(Bookmark(at: timeline.now, name: text, branch: branch))
    bookmarks.sort { ($0.at, $0.branch) < ($1.at, $1.branch) }
    say("\(text) at \(clockText(timeline.now)): ' lists the marks")
  }

  /// Those of the future that is shown, and of the past it shares with others.
  var bookmarksHere: [Bookmark] {
    // Asked for in every picture, and the futures' inputs are long.
    guard !bookmarks.isEmpty else { return [] }
    let shared = sharedPast
    return bookmarks.filter { mark in shared[mark.branch].map { mark.at <= $0 } ?? false }
  }

  /// How far each future is the past of the one that is shown; that one itself for ever.
  private var sharedPast: [BranchID: Tick] {
    let branches = timeline.branches
    var shared: [BranchID: Tick] = [:]
    var limit = Tick.distantFuture
    var next = branches.first { $0.isCurrent }
    while let branch = next {
      shared[branch.id] = limit
      limit = min(limit, branch.forkedAt)
      next = branches.first { $0.id == branch.parent }
    }
    return shared
  }

  func bookmarkItems() -> [MenuItem] {
    let here = bookmarksHere
    let names = timeline.branches
    return bookmarks.map { mark in
      let isHere = here.contains(mark)
      let branch = names.first { $0.id == mark.branch }?.name ?? "a future that is forgotten"
      let place = isHere ? (mark.at == timeline.now ? ", here" : "") : ", in \(branch)"
      return MenuItem(
        nil, mark.name, clockText(mark.at) + place,
        .intent(isHere ? .goTo(mark.at) : .goToIn(mark.branch, mark.at)))
    }
  }

  /// To a moment of another future.
  mutating func jump(to tick: Tick, in branch: BranchID) {
    switchBranch(branch)
    if timeline.branch.id == branch { jump(to: tick) }
  }
}
