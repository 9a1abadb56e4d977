import Basics
import ControllerRuntime
import Testing

@Suite struct WorkQueueTests {
  private let now = Tick.zero + .seconds(1)

  @Test func aKeyWaitsOnceAndIsHandledByOneWorkerAtATime() {
    var queue = WorkQueue<String>()
    queue.add("a", cause: TraceID(1))
    queue.add("a", cause: TraceID(2))
    #expect(queue.count == 1)
    let first = queue.get()
    #expect(first?.key == "a")
    #expect(first?.cause == TraceID(1))
    // Added again while in work: not before the worker is through.
    queue.add("a", cause: TraceID(3))
    #expect(queue.get() == nil)
    queue.done("a")
    #expect(queue.get()?.cause == TraceID(3))
  }

  @Test func retriesWaitTwiceAsLongEachTimeUntilForgotten() {
    var queue = WorkQueue<String>()
    var waits: [Int64] = []
    for _ in 0..<4 {
      queue.addRateLimited("a", now: now, cause: .none)
      let due = queue.nextDue ?? now
      waits.append((due - now).microseconds / 1000)
      queue.promote(at: due)
      _ = queue.get()
      queue.done("a")
    }
    #expect(waits == [5, 10, 20, 40])
    queue.forget("a")
    queue.addRateLimited("a", now: now, cause: .none)
    #expect(queue.nextDue == now + .milliseconds(5))
  }

  @Test func theEarlierOfTwoTimesHolds() {
    var queue = WorkQueue<String>()
    queue.add("a", at: now + .seconds(9), now: now, cause: .none)
    queue.add("a", at: now + .seconds(3), now: now, cause: .none)
    queue.add("a", at: now + .seconds(5), now: now, cause: .none)
    queue.promote(at: now + .seconds(3))
    #expect(queue.get()?.key == "a")
    queue.done("a")
    queue.promote(at: now + .seconds(20))
    #expect(queue.get() == nil)
  }
}

@Suite struct TokenBucketTests {
  /// 20 a second with a burst of 30: what the controller manager's client is held to.
  @Test func burstThenRate() {
    var bucket = TokenBucket(qps: 20, burst: 30)
    var taken = 0
    while bucket.take(at: .zero) { taken += 1 }
    #expect(taken == 30)
    #expect(bucket.wait() == .milliseconds(50))
    for second in 1...5 {
      var more = 0
      for step in 0..<100 {
        let at = Tick.zero + .seconds(second - 1) + .milliseconds(step * 10 + 10)
        if bucket.take(at: at) { more += 1 }
      }
      #expect(more == 20)
    }
  }
}
