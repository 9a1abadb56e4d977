import Basics
import Engine
import KubeAPI

/// What was done to a world, as the text of a scenario file that replays it bit for bit.
///
/// A recording begins at power-on and says of every input at which tick it came and after how many
/// deliveries: at one tick there may be some before it and some after.
public struct Recording: Sendable {
  private let spec: ClusterSpec

  public init(_ spec: ClusterSpec) { self.spec = spec }

  /// The file up to its first step.
  public func header(name: String) -> String {
    var cluster = JSONObject([
      ("etcd", .string(spec.etcd.rawValue)), ("seed", .integer(Int64(bitPattern: spec.seed))),
    ])
    let plain = ClusterSpec(
      masters: spec.masters.count, workers: spec.workers.count,
      zones: max(zones, 1), etcd: spec.etcd, etcdMembers: spec.etcdMachines.count, seed: spec.seed)
    if plain.machines == spec.machines {
      cluster["masters"] = .integer(Int64(spec.masters.count))
      cluster["workers"] = .integer(Int64(spec.workers.count))
      cluster["zones"] = .integer(Int64(max(zones, 1)))
      if spec.etcd == .external {
        cluster["etcdMembers"] = .integer(Int64(spec.etcdMachines.count))
      }
    } else {
      cluster["machines"] = .array(spec.machines.map(Self.machine))
    }
    var flags = JSONObject()
    for flag in spec.flags {
      var own = flags[flag.component]?.objectValue ?? JSONObject()
      own[flag.name] = .string(flag.value)
      flags[flag.component] = .object(own)
    }
    if !flags.isEmpty { cluster["flags"] = .object(flags) }
    return """
      apiVersion: orrery/v1
      kind: Scenario
      metadata: {name: \(JSONValue.string(name).text())}
      cluster: \(JSONValue.object(cluster).text())
      start: power-on
      timeline:

      """
  }

  private var zones: Int {
    var names: [String] = []
    for machine in spec.machines where !names.contains(machine.zone) { names.append(machine.zone) }
    return names.count
  }

  private static func machine(_ machine: ClusterSpec.Machine) -> JSONValue {
    var fields = JSONObject([
      ("name", .string(machine.name)), ("role", .string(machine.role.rawValue)),
      ("zone", .string(machine.zone)),
    ])
    if let cpu = machine.cpu { fields["cpu"] = .string(cpu.text) }
    if let memory = machine.memory { fields["memory"] = .string(memory.text) }
    if let pods = machine.pods { fields["pods"] = .integer(Int64(pods)) }
    var labels = JSONObject()
    for entry in machine.labels.entries { labels[entry.key] = .string(entry.value) }
    if !labels.isEmpty { fields["labels"] = .object(labels) }
    if !machine.taints.isEmpty {
      fields["taints"] = .array(
        machine.taints.map { taint in
          .object(
            JSONObject([
              ("key", .string(taint.key)), ("value", .string(taint.value)),
              ("effect", .string(taint.effect)),
            ]))
        })
    }
    return .object(fields)
  }

  /// The lines of one input.
  public mutating func step(_ input: Input, at tick: Tick, events: UInt64) -> String {
    let words: String
    switch input {
    case .request(let request): words = "request: \(RequestCoding.encode(request).text())"
    case .fail(let fault): words = "fault: \(Self.quoted(fault.words.joined(separator: " ")))"
    case .heal(let target): words = "heal: \(Self.quoted(target.text))"
    case .healAll: words = "heal: all"
    case .kill(let host, let process): words = "kill: \(Self.quoted("process/\(host)/\(process)"))"
    case .deliver(let id): words = "message: [deliver, \(Self.place(id))]"
    case .hold(let id): words = "message: [hold, \(Self.place(id))]"
    case .drop(let id): words = "message: [drop, \(Self.place(id))]"
    case .etcdOpen, .etcdRequest, .etcdClose, .etcdRestore, .etcdJoin:
      words = "client: \(EtcdCoding.encode(input)?.text() ?? "")"
    }
    return "  - \(words)\n    at: \(tick.microseconds)us\n    events: \(events)\n"
  }

  private static func place(_ id: DeliveryID) -> String {
    "\(id.due.microseconds), \(id.order), \(id.process)"
  }

  /// The last lines: how far it went, and what the world was then.
  public func end(_ world: World) -> String {
    "  - reach: \(world.now.microseconds)us\n    events: \(world.events)\n"
      + "    digest: \"\(world.digest().hexadecimal)\"\n"
  }

  private static func quoted(_ text: String) -> String { JSONValue.string(text).text() }
}

extension World {
  /// Goes to the very moment at which an input came: `tick`, after `events` deliveries.
  public mutating func reach(_ tick: Tick, events: UInt64?) {
    guard let events else { return advance(to: tick) }
    while self.events < events, step(through: tick) {}
    // What is due at this tick and did not happen before the input happens after it.
    if now < tick { advance(to: tick) }
  }
}
