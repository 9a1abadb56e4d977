import Testing

@testable import APIServer

struct DrawnNamesTests {
  /// When all prefixes are forgotten no number comes a second time, for none of them.
  @Test func noNumberOfAPrefixComesAgain() {
    var names = DrawnNames()
    var given: [UInt64: Set<UInt64>] = [:]
    func draw(_ prefix: UInt64) {
      let number = names.next(prefix)
      #expect(given[prefix, default: []].insert(number).inserted, "\(prefix): \(number)")
    }
    for _ in 0..<5 { draw(1) }
    for prefix in 2...UInt64(DrawnNames.limit) + 10 { draw(prefix) }
    #expect(names.prefixes < DrawnNames.limit, "nothing was forgotten")
    for prefix in 1...40 as ClosedRange<UInt64> { draw(prefix) }
    #expect(names.total == 5 + UInt64(DrawnNames.limit) + 9 + 40)
  }

  @Test func prefixesCountByThemselves() {
    var names = DrawnNames()
    #expect([1, 2, 1, 1, 2].map { names.next($0) } == [0, 0, 1, 2, 1])
  }
}
