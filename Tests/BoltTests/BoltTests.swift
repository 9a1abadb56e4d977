import Basics
import Bolt
import Testing

struct BoltTests {
  private func pair(_ key: String, _ value: String) -> BoltDatabase.Pair {
    BoltDatabase.Pair(Array(key.utf8), Array(value.utf8))
  }

  @Test(arguments: [0, 1, 3, 200, 5_000])
  func whatIsWrittenIsRead(count: Int) throws {
    let pairs = (0..<count).map { number in
      let digits = String(number)
      let key = String(repeating: "0", count: 6 - digits.count) + digits
      return pair(key, String(repeating: "v", count: number % 90))
    }
    let database = BoltDatabase([
      BoltDatabase.Bucket("empty"), BoltDatabase.Bucket("key", pairs),
      BoltDatabase.Bucket("meta", [pair("a", "b")]),
    ])
    let bytes = database.encoded()
    #expect(bytes.count % 4096 == 0)
    #expect(try BoltDatabase(decoding: bytes) == database)
  }

  @Test func valuesLargerThanAPageOverflow() throws {
    let big = [UInt8](repeating: 7, count: 20_000)
    let database = BoltDatabase([
      BoltDatabase.Bucket(
        "key",
        [pair("a", "1"), BoltDatabase.Pair(Array("b".utf8), big), pair("c", "3")])
    ])
    #expect(try BoltDatabase(decoding: database.encoded()) == database)
  }

  @Test func keysComeInOrder() throws {
    let database = BoltDatabase([
      BoltDatabase.Bucket("z", [pair("b", "2"), pair("a", "1")]), BoltDatabase.Bucket("a"),
    ])
    let read = try BoltDatabase(decoding: database.encoded())
    #expect(read.buckets.map(\.name) == [Array("a".utf8), Array("z".utf8)])
    #expect(read["z"]?.pairs.map(\.key) == [Array("a".utf8), Array("b".utf8)])
  }

  /// However a file is damaged, it is read or refused, and never trapped on.
  @Test func damageIsNoTrap() throws {
    let pairs = (0..<300).map { pair("key-\(1000 + $0)", "value") }
    let bytes = BoltDatabase([BoltDatabase.Bucket("key", pairs)]).encoded()
    var random = PRNG(seed: 5, stream: 1)
    var refused = 0
    for _ in 0..<400 {
      var damaged = bytes
      for _ in 0..<4 {
        damaged[random.index(below: damaged.count)] = UInt8(random.index(below: 256))
      }
      if random.index(below: 4) == 0 { damaged.removeLast(random.index(below: damaged.count)) }
      do { _ = try BoltDatabase(decoding: damaged) } catch { refused += 1 }
    }
    #expect(refused > 0)
    #expect(throws: BoltProblem.self) { try BoltDatabase(decoding: []) }
    #expect(throws: BoltProblem.self) {
      try BoltDatabase(decoding: [UInt8](repeating: 0, count: 8192))
    }
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  /// The examples of FIPS 180-4.
  @Test func hashesAreTheStandards() {
    #expect(
      hexadecimal(SHA256.hash(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      hexadecimal(SHA256.hash([]))
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      hexadecimal(SHA256.hash([UInt8](repeating: UInt8(ascii: "a"), count: 1_000)))
        == "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3")
    #expect(
      hexadecimal(SHA1.hash(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
    // What etcd calls the only member of a cluster with the default flags.
    #expect(
      SHA1.identity(Array("http://localhost:2380etcd-cluster".utf8)) == 0x8e9e_05c5_2164_694d)
  }
}
