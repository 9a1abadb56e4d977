import Basics
import Engine
import KubeAPI

extension World {
  /// Runs a command to its end, letting only as much virtual time pass as it takes, at most `span`.
  public mutating func run(_ invocation: inout KubectlInvocation, for span: Span) {
    let deadline = now + span
    var open: [(id: UInt64, token: Int)] = []
    while true {
      for outgoing in invocation.takeRequests() {
        // A request is never refused as an input, only answered.
        if case .some(.some(let id)) = try? apply(.request(outgoing.request)) {
          open.append((id, outgoing.token))
        }
      }
      if invocation.isFinished || now >= deadline { return }
      step(through: deadline)
      open.removeAll { entry in
        guard let answer = takeAnswer(entry.id) else { return false }
        invocation.receive(entry.token, answer, now: wallClock)
        return true
      }
    }
  }
}

extension Timeline {
  /// The same on a timeline, which records the requests.
  public mutating func run(_ invocation: inout KubectlInvocation, for span: Span) {
    let deadline = now + span
    var open: [(id: UInt64, token: Int)] = []
    while true {
      for outgoing in invocation.takeRequests() {
        if case .some(.some(let id)) = try? apply(.request(outgoing.request)) {
          open.append((id, outgoing.token))
        }
      }
      if invocation.isFinished || now >= deadline { return }
      step(through: deadline)
      open.removeAll { entry in
        guard let answer = takeAnswer(entry.id) else { return false }
        invocation.receive(entry.token, answer, now: world.wallClock)
        return true
      }
    }
  }
}
