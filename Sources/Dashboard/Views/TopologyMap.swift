import Basics
import Engine
import KubeAPI
import TerminalCore
import Widgets

/// Places the boxes, draws them and the lines, and puts the messages on their way.
struct TopologyMap {
  let model: TopologyModel
  let state: AppState
  let area: Rect
  /// Where each machine is drawn, by its number.
  var places: [Int: Rect] = [:]
  /// Workers that are cells of one box.
  var cells = Rect.zero
  var raftRow = 0
  var apiRow = 0
  var nodeRow = 0

  init(model: TopologyModel, state: AppState, area: Rect) {
    self.model = model
    self.state = state
    self.area = area
  }

  mutating func place() {
    let masterHeight = (model.masters.map(\.processes.count).max() ?? 5) + 2
    let external = model.etcd.isEmpty ? 0 : 3
    let fixed = 1 + external + masterHeight + 1 + 3 + 1
    // Room that is left makes the lines between the tiers longer.
    let workers = model.workers.count <= TopologyModel.workerLimit ? 6 : 4
    let slack = min(max((area.height - fixed - workers) / 4, 0), 2)
    var y = area.y
    raftRow = y
    y += 1 + min(slack, 1)
    if !model.etcd.isEmpty {
      let tops = Self.row(model.etcd.count, in: area, y: y, height: 3, widest: 30)
      for (box, rect) in zip(model.etcd, tops) { places[box.host] = rect }
      y += 3
    }
    for (box, rect) in zip(
      model.masters,
      Self.row(model.masters.count, in: area, y: y, height: masterHeight, widest: 40))
    {
      places[box.host] = rect
    }
    y += masterHeight + slack
    apiRow = y
    y += 1 + slack
    let middle = Self.row(3, in: area, y: y, height: 3, widest: 34)
    for (box, rect) in zip(model.middle, middle) { places[box.host] = rect }
    y += 3 + slack
    nodeRow = y
    y += 1 + slack
    placeWorkers(Rect(x: area.x, y: y, width: area.width, height: area.bottom - y))
  }

  /// `count` boxes of the same width, spread over the area.
  private static func row(
    _ count: Int, in area: Rect, y: Int, height: Int, widest: Int
  ) -> [Rect] {
    guard count > 0 else { return [] }
    let slot = area.width / count
    let width = max(min(slot - 2, widest), 4)
    return (0..<count).map { index in
      Rect(
        x: area.x + index * slot + (slot - width) / 2, y: y, width: width,
        height: min(height, max(area.bottom - y, 0)))
    }
  }

  private mutating func placeWorkers(_ rect: Rect) {
    guard rect.height > 0, !model.workers.isEmpty else { return }
    guard model.workers.count <= TopologyModel.workerLimit else {
      cells = rect
      return
    }
    let width = max(min((model.workers.map(\.name.count).max() ?? 8) + 8, 26), 16)
    let perRow = max(min(rect.width / width, model.workers.count), 1)
    let rows = (model.workers.count + perRow - 1) / perRow
    let height = min(6, rect.height / max(rows, 1))
    guard height >= 3 else {
      cells = rect
      return
    }
    let slot = rect.width / perRow
    for (index, box) in model.workers.enumerated() {
      places[box.host] = Rect(
        x: rect.x + index % perRow * slot + max((slot - width) / 2, 0),
        y: rect.y + index / perRow * height, width: min(width, slot - (slot > width ? 0 : 1)),
        height: height)
    }
  }
}
