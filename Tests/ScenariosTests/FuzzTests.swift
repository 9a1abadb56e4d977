import Basics
import Scenarios
import Testing

/// Random faults on random clusters: nothing breaks meanwhile, and everything converges once it is
/// healed. `orrery fuzz` does the same for as many seeds as one likes.
struct FuzzTests {
  @Test func twentyFourSeeds() async {
    let results = await overSeeds(1...24) { Fuzzer(seed: $0, span: .minutes(4)).run() }
    for result in results { #expect(result.isGood, "\(result.text)") }
  }

  /// Runs that once went wrong, each by a bug that is gone.
  @Test(
    arguments: [
      // A timer on a clock of another rate woke a microsecond early, was armed again and woke at
      // once, for ever.
      1, 2, 8,
      // A stream's progress was taken for the progress of watches that had ended.
      1001, 1005, 1038,
    ] as [UInt64])
  func onceWrong(_ seed: UInt64) {
    let result = Fuzzer(seed: seed, span: .minutes(10)).run()
    #expect(result.isGood, "\(result.text)")
  }

  @Test func sameSeedSameRun() {
    let one = Fuzzer(seed: 77, span: .minutes(2)).run()
    let two = Fuzzer(seed: 77, span: .minutes(2)).run()
    #expect(one.digest == two.digest)
    #expect(one.script == two.script)
  }
}
