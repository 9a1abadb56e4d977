import Basics
import KubeAPI
import SimulationKernel

/// A record of the world's trace: a note, and the process that made it.
public struct TraceRecord: Sendable {
  public let note: Note
  // Half a word and no optional, behind the note: there are 50,000 of these, and thousands more in
  // keyframes.
  private let number: Int32

  init(process: ProcessID?, note: Note) {
    self.note = note
    number = Int32(process ?? -1)
  }

  /// The process that said it; nil for the world itself and the people outside.
  public var process: ProcessID? { number < 0 ? nil : Int(number) }
}

public typealias Trace = TraceLog<TraceRecord>
