import KubeAPI
import Testing

@Suite struct QuantityTests {
  /// Text in, canonical text out, as resource.Quantity.
  static let canonical: [(String, String)] = [
    ("0", "0"), ("0Ki", "0"), ("-0", "0"), ("1", "1"), ("0.1", "100m"), ("100m", "100m"),
    ("1000m", "1"), ("1500m", "1500m"), ("0.5", "500m"), (".001", "1m"), ("1.", "1"),
    ("1.G", "1G"), ("1024Mi", "1Gi"), ("1Gi", "1Gi"), ("1536Mi", "1536Mi"), ("1000M", "1G"),
    ("1000Mi", "1000Mi"), ("1Ki", "1Ki"), ("1023", "1023"), ("0.5Mi", "512Ki"),
    ("0.05Gi", "53687091200m"), ("100.035Ki", "102435840m"), (".001Ki", "1024m"),
    (".000001Ki", "1024u"), (".000000001Ki", "1024n"), (".000000000001Ki", "2n"),
    ("1e3", "1e3"), ("1E6", "1e6"), ("1.2e3", "1200"), ("1e14", "100e12"), ("1E-3", "1e-3"),
    ("0.5e0", "500e-3"), ("12E", "12E"), ("1E", "1E"), ("100k", "100k"), ("12345", "12345"),
    ("1000", "1k"), ("123456000", "123456k"), ("1u", "1u"), ("3.001n", "4n"),
    ("0.0000000001", "1n"), ("0.00000012345", "124n"), ("-1", "-1"), ("-1Gi", "-1Gi"),
    ("-0.5", "-500m"), ("+5", "5"), ("9Ei", "9223372036854775807"), ("8Pi", "8Pi"),
    ("9223372036854775807Ki", "9223372036854775807"), ("10Ti", "10Ti"), ("300.2T", "300200G"),
    ("7.123456M", "7123456"), ("0.025Ti", "27487790694400m"),
  ]

  @Test(arguments: canonical) func canonicalText(input: String, expected: String) throws {
    let quantity = try #require(Quantity(input))
    #expect(quantity.text == expected)
    // What is written reads back as the same amount, and is stable.
    let again = try #require(Quantity(quantity.text))
    #expect(again.text == expected)
    #expect(again.milliValue == quantity.milliValue)
  }

  @Test(arguments: [
    "", " 1", "1 ", "1.1.M", "1+1.0M", "0.1am", "aoeu", "1g", "0x10", "1.5.0", "ten", "1 Gi",
  ]) func refusesFormat(_ text: String) {
    #expect(throws: Quantity.ParseError.format) { try Quantity(parsing: text) }
    #expect(Quantity(text) == nil)
  }

  @Test(arguments: ["0.1mi", ".5i", "1i", "-3.01i", "1K", "1e", "-3.01e-", "1mM"])
  func refusesSuffix(_ text: String) {
    #expect(throws: Quantity.ParseError.suffix) { try Quantity(parsing: text) }
  }

  @Test func valuesRoundAwayFromZero() throws {
    #expect(try #require(Quantity("1500m")).value == 2)
    #expect(try #require(Quantity("-1500m")).value == -2)
    #expect(try #require(Quantity("1n")).milliValue == 1)
    #expect(try #require(Quantity("12E")).milliValue == .max)
    #expect(try #require(Quantity("12E")).value == .max)
    #expect(try #require(Quantity("64Mi")).value == 67_108_864)
  }

  @Test func orderIsOfAmounts() throws {
    let ascending = ["-1", "0", "1n", "1m", "50m", "100m", "1", "1Ki", "1M", "1Mi", "12E", "13E"]
      .compactMap { Quantity($0) }
    #expect(ascending.count == 12)
    for (a, b) in zip(ascending, ascending.dropFirst()) {
      #expect(a < b)
      #expect(!(b < a))
    }
  }

  @Test func sumsKeepTheLeftFormat() throws {
    let gi = try #require(Quantity("1Gi"))
    #expect((gi + gi).text == "2Gi")
    #expect((gi - Quantity(0)).text == "1Gi")
    #expect((Quantity(0) + gi).text == "1Gi")
    #expect((try #require(Quantity("250m")) + Quantity(1)).text == "1250m")
    #expect((Quantity(1) - Quantity(3)).text == "-2")
    #expect((try #require(Quantity("12E")) + Quantity(1)).value == .max)
  }

  @Test func isSmall() { #expect(MemoryLayout<Quantity>.size <= 16) }
}
