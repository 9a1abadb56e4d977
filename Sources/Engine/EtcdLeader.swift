import Etcd

extension World {
  /// Whether the member on the host of this name knows of a leader now.
  public func etcdKnowsLeader(_ member: String) -> Bool {
    etcdMembers.contains { $0.config.name == member && $0.leader != 0 }
  }

  /// Whether the member on the host of this name takes itself for the leader now.
  public func etcdLeads(_ member: String) -> Bool {
    etcdMembers.contains { $0.config.name == member && $0.leader == $0.id }
  }
}
