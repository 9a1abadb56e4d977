/// The form of an image's name, `registry:5000/path/name:tag@digest` (`distribution/reference`).
struct ImageReference {
  /// Whether a text can name an image: the registry is spelled as hosts are, what is in it has no
  /// capitals.
  static func isOne(_ text: String) -> Bool {
    let halves = split(text[...], "@", most: 2)
    guard halves.count == 1 || isDigest(halves[1]) else { return false }
    var parts = split(halves[0], "/")
    // Behind the last slash a colon is a tag's; before it, a port's.
    let tagged = split(parts.removeLast(), ":", most: 2)
    guard tagged.count == 1 || isTag(tagged[1]) else { return false }
    parts.append(tagged[0])
    if let host = parts.first, parts.count > 1, isHost(host) { parts.removeFirst() }
    return parts.allSatisfy(isComponent)
  }

  private static func split(
    _ text: Substring, _ sign: Character, most: Int = .max
  ) -> [Substring] {
    text.split(separator: sign, maxSplits: most - 1, omittingEmptySubsequences: false)
  }

  /// Lower-case letters and digits, with one of `.`, `_`, `__` or any number of `-` between them.
  private static func isComponent(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last, isLower(first), isLower(last)
    else { return false }
    return text.utf8.split(omittingEmptySubsequences: true, whereSeparator: isLower).allSatisfy {
      let sign = Substring($0)
      return [".", "_", "__"].contains(sign) || sign.utf8.allSatisfy { $0 == UInt8(ascii: "-") }
    }
  }

  /// A domain name or an IPv6 address in brackets, and maybe a port.
  private static func isHost(_ text: Substring) -> Bool {
    let port: Substring
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return false }
      let address = text[..<end].dropFirst()
      guard !address.isEmpty,
        address.utf8.allSatisfy({ isHexadecimal($0) || $0 == UInt8(ascii: ":") })
      else { return false }
      port = text[end...].dropFirst()
    } else {
      let end = text.firstIndex(of: ":") ?? text.endIndex
      guard split(text[..<end], ".").allSatisfy(isLabel) else { return false }
      port = text[end...]
    }
    return port.isEmpty
      || port.hasPrefix(":") && port.utf8.count > 1 && port.utf8.dropFirst().allSatisfy(isDigit)
  }

  private static func isLabel(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last)
      && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
  }

  private static func isTag(_ text: Substring) -> Bool {
    func isWord(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || byte == UInt8(ascii: "_") }
    guard let first = text.utf8.first, isWord(first), text.utf8.count <= 128 else { return false }
    return text.utf8.allSatisfy {
      isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
    }
  }

  /// `sha256:` and at least 32 hexadecimal digits; an algorithm has its parts parted by one sign.
  private static func isDigest(_ text: Substring) -> Bool {
    let parts = split(text, ":")
    guard parts.count == 2, parts[1].utf8.count >= 32, parts[1].utf8.allSatisfy(isHexadecimal)
    else { return false }
    return parts[0].split(omittingEmptySubsequences: false, whereSeparator: "-_+.".contains)
      .allSatisfy { part in
        guard let first = part.utf8.first else { return false }
        return isAlphanumeric(first) && !isDigit(first) && part.utf8.allSatisfy(isAlphanumeric)
      }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
  private static func isLower(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }
  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isLower(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }
  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
      || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
  }
}
