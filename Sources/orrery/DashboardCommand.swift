import ArgumentParser
struct DashboardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "dashboard")
  mutating func run() { print("not yet") }
}
