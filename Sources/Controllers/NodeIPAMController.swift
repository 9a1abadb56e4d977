import Basics
import ControllerRuntime
import KubeAPI

/// A block of IPv4 addresses, as `10.244.0.0/16`.
public struct CIDR: Hashable, Sendable {
  public var base: UInt32
  public var prefix: Int

  public init(base: UInt32, prefix: Int) {
    self.base = base
    self.prefix = prefix
  }

  public init?(_ text: String) {
    let halves = text.split(separator: "/")
    guard halves.count == 2, let prefix = Int(halves[1]), (0...32).contains(prefix) else {
      return nil
    }
    let parts = halves[0].split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var base: UInt32 = 0
    for part in parts {
      guard let byte = UInt8(part) else { return nil }
      base = base << 8 | UInt32(byte)
    }
    self.init(base: base, prefix: prefix)
  }

  public var text: String {
    "\(base >> 24).\(base >> 16 & 255).\(base >> 8 & 255).\(base & 255)/\(prefix)"
  }
}

/// Gives each node a block of pod addresses (`pkg/controller/nodeipam`, range allocator).
public struct NodeIPAMController: Controller {
  public let name = "node-ipam-controller"
  public let eventSource = "cidrAllocator"
  /// `cidrUpdateWorkers`
  public let workers = 30
  public let watches: [ResourceKind] = [.node]
  private let cluster: CIDR
  /// `--node-cidr-mask-size`
  private let maskSize: Int
  private var isTaken: [Bool]
  private var next = 0
  /// Blocks given to nodes that the cache does not show with them yet: a node asked for again
  /// gets the same one.
  private var promised = LookupTable<ObjectReference, Int>()

  public init(cluster: CIDR, maskSize: Int = 24) {
    precondition(
      cluster.prefix <= maskSize && maskSize - cluster.prefix <= 16, "no blocks in \(cluster.text)")
    self.cluster = cluster
    self.maskSize = maskSize
    isTaken = [Bool](repeating: false, count: 1 << (maskSize - cluster.prefix))
  }

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    guard let node = delta.object.node else { return }
    if case .deleted = delta {
      let given = index(of: node.spec.podCIDR) ?? promised[node.reference]
      promised.removeValue(forKey: node.reference)
      if let given { isTaken[given] = false }
      return
    }
    if let at = index(of: node.spec.podCIDR) {
      if !isTaken[at] { isTaken[at] = true }
      promised.removeValue(forKey: node.reference)
    } else if node.spec.podCIDR.isEmpty {
      context.enqueue(node.reference)
    }
  }

  private func index(of text: String) -> Int? {
    guard let block = CIDR(text), block.prefix == maskSize, block.base >= cluster.base else {
      return nil
    }
    let at = Int((block.base - cluster.base) >> UInt32(32 - maskSize))
    return at < isTaken.count ? at : nil
  }

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    guard let node = context.get(key.key, as: Node.self), node.spec.podCIDR.isEmpty else { return }
    guard let at = promised[key] ?? allocate() else {
      context.event(
        node.boxed, reason: "CIDRNotAvailable",
        message: "Node \(key.name) status is now: CIDRNotAvailable")
      return context.fail(
        "CIDR allocation failed; there are no remaining CIDRs left to allocate in the "
          + "accepted range"
      )
    }
    promised[key] = at
    let block = CIDR(base: cluster.base + UInt32(at) << UInt32(32 - maskSize), prefix: maskSize)
    context.decide(key, "\(name) gives \(key.name) the pod addresses \(block.text)")
    let spec = JSONObject([
      ("podCIDR", .string(block.text)), ("podCIDRs", .array([.string(block.text)])),
    ])
    context.call(.patch(.node, key.key, [("spec", .object(spec))]))
  }

  /// The next free block, going round.
  private mutating func allocate() -> Int? {
    for offset in isTaken.indices {
      let at = (next + offset) % isTaken.count
      if isTaken[at] { continue }
      isTaken[at] = true
      next = at + 1
      return at
    }
    return nil
  }

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome { .unlessGone(response) }

  public func digest(into digest: inout Digest) { digest.combine(next) }
}
