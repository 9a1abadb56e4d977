import Basics
import Engine
import KubeAPI

/// The lists that can have the focus. The first five stand on the overview; the views show some of
/// them in full, and lists of their own.
public enum Pane: Int, Sendable, Hashable, CaseIterable {
  case nodes, pods, etcd, control, actions
  case map, keys, controllers, queue, verdicts, services, proxies, trace, next, beliefs

  /// The view that shows it in full.
  var home: Screen {
    switch self {
    case .nodes: .nodes
    case .pods: .pods
    case .etcd, .keys: .etcd
    case .control, .controllers, .queue, .verdicts: .control
    case .actions, .trace: .trace
    case .map: .topology
    case .services, .proxies: .network
    case .next: .next
    case .beliefs: .beliefs
    }
  }

  /// Whether `/` narrows its rows.
  var canBeNarrowed: Bool {
    switch self {
    case .nodes, .pods, .keys, .services, .trace, .next: true
    case .etcd, .control, .actions, .map, .controllers, .queue, .verdicts, .proxies, .beliefs:
      false
    }
  }

  var title: String {
    switch self {
    case .nodes: "Nodes"
    case .pods: "Pods"
    case .etcd: "etcd"
    case .control: "Control plane"
    case .actions: "Controller actions"
    case .map: "Topology"
    case .keys: "Keys"
    case .controllers: "Controllers"
    case .queue: "Scheduling queue"
    case .verdicts: "Last scheduling cycle"
    case .services: "Services"
    case .proxies: "Proxies"
    case .trace: "Trace"
    case .next: "Next"
    case .beliefs: "Beliefs"
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
  /// A heading of grouped rows, by its text.
  case group(String)
  /// A key of etcd's, or a directory of keys with its slash.
  case key(String)
  /// An API object that is neither node nor pod.
  case object(ResourceKind, ObjectKey)
  /// A controller of a controller manager.
  case controller(process: String, name: String)
  /// A machine that is no node: the load balancer, an etcd host, the laptop, the cloud.
  case host(String)
  /// Something that waits to happen, by its name.
  case pending(String)
}

/// What is selected in one pane, and how far it is scrolled.
struct PaneCursor: Sendable, Hashable {
  /// Nil takes the row at `index`.
  var id: RowID?
  /// Where the row was last: its neighbour takes over when it is gone.
  var index = 0
  var offset = 0
}
