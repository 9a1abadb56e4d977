import ArgumentParser
import Basics
import Dashboard
import Dispatch
import Engine
import Foundation
import Ncurses
import Scenarios
import TerminalCore
import Themes

#if Doors
  import Gateway
#endif

/// `orrery [MANIFEST… | SCENARIO]`: the dashboard.
struct DashboardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dashboard", abstract: "Opens the dashboard (the default).")

  @Argument(
    help: """
      Manifests (YAML or JSON, - for standard input) to apply instead of the demo application, or \
      a scenario, whose steps are then proposed one by one.
      """)
  var files: [String] = []
  @OptionGroup var cluster: ClusterOptions
  @Option(help: "How fast virtual time passes: 1/1000 to 1000, or max. Default: 1.")
  var speed: String?
  @Flag(help: "Wait for a key before time passes.") var paused = false
  @Flag(help: "Open at power-on instead of on a cluster at rest.") var cold = false
  @Option(help: "Colours: a theme's name.") var theme: String?
  @Option(help: "How many colours: 24bit, 256, 16, 8 or none. Default: what the terminal has.")
  var color: String?
  @Flag(help: "Draw nothing outside ASCII.") var ascii = false
  @Flag(help: "Drawn large, for projectors.") var big = false
  @Flag(help: "No screen: what happens as sentences, commands from standard input.")
  var plain = false
  @Option(name: .customLong("for"), help: "With --plain: end after so much virtual time.")
  var span: String?
  @Flag(inversion: .prefixedNo, help: "Take the mouse; without it the terminal selects text.")
  var mouse: Bool?
  @Option(help: "Pictures a second at most, 1 to 60; 4 suits a slow link. Default: 30.")
  var fps: Int?
  @Option(help: "Write what is done as a scenario that replays bit for bit.") var record: String?
  @Option(help: "Write the session as an asciicast.") var cast: String?
  @Option(help: "The configuration. Default: $XDG_CONFIG_HOME/orrery/config.yaml.")
  var config: String?
  @Flag(help: "Open the doors for etcd's clients, as `orrery serve` does.") var serve = false
  @OptionGroup var doors: DoorOptions

  mutating func run() throws {
    // Everything is checked before the terminal is touched.
    let user = UserFiles(configurationPath: config)
    let options = options(user)
    var visitor: (any DashboardVisitor)?
    if serve { visitor = doors.open(for: options.spec) }
    if plain {
      var narration = PlainSession(options, for: plainSpan, record: record)
      return narration.run()
    }
    var configuration = Terminal.Configuration(
      depth: depth(user), ascii: ascii || user.configuration.ascii ?? false)
    configuration.mouse = mouse ?? user.configuration.mouse ?? true
    let terminal = Terminal(configuration)
    do throws(TerminalError) { try terminal.open() } catch {
      Failure.badInput("\(error); `orrery run` and --plain need none")
    }
    defer { terminal.close() }
    var loop = DashboardLoop(
      AppState(options), depth: terminal.depth, isAscii: terminal.ascii, themes: user.themes)
    loop.frameTime = 1_000_000 / UInt64(fps(user))
    loop.keepClip = { UserFiles.keep(clip: $0) }
    loop.noteFiles = { Terminal.noteForCrash($0) }
    if let record { loop.record(to: record) }
    if let cast { loop.cast(to: cast) }
    loop.visitor = visitor
    loop.run(on: terminal) { DispatchTime.now().uptimeNanoseconds / 1000 }
    let problem = loop.finish()
    UserFiles.keep(history: loop.state.commandHistory)
    terminal.close()
    if let problem { Failure.badInput(problem) }
    Terminal.obeySignal()
  }

  /// For developers, to see what a bug leaves behind: `ORRERY_TRAP_AT=7m` makes the engine trap at
  /// that virtual time.
  private static var trap: PlantedBug? {
    guard let text = ProcessInfo.processInfo.environment["ORRERY_TRAP_AT"],
      let span = Basics.Span(goDuration: text)
    else { return nil }
    return .trap(at: Tick.zero + span)
  }

  private func fps(_ user: UserFiles) -> Int {
    let wanted = fps ?? user.configuration.fps ?? 30
    guard (1...60).contains(wanted) else {
      Failure.badInput("--fps \(wanted): expected a number from 1 to 60")
    }
    return wanted
  }

  private var plainSpan: Basics.Span? {
    guard let span else { return nil }
    guard let length = Basics.Span(goDuration: span), length > .zero else {
      Failure.badInput("--for \(span): expected a duration such as 90s or 10m")
    }
    return length
  }

  private func depth(_ user: UserFiles) -> ColorDepth? {
    guard let color else { return user.configuration.color }
    guard let depth = Configuration.depth(color) else {
      Failure.badInput("--color \(color): expected 24bit, 256, 16, 8 or none")
    }
    return depth
  }

  private func options(_ user: UserFiles) -> AppState.Options {
    var options = AppState.Options()
    options.themeNames = user.themeNames
    options.themeName = theme ?? user.configuration.theme ?? ThemeLibrary.standard.name
    guard options.themeNames.contains(options.themeName) else {
      let known = options.themeNames.joined(separator: ", ")
      Failure.badInput("--theme \(options.themeName): no such theme; there are \(known)")
    }
    if let speed {
      guard let speed = Speed(speed) else {
        Failure.badInput("--speed \(speed): expected 1/1000 to 1000, or max")
      }
      options.speed = speed
    } else if let speed = user.configuration.speed {
      options.speed = speed
    }
    options.isPaused = paused || user.configuration.paused ?? false
    options.isCold = cold
    options.isBig = big || user.configuration.big ?? false
    options.keys = user.configuration.keys
    options.history = UserFiles.history
    options.plantedBug = Self.trap
    if files.isEmpty {
      options.spec = cluster.applied(to: ClusterSpec())
      options.manifests = DemoApplication.manifests
    } else {
      options.take(InputFiles.scenario(files, options: cluster))
    }
    return options
  }
}

extension Terminal: DashboardTerminal {}

#if Doors
  extension EtcdDesk: DashboardVisitor {}

  extension DoorOptions {
    /// Opens the doors to the members of `spec`, and has the dashboard's loop wake for what comes.
    fileprivate func open(for spec: ClusterSpec) -> any DashboardVisitor {
      let members = spec.etcdMachines.map(\.name)
      let mailbox = Mailbox()
      do throws(Listening.Problem) {
        _ = try EtcdDoors.openWaiting(members: members, at: listening, mailbox: mailbox)
      } catch {
        Failure.badInput("--etcd-listen \(error)")
      }
      mailbox.onPost { Terminal.wake() }
      return EtcdDesk(members: members, mailbox: mailbox)
    }
  }
#else
  extension DoorOptions {
    fileprivate func open(for _: ClusterSpec) -> any DashboardVisitor { Self.notBuilt() }
  }
#endif
