import KubeAPI

/// Amounts of the resources that scheduling counts (`framework.Resource`): plain numbers for the
/// common ones, a short list for extended resources and huge pages.
struct ResourceAmounts: Sendable, Equatable {
  struct Scalar: Sendable, Equatable {
    var name: String
    var amount: Int64
  }

  /// Thousandths of a core.
  var milliCPU: Int64 = 0
  /// Bytes.
  var memory: Int64 = 0
  /// Bytes.
  var ephemeralStorage: Int64 = 0
  /// Sorted by name.
  var scalars: [Scalar] = []

  init() {}

  init(_ list: ResourceList) {
    for entry in list.entries {
      switch entry.name {
      case "cpu": milliCPU = Self.bounded(entry.quantity.milliValue)
      case "memory": memory = Self.bounded(entry.quantity.value)
      case "ephemeral-storage": ephemeralStorage = Self.bounded(entry.quantity.value)
      default:
        guard Self.isScalar(entry.name) else { continue }
        scalars.append(Scalar(name: entry.name, amount: Self.bounded(entry.quantity.value)))
      }
    }
  }

  /// A pebibyte, or as many thousandths of a core, is as good as any more: sums and hundredfolds
  /// of amounts stay within 64 bits whatever a manifest asks for.
  static func bounded(_ amount: Int64) -> Int64 { min(max(amount, 0), 1 << 50) }

  subscript(scalar name: String) -> Int64 {
    for scalar in scalars where scalar.name == name { return scalar.amount }
    return 0
  }

  /// Adds `other` `sign` times.
  mutating func add(_ other: ResourceAmounts, sign: Int64) {
    milliCPU += sign * other.milliCPU
    memory += sign * other.memory
    ephemeralStorage += sign * other.ephemeralStorage
    for scalar in other.scalars { add(scalar, sign: sign) }
  }

  private mutating func add(_ scalar: Scalar, sign: Int64) {
    if let at = scalars.firstIndex(where: { $0.name == scalar.name }) {
      scalars[at].amount += sign * scalar.amount
    } else {
      let at = scalars.firstIndex { $0.name > scalar.name } ?? scalars.count
      scalars.insert(Scalar(name: scalar.name, amount: sign * scalar.amount), at: at)
    }
  }

  /// Extended resources, huge pages, attachable volumes and names of kubernetes.io
  /// (`schedutil.IsScalarResourceName`).
  static func isScalar(_ name: String) -> Bool {
    if name.hasPrefix("hugepages-") || name.hasPrefix("attachable-volumes-") { return true }
    guard name.utf8.contains(UInt8(ascii: "/")) else { return false }
    return !name.hasPrefix("requests.") || name.contains("kubernetes.io/")
  }
}
