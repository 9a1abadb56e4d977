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
    /// What it was to change. That somebody looked at an object is no news about the object.
    let subject: ObjectReference?
  }
  private var answers = LookupTable<RequestID, APIResponse>()
  /// From here on a request is slow: the API server logs the steps of those (`LogIfLong`).
  static let slow = Span.milliseconds(500)

  mutating func begin(_ request: APIRequest, at now: Tick) -> RequestID {
    let id = nextID
    nextID += 1
    open[id] = Asked(
      at: now, words: "\(request.verb.rawValue) \(request.path)", isMutating: request.isMutating,
      subject: request.isMutating ? ObjectReference(request.kind, request.key) : nil)
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
      let latency = now - asked.at
      var inputs = [Basis.Input("latency", latency.secondsText, .clock)]
      let refusal = response.refusal
      if let refusal {
        inputs.insert(Basis.Input("code", String(refusal.code), .server), at: 0)
        inputs.insert(Basis.Input("reason", refusal.reason.rawValue, .server), at: 1)
      }
      // What a read does not find is an answer like any other; that the server can't tell is not.
      let isRefused = refusal.map { asked.isMutating || $0.code >= 500 } ?? false
      guard isRefused || latency >= Self.slow else { return }
      let basis = Basis(
        "request", inputs: inputs,
        parameters: [Basis.Parameter("slow from", Self.slow.brief)],
        absence: latency < Self.slow
          ? nil : Basis.Absence("an answer", from: "kube-apiserver", silence: latency))
      effects.note(
        Note(
          isRefused ? .failure : .observation, asked.subject,
          refusal.flatMap {
            isRefused ? "kubectl: \(asked.words) was answered \($0.code): \($0.message)" : nil
          } ?? "kubectl: \(asked.words) took \(latency.secondsText)", basis: basis))
    case .disconnected(let reason):
      for id in open.sortedKeys {
        guard let asked = open.removeValue(forKey: id) else { continue }
        effects.note(
          Note(
            .failure, asked.subject, "kubectl: \(asked.words) got no answer: \(reason)",
            basis: Basis(
              "request", inputs: [Basis.Input("latency", (now - asked.at).secondsText, .clock)],
              absence: Basis.Absence(
                "an answer", from: "kube-apiserver", silence: now - asked.at))))
        answers[id] = .status(.transport(reason))
      }
    case .started, .timer, .watch, .watchClosed: break
    }
  }

  /// The answer to a request, once.
  mutating func take(_ id: RequestID) -> APIResponse? { answers.removeValue(forKey: id) }
  func hasAnswer(_ id: RequestID) -> Bool { answers.contains(id) }
}

extension Span {
  /// In seconds to the millisecond: `3.214s`.
  fileprivate var secondsText: String {
    let all = microseconds / 1000
    let rest = String(all % 1000)
    return "\(all / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest + "s"
  }
}
