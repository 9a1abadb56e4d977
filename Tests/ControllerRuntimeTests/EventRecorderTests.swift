import Basics
import KubeAPI
import Testing

@testable import ControllerRuntime

@Suite struct EventRecorderTests {
  private let time = HostTime(monotonic: .zero + .seconds(1), wall: Timestamp(microseconds: 1))

  private func event(
    _ recorder: inout EventRecorder, _ pod: APIObject, _ reason: String, _ message: String
  ) throws -> Event {
    let said = EventRecorder.Said(
      target: TargetReference(pod), type: "Normal", reason: reason, message: message, time: time)
    let correlated = recorder.correlate(said, at: time.monotonic)
    guard case .object(let object)? = correlated?.request.body else { throw NoEvent() }
    return try #require(object.event)
  }
  private struct NoEvent: Error {}

  @Test func eventsAboutOneObjectShareWhatTheySayOfIt() throws {
    var recorder = EventRecorder(component: "kubelet", host: "worker-1")
    let one = Pod(name: "web-1", namespace: "default").boxed
    let two = Pod(name: "web-2", namespace: "default").boxed
    let created = try event(&recorder, one, "Created", "Created container: web")
    let started = try event(&recorder, one, "Started", "Started container web")
    let other = try event(&recorder, two, "Created", "Created container: web")
    #expect(created.$involvedObject.isIdentical(to: started.$involvedObject))
    #expect(started.involvedObject.name == "web-1" && other.involvedObject.name == "web-2")
    #expect(other.message == created.message && created.message != started.message)
  }
}
