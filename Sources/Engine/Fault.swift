import Basics
import KubeAPI
import SimulationKernel

/// Something wrong with the world, done by a person or a scenario, until it is healed.
public struct Fault: Sendable, Hashable {
  public enum Target: Sendable, Hashable {
    /// `node/worker-2`: the machine.
    case host(String)
    /// `process/master-1/kube-scheduler`.
    case process(host: String, name: String)
    /// `link/master-1/master-2`; one way is from the first to the second only.
    case link(from: String, to: String, isOneWay: Bool)
    /// `disk/master-1`.
    case disk(String)
    /// `clock/worker-1`.
    case clock(String)
    /// `zone/zone-1`: every machine in it.
    case zone(String)
    /// `cloud/worker-1`: the instance, at the provider.
    case cloud(String)
  }

  public enum Effect: Sendable, Hashable {
    /// A machine without power; an instance terminated at the provider.
    case powerOff
    /// A machine without network; a link that carries nothing.
    case cut
    case delay(Span)
    case loss(percent: Int)
    /// A process that is stopped and kept from starting.
    case stop
    /// A process under SIGSTOP.
    case pause
    case slow(Span)
    case full
    case offset(Span)
    /// Millionths of the true rate.
    case rate(perMillion: Int)
  }

  public var target: Target
  public var effect: Effect

  public init(_ target: Target, _ effect: Effect) {
    self.target = target
    self.effect = effect
  }

  /// What a bare target means: power for machines and zones, a stop for a process, a cut for a
  /// link, an fsync of 500 ms more for a disk, a minute ahead for a clock, termination in the cloud.
  public init(_ target: Target) {
    self.target = target
    switch target {
    case .host, .zone, .cloud: effect = .powerOff
    case .process: effect = .stop
    case .link: effect = .cut
    case .disk: effect = .slow(.milliseconds(500))
    case .clock: effect = .offset(.seconds(60))
    }
  }
}

extension Fault.Target {
  /// Reads `node/worker-2`, `process/master-1/etcd`, `etcd/master-1`, `link/a/b`, `link/a->b`,
  /// `disk/…`, `clock/…`, `zone/…`, `cloud/…`; nil where the text is none of these.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    switch (parts[0], parts.count) {
    case ("node", 2), ("host", 2): self = .host(parts[1])
    case ("process", 3): self = .process(host: parts[1], name: parts[2])
    case ("etcd", 2): self = .process(host: parts[1], name: "etcd")
    case ("link", 3): self = .link(from: parts[1], to: parts[2], isOneWay: false)
    case ("link", 2):
      guard let arrow = parts[1].firstRange(of: "->"), arrow.lowerBound > parts[1].startIndex,
        arrow.upperBound < parts[1].endIndex
      else { return nil }
      self = .link(
        from: String(parts[1][..<arrow.lowerBound]), to: String(parts[1][arrow.upperBound...]),
        isOneWay: true)
    case ("disk", 2): self = .disk(parts[1])
    case ("clock", 2): self = .clock(parts[1])
    case ("zone", 2): self = .zone(parts[1])
    case ("cloud", 2): self = .cloud(parts[1])
    default: return nil
    }
  }

  public var text: String {
    switch self {
    case .host(let name): "node/" + name
    case .process(let host, let name): "process/\(host)/\(name)"
    case .link(let from, let to, let isOneWay):
      isOneWay ? "link/\(from)->\(to)" : "link/\(from)/\(to)"
    case .disk(let name): "disk/" + name
    case .clock(let name): "clock/" + name
    case .zone(let name): "zone/" + name
    case .cloud(let name): "cloud/" + name
    }
  }
}

extension Fault {
  /// What was done, for people: "worker-2 loses power".
  public var text: String {
    switch (target, effect) {
    case (.host(let name), .powerOff): "\(name) loses power"
    case (.host(let name), .cut): "\(name) is cut off from the network"
    case (.zone(let name), .powerOff): "zone \(name) loses power"
    case (.cloud(let name), _): "instance \(name) is terminated in the cloud"
    case (.process(let host, let name), .stop): "\(name) on \(host) is stopped"
    case (.process(let host, let name), .pause): "\(name) on \(host) is paused"
    case (.link(let from, let to, let isOneWay), .cut):
      isOneWay ? "link \(from) -> \(to) is cut" : "link \(from) - \(to) is cut"
    case (_, .delay(let span)): "\(target.text): delay of \(span.microseconds / 1000) ms"
    case (_, .loss(let percent)): "\(target.text): \(percent) % of packets lost"
    case (_, .slow(let span)): "\(target.text): fsync takes \(span.microseconds / 1000) ms more"
    case (_, .full): "\(target.text) is full"
    case (_, .offset(let span)): "\(target.text) is off by \(span.microseconds / 1000) ms"
    case (_, .rate(let rate)): "\(target.text) runs at \(rate) millionths of the true rate"
    default: "\(target.text) fails"
    }
  }
}

/// A name in a fault that this world does not have, or an effect the target can't suffer.
public struct FaultProblem: Error, Sendable, Equatable {
  public let message: String
}
