import TerminalCore

/// What the loop does outside for the state.
extension DashboardLoop {
  /// Does what is asked for, with the screen at this size.
  mutating func perform(on terminal: some DashboardTerminal, now: UInt64) {
    for errand in state.takeErrands() {
      switch errand {
      case .copy(let text):
        terminal.copy(text)
        keepClip?(text)
      case .export(let path, let format): export(path, format, size: terminal.size)
      case .cast(let path): startCast(path, size: terminal.size, now)
      case .record(let path): startRecording(path)
      }
    }
  }

  private mutating func export(
    _ path: String, _ format: ExportFormat, size: (width: Int, height: Int)
  ) {
    // The line that asked for it is no part of the picture.
    let buffer = draw(width: size.width, height: size.height).buffer
    let text: String
    switch format {
    case .text: text = buffer.plainText()
    case .ansi: text = buffer.ansiText(depth: depth)
    case .svg:
      text = buffer.svg(
        foreground: theme.base.foreground.rgbValue ?? 0xD0D0D0,
        background: theme.base.background.rgbValue ?? 0x101010)
    }
    let problem = files.write(Array(text.utf8), to: path)
    state.report(problem ?? "written: \(path)", isProblem: problem != nil)
  }

  private mutating func startCast(
    _ path: String, size: (width: Int, height: Int), _ now: UInt64
  ) {
    guard !path.isEmpty else {
      let old = cast?.path
      cast = nil
      noteWhatIsWritten()
      return state.report(
        old.map { "the cast is in \($0)" } ?? "no cast is made", isProblem: old == nil)
    }
    cast = SessionCast(
      path: path, width: size.width, height: size.height, depth: depth, now: now)
    noteWhatIsWritten()
    state.report(
      cast == nil ? OutsideFiles.problem(path) : "casting to \(path): `:cast off` ends it",
      isProblem: cast == nil)
  }

  mutating func startRecording(_ path: String) {
    guard !path.isEmpty else {
      let old = recorder?.path
      let problem = finishRecording()
      return state.report(
        problem ?? old.map { "the recording is in \($0): `orrery run` replays it" }
          ?? "nothing is recorded", isProblem: problem != nil || old == nil)
    }
    recorder = SessionRecorder(path: path, state.timeline)
    noteWhatIsWritten()
    let problem = recorder == nil ? OutsideFiles.problem(path) : recorder?.update(state.timeline)
    state.report(
      problem ?? "recording to \(path): `:record off` ends it", isProblem: problem != nil)
  }

  /// Ends the recording with what the world is now.
  mutating func finishRecording() -> String? {
    let problem = recorder?.finish(state.timeline)
    recorder = nil
    noteWhatIsWritten()
    return problem
  }

  /// One line for whoever finds the program gone.
  func noteWhatIsWritten() {
    let paths = [recorder?.path, cast?.path].compactMap { $0 }
    noteFiles?(
      paths.isEmpty
        ? "nothing was recorded (`--record FILE` does)"
        : "what was done until then is in \(paths.joined(separator: " and "))")
  }

  /// Writes down what was done since the last turn.
  ///
  /// - Returns: whether something went wrong, which has to be seen.
  @discardableResult
  mutating func keepUp(_ buffer: CellBuffer?, now: UInt64) -> Bool {
    var problem = recorder?.update(state.timeline)
    if let buffer, let other = cast?.add(buffer, now: now) { problem = other }
    if let problem { state.report(problem, isProblem: true) }
    return problem != nil
  }
}
