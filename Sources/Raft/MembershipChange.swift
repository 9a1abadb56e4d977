import Basics

// Changes of membership take effect when they are applied, on each member for itself.

extension RaftNode {
  /// Makes a committed change of membership effective, and answers the membership it leads to, which
  /// belongs into the next snapshot. The owner calls this for each committed entry that is a change,
  /// unless it decides, as every member must, not to carry it out.
  @discardableResult
  public mutating func applyConfChange(_ change: ConfChange) throws(RaftError) -> ConfState {
    var changer = ConfigChanger(tracker, lastIndex: log.lastIndex)
    do throws(ConfChangeError) {
      try changer.apply(change)
    } catch {
      throw .confChange(error)
    }
    return adopt(changer)
  }

  mutating func restoreMembership(_ state: ConfState) throws(RaftError) {
    adopt(try changer(restoring: state, lastIndex: log.lastIndex))
  }

  /// The change that leads from nobody to the membership `state`.
  func changer(restoring state: ConfState, lastIndex: UInt64) throws(RaftError) -> ConfigChanger {
    let tracker = ProgressTracker(
      maxInflightMessages: config.maxInflightMessages, maxInflightBytes: config.maxInflightBytes)
    var changer = ConfigChanger(tracker, lastIndex: lastIndex)
    do throws(ConfChangeError) {
      try changer.restore(state)
    } catch {
      throw .confChange(error)
    }
    guard changer.membership.confState == state.normalized else { throw .malformedConfState }
    return changer
  }

  @discardableResult
  mutating func adopt(_ changer: ConfigChanger) -> ConfState {
    let hasChanged = tracker.membership != changer.membership
    tracker.membership = changer.membership
    tracker.progress = changer.progress
    let state = tracker.membership.confState
    if hasChanged { note(.configurationChanged(state)) }

    let own = tracker.progress.position(of: id)
    isLearner = own.map { tracker.progress[at: $0].isLearner } ?? false
    guard role == .leader else { return state }
    if own == nil || isLearner {
      if config.stepDownOnRemoval {
        becomeFollower(term: term, leader: Message.nobody, reason: .removed)
      }
      return state
    }
    if state.voters.isEmpty { return state }

    if maybeCommit() {
      // A smaller majority may already have more.
      broadcastAppend()
    } else {
      // Newcomers need not wait for the next heartbeat.
      for peer in 0..<tracker.progress.count where tracker.progress.ids[peer] != id {
        _ = maybeSendAppend(to: peer, evenIfEmpty: false)
      }
    }
    if leadTransferee != Message.nobody, !tracker.membership.voters.contains(leadTransferee) {
      abortTransfer()
    }
    return state
  }
}
