#if Doors
  import Etcd
  import GRPCCore
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
      ) throws(CallProblem) -> Ticket
    let encode: @Sendable (Answer) throws(CallProblem) -> [UInt8]

    init<Request: Message, Response: Message>(
      _ caller: Caller,
      _ request: @escaping @Sendable (Request) throws(EtcdError) -> EtcdRequest,
      _ response: @escaping @Sendable (Answer) -> Response?
    ) {
      ask = { message, requiresLeader, reply throws(CallProblem) in
        guard let wire = try? Request(serializedBytes: message) else { throw .undecodable }
        let ticket = Ticket(reply)
        let asked: EtcdRequest
        do throws(EtcdError) { asked = try request(wire) } catch { throw CallProblem(error) }
        let post = Post.request(
          member: caller.member, asked, requiresLeader: requiresLeader, ticket)
        guard caller.mailbox.post(post) else { throw CallProblem(.tooManyRequests) }
        return ticket
      }
      encode = { answer throws(CallProblem) in
        guard let wire = response(answer), let bytes: [UInt8] = try? wire.serializedBytes() else {
          throw CallProblem(
            Status(code: .internalError, message: "unexpected answer: \(answer.response)"))
        }
        return bytes
      }
    }
  }

  /// Why a call ends without an answer.
  struct CallProblem: Error {
    let status: Status

    init(_ status: Status) { self.status = status }
    init(_ error: EtcdError) { status = Status(error) }

    /// As grpc-go says of bytes that are no such message.
    static let undecodable = CallProblem(
      Status(
        code: .internalError,
        message:
          "grpc: error unmarshalling request: proto: cannot parse invalid wire-format data"))
  }
#endif
