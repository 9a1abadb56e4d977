import Basics
import Engine
import TerminalCore
import Widgets

extension AppState {
  /// The context that keys count in now.
  var context: KeyMap.Context {
    switch overlays.last {
    case nil: .main
    case .sheet: .popup
    case .question: .question
    case .menu: .menu
    }
  }

  /// Takes a key: text for the prompt, else what the key map says.
  public mutating func handle(_ key: Key) {
    var key = key
    if isBig, case .mouse(var mouse) = key,
      BigScreen.fits(width: screenSize.width, height: screenSize.height)
    {
      mouse.position = BigScreen.inner(mouse.position, height: screenSize.height)
      key = .mouse(mouse)
    }
    switch key {
    case .resize, .focus: return
    case .hangup:
      wish = .quit
      return
    default: break
    }
    if prompt == nil, case .sheet(let sheet) = overlays.last, sheet.content == .message {
      if case .mouse = key { return }
      overlays.removeLast()
      if key == .escape || key == .enter { return }
    }
    if prompt == nil, let plain = key.behindEscape, keys.intent(key, in: context) == nil {
      // Esc and a key that came at once, as over a slow link: two keys.
      handle(.escape)
      return handle(plain)
    }
    notice = nil
    if prompt != nil {
      if key == .ctrl("z") { wish = .suspend } else { reduce(.typed(key)) }
      return
    }
    if context == .menu {
      switch key {
      case .ctrl("z"): wish = .suspend
      case .ctrl("c"): wish = .quit
      default: menuKey(key)
      }
      return settleCursors()
    }
    if case .paste = key { return }
    guard let intent = keys.intent(key, in: context) else {
      if case .mouse = key { return }
      if context == .question { say("y does it, Esc leaves it", .warn) }
      if context == .popup, let meant = keys.intent(key, in: .main) {
        let title = keys.entries.first { $0.intent == meant }?.title
        say("Esc first\(title.map { ", then: \($0)" } ?? "")", .warn)
      }
      return
    }
    reduce(intent)
  }

  /// Does what a person wants.
  public mutating func reduce(_ intent: Intent) {
    switch intent {
    case .toggleRun: toggleRun()
    case .tick: stepTime(.milliseconds(100))
    case .nextWrite: pursue(.write(after: TraceID(timeline.world.trace.total)))
    case .nextMoment:
      refresh()
      pursue(.moment(Moments(observation), since: timeline.now))
    case .faster: setSpeed(speed.faster)
    case .slower: setSpeed(speed.slower)
    case .rewind: rewind(.seconds(10))
    case .forward: pursue(.time(timeline.now + .seconds(10)))
    case .focus(let pane): focus = pane
    case .view(let screen): show(screen)
    case .sort: sort()
    case .columns: nextColumns()
    case .reverseSort: reverseSort()
    case .arrange: arrange()
    case .fold: fold()
    case .changeBefore: jumpToChange(isForward: false)
    case .changeAfter: jumpToChange(isForward: true)
    case .message(let deed): doMessage(deed)
    case .focusNext: moveFocus(1)
    case .focusPrevious: moveFocus(-1)
    case .move(let direction): move(direction)
    case .scroll(let scroll): self.scroll(scroll)
    case .zoom: isZoomed.toggle()
    case .open: open()
    case .back: back()
    case .failOrHeal: failOrHeal()
    case .healAll: healAll()
    case .why: why()
    case .doStep: doStep()
    case .help: toggleHelp()
    case .prompt: ask(.command)
    case .faultMenu: openFaultMenu()
    case .broken: open(.broken)
    case .palette: open(.palette)
    case .themes: open(.themes)
    case .big: toggleBig()
    case .filter: askFilter()
    case .copy: copy()
    case .mark: mark("")
    case .marks: open(.marks)
    case .goTo(let tick): jump(to: tick)
    case .goToIn(let branch, let tick): jump(to: tick, in: branch)
    case .branches: open(.branches)
    case .switchBranch(let id): switchBranch(id)
    case .compareBranches(let a, let b): compareBranches(a, b)
    case .nextTheme: nextTheme()
    case .confirm: confirm()
    case .suspend: wish = .suspend
    case .quit: wish = .quit
    case .click(let point): click(point)
    case .menuAt(let point):
      guard overlays.isEmpty, row(at: point) != nil else { return }
      click(point)
      openFaultMenu()
    case .drag(let point): drag(point)
    case .slowMotion: toggleSlowMotion()
    case .typed(let key): type(key)
    case .submit(let line): submit(line)
    }
    settleCursors()
  }

