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
  private var watches = LookupTable<RequestID, WatchNews>()
  /// More news than these, which nobody has taken, are of no use to anybody: the person has gone.
  static let mostNews = 10_000
  /// From here on a request is slow: the API server logs the steps of those (`LogIfLong`).
  static let slow = Span.milliseconds(500)

  mutating func begin(_ request: APIRequest, at now: Tick) -> RequestID {
    let id = nextID
    nextID += 1
    if request.verb == .watch {
      watches[id] = WatchNews()
      return id
    }
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
      if watches.contains(id) { return end(id, response.refusal) }
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
    case .watch(let id, let events):
      watches.modify(id) { $0.add(events) }
    case .watchClosed(let id, let status): end(id, status)
    case .disconnected(let reason):
      for id in watches.sortedKeys { end(id, .transport(reason)) }
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
    case .started, .timer: break
    }
  }

  private mutating func end(_ id: RequestID, _ status: APIStatus?) {
    watches.modify(id) { news in
      guard !news.isOver else { return }
      news.isOver = true
      news.status = status
    }
  }

  /// What a watch brought since the last time; nil where there is none of that number, or its end
  /// was told.
  mutating func takeNews(_ id: RequestID) -> WatchNews? {
    guard let news = watches[id] else { return nil }
    if news.isOver { watches.removeValue(forKey: id) } else { watches[id] = WatchNews() }
    return news
  }

  /// The answer to a request, once.
  mutating func take(_ id: RequestID) -> APIResponse? { answers.removeValue(forKey: id) }
  func hasAnswer(_ id: RequestID) -> Bool { answers.contains(id) }
}

/// What a person's watch brought.
public struct WatchNews: Sendable {
  public private(set) var events: [WatchEvent] = []
  /// The watch has ended.
  public fileprivate(set) var isOver = false
  /// Why it ended, or was refused; nil where its server ended it as they do after a while.
  public fileprivate(set) var status: APIStatus?

  fileprivate mutating func add(_ more: [WatchEvent]) {
    guard !isOver, events.count + more.count <= UserClient.mostNews else {
      events = []
      isOver = true
      return
    }
    events += more
  }
}

extension Span {
  /// In seconds to the millisecond: `3.214s`.
  fileprivate var secondsText: String {
    let all = microseconds / 1000
    let rest = String(all % 1000)
    return "\(all / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest + "s"
  }
}
