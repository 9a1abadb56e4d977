import Basics
import Engine
import TerminalCore

/// Names that two of the layers below share, told apart once for the whole target.

/// A piece of styled text; virtual time is `TimeSpan` here.
typealias Span = TerminalCore.Span
/// A length of virtual time.
typealias TimeSpan = Basics.Span
/// The world with its past; the widget of that name is not used here.
public typealias WorldTimeline = Engine.Timeline
