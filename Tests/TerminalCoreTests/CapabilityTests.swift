import Ncurses
import TerminalCore
import Testing

struct CapabilityTests {
  @Test(arguments: [
    (["TERM": "xterm-256color", "COLORTERM": "truecolor"], ColorDepth.trueColor, false),
    (["TERM": "xterm-256color"], .indexed256, false),
    (["TERM": "xterm-kitty"], .trueColor, false),
    (["TERM": "tmux-256color", "COLORTERM": "24bit", "LANG": "en_US.UTF-8"], .trueColor, false),
    (["TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"], .mono, false),
    (["TERM": "xterm-256color", "NO_COLOR": ""], .indexed256, false),
    (["TERM": "screen"], .ansi8, false),
    (["TERM": "linux"], .ansi8, true),
    (["TERM": "vt100"], .mono, true),
    (["TERM": "xterm", "LC_ALL": "C"], .ansi8, true),
    (["TERM": "xterm", "LC_ALL": "C.UTF-8", "LANG": "C"], .ansi8, false),
    (["TERM": "xterm", "LANG": "de_DE.ISO-8859-1"], .ansi8, true),
    (["TERM": "xterm", "LANG": "de_DE.utf8"], .ansi8, false),
    (["TERM": "rxvt-unicode-256color", "COLORTERM": "rxvt-xpm"], .indexed256, false),
  ])
  func theEnvironmentSaysWhatTheTerminalCan(
    environment: [String: String], depth: ColorDepth, ascii: Bool
  ) {
    let capabilities = Capabilities(variable: { environment[$0] })
    #expect(capabilities.depth == depth)
    #expect(capabilities.ascii == ascii)
  }

  @Test func theUsersWishWins() {
    let capabilities = Capabilities(
      variable: { ["TERM": "xterm", "NO_COLOR": "1"][$0] }, depth: .trueColor, ascii: true)
    #expect(capabilities.depth == .trueColor && capabilities.ascii)
  }
}
