import Basics
import KubeAPI

/// `kubectl` alone, `kubectl help`: says what there is, and asks nobody.
struct HelpVerb: KubectlVerb {
  static var isReading: Bool { true }

  private let text: String

  init(_ text: String) { self.text = text }

  mutating func begin(_ io: inout KubectlIO) { io.write(text) }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {}
}
