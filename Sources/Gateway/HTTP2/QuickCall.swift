#if Doors
  import Etcd
  import MVCC
  import SwiftProtobuf

  /// A method of one question and one answer that needs no task: the question goes to the mailbox
  /// as soon as it is read, and the answer back to the connection as soon as the world has it.
  struct QuickCall: Sendable {
    /// Puts the question; `reply` is called once, on whatever thread has the answer.
    let ask:
      @Sendable (
        _ message: [UInt8], _ requiresLeader: Bool,
        _ reply: @escaping @Sendable (Result<Answer, EtcdError>) -> Void
      ) throws(EtcdError) -> Ticket
    let encode: @Sendable (Answer) throws(EtcdError) -> [UInt8]

    init<Request: Message, Response: Message>(
      _ caller: Caller,
      _ request: @escaping @Sendable (Request) throws(EtcdError) -> EtcdRequest,
      _ response: @escaping @Sendable (Answer) -> Response?
    ) {
      ask = { message, requiresLeader, reply throws(EtcdError) in
        guard let wire = try? Request(serializedBytes: message) else { throw .undecodable }
        let ticket = Ticket(reply)
        guard
          caller.mailbox.post(
            .request(
              member: caller.member, try request(wire), requiresLeader: requiresLeader, ticket))
        else { throw .tooManyRequests }
        return ticket
      }
      encode = { answer throws(EtcdError) in
        guard let wire = response(answer), let bytes: [UInt8] = try? wire.serializedBytes() else {
          throw EtcdError(.internalError, "unexpected answer: \(answer.response)")
        }
        return bytes
      }
    }
  }

  extension EtcdError {
    /// As grpc-go says of bytes that are no such message.
    static let undecodable = EtcdError(
      .internalError,
      "grpc: error unmarshalling request: proto: cannot parse invalid wire-format data")
  }
#endif
