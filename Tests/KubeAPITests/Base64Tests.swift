import Testing

@testable import KubeAPI

struct Base64Tests {
  /// RFC 4648 §10, and bytes that give the two signs in which the alphabets differ.
  @Test(arguments: [
    ("", "", ""), ("f", "Zg==", "Zg"), ("fo", "Zm8=", "Zm8"), ("foo", "Zm9v", "Zm9v"),
    ("foob", "Zm9vYg==", "Zm9vYg"), ("fooba", "Zm9vYmE=", "Zm9vYmE"),
    ("foobar", "Zm9vYmFy", "Zm9vYmFy"), ("~~~???", "fn5+Pz8/", "fn5-Pz8_"),
  ])
  func bothAlphabets(_ text: String, _ standard: String, _ url: String) {
    let bytes = Array(text.utf8)
    #expect(Base64.encode(bytes) == standard && Base64.encodeURL(bytes) == url)
    #expect(Base64.decode(standard) == bytes && Base64.decodeURL(url) == bytes)
  }

  @Test func whatIsNoneIsNil() {
    #expect(Base64.decodeURL("a") == nil && Base64.decodeURL("Zg=a") == nil)
    #expect(Base64.decode("Zg") == nil && Base64.decode("Zm9v!") == nil)
  }
}
