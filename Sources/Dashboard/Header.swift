import Basics
import Engine
import TerminalCore
import Widgets

/// The top line: time and how it passes, and what is wrong.
struct Header {
  let state: AppState

  func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) {
    StatusLine(left: left(theme), right: right(theme)).render(into: &buffer, in: rect, theme: theme)
  }

  private func left(_ theme: Theme) -> [StatusLine.Segment] {
    let glyphs = theme.glyphs
    let mode: Span
    if let setup = state.setup, state.isBooting {
      mode = Span("\(glyphs.running) \(setup.progress(state.observation))", theme[.changed])
    } else if state.pursuit != nil {
      mode = Span("\(glyphs.running) SEEKING", theme[.changed])
    } else if state.isRunning {
      mode = Span("\(glyphs.running) RUN", theme[.ok].adding(.bold))
    } else {
      mode = Span("\(glyphs.paused) PAUSE", theme[.warn].adding(.bold))
    }
    var segments = [
      StatusLine.Segment([mode], priority: 9),
      StatusLine.Segment([Span(clock, theme[.title])], priority: 8),
    ]
    if !state.isBooting {
      var speed = [Span(state.slowMotion?.label ?? state.speed.text)]
      if state.isRunning, state.slowMotion == nil,
        let reached = state.meter.shortfall(of: state.speed)
      {
        speed.append(Span(" (reached \(reached))", theme[.warn]))
      }
      segments.append(StatusLine.Segment(speed, priority: 7))
    }
    if state.hasBranches {
      segments.append(
        StatusLine.Segment([Span(state.timeline.branch.name, theme[.accent2])], priority: 4))
    }
    if state.timeline.isInPast {
      let behind = (state.timeline.end - state.timeline.now).humanDuration
      segments.append(StatusLine.Segment([Span("PAST -\(behind)", theme[.changed])], priority: 7))
    }
    return segments
  }

  /// To the millisecond where that is what passes: while time stands, or goes slower than real time.
  private var clock: String {
    let isSlow = state.slowMotion != nil || state.speed.perMille.map { $0 < 1000 } ?? false
    let isStanding = !state.isRunning && !state.isBooting && state.pursuit == nil
    return isStanding || isSlow
      ? preciseClockText(state.timeline.now) : clockText(state.timeline.now)
  }

  private func right(_ theme: Theme) -> [StatusLine.Segment] {
    let observation = state.observation
    var segments: [StatusLine.Segment] = []
    if let broken = observation.violations.first {
      segments.append(
        StatusLine.Segment(
          [Span("BROKEN RULE: \(broken.rule): \(broken.evidence)", theme[.error])], priority: 6))
    }
    if !observation.hasQuorum, !state.isBooting {
      segments.append(
        StatusLine.Segment(
          [Span("\(theme.glyphs.error) NO ETCD QUORUM", theme[.error])], priority: 8))
    }
    if let alarm = state.alarmText, !state.isBooting {
      segments.append(
        StatusLine.Segment(
          [Span("\(theme.glyphs.error) etcd \(alarm)", theme[.error])], priority: 7))
    }
    let count = observation.faults.count
    let faults = count == 0 ? "no faults" : "\(count) fault\(count == 1 ? "" : "s")"
    segments.append(
      StatusLine.Segment([Span(faults, theme[count == 0 ? .dim : .warn])], priority: 5))
    segments.append(
      StatusLine.Segment([Span("rev \(observation.revision)", theme[.dim])], priority: 2))
    segments.append(
      StatusLine.Segment([Span("seed \(observation.seed)", theme[.dim])], priority: 3))
    return segments
  }
}
