import ArgumentParser

/// `orrery bench`: one JSON line a benchmark.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure this build; one JSON line a benchmark.")

  @Argument(help: "Names of benchmarks; none means all.") var names: [String] = []

  mutating func validate() throws {
    for name in names where !Benchmark.all.contains(where: { $0.name == name }) {
      throw ValidationError(
        "no benchmark \"\(name)\"; there are "
          + Benchmark.all.map(\.name).joined(separator: ", "))
    }
  }

  mutating func run() {
    for benchmark in Benchmark.all where names.isEmpty || names.contains(benchmark.name) {
      print(benchmark.run().text)
    }
  }
}