  public mutating func takeWish() -> Wish? {
    defer { wish = nil }
    return wish
  }

  // MARK: Time

  private mutating func toggleRun() {
    if isBooting {
      startsPaused.toggle()
      return say(startsPaused ? "it will stand still once it is up" : "it will run once it is up")
    }
    guard pursuit == nil else { return pause() }
    isRunning.toggle()
    meter.restart()
  }

  private mutating func stepTime(_ span: TimeSpan) {
    guard !isBooting else { return }
    pause()
    timeline.advance(to: timeline.now + span)
    afterTime()
  }

  private mutating func pursue(_ goal: Pursuit) {
    guard !isBooting else { return }
    pause()
    pursuit = goal
  }

  mutating func pause() {
    isRunning = false
    pursuit = nil
    meter.restart()
  }

  mutating func setSpeed(_ new: Speed) {
    speed = new
    meter.restart()
    say("speed \(new.text)" + (isRunning ? "" : ", once it runs: space"))
  }

  private mutating func rewind(_ span: TimeSpan) {
    guard !isBooting else { return }
    pause()
    if timeline.now == timeline.start { return say("this is the beginning") }
    command = nil
    stream = nil
    timeline.rewind(to: timeline.now - span)
    refresh()
    say("back at \(clockText(timeline.now)); what you do here starts another future")
  }

  // MARK: Moving

  private mutating func moveFocus(_ step: Int) {
    let all = screen.panes
    let index = ((all.firstIndex(of: focus) ?? 0) + step + all.count) % all.count
    focus = all[index]
  }

  private mutating func move(_ direction: Intent.Direction) {
    if case .sheet(var sheet) = overlays.last {
      switch direction {
      case .up, .down:
        let down = direction == .down
        if !sheet.moveSelection(down: down) {
          sheet.scroll(to: clampedOffset(geometry.sheetOffset + (down ? 1 : -1)))
        }
      case .left: sheet.column = max(sheet.column - 8, 0)
      case .right:
        let widest = sheet.lines.map { $0.ink.reduce(0) { $0 + TextWidth.of($1.text) } }.max() ?? 0
        sheet.column = min(sheet.column + 8, max(widest - 20, 0))
      }
      overlays[overlays.count - 1] = .sheet(sheet)
      return
    }
    guard overlays.isEmpty else { return }
    switch direction {
    case .up: select(focus, index: cursor(focus).index - 1)
    case .down: select(focus, index: cursor(focus).index + 1)
    case .left, .right:
      let step = direction == .right ? 1 : -1
      if focus == .control, moveMaster(step) { return }
      if screen == .beliefs { return nextBelieved(step) }
      if let map = model as? TopologyModel, let id = selectedRow,
        let beside = map.beside(id, step), let index = map.index(of: beside, in: .map)
      {
        return select(.map, index: index)
      }
      if screen == .etcd, focus == .etcd, row(.etcd, cursor(.etcd).index + step) != nil {
        return select(.etcd, index: cursor(.etcd).index + step)
      }
      focus = neighbour(step)
    }
  }

  /// To the next master's column; false at the edge.
  private mutating func moveMaster(_ step: Int) -> Bool {
    guard case .control(let role, let host) = selectedRow(in: .control),
      let index = masters.firstIndex(of: host), masters.indices.contains(index + step)
    else { return false }
    cursors[Pane.control.rawValue].id = .control(role, host: masters[index + step])
    return true
  }

