import Testing

@testable import KubeScheduler

/// Integer arithmetic that must round as `float64` does.
@Suite struct RoundedFractionTests {
  @Test func roundsAsADoubleDoes() {
    var mistakes = 0
    for denominator in 1...120 as ClosedRange<Int64> {
      for numerator in 0...denominator {
        let double = Double(numerator) / Double(denominator)
        let ours = RoundedFraction(numerator, over: denominator)
        for factor in [1, 100, 3_000_000_017] as [Int64] {
          if ours.times(factor) != Int64(double * Double(factor)) { mistakes += 1 }
        }
        let other = Double(denominator - numerator) / Double(denominator + 7)
        let deviation = abs(double - other) / 2
        let balance = RoundedFraction.one.distance(
          to: ours.distance(to: RoundedFraction(denominator - numerator, over: denominator + 7))
            .halved)
        if balance.times(100) != Int64((1 - deviation) * 100) { mistakes += 1 }
      }
    }
    #expect(mistakes == 0)
  }

  @Test func agreesOnMemorySizes() {
    var state: UInt64 = 88
    var mistakes = 0
    for _ in 0..<20_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let denominator = Int64(state >> 24) + 1
      let numerator = Int64(state & 0xFFFF_FFFF) % (denominator + 1)
      let double = Double(numerator) / Double(denominator)
      let ours = RoundedFraction(numerator, over: denominator)
      if ours.times(100) != Int64(double * 100) { mistakes += 1 }
      let gap = RoundedFraction(1, over: 3).distance(to: ours)
      if gap.times(1 << 40) != Int64(abs(1.0 / 3.0 - double) * Double(1 << 40)) { mistakes += 1 }
    }
    #expect(mistakes == 0)
  }

  @Test func knowsLogarithms() {
    // ln 2, ln 3, ln 13 and ln 5002, from a table.
    for (n, value) in [
      (1, 0.0), (2, 0.6931471805599453), (3, 1.0986122886681098), (5, 1.6094379124341003),
      (13, 2.5649493574615367), (5002, 8.517593111437565),
    ] {
      let ours = Double(naturalLogarithm(n)) / Double(1 << 40)
      #expect(abs(ours - value) < 1e-9, "ln \(n) is \(value), not \(ours)")
    }
  }
}
