import Basics
import Engine
import KubeAPI

/// The five panes of the main screen, in the order of their keys.
public enum Pane: Int, Sendable, Hashable, CaseIterable {
  case nodes, pods, etcd, control, actions

  var key: String { String(rawValue + 1) }

  var title: String {
    switch self {
    case .nodes: "Nodes"
    case .pods: "Pods"
    case .etcd: "etcd"
    case .control: "Control plane"
    case .actions: "Controller actions"
    }
  }
}

/// A row by what it stands for, so that the selection stays with it whatever moves around it.
public enum RowID: Sendable, Hashable {
  case node(String)
  case pod(UID)
  case member(String)
  /// A process of a component on a master.
  case control(Process.Role, host: String)
  case action(TraceID)
}

/// What is selected in one pane, and how far it is scrolled.
struct PaneCursor: Sendable, Hashable {
  /// Nil takes the row at `index`.
  var id: RowID?
  /// Where the row was last: its neighbour takes over when it is gone.
  var index = 0
  var offset = 0
}
