#if Doors
  import Engine
  import Foundation
  import Gateway
  import KubeAPI

  extension Benchmark {
    /// 1-KiB puts through the gRPC door, from a hundred clients of this same process: with one
    /// member, as the figures for the real etcd were taken, and with three.
    static let etcdDoorPuts = doorPuts("etcd-door-puts", members: 1)
    static let etcdDoorPuts3 = doorPuts("etcd-door-puts-3-members", members: 3)

    private static func doorPuts(_ name: String, members: Int) -> Benchmark {
      Benchmark(name: name) {
        let load = DoorLoad(members: members, clients: 100, puts: 60_000, valueBytes: 1024)
        let stopwatch = Stopwatch()
        let result = load.run()
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
