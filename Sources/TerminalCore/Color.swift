/// A terminal colour: the terminal's own default, a slot of its palette, or 24-bit RGB.
///
/// Packed into 32 bits so that a `Cell` stays plain data that the C side reads as it is.
public struct Color: Hashable, Sendable {
  /// `0` default, `0x01_0000NN` palette slot NN, `0x02_RRGGBB` RGB, `0xFF_000000` inherit.
  public var raw: UInt32

  @inlinable public init(raw: UInt32) { self.raw = raw }

  /// The terminal's own foreground or background.
  public static let terminal = Color(raw: 0)
  /// Only in a `Style`: keep the colour that the cell already has.
  public static let inherit = Color(raw: 0xFF00_0000)

  /// A slot of the terminal's palette: 0-7 ANSI, 8-15 bright, 16-255 cube and greys.
  @inlinable public static func slot(_ index: UInt8) -> Color {
    Color(raw: 0x0100_0000 | UInt32(index))
  }

  /// A 24-bit colour, as `0xRRGGBB`.
  @inlinable public static func rgb(_ value: UInt32) -> Color {
    Color(raw: 0x0200_0000 | (value & 0xFF_FFFF))
  }

  /// `0xRRGGBB` when this is a 24-bit colour.
  @inlinable public var rgbValue: UInt32? { raw >> 24 == 2 ? raw & 0xFF_FFFF : nil }

  /// The palette slot when this is one.
  @inlinable public var slotIndex: UInt8? { raw >> 24 == 1 ? UInt8(raw & 0xFF) : nil }

  /// Parses `#rgb` or `#rrggbb`.
  public init?(hex: some StringProtocol) {
    let utf8 = Array(hex.utf8)
    guard utf8.first == UInt8(ascii: "#"), utf8.count == 7 || utf8.count == 4 else { return nil }
    var value: UInt32 = 0
    for byte in utf8.dropFirst() {
      guard let digit = Self.hexDigit(byte) else { return nil }
      value = utf8.count == 7 ? value << 4 | digit : value << 8 | digit << 4 | digit
    }
    self = .rgb(value)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x41...0x46: UInt32(byte - 0x41 + 10)
    case 0x61...0x66: UInt32(byte - 0x61 + 10)
    default: nil
    }
  }

  /// The sixteen ANSI names, in slot order, as theme files spell them.
  public static let ansiNames = [
    "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
    "bright-black", "bright-red", "bright-green", "bright-yellow", "bright-blue",
    "bright-magenta", "bright-cyan", "bright-white",
  ]

  /// A colour by its ANSI name, `default` included.
  public init?(ansiName: some StringProtocol) {
    if ansiName == "default" {
      self = .terminal
    } else if let index = Self.ansiNames.firstIndex(where: { $0 == ansiName }) {
      self = .slot(UInt8(index))
    } else {
      return nil
    }
  }

  /// What stands for this colour where fewer colours exist.
  ///
  /// Only 256 colours are found by nearness. With 16 or 8 a 24-bit colour becomes the terminal's
  /// default: nearest would turn dark greys into black on black, so themes name a slot instead.
  public func reduced(to depth: ColorDepth) -> Color {
    switch raw >> 24 {
    case 1:
      let index = UInt8(raw & 0xFF)
      switch depth {
      case .mono: return .terminal
      case .ansi8: return index < 16 ? .slot(index & 7) : .terminal
      case .ansi16: return index < 16 ? self : .terminal
      case .indexed256, .trueColor: return self
      }
    case 2:
      switch depth {
      case .trueColor: return self
      case .indexed256: return .slot(Self.nearestSlot(raw & 0xFF_FFFF))
      default: return .terminal
      }
    default:
      return self
    }
  }

  /// The nearest of the 6x6x6 cube (16-231) and the greys (232-255) of xterm's palette.
  static func nearestSlot(_ rgb: UInt32) -> UInt8 {
    let (r, g, b) = (Int(rgb >> 16 & 255), Int(rgb >> 8 & 255), Int(rgb & 255))
    func cube(_ v: Int) -> Int { v < 48 ? 0 : v < 115 ? 1 : (v - 35) / 40 }
    func level(_ i: Int) -> Int { i == 0 ? 0 : 55 + 40 * i }
    func distance(_ x: Int, _ y: Int, _ z: Int) -> Int {
      (r - x) * (r - x) + (g - y) * (g - y) + (b - z) * (b - z)
    }
    let (i, j, k) = (cube(r), cube(g), cube(b))
    let grey = min(max((r + g + b) / 3 - 3, 0) / 10, 23)
    let shade = 8 + 10 * grey
    let byCube = distance(level(i), level(j), level(k))
    return distance(shade, shade, shade) < byCube
      ? UInt8(232 + grey) : UInt8(16 + 36 * i + 6 * j + k)
  }

  /// Red, green and blue of a palette slot as xterm draws it; for exports and contrast checks.
  public static func rgbOfSlot(_ index: UInt8) -> UInt32 {
    let ansi: [UInt32] = [
      0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
      0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF,
    ]
    if index < 16 { return ansi[Int(index)] }
    if index >= 232 {
      let shade = UInt32(8 + 10 * (Int(index) - 232))
      return shade << 16 | shade << 8 | shade
    }
    let n = UInt32(index) - 16
    func level(_ i: UInt32) -> UInt32 { i == 0 ? 0 : 55 + 40 * i }
    return level(n / 36) << 16 | level(n / 6 % 6) << 8 | level(n % 6)
  }

  /// The colour `step`/`steps` of the way from `self` to `other`; both must be 24-bit.
  public func mixed(with other: Color, step: Int, of steps: Int) -> Color {
    guard let a = rgbValue, let b = other.rgbValue, steps > 0 else { return self }
    func part(_ shift: UInt32) -> UInt32 {
      let (x, y) = (Int(a >> shift & 255), Int(b >> shift & 255))
      return UInt32(x + (y - x) * step / steps) << shift
    }
    return .rgb(part(16) | part(8) | part(0))
  }
}

/// How many colours a terminal can show.
public enum ColorDepth: UInt8, CaseIterable, Comparable, Sendable {
  /// Attributes only: `NO_COLOR`, or a terminal without colours.
  case mono
  /// The eight ANSI colours, as on the Linux console.
  case ansi8
  /// ANSI and bright ANSI colours.
  case ansi16
  /// xterm's 256-colour palette.
  case indexed256
  /// 24 bits.
  case trueColor

  public static func < (a: ColorDepth, b: ColorDepth) -> Bool { a.rawValue < b.rawValue }
}
