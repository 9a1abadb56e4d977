// Rows of thousands of machines are walked in every frame: by place, as a row of many fields that is
// handed out is copied.
extension [Observation.Node] {
  /// How many are Ready by their own condition.
  public var readyCount: Int {
    var count = 0
    for at in indices where self[at].ready == "True" { count += 1 }
    return count
  }

  /// The first without power.
  public var firstDark: Observation.Node? {
    for at in indices where !self[at].isPowered { return self[at] }
    return nil
  }

  /// The bytes of the longest status.
  public var widestStatus: Int {
    var widest = 0
    for at in indices { widest = Swift.max(widest, self[at].status.utf8.count) }
    return widest
  }

  /// The place of the one of this name.
  public func place(of name: String) -> Int? {
    for at in indices where self[at].name == name { return at }
    return nil
  }
}
