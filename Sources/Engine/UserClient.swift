import Basics
import ControllerRuntime
import KubeAPI

/// The people outside: their requests, and the answers that came.
struct UserClient: Sendable {
  private var nextID: RequestID = 1
  private var open = LookupTable<RequestID, Asked>()
  /// What a person asked for and when it was refused or answered.
  struct Asked: Sendable {
    let at: Tick
    let words: String
    let isMutating: Bool
    let subject: ObjectReference
  }
  private var answers = LookupTable<RequestID, APIResponse>()

  mutating func begin(_ request: APIRequest, at now: Tick) -> RequestID {
    let id = nextID
    nextID += 1
    open[id] = Asked(
      at: now, words: "\(request.verb.rawValue) \(request.path)", isMutating: request.isMutating,
      subject: ObjectReference(request.kind, request.key))
    return id
  }

  /// The requests that wait for their answer, in order.
  var waiting: [(id: RequestID, asked: Asked)] {
    open.sortedKeys.compactMap { id in open[id].map { (id, $0) } }
  }

  mutating func step(_ event: ClientEvent, at now: Tick, into effects: inout Effects) {
    switch event {
    case .response(let id, let response):
      guard let asked = open.removeValue(forKey: id) else { return }
      answers[id] = response
      guard asked.isMutating, let refusal = response.refusal else { return }
      effects.note(
        Note(
          .failure, asked.subject,
          "kubectl: \(asked.words) was answered \(refusal.code): \(refusal.message)",
          basis: Basis(
            "request",
            inputs: [
              Basis.Input("code", String(refusal.code), .server),
              Basis.Input("reason", refusal.reason.rawValue, .server),
              Basis.Input("latency", (now - asked.at).brief, .clock),
            ])))
    case .disconnected(let reason):
      for id in open.sortedKeys {
        guard let asked = open.removeValue(forKey: id) else { continue }
        if asked.isMutating {
          effects.note(
            Note(
              .failure, asked.subject, "kubectl: \(asked.words) got no answer: \(reason)",
              basis: Basis(
                "request", inputs: [Basis.Input("latency", (now - asked.at).brief, .clock)],
                absence: Basis.Absence(
                  "an answer", from: "kube-apiserver", silence: now - asked.at))))
        }
        answers[id] = .status(.transport(reason))
      }
    case .started, .timer, .watch, .watchClosed: break
    }
  }

  /// The answer to a request, once.
  mutating func take(_ id: RequestID) -> APIResponse? { answers.removeValue(forKey: id) }
  func hasAnswer(_ id: RequestID) -> Bool { answers.contains(id) }
}
