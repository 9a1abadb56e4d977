import KubeAPI

/// Refuses nodes without room for what the pod requests, and prefers those with the most room left
/// (LeastAllocated over cpu and memory, weight 1 each).
struct NodeResourcesFit: FilterPlugin {
  private let requests: ResourceAmounts
  private let scoredMilliCPU: Int64
  private let scoredMemory: Int64
  private let requestsNothing: Bool

  init(_ info: PodInfo) {
    requests = ResourceAmounts(PodResources.requests(of: info.pod))
    requestsNothing =
      requests.milliCPU == 0 && requests.memory == 0 && requests.ephemeralStorage == 0
      && requests.scalars.isEmpty
    var defaults = ResourceList()
    defaults["cpu"] = Quantity(milliValue: ScoredRequests.defaultMilliCPU)
    defaults["memory"] = Quantity(ScoredRequests.defaultMemory)
    // The scorer of Fit is set up without the gate for requests of pods as a whole: it counts the
    // containers' (`noderesources/fit.go`, `NewFit`).
    let scored = PodResources.requests(
      of: info.pod, PodResources.Options(defaults: defaults, skipsPodLevel: true))
    scoredMilliCPU = ResourceAmounts.bounded(scored.cpuMilli)
    scoredMemory = ResourceAmounts.bounded(scored.memoryBytes)
  }

  /// The bits of a verdict's reasons: pods, cpu, memory, ephemeral-storage, then the scalars.
  private static let podsBit: UInt16 = 1
  private static let cpuBit: UInt16 = 2
  private static let memoryBit: UInt16 = 4
  private static let ephemeralStorageBit: UInt16 = 8
  private static let firstScalarBit = 4

  func filter(_ slot: Int, _ cache: SchedulerCache) -> Verdict {
    let row = cache.rows[slot]
    var reasons: UInt16 = row.podCount + 1 > row.allowedPods ? Self.podsBit : 0
    if requestsNothing { return reasons == 0 ? .feasible : refusal(reasons, true) }

    var isResolvable = true
    func check(_ wanted: Int64, _ allocatable: Int64, _ requested: Int64, _ bit: UInt16) {
      guard wanted > 0, wanted > allocatable - requested else { return }
      reasons |= bit
      if wanted > allocatable { isResolvable = false }
    }
    check(requests.milliCPU, row.allocatableMilliCPU, row.requestedMilliCPU, Self.cpuBit)
    check(requests.memory, row.allocatableMemory, row.requestedMemory, Self.memoryBit)
    check(
      requests.ephemeralStorage, row.allocatableEphemeralStorage, row.requestedEphemeralStorage,
      Self.ephemeralStorageBit)
    for (index, scalar) in requests.scalars.enumerated() {
      let detail = cache.details[slot]
      check(
        scalar.amount, detail.allocatable(scalar.name), detail.requested[scalar: scalar.name],
        1 << UInt16(min(Self.firstScalarBit + index, 15)))
    }
    return reasons == 0 ? .feasible : refusal(reasons, isResolvable)
  }

  private func refusal(_ reasons: UInt16, _ isResolvable: Bool) -> Verdict {
    Verdict(.nodeResourcesFit, reasons: reasons, isResolvable: isResolvable)
  }

  func texts(_ reasons: UInt16) -> [String] {
    var texts: [String] = []
    if reasons & Self.podsBit != 0 { texts.append("Too many pods") }
    if reasons & Self.cpuBit != 0 { texts.append("Insufficient cpu") }
    if reasons & Self.memoryBit != 0 { texts.append("Insufficient memory") }
    if reasons & Self.ephemeralStorageBit != 0 { texts.append("Insufficient ephemeral-storage") }
    for (index, scalar) in requests.scalars.enumerated()
    where reasons & 1 << UInt16(min(Self.firstScalarBit + index, 15)) != 0 {
      texts.append("Insufficient " + scalar.name)
    }
    return texts
  }

  /// How much of cpu and memory would be left, in hundredths, and the mean of both.
  func score(_ nodes: [Int32], _ cache: SchedulerCache, into raw: inout [Int64]) {
    for slot in nodes {
      let row = cache.rows[Int(slot)]
      var sum: Int64 = 0
      var weight: Int64 = 0
      if row.allocatableMilliCPU != 0 {
        sum += Self.free(row.nonZeroMilliCPU + scoredMilliCPU, of: row.allocatableMilliCPU)
        weight += 1
      }
      if row.allocatableMemory != 0 {
        sum += Self.free(row.nonZeroMemory + scoredMemory, of: row.allocatableMemory)
        weight += 1
      }
      raw.append(weight == 0 ? 0 : sum / weight)
    }
  }

  private static func free(_ requested: Int64, of capacity: Int64) -> Int64 {
    requested > capacity ? 0 : (capacity - requested) * maxNodeScore / capacity
  }
}
