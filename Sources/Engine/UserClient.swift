import Basics
import ControllerRuntime
import KubeAPI

/// The people outside: their requests, and the answers that came.
struct UserClient: Sendable {
  private var nextID: RequestID = 1
  private var open = LookupTable<RequestID, Tick>()
  private var answers = LookupTable<RequestID, APIResponse>()

  mutating func begin(at now: Tick) -> RequestID {
    let id = nextID
    nextID += 1
    open[id] = now
    return id
  }

  mutating func step(_ event: ClientEvent) {
    switch event {
    case .response(let id, let response):
      if open.removeValue(forKey: id) != nil { answers[id] = response }
    case .disconnected(let reason):
      for id in open.sortedKeys {
        open.removeValue(forKey: id)
        answers[id] = .status(.transport(reason))
      }
    case .started, .timer, .watch, .watchClosed: break
    }
  }

  /// The answer to a request, once.
  mutating func take(_ id: RequestID) -> APIResponse? { answers.removeValue(forKey: id) }
  func hasAnswer(_ id: RequestID) -> Bool { answers.contains(id) }
}
