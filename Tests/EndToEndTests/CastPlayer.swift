import Foundation
import TerminalCore
import Testing

/// Plays an asciicast to its end, as `asciinema cat` would.
enum CastPlayer {
  /// What stands on the screen at the end. Every line has to be whole: a cast is read by others.
  static func lastPicture(_ cast: Data) throws -> String {
    let lines = cast.split(separator: UInt8(ascii: "\n"))
    let header = try JSONSerialization.jsonObject(with: try #require(lines.first))
    let fields = try #require(header as? [String: Any])
    var screen = VTScreen(
      width: try #require(fields["width"] as? Int), height: try #require(fields["height"] as? Int))
    for line in lines.dropFirst() {
      let event = try JSONSerialization.jsonObject(with: line) as? [Any]
      let parts = try #require(event)
      try #require(parts.count == 3)
      if parts[1] as? String == "o", let text = parts[2] as? String {
        screen.feed(Array(text.utf8))
      }
    }
    return screen.buffer.plainText()
  }
}
