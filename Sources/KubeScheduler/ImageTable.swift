import Basics
import KubeAPI

/// Which nodes have which images (`ImageStateSummary`).
struct ImageTable: Sendable {
  struct Image: Sendable {
    /// As the first node reported it.
    var sizeBytes: Int64
    /// Ascending.
    var slots: [Int32]
  }

  private var images = LookupTable<String, Image>()

  subscript(name: String) -> Image? { images[name] }

  mutating func add(_ slot: Int32, _ list: [ContainerImage]) {
    for image in list {
      let size = ResourceAmounts.bounded(image.sizeBytes)
      for name in image.names {
        images[name, default: Image(sizeBytes: size, slots: [])].insert(slot)
      }
    }
  }

  mutating func remove(_ slot: Int32, _ list: [ContainerImage]) {
    for image in list {
      for name in image.names {
        images[name]?.slots.removeAll { $0 == slot }
        if images[name]?.slots.isEmpty == true { images.removeValue(forKey: name) }
      }
    }
  }

  /// The name as the runtime reports it: with a tag (`normalizedImageName`).
  static func normalized(_ name: String) -> String {
    var colon = -1
    var slash = -1
    for (index, byte) in name.utf8.enumerated() {
      if byte == UInt8(ascii: ":") { colon = index }
      if byte == UInt8(ascii: "/") { slash = index }
    }
    return colon <= slash ? name + ":latest" : name
  }
}

extension ImageTable.Image {
  fileprivate mutating func insert(_ slot: Int32) {
    if slots.contains(slot) { return }
    slots.insert(slot, at: slots.firstIndex { $0 > slot } ?? slots.count)
  }
}
