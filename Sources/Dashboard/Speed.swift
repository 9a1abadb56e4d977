/// How fast virtual time passes: a place on a logarithmic scale from slow motion to as fast as
/// the machine goes.
public struct Speed: Sendable, Hashable {
  /// Virtual microseconds per 1000 real ones, rising; the place after the last is the maximum.
  static let scale = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000,
    200_000, 500_000, 1_000_000,
  ]

  private(set) var step: Int

  public static let real = Speed(step: 9)
  public static let maximum = Speed(step: scale.count)

  private init(step: Int) { self.step = min(max(step, 0), Self.scale.count) }

  /// Reads `10`, `10x`, `0.5`, `1/100` or `max`, and takes the nearest place at or below; nil where
  /// the text is none of these.
  public init?(_ text: String) {
    var text = text.lowercased()
    if text.hasSuffix("x") && text != "max" { text.removeLast() }
    if text == "max" {
      self = .maximum
      return
    }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first.flatMap({ Double($0) }), parts.count <= 2, first > 0,
      let divisor = parts.count == 2 ? Double(parts[1]) : 1, divisor > 0
    else { return nil }
    let wanted = first / divisor * 1000
    guard wanted.isFinite, wanted >= 0.999 else { return nil }
    self.init(step: (Self.scale.lastIndex { Double($0) <= wanted + 1e-6 }) ?? 0)
  }

  /// Thousandths of real time; nil for as fast as it goes.
  public var perMille: Int? { step < Self.scale.count ? Self.scale[step] : nil }

  var faster: Speed { Speed(step: step + 1) }
  var slower: Speed { Speed(step: step - 1) }

  /// `1x`, `1/100x`, `max`.
  var text: String {
    guard let perMille else { return "max" }
    return perMille >= 1000 ? "\(perMille / 1000)x" : "1/\(1000 / perMille)x"
  }
}

/// What was reached of the speed asked for, measured over about a second of real time.
struct SpeedMeter: Sendable {
  private var real: UInt64 = 0
  private var virtual: UInt64 = 0
  /// Thousandths of real time; nil before the first second is over.
  private(set) var perMille: Int?

  mutating func add(real: UInt64, virtual: UInt64) {
    self.real += real
    self.virtual += virtual
    if self.real >= 1_000_000 {
      perMille = Int(self.virtual * 1000 / self.real)
      self.real = 0
      self.virtual = 0
    }
  }

  mutating func restart() { self = SpeedMeter() }

  /// The figure to show beside the speed asked for, where the machine falls short of it.
  func shortfall(of speed: Speed) -> String? {
    guard let perMille else { return nil }
    if let asked = speed.perMille, perMille * 100 >= asked * 85 { return nil }
    return perMille >= 10_000 ? "\(perMille / 1000)x" : Self.decimal(perMille)
  }

  private static func decimal(_ perMille: Int) -> String {
    "\(perMille / 1000).\(perMille % 1000 / 100)x"
  }
}