  /// The pane beside the focused one: the one whose rows are nearest.
  private func neighbour(_ step: Int) -> Pane {
    guard let here = geometry.panes[focus] else { return focus }
    let middle = here.y + here.height / 2
    let beside = geometry.panes.filter { pane, rect in
      pane != focus && (step > 0 ? rect.x >= here.right : rect.right <= here.x)
    }
    let nearest = beside.min { a, b in
      let distances = [a, b].map { abs($0.value.y + $0.value.height / 2 - middle) }
      return distances[0] == distances[1]
        ? a.key.rawValue < b.key.rawValue : distances[0] < distances[1]
    }
    return nearest?.key ?? focus
  }

  private mutating func scroll(_ scroll: Intent.Scroll) {
    if case .sheet(var sheet) = overlays.last {
      let page = max(geometry.sheetRows - 1, 1)
      let offset = geometry.sheetOffset
      let wanted =
        switch scroll {
        case .pageUp: offset - page
        case .pageDown: offset + page
        case .top: 0
        case .bottom: geometry.sheetLines
        case .lines(let count): offset + count
        }
      sheet.scroll(to: clampedOffset(wanted))
      overlays[overlays.count - 1] = .sheet(sheet)
      return
    }
    guard overlays.isEmpty else { return }
    let page = max((geometry.rows[focus] ?? 8) - 1, 1)
    let index = cursor(focus).index
    switch scroll {
    case .pageUp: select(focus, index: index - page)
    case .pageDown: select(focus, index: index + page)
    case .top: select(focus, index: 0)
    case .bottom: select(focus, index: rowCount(focus) - 1)
    case .lines(let count): select(focus, index: index + count)
    }
  }

  private func clampedOffset(_ offset: Int) -> Int {
    min(max(offset, 0), max(geometry.sheetLines - geometry.sheetRows, 0))
  }

  /// The row that stands at a point.
  private func row(at point: Point) -> RowID? {
    guard let pane = geometry.panes.first(where: { $0.value.contains(point) })?.key,
      let index = geometry.tables[pane]?.row(at: point)
    else { return nil }
    return row(pane, index)
  }

  /// The timeline follows the mouse that took hold of it, wherever it goes.
  private mutating func drag(_ point: Point) {
    guard isScrubbing, overlays.isEmpty else { return }
    let track = geometry.timeline
    let x = min(max(point.x, track.x), max(track.right - 1, track.x))
    if let tick = moment(at: Point(x: x, y: track.y)) { jump(to: tick) }
  }

  private mutating func click(_ point: Point) {
    isScrubbing = overlays.isEmpty && moment(at: point) != nil
    // A hint does what its key does.
    if let hint = geometry.hints.first(where: { $0.value.contains(point) }),
      keys.entries.indices.contains(hint.key)
    {
      return reduce(keys.entries[hint.key].intent)
    }
    if case .sheet(var sheet) = overlays.last {
      if !geometry.sheet.contains(point) {
        back()
      } else if let source = geometry.sheetSources[point.y],
        sheet.lines.indices.contains(source), sheet.lines[source].target != nil
      {
        sheet.selected = source
        overlays[overlays.count - 1] = .sheet(sheet)
      }
      return
    }
    guard overlays.isEmpty else { return }
    if let tick = moment(at: point) { return jump(to: tick) }
    if let tab = geometry.screens.first(where: { $0.value.contains(point) }) {
      return show(tab.key)
    }
    let before = selectedRow
    defer {
      // A click on what is selected opens it.
      if overlays.isEmpty, let before, row(at: point) == before, selectedRow == before { open() }
    }
    if let tab = geometry.tabs.first(where: { $0.value.contains(point) }) {
      focus = tab.key
      return
    }
    if let spot = geometry.spots.first(where: { $0.rect.contains(point) }) {
      focus = spot.pane
      return select(spot.pane, index: spot.index)
    }
    guard let pane = geometry.panes.first(where: { $0.value.contains(point) })?.key else { return }
    focus = pane
    guard let row = geometry.tables[pane]?.row(at: point) else { return }
    if pane == .control, Self.controlRoles.indices.contains(row) {
      let host = geometry.masters.first { point.x >= $0.value.x && point.x < $0.value.right }?.key
      if let host = host ?? selectedMaster {
        cursors[pane.rawValue].id = .control(Self.controlRoles[row], host: host)
      }
    } else {
      select(pane, index: row)
    }
  }

