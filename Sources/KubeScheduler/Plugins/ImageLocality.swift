import KubeAPI

/// Prefers nodes that have the pod's images: the sum of their sizes, each weighed by the share of
/// nodes that have it, between 23 MiB and 1000 MiB a container.
struct ImageLocality {
  private static let mebibyte: Int64 = 1024 * 1024
  private static let minimum = 23 * mebibyte
  private static let maximumPerContainer = 1000 * mebibyte
  private let names: [String]
  private let containerCount: Int

  init(_ info: PodInfo) {
    let spec = info.pod.spec
    var names = spec.initContainers.map { ImageTable.normalized($0.image) }
    names += spec.containers.map { ImageTable.normalized($0.image) }
    for volume in spec.volumes {
      if case .object(let image)? = volume.carried["image"],
        case .string(let reference)? = image["reference"]
      {
        names.append(ImageTable.normalized(reference))
      }
    }
    self.names = names
    containerCount = spec.initContainers.count + spec.containers.count
  }

  func score(_ nodes: [Int32], _ cache: SchedulerCache, into raw: inout [Int64]) {
    var sums: [Int64] = []
    for name in names {
      guard let image = cache.images[name] else { continue }
      if sums.isEmpty { sums = Array(repeating: 0, count: cache.rows.count) }
      let spread = RoundedFraction(Int64(image.slots.count), over: Int64(cache.nodeCount))
      let scaled = spread.times(image.sizeBytes)
      for slot in image.slots { sums[Int(slot)] += scaled }
    }
    if sums.isEmpty {
      for _ in nodes { raw.append(0) }
      return
    }
    let maximum = Self.maximumPerContainer * Int64(containerCount)
    for slot in nodes {
      let sum = min(max(sums[Int(slot)], Self.minimum), maximum)
      raw.append(maxNodeScore * (sum - Self.minimum) / (maximum - Self.minimum))
    }
  }
}
