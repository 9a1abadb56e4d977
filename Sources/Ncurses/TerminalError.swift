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
      "the terminal TERM=\(type) cannot place its cursor, so the dashboard cannot draw on it"
    case .unknownType(let type):
      "the terminal type TERM=\(type.isEmpty ? "(not set)" : type) is not known here"
    case .alreadyOpen:
      "the terminal is already in use"
    }
  }
}
