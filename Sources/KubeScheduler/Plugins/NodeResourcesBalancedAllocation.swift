import KubeAPI

/// Prefers nodes whose shares of cpu and memory in use the pod brings closer together:
/// `50 + (50 + with − without) / 2`, where each measure is 100 less the standard deviation of the
/// two shares.
struct NodeResourcesBalancedAllocation {
  private let milliCPU: Int64
  private let memory: Int64

  /// Nil (Skip) where the pod requests neither.
  init?(_ info: PodInfo) {
    let requests = PodResources.requests(of: info.pod, PodResources.Options(usesStatus: true))
    milliCPU = ResourceAmounts.bounded(requests.cpuMilli)
    memory = ResourceAmounts.bounded(requests.memoryBytes)
    if milliCPU == 0 && memory == 0 { return nil }
  }

  /// The measure without the pod is the node's own: it is kept in the cache until the node changes.
  func score(_ nodes: [Int32], _ cache: inout SchedulerCache, into raw: inout [Int64]) {
    for slot in nodes {
      let row = cache.rows[Int(slot)]
      let with = Self.balance(row, plusMilliCPU: milliCPU, plusMemory: memory)
      let without: Int64
      if row.balance >= 0 {
        without = Int64(row.balance)
      } else {
        without = Self.balance(row, plusMilliCPU: 0, plusMemory: 0)
        cache.setBalance(Int32(without), Int(slot))
      }
      raw.append(maxNodeScore / 2 + (maxNodeScore / 2 + with - without) / 2)
    }
  }

  /// 100 × (1 − |cpu share − memory share| / 2), rounded as kube-scheduler's `float64` is. With one
  /// resource only there is nothing to balance.
  static func balance(_ row: NodeRow, plusMilliCPU: Int64, plusMemory: Int64) -> Int64 {
    guard row.allocatableMilliCPU > 0, row.allocatableMemory > 0 else { return maxNodeScore }
    let cpu = share(row.requestedMilliCPU + plusMilliCPU, of: row.allocatableMilliCPU)
    let memory = share(row.requestedMemory + plusMemory, of: row.allocatableMemory)
    let deviation = cpu.distance(to: memory).halved
    return RoundedFraction.one.distance(to: deviation).times(maxNodeScore)
  }

  private static func share(_ requested: Int64, of allocatable: Int64) -> RoundedFraction {
    RoundedFraction(max(0, requested), over: allocatable)
  }
}
