import Basics
import Engine
import KubeAPI

extension World {
  /// Runs a command to its end, letting only as much virtual time pass as it takes, at most `span`.
  ///
  /// - Parameter willSend: hears of each request just before the world gets it.
  public mutating func run(
    _ invocation: inout KubectlInvocation, for span: Span,
    willSend: (APIRequest, World) -> Void = { _, _ in }
  ) {
    let deadline = now + span
    var waiting: [(at: Tick, outgoing: KubectlInvocation.Outgoing)] = []
    var open: [(id: UInt64, token: Int)] = []
    while true {
      waiting += invocation.takeRequests(seed: spec.seed).map { (now + $0.delay, $0) }
      waiting.removeAll { entry in
        guard entry.at <= now else { return false }
        willSend(entry.outgoing.request, self)
        // A request is never refused as an input, only answered.
        if case .some(.some(let id)) = try? apply(.request(entry.outgoing.request)) {
          if entry.outgoing.request.verb == .watch {
            invocation.watchNumber = id
          } else {
            open.append((id, entry.outgoing.token))
          }
        }
        return true
      }
      if invocation.isFinished || now >= deadline { return }
      step(through: min(deadline, waiting.map(\.at).min() ?? deadline))
      open.removeAll { entry in
        guard let answer = takeAnswer(entry.id) else { return false }
        invocation.receive(entry.token, answer, now: wallClock)
        return true
      }
      if let number = invocation.watchNumber, let news = takeNews(number) {
        invocation.follow(news, now: wallClock)
      }
    }
  }
}
