/// Why a terminal could not be opened, in one line for the user.
public enum TerminalError: Error, Hashable, Sendable, CustomStringConvertible {
  case notATerminal
  case cannotPlaceCursor(type: String)
  case unknownType(String)
  case alreadyOpen

  public var description: String {
    switch self {
    case .notATerminal:
      "standard input and output have to be a terminal"
    case .cannotPlaceCursor(let type):
      "TERM=\(type) is a terminal that cannot place its cursor: nothing to draw on"
    case .unknownType(let type):
      "the terminal type TERM=\(type.isEmpty ? "(not set)" : type) is not known here"
    case .alreadyOpen:
      "the terminal is already in use"
    }
  }
}
