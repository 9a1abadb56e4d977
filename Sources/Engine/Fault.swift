import Basics
import KubeAPI
import Kubelet
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
    /// `container/default/web-1/nginx`; without a name, the pod's first running container.
    case container(pod: ObjectKey, name: String)
  }

  public enum Effect: Sendable, Hashable {
    /// A machine without power; an instance terminated at the provider.
    case powerOff
    /// A machine that is shut down: its processes are asked to end, and then its power goes.
    case shutdown
    /// A machine without network; a link that carries nothing; a zone cut off from the rest.
    case cut
    case delay(Span)
    case loss(percent: Int)
    /// A link that is cut and comes back, again and again.
    case flap(up: Span, down: Span)
    /// A process that is stopped at once (SIGKILL) and kept from starting.
    case stop
    /// A process that is asked to end (SIGTERM) and kept from starting.
    case terminate
    /// A process under SIGSTOP.
    case pause
    case slow(Span)
    case full
    /// A machine that stops dead for a moment: what etcd wrote and its disk had not synced is gone.
    case unsynced
    /// A disk that is replaced by an empty one: what was on it is gone for good.
    case lost
    /// Bits rot in a disk's write-ahead log: etcd finds out when it starts.
    case corruptLog
    /// One value on a disk is not what the cluster wrote: only a comparison of hashes finds out.
    case corruptValue
    case offset(Span)
    /// By how much a wall clock jumps from where it is; listed as the offset it then has.
    case jump(Span)
    /// Millionths of the true rate.
    case rate(perMillion: Int)
    /// An API server that needs so much processor time for each request.
    case overload(Span)
    /// A container's process ends, once.
    case crash(exitCode: Int32)
    /// The kernel kills a container for memory, once.
    case oomKill
    /// Probes of a container fail, as long as it lives.
    case probes(ProbeFaults)
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
    case .container: effect = .crash(exitCode: 1)
    case .process: effect = .stop
    case .link: effect = .cut
    case .disk: effect = .slow(.milliseconds(500))
    case .clock: effect = .offset(.seconds(60))
    }
  }
}

extension Fault.Target {
  /// The same under its one name: a link both ways is that of its ends in whatever order.
  public var canonical: Fault.Target {
    if case .link(let a, let b, false) = self, b < a {
      return .link(from: b, to: a, isOneWay: false)
    }
    return self
  }

  /// Reads `node/worker-2`, `process/master-1/etcd`, `etcd/master-1`, `link/a/b`, `link/a->b`,
  /// `disk/…`, `clock/…`, `zone/…`, `cloud/…`, `container/NAMESPACE/POD/NAME`; nil where the text is none of these.
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
    case ("container", 3), ("container", 4):
      self = .container(
        pod: ObjectKey(namespace: parts[1], name: parts[2]), name: parts.count == 4 ? parts[3] : "")
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
    case .container(let pod, let name):
      "container/\(pod.namespace)/\(pod.name)" + (name.isEmpty ? "" : "/" + name)
    }
  }
}

extension Fault {
  /// What was done, for people: "worker-2 loses power".
  public var text: String {
    switch (target, effect) {
    case (.host(let name), .powerOff): "\(name) loses power"
    case (.host(let name), .shutdown): "\(name) is shut down"
    case (.host(let name), .cut): "\(name) is cut off from the network"
    case (.zone(let name), .powerOff): "zone \(name) loses power"
    case (.zone(let name), .cut): "zone \(name) is cut off from the others"
    case (.cloud(let name), _): "instance \(name) is terminated in the cloud"
    case (.process(let host, let name), .stop): "\(name) on \(host) is stopped"
    case (.process(let host, let name), .terminate): "\(name) on \(host) is asked to end"
    case (.process(let host, let name), .pause): "\(name) on \(host) is paused"
    case (.process(let host, let name), .overload(let span)):
      "\(name) on \(host) is overloaded: \(span.text) a request"
    case (.container(let pod, let name), .crash(let code)):
      "\(Self.container(name, of: pod)) crashes with exit code \(code)"
    case (.container(let pod, let name), .oomKill):
      "\(Self.container(name, of: pod)) runs out of memory"
    case (.container(let pod, let name), .probes(let probes)):
      probes.isEmpty
        ? "probes of \(Self.container(name, of: pod)) succeed again"
        : "\(probes.words.joined(separator: " and ")) of \(Self.container(name, of: pod)) fails"
    case (.link, .cut): "\(place) is cut"
    case (_, .delay(let span)): "\(place): \(span.text) more each way"
    case (_, .loss(let percent)): "\(place): \(percent) % of packets lost"
    case (_, .slow(let span)): "\(place): fsync takes \(span.text) more"
    case (_, .full): "\(place) is full"
    case (.link, .flap(let up, let down)):
      "\(place) flaps: \(up.text) up, \(down.text) down"
    case (.disk(let name), .unsynced): "what the disk of \(name) had not synced is lost"
    case (.disk(let name), .lost): "the disk of \(name) is lost, an empty one is put in"
    case (.disk(let name), .corruptLog): "bits rot in the write-ahead log of \(name)"
    case (.disk(let name), .corruptValue): "bits rot in a value on the disk of \(name)"
    case (_, .offset(let span)):
      "\(place) is \(Self.size(span)) \(span < .zero ? "behind" : "ahead")"
    case (_, .jump(let span)):
      "\(place) jumps \(Self.size(span)) \(span < .zero ? "back" : "ahead")"
    case (_, .rate(let rate)): "\(place) runs \(Self.deviation(rate))"
    default: "\(target.text) fails"
    }
  }

  /// What it is done to, in words.
  private var place: String {
    switch target {
    case .link(let from, let to, let isOneWay): "link \(from) \(isOneWay ? "->" : "-") \(to)"
    case .disk(let name): "the disk of \(name)"
    case .clock(let name): "the clock of \(name)"
    default: target.text
    }
  }

  private static func size(_ span: Span) -> String {
    Span(microseconds: Int64(clamping: span.microseconds.magnitude)).text
  }

  /// How much fast or slow, of a rate in millionths: `5 % fast`.
  private static func deviation(_ rate: Int) -> String {
    let parts = rate - 1_000_000
    let size = parts.magnitude
    guard size > 0 else { return "at the true rate" }
    let decimals = String(String(size % 10_000 + 10_000).dropFirst())
    let tail = decimals.reversed().drop { $0 == "0" }.reversed()
    return "\(size / 10_000)\(tail.isEmpty ? "" : "." + String(tail)) % "
      + (parts > 0 ? "fast" : "slow")
  }

  private static func container(_ name: String, of pod: ObjectKey) -> String {
    name.isEmpty ? "pod \(pod.text)" : "\(name) in \(pod.text)"
  }
}

/// A name in a fault that this world does not have, or an effect the target can't suffer.
public struct FaultProblem: Error, Sendable, Equatable {
  public let message: String
  public init(message: String) { self.message = message }
}
