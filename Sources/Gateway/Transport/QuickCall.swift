#if Doors
  import Etcd
  import MVCC
  import SwiftProtobuf

  /// A method of one question and one answer that needs no task: the question goes to the mailbox
  /// as soon as it is there, and the answer back to the connection as soon as the world has it.
  struct QuickCall: Sendable {
    private let member: Int
    let decode: @Sendable ([UInt8]) throws(EtcdError) -> EtcdRequest
    private let encode: @Sendable (Answer) throws(EtcdError) -> [UInt8]

    init<Request: Message, Response: Message>(
      _ caller: Caller,
      _ request: @escaping @Sendable (Request) throws(EtcdError) -> EtcdRequest,
      _ response: @escaping @Sendable (Answer) -> Response?
    ) {
      member = caller.member
      decode = { message throws(EtcdError) in
        guard let wire = try? Request(serializedBytes: message) else { throw .undecodable }
        return try request(wire)
      }
      encode = { answer throws(EtcdError) in
        guard let wire = response(answer), let bytes: [UInt8] = try? wire.serializedBytes() else {
          throw EtcdError(.internalError, "unexpected answer: \(answer.response)")
        }
        return bytes
      }
    }

    /// What is to be put into the mailbox. `reply` is called once, with the answer's message, on
    /// whatever thread has it.
    func post(
      _ message: [UInt8], requiresLeader: Bool,
      _ reply: @escaping @Sendable (Result<[UInt8], EtcdError>) -> Void
    ) -> (Post, Ticket) {
      let ticket = Ticket { [encode] result in
        reply(result.flatMap { answer in Result { () throws(EtcdError) in try encode(answer) } })
      }
      let post = Post.request(
        member: member, .unread(message, self), requiresLeader: requiresLeader, ticket)
      return (post, ticket)
    }
  }

  extension EtcdError {
    /// As grpc-go says of bytes that are no such message.
    static let undecodable = EtcdError(
      .internalError,
      "grpc: error unmarshalling request: proto: cannot parse invalid wire-format data")
  }
#endif
