import Basics

/// The pod addresses of one node (the CNI plugin `host-local`): handed out in a ring, so that an
/// address that was just freed is the last to come back.
struct AddressPool: Sendable {
  let cidr: String
  private let first: UInt32
  private let last: UInt32
  private var next: UInt32
  private var used = LookupSet<UInt32>()

  /// The pool of an IPv4 network such as `10.244.1.0/24`. The network's first host address is the
  /// bridge's.
  init?(cidr: String) {
    let parts = cidr.split(separator: "/")
    guard parts.count == 2, let base = Self.parse(String(parts[0])), let bits = Int(parts[1]),
      (8...30).contains(bits)
    else { return nil }
    let size = UInt32(1) << UInt32(32 - bits)
    let network = base & ~(size - 1)
    self.cidr = cidr
    first = network + 2
    last = network + size - 2
    next = first
  }

  var usedCount: Int { used.count }

  /// A free address; nil where there is none.
  mutating func take() -> UInt32? {
    guard used.count <= Int(last - first) else { return nil }
    while used.contains(next) { advance() }
    let address = next
    used.insert(address)
    advance()
    return address
  }

  /// An address that is in use already.
  mutating func reserve(_ address: UInt32) {
    if (first...last).contains(address) { used.insert(address) }
  }

  mutating func release(_ address: UInt32) { used.remove(address) }

  private mutating func advance() { next = next == last ? first : next + 1 }

  static func text(_ address: UInt32) -> String {
    "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
  }

  static func parse(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var value: UInt32 = 0
    for part in parts {
      guard let byte = UInt8(part) else { return nil }
      value = value << 8 | UInt32(byte)
    }
    return value
  }

  /// As `host-local` says it.
  var exhausted: String {
    "failed to allocate for range 0: no IP addresses available in range set: "
      + Self.text(first - 1) + "-" + Self.text(last)
  }
}
