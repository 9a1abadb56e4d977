import ArgumentParser

/// `orrery bench`: one JSON line a benchmark.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure this build; one JSON line a benchmark.")

  @Argument(help: "Names of benchmarks; none means all.") var names: [String] = []

  mutating func validate() throws {
    let known = (Benchmark.all + Benchmark.onRequest).map(\.name)
    for name in names where !known.contains(name) {
      throw ValidationError(
        "no benchmark \"\(name)\"; there are " + known.joined(separator: ", "))
    }
  }

  mutating func run() {
    let chosen =
      names.isEmpty
      ? Benchmark.all
      : (Benchmark.all + Benchmark.onRequest).filter { names.contains($0.name) }
    for benchmark in chosen { print(benchmark.run().text) }
  }
}
