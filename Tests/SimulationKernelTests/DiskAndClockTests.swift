import Basics
import SimulationKernel
import Testing

@Suite struct DiskTests {
  @Test func whatWasNotSyncedMayBeLostAndNothingElse() {
    var lost = 0
    for seed in 1...50 {
      var draws = Draws(UInt64(seed), 0)
      var disk = Disk<Int>()
      let first = disk.write([1, 2], id: 1, now: .zero, seed: 1)
      #expect(first != nil)
      #expect(disk.completeOldest() == 1)
      _ = disk.write([3, 4, 5], id: 2, now: first ?? .zero, seed: 1)
      _ = disk.write([6], id: 3, now: first ?? .zero, seed: 1)
      disk.losePower(draws: &draws)
      let kept = Array(disk.durable)
      #expect(kept.starts(with: [1, 2]))
      #expect([1, 2, 3, 4, 5].starts(with: kept))
      if kept.count < 5 { lost += 1 }
    }
    #expect(lost > 10)
  }

  @Test func aKilledWriterLosesNothingAndAFullDiskRefuses() {
    var disk = Disk<Int>()
    _ = disk.write([1], id: 1, now: .zero, seed: 1)
    disk.loseWriter()
    #expect(Array(disk.durable) == [1])
    disk.isFull = true
    #expect(disk.write([2], id: 2, now: .zero, seed: 1) == nil)
  }
}

@Suite struct HostClockTests {
  @Test func rateAndOffset() {
    var clock = HostClock()
    let second = Tick(microseconds: 1_000_000)
    clock.setRate(perMillion: 2_000_000, at: second)
    #expect(clock.read(at: Tick(microseconds: 3_000_000)).monotonic.microseconds == 5_000_000)
    #expect(clock.worldSpan(.seconds(10)) == .seconds(5))
    clock.setOffset(.seconds(-30))
    let time = clock.read(at: second)
    #expect(time.wall - .powerOn == .seconds(-29))
  }
}

extension HostClockTests {
  /// What a component waits for has passed on its own clock when its timer wakes it.
  @Test(arguments: [900_001, 999_999, 1_000_001, 1_093_750, 3_000_000] as [Int64])
  func noTimerWakesEarly(_ rate: Int64) {
    var clock = HostClock()
    clock.setRate(perMillion: rate, at: Tick(microseconds: 12_345))
    for start in [12_345, 12_346, 777_777] as [UInt64] {
      for wait in [1, 2, 3, 100, 99_999] {
        let armed = Tick(microseconds: start)
        let woken = armed + clock.worldSpan(.microseconds(wait))
        let passed = clock.read(at: woken).monotonic - clock.read(at: armed).monotonic
        #expect(passed >= .microseconds(wait))
        #expect(passed <= .microseconds(wait + 4))
      }
    }
  }
}

@Suite struct NetworkTests {
  /// Luck belongs to a link and a moment: what else was sent does not shift it.
  @Test func delaysDependOnLinkAndMomentOnly() {
    let one = Network(seed: 7)
    var delays: Set<Int64> = []
    for tick in (0..<200).map({ Tick(microseconds: $0 * 1_000) }) {
      let delay = one.transit(from: 1, to: 2, at: tick)
      #expect(delay >= .microseconds(150) && delay <= .microseconds(350))
      #expect(Network(seed: 7).transit(from: 1, to: 2, at: tick) == delay)
      delays.insert(delay.microseconds)
    }
    #expect(delays.count > 100, "they vary from moment to moment")
    let now = Tick(microseconds: 5)
    let others = (3..<60).map { one.transit(from: 1, to: $0, at: now).microseconds }
    #expect(Set(others).count > 20, "and from link to link")
    var two = one
    two.reseed(1)
    #expect(
      (0..<20 as Range<UInt64>).contains { tick in
        let at = Tick(microseconds: tick)
        return two.transit(from: 1, to: 2, at: at) != one.transit(from: 1, to: 2, at: at)
      })
  }

  /// A tenth of the packets lost: as many are sent again, each after 200 ms at least.
  @Test func lossesComeAtTheirRate() {
    var network = Network(seed: 3)
    var fault = Network.Fault()
    fault.lossPercent = 10
    network.setFault(fault, from: 1, to: 2)
    let late = (0..<5_000 as Range<UInt64>).count { tick in
      network.transit(from: 1, to: 2, at: Tick(microseconds: tick * 97)) >= .milliseconds(200)
    }
    #expect(late > 400 && late < 600)
  }

  @Test func retransmissionsDouble() {
    let sent = Tick.zero
    let at = [0, 200, 600, 1400].map {
      Network.retransmission(sentAt: sent, after: Tick(microseconds: UInt64($0) * 1000))
    }
    #expect(at.map { $0.microseconds / 1000 } == [200, 600, 1400, 3000])
  }

  @Test func cutsArePerDirection() {
    var network = Network(seed: 1)
    var fault = Network.Fault()
    fault.isCut = true
    network.setFault(fault, from: 1, to: 2)
    #expect(!network.isOpen(from: 1, to: 2))
    #expect(network.isOpen(from: 2, to: 1))
    network.setFault(Network.Fault(), from: 1, to: 2)
    #expect(network.isHealthy)
    network.setIsolated(true, host: 2)
    #expect(!network.isOpen(from: 2, to: 1))
    #expect(network.isOpen(from: 2, to: 2))
  }
}