  // MARK: Overlays

  private mutating func back() {
    if !overlays.isEmpty {
      if case .sheet(let sheet) = overlays.removeLast() {
        if sheet.content == .command { dropCommand() }
        if sheet.content == .stream { dropStream() }
      }
    } else if isZoomed {
      isZoomed = false
    } else if pursuit != nil {
      pause()
    } else if !filter.isEmpty {
      narrow(to: "")
      say("all rows again")
    } else {
      notice = nil
    }
  }

  private mutating func toggleHelp() {
    if case .sheet(let sheet) = overlays.last, sheet.content == .help {
      overlays.removeLast()
    } else {
      helpContext = context
      helpFilter = ""
      overlays.append(.sheet(Sheet(content: .help, title: "Keys")))
    }
  }

  private mutating func open() {
    if !overlays.isEmpty {
      _ = openLink()
      return
    }
    guard let row = selectedRow else { return }
    switch row {
    case .action: return why()
    case .group: return fold()
    case .key(let key) where key.hasSuffix("/"): return toggleDirectory(key)
    case .pending: return goToNext()
    default: break
    }
    var sheet = Sheet(content: .details(row), title: title(of: row))
    snapshot.readEvents(timeline.world)
    sheet.update(detailLines(of: row))
    // `f` means here what it means on the row.
    switch row {
    case .member(let host): sheet.select(.process(host: host, name: Process.Role.etcd.name))
    case .control(let role, let host): sheet.select(.process(host: host, name: role.name))
    default: break
    }
    overlays.append(.sheet(sheet))
  }

  mutating func why() {
    var about = selectedRow
    if case .sheet(let sheet) = overlays.last {
      guard case .details(let row) = sheet.content else { return }
      about = row
    }
    guard let row = about else { return }
    var lines = whyAnswer(about: row)
    if lines.isEmpty {
      guard let id = snapshot.newestRecord(about: row, in: timeline.world) else {
        return say("nothing was written or decided about \(title(of: row)) lately")
      }
      lines = whyLines(from: id)
    }
    var sheet = Sheet(
      content: .why(row), title: "Why? \(title(of: row)), asked at \(clockText(timeline.now))")
    sheet.update(lines)
    overlays.append(.sheet(sheet))
  }

  private mutating func nextTheme() {
    guard !themeNames.isEmpty else { return }
    let index = themeNames.firstIndex(of: themeName) ?? themeNames.count - 1
    themeName = themeNames[(index + 1) % themeNames.count]
    say("theme \(themeName)")
  }

  /// Brings the sheets up to date with the world; not more often than one can read while it runs.
  mutating func updateSheets(isForced: Bool = false) {
    updateMenus()
    guard isForced || !isRunning || realNow >= lastSheetUpdate + 250_000 else { return }
    lastSheetUpdate = realNow
    for index in overlays.indices {
      guard case .sheet(var sheet) = overlays[index] else { continue }
      if isStreaming(sheet), sheet.offset >= geometry.sheetLines - geometry.sheetRows {
        sheet.followsEnd = true
      }
      switch sheet.content {
      case .details(let row):
        snapshot.readEvents(timeline.world)
        sheet.update(detailLines(of: row))
      case .command:
        guard let command else { continue }
        sheet.update(lines(of: command))
      case .stream:
        guard let stream else { continue }
        sheet.update(lines(of: stream))
      case .diff(let reference, let from, let to):
        sheet.update(diffLines(reference, from: from, to: to))
      case .help, .why, .comparison, .message: continue
      }
      overlays[index] = .sheet(sheet)
    }
  }
}

extension Key {
  /// What was pressed with alt held, which is what a terminal sends for Esc and that key.
  fileprivate var behindEscape: Key? {
    switch self {
    case .character(let scalar, let modifiers) where modifiers.contains(.alt):
      .character(scalar, modifiers.subtracting(.alt))
    case .special(let key, let modifiers) where modifiers.contains(.alt) && key != .escape:
      .special(key, modifiers.subtracting(.alt))
    default: nil
    }
  }
}
