import Basics
import Engine
import KubeAPI
import Kubectl
import Manifests

/// The way from power-on to a cluster worth looking at: it boots, the application is applied, and
/// all comes to rest.
struct Setup: Sendable {
  enum Stage: Sendable { case booting, applying, settling, done }

  private(set) var stage = Stage.booting
  /// As fast as the machine goes, or at the speed of the clock as anything else.
  let isFast: Bool
  private let manifests: [ManifestDocument]
  private var command: CommandRun?
  private var nextLook = Tick.zero
  private(set) var problem: String?

  /// By then it is shown as it is.
  private static let deadline = Tick.zero + .minutes(10)

  init(manifests: [ManifestDocument], isFast: Bool) {
    self.manifests = manifests
    self.isFast = isFast
  }

  /// Looks at what has become of the world since the last call.
  mutating func poll(_ timeline: inout WorldTimeline) {
    if command != nil { command?.pump(&timeline) }
    if timeline.now >= Self.deadline { stage = .done }
    switch stage {
    case .booting:
      guard timeline.now >= nextLook else { return }
      nextLook = timeline.now + .milliseconds(500)
      guard timeline.world.convergence().missing.isEmpty else { return }
      guard !manifests.isEmpty else {
        stage = .settling
        return
      }
      command = CommandRun(.apply(manifests), line: "apply", at: timeline.now)
      command?.pump(&timeline)
      stage = .applying
    case .applying:
      guard let run = command, run.isFinished else { return }
      if run.exitCode != 0 {
        problem = run.errorOutput.split(separator: "\n").first.map(String.init)
      }
      command = nil
      stage = .settling
    case .settling:
      guard timeline.now >= nextLook else { return }
      let world = timeline.world
      nextLook = max(world.lastWorkAt + Convergence.quietSpan, timeline.now + .milliseconds(500))
      if world.now - world.lastWorkAt >= Convergence.quietSpan, world.convergence().isConverged {
        stage = .done
      }
    case .done: break
    }
  }

  /// How far it is, in a few words.
  func progress(_ observation: Observation) -> String {
    switch stage {
    case .booting:
      let ready = observation.nodes.readyCount
      return "booting: \(ready) of \(observation.nodes.count) nodes Ready"
    case .applying: return "applying the application"
    case .settling:
      let ready = observation.pods.readyCount
      return "settling: \(ready) of \(observation.pods.count) pods ready"
    case .done: return ""
    }
  }
}
