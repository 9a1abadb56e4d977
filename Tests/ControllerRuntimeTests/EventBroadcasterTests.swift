import Basics
import ControllerRuntime
import KubeAPI
import Testing

/// Events on their way to an API server that is there, gone, or says no.
@Suite struct EventBroadcasterTests {
  private let pod = Pod(name: "web-1", namespace: "default").boxed
  private let lost = APIResponse.status(.transport("connect: connection refused"))
  private let stored = APIResponse.object(Event().boxed)

  private func time(_ seconds: Int) -> HostTime {
    HostTime(
      monotonic: .zero + .seconds(seconds),
      wall: Timestamp(microseconds: Int64(seconds) * 1_000_000))
  }

  /// What a request writes: its verb, and the message or the count.
  private func text(_ request: APIRequest?) -> String? {
    switch request?.body {
    case .object(let object):
      guard let event = object.event else { return nil }
      return "create \(event.message) x\(event.occurrences)"
    case .patch(let patch):
      let count = patch.document["count"] ?? patch.document["series"]?["count"]
      return "patch x\(count?.integerValue ?? -1)"
    default: return nil
    }
  }

  private func text(_ next: EventTurn.Next) -> String? {
    switch next {
    case .nothing: return "nothing"
    case .send(let turn): return text(turn.request)
    case .wait(let span): return span == .seconds(10) ? "wait 10s" : "wait less"
    }
  }

  @Test func oneGoesAfterTheOtherInTheOrderTheyWereSaid() {
    var events = EventBroadcaster(component: "kubelet")
    func say(_ message: String, _ at: Int) -> String? {
      text(
        events.record(pod, reason: "R", message: message, at: time(at), because: .none)?.request)
    }
    #expect(say("one", 1) == "create one x1")
    #expect(say("two", 1) == nil && say("three", 2) == nil && say("one", 2) == nil)
    #expect(events.count == 4)
    #expect(text(events.answered(stored, at: .zero, luck: 1)) == "create two x1")
    #expect(text(events.answered(stored, at: .zero, luck: 1)) == "create three x1")
    #expect(text(events.answered(stored, at: .zero, luck: 1)) == "patch x2")
    #expect(text(events.answered(stored, at: .zero, luck: 1)) == "nothing")
    #expect(events.count == 0)
  }

  @Test func anUnreachableServerIsTriedTwelveTimesAndHoldsTheRest() {
    var events = EventBroadcaster(component: "kubelet")
    _ = events.record(pod, reason: "R", message: "one", at: time(1), because: .none)
    _ = events.record(pod, reason: "R", message: "two", at: time(1), because: .none)
    #expect(text(events.answered(lost, at: .zero, luck: 1)) == "wait less")
    for _ in 2...11 {
      #expect(text(events.retry()?.request) == "create one x1")
      #expect(text(events.answered(lost, at: .zero, luck: 1)) == "wait 10s")
    }
    #expect(events.failures == 11)
    #expect(text(events.answered(lost, at: .zero, luck: 1)) == "create two x1")
    #expect(events.failures == 0 && events.count == 1)
  }

  @Test func aRefusedOneIsDroppedAndATooLongQueueToo() {
    var events = EventBroadcaster(component: "kubelet")
    for number in 0...1001 {
      let about = Pod(name: "web-\(number)", namespace: "default").boxed
      _ = events.record(about, reason: "R", message: "\(number)", at: time(1), because: .none)
    }
    #expect(events.count == 1001)
    let refusal = APIResponse.status(.internalError("etcdserver: request timed out"))
    #expect(text(events.answered(refusal, at: .zero, luck: 1)) == "create 1 x1")
  }

  @Test func aRepeatOfAnEventThatIsGoneIsCreatedAnew() {
    var events = EventBroadcaster(component: "kubelet")
    _ = events.record(pod, reason: "R", message: "one", at: time(1), because: .none)
    _ = events.answered(stored, at: .zero, luck: 1)
    let turn = events.record(pod, reason: "R", message: "one", at: time(4000), because: .none)
    #expect(text(turn?.request) == "patch x2")
    let gone = APIResponse.status(.notFound(.event, "web-1.1"))
    #expect(text(events.answered(gone, at: .zero, luck: 1)) == "create one x2")
    #expect(text(events.answered(stored, at: .zero, luck: 1)) == "nothing")
  }

  @Test func aSeriesIsWrittenAtItsSecondObservationAndAtItsEnd() {
    var events = EventSeriesBroadcaster(controller: "default-scheduler", host: "master-1")
    func say(_ at: Int) -> String? {
      text(
        events.record(
          pod, type: "Warning", reason: "FailedScheduling", action: "Scheduling",
          message: "0/3 nodes", at: time(at), because: .none)?.request)
    }
    #expect(say(1) == "create 0/3 nodes x1")
    #expect(say(2) == "patch x2")
    #expect(say(3) == nil && say(100) == nil)
    #expect(events.finishSeries(at: time(400).wall, because: .none).isEmpty)
    #expect(events.refreshSeries(because: .none).map { text($0.request) } == ["patch x4"])
    let end = events.finishSeries(at: time(500).wall, because: .none)
    #expect(end.map { text($0.request) } == ["patch x4"])
    // Forgotten: the same again is a new one.
    #expect(say(600) == "create 0/3 nodes x1")
  }

  @Test func theNextRevisionOfAnObjectIsSomethingNew() {
    var events = EventSeriesBroadcaster(controller: "default-scheduler", host: "master-1")
    var later = Pod(name: "web-1", namespace: "default")
    later.resourceVersion = 7
    var texts: [String?] = []
    for object in [pod, later.boxed, later.boxed] {
      let turn = events.record(
        object, type: "Warning", reason: "FailedScheduling", action: "Scheduling",
        message: "no", at: time(1), because: .none)
      texts.append(text(turn?.request))
    }
    #expect(texts == ["create no x1", "create no x1", "patch x2"])
  }
}
