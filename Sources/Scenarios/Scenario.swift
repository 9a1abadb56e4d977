import Basics
import Engine
import KubeAPI
import Manifests

/// A scenario: a cluster, and what is done to it and expected of it, in order.
public struct Scenario: Sendable {
  public var name: String
  public var title: String
  public var cluster: ClusterSpec
  public var steps: [ScenarioStep]
  /// The timeline begins at power-on and not on a cluster at rest, as that of a recording.
  public var startsAtPowerOn = false

  public init(
    name: String, title: String = "", cluster: ClusterSpec = ClusterSpec(),
    steps: [ScenarioStep] = []
  ) {
    self.name = name
    self.title = title
    self.cluster = cluster
    self.steps = steps
  }
}

/// One line of a scenario's timeline.
public struct ScenarioStep: Sendable {
  public enum Action: Sendable {
    case apply([ManifestDocument])
    /// kubectl's arguments, and the exit code expected of it (nil: any).
    case kubectl([String], exitCode: Int32?)
    /// The words of etcdctl, etcdutl or etcd, the program first; what it reads from standard input;
    /// and the exit code expected of it.
    case etcdctl([String], input: String?, exitCode: Int32?)
    case fail(Fault)
    case heal(Fault.Target)
    case healAll
    case kill(host: String, process: String)
    /// A request as it was recorded.
    case request(APIRequest)
    /// Any other input as it was recorded.
    case input(Input)
    /// Nothing but the moment of the step; where a digest is given, the world must have it.
    case reach(digest: String?)
    case wait(Span)
    /// Outside etcd clients begin to read and write, as chance from the seed has it; stop asking; or
    /// what they saw is judged.
    case etcdClients(EtcdClientsStep)
    /// Goes on until it holds; gives up after `timeout`.
    case until(Predicate, timeout: Span)
    /// Must hold now, or become true within the span.
    case expect(Predicate, within: Span)
  }

  public enum EtcdClientsStep: Sendable, Equatable {
    case start(seed: UInt64)
    case stop
    case judge
  }

  public var action: Action
  /// `file:line`, for messages.
  public var source: String
  /// The moment at which it is done: virtual time since power-on, after so many deliveries.
  public var at: Tick?
  public var events: UInt64?
  /// What a `kubectl` or `etcdctl` step must print somewhere, on either stream.
  public var expectedOutput: String?

  public init(_ action: Action, source: String = "") {
    self.action = action
    self.source = source
  }

  /// How long `until` waits where nothing is said.
  public static let defaultTimeout = Span.minutes(30)
}
