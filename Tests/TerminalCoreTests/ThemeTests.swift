import Foundation
import TerminalCore
import Testing
import Themes

struct ThemeTests {
  @Test func theBuiltInThemesReadWithoutAProblem() throws {
    #expect(ThemeLibrary.all.count == ThemeLibrary.names.count)
    for name in ThemeLibrary.names {
      let file = try #require(ThemeLibrary.file(named: name))
      #expect(file.problems == [], "\(name)")
      #expect(file.theme.name == name)
    }
    #expect(ThemeLibrary.theme(named: "no such theme") == nil)
  }

  @Test func theListOfThemesIsTheFolder() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "themes/data")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(
      files.map { $0.replacingOccurrences(of: ".yaml", with: "") }.sorted()
        == ThemeLibrary.names)
  }

  /// Contrast, few colours, and every kind of colour vision.
  @Test(arguments: ThemeLibrary.names)
  func theCheckFindsNothingInTheBuiltInThemes(name: String) throws {
    let definition = try #require(ThemeLibrary.theme(named: name))
    #expect(ThemeCheck.findings(definition) == [])
  }

  @Test func theCheckFindsWhatIsHardToRead() {
    let file = ThemeFile(
      """
      roles:
        bg: "#101010"
        text: "#303030"
        ok: "#909040"
        error: "#a08040"
        warn: { rgb: "#ffffff", ansi: blue, on: "#000000", on-ansi: blue }
      """, name: "bad")
    let found = ThemeCheck.findings(file.theme)
    #expect(found.contains { $0.role == .text && $0.message.hasPrefix("contrast") })
    #expect(found.contains { $0.role == .error && $0.message.contains("deuteranopia") })
  }

  @Test func contrastIsThatOfWCAG() {
    func contrast(_ a: UInt32, _ b: UInt32) -> Int? { Color.rgb(a).contrast(with: .rgb(b)) }
    #expect(contrast(0x000000, 0xFFFFFF) == 2100)
    // The grey that is known to be the lightest of 4.5:1 on white.
    #expect(contrast(0x767676, 0xFFFFFF) == 454)
    #expect(contrast(0x777777, 0xFFFFFF) == 447)
  }

  @Test func inactiveTabsAreReadToo() {
    let file = ThemeFile(
      """
      roles:
        bg: "#eff1f5"
        text: "#4c4f69"
        tab: "#8c8fa1"
      """, name: "pale")
    #expect(ThemeCheck.findings(file.theme).contains { $0.role == .tab })
  }

  @Test func visionsSeeWhatTheyShould() {
    #expect(ColorVision.full.seen(0x89B4FA) == 0x89B4FA)
    // Red and green of equal lightness fall together without green cones, blue stays apart.
    let deuteranopia = ColorVision.deuteranopia
    #expect(
      deuteranopia.distance(0xC04040, 0x708030) < ColorVision.full.distance(0xC04040, 0x708030) / 2)
    #expect(deuteranopia.distance(0xC04040, 0x4040C0) > 150)
    for vision in ColorVision.allCases { #expect(vision.seen(0xFFFFFF) >= 0xFEFEFE) }
  }

  @Test(arguments: ThemeLibrary.names)
  func fewColorsAreNeverInkOnItsOwnGround(name: String) throws {
    let definition = try #require(ThemeLibrary.theme(named: name))
    for depth in [ColorDepth.ansi8, .ansi16] {
      let theme = definition.resolved(for: depth)
      #expect(theme.base.background == .terminal)
      for role in Role.allCases where role != .bg {
        let style = theme[role]
        #expect(style.foreground == .inherit || style.foreground != style.background, "\(role)")
        #expect(style.foreground.rgbValue == nil && style.background.rgbValue == nil)
        #expect(style.foreground.slotIndex.map { $0 < (depth == .ansi8 ? 8 : 16) } ?? true)
      }
      let selection = theme[.selection]
      #expect(selection.background != .inherit || selection.attributes.contains(.reverse))
    }
  }

  @Test(arguments: ThemeLibrary.names)
  func withoutColorMeaningIsInTheAttributes(name: String) throws {
    let theme = try #require(ThemeLibrary.theme(named: name)).resolved(for: .mono)
    for role in Role.allCases where role != .bg {
      #expect(theme[role].foreground == .inherit && theme[role].background == .inherit)
    }
    #expect(theme[.selection].attributes.contains(.reverse))
    #expect(theme[.error].attributes != theme[.text].attributes)
    #expect(theme[.warn].attributes != theme[.text].attributes)
  }

  @Test func fiveLinesAreAWholeTheme() {
    let file = ThemeFile(
      """
      name: small
      appearance: dark
      roles:
        text: "#dddddd"
        ok: "#00ff00"
      """, name: "file")
    #expect(file.problems == [])
    let theme = file.theme.resolved(for: .trueColor)
    #expect(theme.name == "small")
    #expect(theme[.leader].foreground == .rgb(0x00FF00))
    #expect(theme[.title].foreground == .rgb(0xDDDDDD))
    #expect(theme[.error].foreground == .rgb(0xDDDDDD))
  }

  @Test func problemsNameTheirLineAndTheRestLoads() {
    let file = ThemeFile(
      """
      # a comment
      name: broken
      apperance: dark
      appearance: dusk
      palette:
        blue: "#12345"
        red: "#ff0000"
      roles:
        ok: { rgb: red, ansi: rouge }
        nonsense: red
        warn: #ffff00
        error: { rgb: blue
        title: { rgb: red, weight: bold }
        header: { style: "bold loud" }
        info: "#00ffff"
          stray words
      glyphs: { set: emoji, ok: "漢", warn: "!" }
      """, name: "file")
    let expected = [
      (3, "unknown key \"apperance\""), (4, "appearance is dark"), (6, "palette \"blue\""),
      (9, "bad ANSI colour \"rouge\""), (10, "unknown role \"nonsense\""),
      (11, "a colour needs quotes"), (12, "a map needs"), (13, "unknown key \"weight\""),
      (14, "bad attributes"), (16, "expected \"key: value\""), (17, "the glyph set is"),
      (17, "unknown glyph \"ok\""),
    ]
    #expect(file.problems.map(\.line) == expected.map(\.0))
    for (problem, text) in zip(file.problems, expected.map(\.1)) {
      #expect(problem.message.hasPrefix(text) || problem.message.contains(text), "\(problem)")
    }
    #expect(file.theme.name == "broken")
    #expect(file.theme.roles[.ok]?.foreground == .rgb(0xFF0000))
    #expect(file.theme.roles[.title]?.foreground == .rgb(0xFF0000))
    #expect(file.theme.roles[.info]?.foreground == .rgb(0x00FFFF))
    #expect(file.theme.glyphs.map(\.name) == ["warn"])
  }

  @Test func anyTextIsReadWithoutATrap() {
    let pieces = ["{", "}", "[", "]", ":", ",", "\"", "#", " ", "\n", "roles", "heat", "ok", "é"]
    var state: UInt64 = 7
    for _ in 0..<3000 {
      var text = ""
      for _ in 0..<24 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += pieces[Int(state >> 33) % pieces.count]
      }
      let file = ThemeFile(text, name: "noise")
      #expect(file.problems.allSatisfy { $0.line >= 1 })
    }
  }

  @Test func everyRoleComesToAnEnd() {
    for role in Role.allCases {
      var current = role
      var steps = 0
      while let next = current.fallback, steps < 20 {
        current = next
        steps += 1
      }
      #expect(steps < 20, "\(role) falls back in a circle")
      #expect(Role(name: role.name) == role)
    }
  }
}
