extension BoltDatabase {
  /// The file's bytes: a whole number of pages.
  public func encoded() -> [UInt8] {
    var writer = BoltWriter()
    return writer.write(self)
  }
}

/// Lays out a database in pages: leaves first, their parents after them, the root bucket last.
private struct BoltWriter {
  /// A pair or a child, as an element of a page.
  private struct Element {
    var key: [UInt8]
    var value: [UInt8] = []
    var isBucket = false
    var child: UInt64 = 0
  }

  private var bytes: [UInt8] = []
  private var nextPage: UInt64 { UInt64(bytes.count / BoltFormat.pageSize) }

  mutating func write(_ database: BoltDatabase) -> [UInt8] {
    // Two meta pages, filled in at the end, and the empty list of free pages.
    bytes = [UInt8](repeating: 0, count: 2 * BoltFormat.pageSize)
    let freelist = page(BoltFormat.freelistFlag, count: 0, body: [])

    var names: [Element] = []
    for bucket in database.buckets.sorted(by: { BoltFormat.isOrdered($0.name, $1.name) }) {
      names.append(Element(key: bucket.name, value: self.bucket(bucket), isBucket: true))
    }
    let root = tree(names)
    let end = nextPage
    for id in 0..<2 {
      meta(id, root: root, freelist: freelist, end: end, transaction: UInt64(2 - id))
    }
    return bytes
  }

  /// A bucket's value in the root: its root page, or an empty page within the value itself.
  private mutating func bucket(_ bucket: BoltDatabase.Bucket) -> [UInt8] {
    var header: [UInt8] = []
    guard !bucket.pairs.isEmpty else {
      append(UInt64(0), to: &header)
      append(UInt64(0), to: &header)
      appendHeader(0, BoltFormat.leafFlag, 0, 0, to: &header)
      return header
    }
    var pairs = bucket.pairs.map { Element(key: $0.key, value: $0.value) }
    if zip(pairs, pairs.dropFirst()).contains(where: { !BoltFormat.isOrdered($0.key, $1.key) }) {
      pairs.sort { BoltFormat.isOrdered($0.key, $1.key) }
    }
    append(tree(pairs), to: &header)
    append(UInt64(0), to: &header)
    return header
  }

  /// Writes leaves and, level by level, their parents; answers with the root's page.
  private mutating func tree(_ pairs: [Element]) -> UInt64 {
    var level = pack(pairs, isLeaf: true)
    while level.count > 1 { level = pack(level, isLeaf: false) }
    return level.first?.child ?? page(BoltFormat.leafFlag, count: 0, body: [])
  }

  /// Fills pages with elements in order; each page becomes an element of the level above.
  private mutating func pack(_ elements: [Element], isLeaf: Bool) -> [Element] {
    var parents: [Element] = []
    var start = 0
    while start < elements.count {
      var end = start
      var size = BoltFormat.pageHeader
      // A branch of one child would be no branch: two at least, however large their keys.
      while end < elements.count {
        let element = elements[end]
        let more = BoltFormat.elementSize + element.key.count + element.value.count
        let mustTake = end == start || (!isLeaf && end - start < 2)
        if size + more > BoltFormat.pageSize, !mustTake { break }
        size += more
        end += 1
      }
      if !isLeaf, elements.count - end == 1 { end += 1 }
      let id = write(elements[start..<end], isLeaf: isLeaf)
      parents.append(Element(key: elements[start].key, child: id))
      start = end
    }
    return parents
  }

  private mutating func write(_ elements: ArraySlice<Element>, isLeaf: Bool) -> UInt64 {
    var body: [UInt8] = []
    var offset = elements.count * BoltFormat.elementSize
    for (i, element) in elements.enumerated() {
      // A position counts from the element's own place.
      let position = UInt32(offset - i * BoltFormat.elementSize)
      if isLeaf {
        append(element.isBucket ? BoltFormat.bucketFlag : 0, to: &body)
        append(position, to: &body)
        append(UInt32(element.key.count), to: &body)
        append(UInt32(element.value.count), to: &body)
      } else {
        append(position, to: &body)
        append(UInt32(element.key.count), to: &body)
        append(element.child, to: &body)
      }
      offset += element.key.count + element.value.count
    }
    for element in elements {
      body += element.key
      body += element.value
    }
    return page(
      isLeaf ? BoltFormat.leafFlag : BoltFormat.branchFlag, count: elements.count, body: body)
  }

  /// Appends a page, with as many that overflow as its body needs.
  private mutating func page(_ flag: UInt16, count: Int, body: [UInt8]) -> UInt64 {
    let id = nextPage
    let size = BoltFormat.pageHeader + body.count
    let pages = (size + BoltFormat.pageSize - 1) / BoltFormat.pageSize
    appendHeader(id, flag, UInt16(count), UInt32(pages - 1), to: &bytes)
    bytes += body
    bytes += [UInt8](repeating: 0, count: pages * BoltFormat.pageSize - size)
    return id
  }

  private mutating func meta(
    _ id: Int, root: UInt64, freelist: UInt64, end: UInt64, transaction: UInt64
  ) {
    var body: [UInt8] = []
    append(BoltFormat.magic, to: &body)
    append(BoltFormat.version, to: &body)
    append(UInt32(BoltFormat.pageSize), to: &body)
    append(UInt32(0), to: &body)
    append(root, to: &body)
    append(UInt64(0), to: &body)
    append(freelist, to: &body)
    append(end, to: &body)
    append(transaction, to: &body)
    append(BoltFormat.checksum(body[...]), to: &body)
    var page: [UInt8] = []
    appendHeader(UInt64(id), BoltFormat.metaFlag, 0, 0, to: &page)
    page += body
    let start = id * BoltFormat.pageSize
    bytes.replaceSubrange(start..<(start + page.count), with: page)
  }

  private func appendHeader(
    _ id: UInt64, _ flag: UInt16, _ count: UInt16, _ overflow: UInt32, to out: inout [UInt8]
  ) {
    append(id, to: &out)
    append(flag, to: &out)
    append(count, to: &out)
    append(overflow, to: &out)
  }

  private func append(_ value: some FixedWidthInteger & UnsignedInteger, to out: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) }
  }
}
