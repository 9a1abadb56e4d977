import ArgumentParser
import Dashboard
import Dispatch
import Engine
import Foundation
import Scenarios

#if Doors
  import Gateway
  import Ncurses
  import Synchronization
#endif

/// `orrery serve`: a world without a screen, with its doors open for real clients.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Run a cluster whose etcd members real clients can reach.",
    discussion: """
      Each member gets an address of its own, on consecutive ports; they are printed. A scenario's \
      steps are gone through before the doors open. Built with `--traits Doors` only.
      """)

  @Argument(help: "A scenario, or manifests (YAML or JSON) in place of the demo application.")
  var files: [String] = []
  @OptionGroup var doors: DoorOptions
  @OptionGroup var cluster: ClusterOptions
  @Option(help: "How fast virtual time passes: 1/1000 to 1000, or max. Default: 1.")
  var speed: String?
  @Flag(help: "Let time pass only as far as a request needs it.") var paused = false

  #if Doors
    mutating func run() throws {
      let listening = doors.listening
      var pace = Speed.real
      if let speed {
        guard let wanted = Speed(speed) else {
          Failure.badInput("--speed \(speed): expected 1/1000 to 1000, or max")
        }
        pace = wanted
      }
      let timeline = Timeline(world())
      let members = timeline.world.spec.etcdMachines.map(\.name)
      let mailbox = Mailbox()
      let doors: EtcdDoors
      do throws(Listening.Problem) {
        doors = try EtcdDoors.openWaiting(members: members, at: listening, mailbox: mailbox)
      } catch {
        Failure.badInput("--etcd-listen \(error)")
      }
      say(doors)
      let ending = Ending(mailbox)
      var loop = ServeLoop(
        timeline, desk: EtcdDesk(members: members, mailbox: mailbox), mailbox: mailbox,
        perMille: pace.perMille, isPaused: paused)
      loop.run(clock: { DispatchTime.now().uptimeNanoseconds / 1000 }) { ending.isWanted }
      doors.close()
      ending.follow()
    }

    /// The world at the moment the doors open: booted, at rest, and gone through its scenario.
    private func world() -> World {
      var scenario = Scenario(name: "serve")
      if files.isEmpty {
        scenario.cluster = cluster.applied(to: ClusterSpec())
        scenario.steps = [ScenarioStep(.apply(DemoApplication.manifests), source: "serve")]
      } else {
        scenario = InputFiles.scenario(files, options: cluster)
      }
      var runner = ScenarioRunner(scenario)
      do throws(ScenarioProblem) { try runner.run() } catch {
        Failure.badInput("\(error.source): \(error.message)")
      }
      for outcome in runner.failed {
        Failure.warn("\(outcome.source): \(outcome.text): found \(outcome.found)")
      }
      return runner.world
    }

    private func say(_ doors: EtcdDoors) {
      var text = ""
      for endpoint in doors.endpoints { text += "\(endpoint.member)  \(endpoint.url)\n" }
      let addresses = doors.endpoints.map(\.address).joined(separator: ",")
      text += "etcdctl --endpoints \(addresses) endpoint status -w table\n"
      // Written at once: whoever started this reads the addresses while it runs.
      FileHandle.standardOutput.write(Data(text.utf8))
    }

    /// SIGINT and SIGTERM ask the loop to end. Once all is closed the process ends by the signal, as
    /// etcd does: whoever sent it sees that it was followed (130 and 143 in a shell).
    private struct Ending {
      private final class Received: Sendable {
        let number = Atomic<Int32>(0)
      }

      private let received = Received()
      private let sources: [any DispatchSourceSignal]

      init(_ mailbox: Mailbox) {
        let queue = DispatchQueue(label: "signals")
        let received = received
        sources = [SIGINT, SIGTERM].map { number in
          signal(number, SIG_IGN)
          let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
          source.setEventHandler {
            received.number.store(number, ordering: .relaxed)
            mailbox.wake()
          }
          source.resume()
          return source
        }
      }

      private var number: Int32 { received.number.load(ordering: .relaxed) }
      var isWanted: Bool { number != 0 }

      func follow() {
        for source in sources { source.cancel() }
        Terminal.end(bySignal: number)
      }
    }
  #else
    mutating func run() throws { DoorOptions.notBuilt() }
  #endif
}

/// Where the doors for etcd's clients are opened.
struct DoorOptions: ParsableArguments {
  @Option(
    name: .customLong("etcd-listen"),
    help: "Where the first member listens; the others on the ports after it.")
  var etcdListen = "127.0.0.1:2379"
  @Option(name: .customLong("etcd-cert-file"), help: "The doors' TLS certificate (PEM).")
  var certFile: String?
  @Option(name: .customLong("etcd-key-file"), help: "Its key (PEM).") var keyFile: String?
  @Option(
    name: .customLong("etcd-trusted-ca-file"),
    help: "Who signs clients' certificates (PEM); required off loopback.")
  var trustedCAFile: String?

  #if Doors
    /// Ends the process with one line where it can't be listened there.
    var listening: Listening {
      for (name, file) in [
        ("etcd-cert-file", certFile), ("etcd-key-file", keyFile),
        ("etcd-trusted-ca-file", trustedCAFile),
      ] {
        if let file, !FileManager.default.isReadableFile(atPath: file) {
          Failure.badInput("--\(name) \(file): cannot be read")
        }
      }
      do throws(Listening.Problem) {
        return try Listening(
          etcdListen, certFile: certFile, keyFile: keyFile, trustedCAFile: trustedCAFile)
      } catch {
        Failure.badInput("--etcd-listen \(error)")
      }
    }
  #endif

  /// What a build without the doors says.
  static func notBuilt() -> Never {
    Failure.badInput(
      "this build has no doors; build with them: swift run -c release --traits Doors orrery serve")
  }
}
