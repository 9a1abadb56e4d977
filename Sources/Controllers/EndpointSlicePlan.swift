import Basics
import KubeAPI

/// Which slices of one service and one set of ports must be made, changed and deleted so that they
/// hold the wanted endpoints with the fewest writes (`reconcileByPortMapping`).
///
/// Endpoints stay in the slice they are in. Slices that lost endpoints are filled first, fullest
/// first; then the fullest untouched slice with room for all that is left; then new ones.
struct EndpointSlicePlan {
  /// What makes two endpoints the same one; their conditions may differ.
  private struct Identity: Hashable {
    var address: String
    var nodeName: String
    var pod: UID

    init(_ endpoint: Endpoint) {
      address = endpoint.addresses.first ?? ""
      nodeName = endpoint.nodeName ?? ""
      pod = endpoint.targetRef?.uid ?? .none
    }
  }

  /// Endpoint lists of slices to be made.
  private(set) var created: [[Endpoint]] = []
  private(set) var updated: [EndpointSlice] = []
  private(set) var deleted: [EndpointSlice] = []
  private(set) var added = 0
  private(set) var removed = 0

  private let limit: Int
  private var desired: [Endpoint]
  private var isPlaced: [Bool]
  private var positions = LookupTable<Identity, Int>()
  private var next = 0
  private var left: Int

  init(desired: [Endpoint], existing: [EndpointSlice], limit: Int = 100) {
    precondition(limit > 0, "a slice without room")
    self.limit = limit
    self.desired = desired
    isPlaced = [Bool](repeating: false, count: desired.count)
    left = desired.count
    for (at, endpoint) in desired.enumerated() { positions[Identity(endpoint)] = at }
    let unchanged = keep(existing)
    fillUpdated()
    fillRest(unchanged)
  }

  /// Keeps in each slice what is still wanted; gives back the slices where that changed nothing.
  private mutating func keep(_ existing: [EndpointSlice]) -> [EndpointSlice] {
    var unchanged: [EndpointSlice] = []
    for slice in existing {
      var kept: [Endpoint] = []
      kept.reserveCapacity(slice.endpoints.count)
      var isChanged = false
      for endpoint in slice.endpoints {
        guard let at = positions[Identity(endpoint)], !isPlaced[at] else {
          removed += 1
          continue
        }
        isPlaced[at] = true
        left -= 1
        if endpoint != desired[at] { isChanged = true }
        kept.append(desired[at])
      }
      if kept.count == slice.endpoints.count && !isChanged {
        unchanged.append(slice)
      } else if kept.isEmpty {
        deleted.append(slice)
      } else {
        var copy = slice
        copy.endpoints = kept
        updated.append(copy)
      }
    }
    return unchanged
  }

  private mutating func take(_ count: Int) -> [Endpoint] {
    var taken: [Endpoint] = []
    while taken.count < count, next < desired.count {
      if !isPlaced[next] {
        isPlaced[next] = true
        taken.append(desired[next])
      }
      next += 1
    }
    left -= taken.count
    added += taken.count
    return taken
  }

  private mutating func fillUpdated() {
    guard left > 0, !updated.isEmpty else { return }
    let fullestFirst = updated.indices.sorted { a, b in
      let (x, y) = (updated[a].endpoints.count, updated[b].endpoints.count)
      return x == y ? a < b : x > y
    }
    for at in fullestFirst where left > 0 {
      let room = limit - updated[at].endpoints.count
      if room > 0 { updated[at].endpoints.append(contentsOf: take(room)) }
    }
  }

  private mutating func fillRest(_ unchanged: [EndpointSlice]) {
    var untouched = unchanged
    while left > 0 {
      // The slice that will be closest to full with all that is left in it.
      var best: Int?
      for (at, slice) in untouched.enumerated() where slice.endpoints.count + left <= limit {
        if slice.endpoints.count > best.map({ untouched[$0].endpoints.count }) ?? -1 { best = at }
      }
      if let best {
        var slice = untouched.remove(at: best)
        slice.endpoints.append(contentsOf: take(left))
        updated.append(slice)
      } else {
        created.append(take(limit))
      }
    }
  }
}
