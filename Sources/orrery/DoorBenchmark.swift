#if Doors
  import Engine
  import Foundation
  import Gateway
  import KubeAPI

  extension Benchmark {
    /// 1-KiB puts through the gRPC door, from a hundred clients of this same process: with one
    /// member, as the figures for the real etcd were taken, and with three.
    static let etcdDoorPuts = doorPuts("etcd-door-puts", members: 1) { $0.run() }
    static let etcdDoorPuts3 = doorPuts("etcd-door-puts-3-members", members: 3) { $0.run() }
    /// The same with nothing behind the door: what its packages alone can do.
    static let bareDoorPuts = doorPuts("bare-door-puts", members: 1) { $0.runWithoutWorld() }

    private static func doorPuts(
      _ name: String, members: Int, _ run: @escaping @Sendable (DoorLoad) -> DoorLoad.Result
    ) -> Benchmark {
      Benchmark(name: name) {
        let load = DoorLoad(members: members, clients: 100, puts: 60_000, valueBytes: 1024)
        let stopwatch = Stopwatch()
        let result = run(load)
        return figures(
          name, stopwatch,
          [
            ("clients", .integer(100)), ("puts", .integer(Int64(result.puts))),
            ("failures", .integer(Int64(result.failures))),
            ("putsPerSecond", .number(decimal(result.putsPerSecond))),
            ("virtualSeconds", .number(decimal(result.virtualSeconds))),
          ])
      }
    }
  }
#endif
