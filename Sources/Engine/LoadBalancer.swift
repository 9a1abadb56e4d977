import Basics

/// The layer-4 load balancer before the API servers: round robin over the backends that accept a
/// TCP connection, which is the check kubeadm's guide to high availability asks for. It looks every
/// 2 s; three failures in a row take a backend out and close its connections, two successes bring
/// it back (HAProxy with `inter 2s fall 3 rise 2` and `on-marked-down shutdown-sessions`).
public struct LoadBalancer: Sendable {
  public struct Backend: Sendable {
    public let server: ProcessID
    public var isUp = false
    public var successes = 0
    public var failures = 0
    /// When the last check was answered, or given up.
    public internal(set) var checkedAt: Tick?
    /// A check is out and unanswered.
    var isProbing = false
  }

  public internal(set) var backends: [Backend]
  private var turn = 0

  /// HAProxy's `inter`, `fall` and `rise`.
  public static let interval = Span.seconds(2)
  public static let fall = 3
  public static let rise = 2

  init(servers: [ProcessID]) { backends = servers.map { Backend(server: $0) } }

  /// The next backend in turn among those that are up.
  mutating func pick() -> ProcessID? {
    for _ in backends {
      let backend = backends[turn % backends.count]
      turn = (turn + 1) % backends.count
      if backend.isUp { return backend.server }
    }
    return nil
  }

  /// The outcome of a check; true when it changed what the backend counts as.
  mutating func checked(_ index: Int, isReady: Bool, at now: Tick) -> Bool {
    backends[index].checkedAt = now
    backends[index].isProbing = false
    if isReady {
      backends[index].failures = 0
      backends[index].successes += 1
      if !backends[index].isUp, backends[index].successes >= Self.rise {
        backends[index].isUp = true
        return true
      }
    } else {
      backends[index].successes = 0
      backends[index].failures += 1
      if backends[index].isUp, backends[index].failures >= Self.fall {
        backends[index].isUp = false
        return true
      }
    }
    return false
  }

  mutating func restart() {
    for index in backends.indices { backends[index] = Backend(server: backends[index].server) }
    turn = 0
  }

  func digest(into digest: inout Digest) {
    for backend in backends {
      digest.combine(backend.isUp)
      digest.combine(backend.failures)
    }
    digest.combine(turn)
  }
}
