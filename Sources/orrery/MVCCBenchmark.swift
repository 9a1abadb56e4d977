import Basics
import Foundation
import KubeAPI
import MVCC

extension Benchmark {
  static let mvccFamily = [mvccPuts, mvccRanges, mvccWatchFanout, mvccMemory]

  /// Keys shaped as Kubernetes' are, in a fixed shuffled order.
  private static func shuffledKeys(_ count: Int) -> [Key] {
    var prng = PRNG(seed: 3)
    var keys = (0..<count).map { number in
      Key("/registry/pods/namespace-\(number % 50)/web-\(String(number, radix: 36))-x7k2p")
    }
    for position in keys.indices.dropFirst() {
      keys.swapAt(position, prng.index(below: position + 1))
    }
    return keys
  }

  private static let value = Blob.bytes([UInt8](repeating: 7, count: 1024))

  private static func put(_ key: Key, into store: inout Store) {
    do throws(EtcdError) {
      _ = try store.put(PutRequest(key: key, value: value))
    } catch {
      preconditionFailure("a plain put was refused: \(error)")
    }
  }

  private static func filled(_ keys: [Key]) -> Store {
    var store = Store()
    for key in keys { put(key, into: &store) }
    return store
  }

  private static func rate(_ count: Int, _ stopwatch: Stopwatch) -> JSONValue {
    .number(decimal(Double(count) / (stopwatch.cpuMicroseconds / 1e6)))
  }

  /// Puts of 1 KiB over 100,000 keys, each in a revision of its own, compacted as it goes.
  static let mvccPuts = Benchmark(name: "mvcc-puts") {
    let keys = shuffledKeys(100_000)
    var store = filled(keys)
    let count = 500_000
    let stopwatch = Stopwatch()
    for number in 0..<count {
      put(keys[number % keys.count], into: &store)
      if number % 50_000 == 49_999 {
        do throws(EtcdError) {
          try store.compact(store.revision - 10_000)
        } catch {
          preconditionFailure("a compaction was refused: \(error)")
        }
      }
    }
    return figures(
      "mvcc-puts", stopwatch,
      [
        ("keys", .integer(Int64(keys.count))), ("puts", .integer(Int64(count))),
        ("putsPerSecond", rate(count, stopwatch)), ("valueBytes", .integer(1024)),
      ])
  }

  /// Reads of one key, and of a hundred keys in a row, among 100,000; then the latter at a past
  /// revision.
  static let mvccRanges = Benchmark(name: "mvcc-ranges") {
    let keys = shuffledKeys(100_000)
    var store = filled(keys)
    let past = store.revision
    for key in keys.prefix(20_000) { put(key, into: &store) }
    var found = 0
    func read(_ count: Int, _ request: (Int) -> RangeRequest) -> JSONValue {
      let stopwatch = Stopwatch()
      for number in 0..<count {
        do throws(EtcdError) {
          found += try store.range(request(number)).kvs.count
        } catch {
          preconditionFailure("a read was refused: \(error)")
        }
      }
      return rate(count, stopwatch)
    }
    let sorted = keys.sorted()
    func hundred(_ number: Int, at revision: Int64) -> RangeRequest {
      let first = number * 7919 % (sorted.count - 100)
      return RangeRequest(key: sorted[first], rangeEnd: sorted[first + 100], revision: revision)
    }
    let stopwatch = Stopwatch()
    let single = read(500_000) { RangeRequest(key: keys[$0 % keys.count]) }
    let many = read(50_000) { hundred($0, at: 0) }
    let old = read(20_000) { hundred($0, at: past) }
    return figures(
      "mvcc-ranges", stopwatch,
      [
        ("getsPerSecond", single), ("hundredKeyRangesPerSecond", many),
        ("keysRead", .integer(Int64(found))), ("pastHundredKeyRangesPerSecond", old),
      ])
  }

  /// A thousand watches of namespaces and one of everything: the events told in a second.
  static let mvccWatchFanout = Benchmark(name: "mvcc-watch-fanout") {
    let keys = shuffledKeys(10_000)
    var store = filled(keys)
    var hub = WatchHub()
    let watches = 1000
    for number in 0..<watches {
      let prefix = Key("/registry/pods/namespace-\(number % 50)/")
      hub.add(
        WatchID(stream: UInt64(number), id: 1), WatchRequest(prefix: prefix), store: store,
        now: .zero)
    }
    var answers: [WatchResponse] = []
    var told = 0
    let puts = 100_000
    let stopwatch = Stopwatch()
    for number in 0..<puts {
      put(keys[number % keys.count], into: &store)
      answers.removeAll(keepingCapacity: true)
      hub.notify(store, now: .zero, into: &answers)
      told += answers.count
    }
    precondition(told == puts * watches / 50, "told \(told) events")
    return figures(
      "mvcc-watch-fanout", stopwatch,
      [
        ("events", .integer(Int64(told))), ("eventsPerSecond", rate(told, stopwatch)),
        ("puts", .integer(Int64(puts))), ("watches", .integer(Int64(watches))),
      ])
  }

  /// What a key takes in memory beside its value, with one revision kept, and another revision.
  static let mvccMemory = Benchmark(name: "mvcc-memory") {
    let keys = shuffledKeys(400_000)
    let stopwatch = Stopwatch()
    let before = Stopwatch.memoryBytes
    // Keys of the store's own: those of the list would count for nothing.
    var store = Store()
    for key in keys { put(Key(key.text), into: &store) }
    do throws(EtcdError) {
      try store.compact(store.revision)
    } catch {
      preconditionFailure("a compaction was refused: \(error)")
    }
    let one = Stopwatch.memoryBytes
    for key in keys { put(key, into: &store) }
    let two = Stopwatch.memoryBytes
    let count = Int64(keys.count)
    return figures(
      "mvcc-memory", stopwatch,
      [
        ("bytesPerKey", .integer((one - before) / count)),
        ("bytesPerOldRevision", .integer((two - one) / count)), ("keys", .integer(count)),
        ("keyBytes", .integer(Int64(keys.reduce(0) { $0 + $1.count } / keys.count))),
        ("revision", .integer(store.revision)),
      ])
  }
}

extension Stopwatch {
  /// Resident memory of this process now; 0 where the system does not say.
  fileprivate static var memoryBytes: Int64 {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
      return 0
    }
    let words = text.split(separator: " ")
    guard words.count > 1, let pages = Int64(words[1]) else { return 0 }
    return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
  }
}
