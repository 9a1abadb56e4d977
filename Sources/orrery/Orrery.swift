import ArgumentParser
import Engine
import Foundation

/// The `orrery` command: reads arguments and hands over.
@main
struct Orrery: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "orrery",
    abstract: "A whole Kubernetes cluster, run by hand in a terminal.",
    discussion: """
      Without a subcommand it opens the dashboard: on manifests, on a scenario, or on a small demo \
      application.
      """,
    subcommands: [
      DashboardCommand.self, RunCommand.self, ServeCommand.self, FuzzCommand.self,
      BenchCommand.self,
    ],
    defaultSubcommand: DashboardCommand.self)

  /// As ArgumentParser's own, except that what is wrong with the arguments is bad input like any
  /// other: one line and exit code 2.
  static func main() {
    // A file that may not grow any further is an error of its write, as a full disk is.
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      if exitCode(for: error) == .validationFailure { Failure.badInput(message(for: error)) }
      exit(withError: error)
    }
  }
}

/// The cluster's flags, which all commands share.
struct ClusterOptions: ParsableArguments {
  @Option(help: "Control-plane machines, 1 to 7. Default: 3.") var masters: Int?
  @Option(help: "Worker machines, 0 to 5000. Default: 5.") var workers: Int?
  @Option(help: "Zones the machines are spread over. Default: 1.") var zones: Int?
  @Option(help: "Where etcd lives: stacked or external. Default: stacked.") var etcd: String?
  @Option(name: .customLong("etcd-members"), help: "Members with external etcd, 1 to 7.")
  var etcdMembers: Int?
  @Option(help: "The seed of everything that is left to chance.") var seed: UInt64?
  @Option(
    name: .customLong("flag"),
    help: ArgumentHelp(
      "A flag of a component, as etcd.quota-backend-bytes=700000; may be given again.",
      valueName: "component.name=value"))
  var flags: [String] = []

  mutating func validate() throws {
    func check(_ name: String, _ value: Int?, _ range: ClosedRange<Int>) throws {
      guard let value, !range.contains(value) else { return }
      throw ValidationError(
        "--\(name) \(value): expected a number from \(range.lowerBound) to \(range.upperBound)")
    }
    try check("masters", masters, 1...7)
    try check("workers", workers, 0...5000)
    try check("zones", zones, 1...16)
    try check("etcd-members", etcdMembers, 1...7)
    if let etcd, ClusterSpec.EtcdTopology(rawValue: etcd) == nil {
      throw ValidationError("--etcd \(etcd): expected stacked or external")
    }
    for text in flags {
      guard let flag = ClusterSpec.ComponentFlag(text) else {
        throw ValidationError("--flag \(text): expected COMPONENT.NAME=VALUE")
      }
      if let problem = flag.problem { throw ValidationError("--flag \(text): \(problem)") }
    }
  }

  /// `spec` with what was said on the command line in place of what it says.
  func applied(to spec: ClusterSpec) -> ClusterSpec {
    var result = spec
    let topology = etcd.flatMap(ClusterSpec.EtcdTopology.init(rawValue:)) ?? spec.etcd
    if masters != nil || workers != nil || zones != nil || etcd != nil || etcdMembers != nil {
      let zoneCount = Set(spec.machines.map(\.zone)).count
      let made = ClusterSpec(
        masters: masters ?? spec.masters.count, workers: workers ?? spec.workers.count,
        zones: zones ?? max(1, zoneCount), etcd: topology,
        etcdMembers: etcdMembers ?? (spec.etcd == .external ? spec.etcdMachines.count : 3),
        seed: spec.seed)
      result.machines = made.machines
      result.etcd = made.etcd
    }
    if let seed { result.seed = seed }
    result.flags += flags.compactMap { ClusterSpec.ComponentFlag($0) }
    return result
  }
}
