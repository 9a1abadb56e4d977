import Basics
import Etcd
import KubeAPI
import Raft

/// What an etcd member noticed, in words. Votes and progress that nobody asks about are left out.
extension World {
  func memberName(_ id: UInt64) -> String {
    guard let index = memberIndex(id) ?? etcdLaunches.firstIndex(where: { $0.memberID == id })
    else { return "member \(String(id, radix: 16))" }
    return hosts[processes[etcdProcesses[index]].host].name
  }

  func describe(_ note: EtcdNote, member: Int) -> Note? {
    let name = "etcd on " + hosts[processes[etcdProcesses[member]].host].name
    switch note {
    case .started(let term, let snapshot, let commit, let last):
      let found =
        last == 0
        ? "an empty log" : "snapshot \(snapshot), commit \(commit), log up to \(last), term \(term)"
      return Note(.lifecycle, nil, "\(name) started with \(found)")
    case .raft(let event): return describe(event, name)
    case .snapshotSaved(let index):
      return Note(.observation, nil, "\(name) saved snapshot \(index)")
    case .snapshotSent(let to, let index, _):
      return Note(.observation, nil, "\(name) sends snapshot \(index) to \(memberName(to))")
    case .snapshotSendFailed(let to):
      return Note(.failure, nil, "\(name) could not send a snapshot to \(memberName(to))")
    case .snapshotInstalled(let index, let revision):
      return Note(
        .observation, nil, "\(name) installed snapshot \(index), now at revision \(revision)")
    case .slowFsync(let span):
      return Note(.failure, nil, "\(name): slow fsync took \(span.microseconds / 1000) ms")
    case .compacted(let revision):
      return Note(.observation, nil, "\(name) compacted revision \(revision)")
    case .requestTimedOut(let error): return Note(.failure, nil, "\(name): \(error.message)")
    case .alarmRaised(let alarm):
      return Note(.failure, nil, "\(name) raised alarm \(alarm.kind.name)")
    case .memberAdded(let added):
      return Note(.leadership, nil, "\(name) sees \(memberName(added.id)) added")
    case .memberPromoted(let id):
      return Note(.leadership, nil, "\(name) sees \(memberName(id)) promoted")
    case .memberRemoved(let id):
      return Note(.leadership, nil, "\(name) sees \(memberName(id)) removed")
    case .fastForwardedElection, .leaseExpired, .readIndexRetried, .watchesLostLeader: return nil
    }
  }

  private func describe(_ event: RaftEvent, _ name: String) -> Note? {
    switch event.kind {
    case .becameLeader:
      return Note(.leadership, nil, "\(name) became leader of term \(event.term)")
    case .becamePreCandidate(let reason):
      return Note(
        .leadership, nil, "\(name) asks for pre-votes in term \(event.term): \(words(reason))",
        basis: basis(reason, event.term))
    case .becameCandidate(let reason):
      return Note(
        .leadership, nil, "\(name) campaigns for term \(event.term): \(words(reason))",
        basis: basis(reason, event.term))
    case .becameFollower(_, let reason):
      switch reason {
      case .quorumLost:
        return Note(
          .leadership, nil,
          "\(name) stepped down in term \(event.term): no majority answered for an election timeout",
          basis: Basis(
            "checkQuorum", parameters: [Basis.Parameter("election-timeout", "1000ms")],
            absence: Basis.Absence(
              "answers of a majority", from: "etcd", silence: .milliseconds(1000))))
      case .higherTerm(let from, _):
        return Note(
          .leadership, nil, "\(name) follows term \(event.term), heard from \(memberName(from))")
      case .electionLost:
        return Note(.leadership, nil, "\(name) lost the election of term \(event.term)")
      default: return nil
      }
    case .leaderChanged(let leader):
      return leader == 0
        ? Note(.leadership, nil, "\(name) has no leader in term \(event.term)")
        : Note(
          .leadership, nil, "\(name) follows \(memberName(leader)) in term \(event.term)")
    case .transferStarted(let to):
      return Note(.leadership, nil, "\(name) hands leadership to \(memberName(to))")
    default: return nil
    }
  }

  /// A campaign that nobody asked for rests on the silence of the leader before.
  private func basis(_ reason: RaftEvent.CampaignReason, _ term: UInt64) -> Basis? {
    guard case .electionTimeout(let ticks) = reason else { return nil }
    // Whom the members followed last, by what the trace says.
    let followed = trace.newest(1, scanning: 8192) { entry in
      entry.record.note.kind == .leadership
        && entry.record.note.message.contains("became leader of")
    }.first?.record.process
    return Basis(
      "campaign",
      parameters: [
        Basis.Parameter("election-timeout", "1000ms"), Basis.Parameter("drawn", "\(ticks * 100)ms"),
      ],
      absence: followed.map {
        Basis.Absence(
          "heartbeats of the leader", from: self.name(of: $0), silence: .milliseconds(ticks * 100))
      })
  }

  private func words(_ reason: RaftEvent.CampaignReason) -> String {
    switch reason {
    case .electionTimeout(let ticks): "no leader heard for \(ticks * 100) ms"
    case .requested: "asked to"
    case .preVoteWon: "a majority would vote for it"
    case .transfer(let from): "\(memberName(from)) hands over"
    }
  }
}
