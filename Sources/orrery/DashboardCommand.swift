import ArgumentParser
import Dashboard
import Dispatch
import Engine
import Ncurses
import Scenarios
import TerminalCore
import Themes

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
  @Flag(help: "Draw nothing outside ASCII.") var ascii = false

  mutating func run() throws {
    // Everything is checked before the terminal is touched.
    let options = options()
    let terminal = Terminal(Terminal.Configuration(ascii: ascii))
    do throws(TerminalError) { try terminal.open() } catch {
      Failure.badInput("\(error); `orrery run` needs none")
    }
    defer { terminal.close() }
    var loop = DashboardLoop(AppState(options), depth: terminal.depth, isAscii: terminal.ascii)
    loop.run(on: terminal) { DispatchTime.now().uptimeNanoseconds / 1000 }
  }

  private func options() -> AppState.Options {
    var options = AppState.Options()
    options.themeNames = ThemeLibrary.names
    options.themeName = theme ?? ThemeLibrary.standard.name
    guard options.themeNames.contains(options.themeName) else {
      let known = options.themeNames.joined(separator: ", ")
      Failure.badInput("--theme \(options.themeName): no such theme; there are \(known)")
    }
    if let speed {
      guard let speed = Speed(speed) else {
        Failure.badInput("--speed \(speed): expected 1/1000 to 1000, or max")
      }
      options.speed = speed
    }
    options.isPaused = paused
    options.isCold = cold
    if files.isEmpty {
      options.spec = cluster.applied(to: ClusterSpec())
      options.objects = DemoApplication.objects
    } else {
      options.take(InputFiles.scenario(files, options: cluster))
    }
    return options
  }
}

extension Terminal: DashboardTerminal {}
