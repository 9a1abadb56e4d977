import Basics
import Engine

extension EtcdDoor {
  /// Runs a command to its end, letting only as much virtual time pass as it takes, at most `span`;
  /// what has not ended by then is interrupted.
  public mutating func run(_ invocation: inout EtcdctlInvocation, for span: Span) {
    let deadline = now + span
    while true {
      invocation.pump(&self)
      if invocation.isFinished || now >= deadline { break }
      step(through: min(deadline, max(now, invocation.nextWake ?? deadline)))
    }
    if !invocation.isFinished { invocation.interrupt(&self) }
  }
}
