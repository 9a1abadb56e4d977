import Basics
import KubeAPI
import Testing

@Suite struct JSONCodecTests {
  @Test(arguments: [
    "null", "true", "[]", "{}", #"{"a":[1,2.50,-3e+7,"x"],"b":{"c":null}}"#,
    #""\"\\\n\tü\u0001""#, "9223372036854775807", "9223372036854775808",
  ]) func compactTextRoundTrips(_ text: String) throws {
    #expect(try JSONParser.parse(text).text() == text)
  }

  @Test func escapes() throws {
    #expect(try JSONParser.parse(#""\u00fc\ud83d\ude00\/""#) == .string("ü😀/"))
    #expect(try JSONParser.parse(#""\ud83dx""#) == .string("\u{FFFD}x"))
  }

  @Test(arguments: [
    ("{\n  \"a\": tru\n}", 2, 11, "invalid character '\\n' in literal true"),
    ("", 1, 1, "unexpected end of JSON input"),
    ("{\"a\":1,}", 1, 8, "invalid character '}' looking for beginning of object key string"),
    ("[1 2]", 1, 4, "invalid character '2' after array element"),
    ("{\"ü\" 1}", 1, 6, "invalid character '1' after object key"),
    ("01", 1, 2, "invalid character '1' after top-level value"),
    ("\"a\nb\"", 1, 3, "invalid character '\\n' in string literal"),
  ]) func errorsSayWhere(text: String, line: Int, column: Int, message: String) {
    #expect {
      try JSONParser.parse(text)
    } throws: { error in
      guard let error = error as? JSONSyntaxError else { return false }
      #expect(error.message == message)
      #expect(error.line == line)
      #expect(error.column == column)
      return true
    }
  }

  @Test func deepNestingIsRefused() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(deep) }
  }

  @Test func prettyIsKubectls() throws {
    let value = try JSONParser.parse(#"{"a":[1,{"b":[]}],"c":{}}"#)
    let expected = """
      {
          "a": [
              1,
              {
                  "b": []
              }
          ],
          "c": {}
      }
      """
    #expect(value.text(pretty: true) == expected)
  }

  @Test func base64RoundTrips() {
    var random = PRNG(seed: 7)
    for length in 0..<60 {
      let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
    #expect(Base64.encode("hello".utf8) == "aGVsbG8=")
    for bad in ["a", "aGVsbG8", "aGV=bG8=", "!!!!", "aGVsbG8=="] {
      #expect(Base64.decode(bad) == nil)
    }
  }
}
