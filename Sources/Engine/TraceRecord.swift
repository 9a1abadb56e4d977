import Basics
import KubeAPI
import SimulationKernel

/// A record of the world's trace: a note, and the process that made it.
public struct TraceRecord: Sendable {
  /// The process that said it; nil for the world itself and the people outside.
  public let process: ProcessID?
  public let note: Note
}

public typealias Trace = TraceLog<TraceRecord>
