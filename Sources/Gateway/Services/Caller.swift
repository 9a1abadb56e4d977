#if Doors
  import Etcd
  import GRPCCore
  import GRPCProtobuf
  import MVCC
  import SwiftProtobuf
  import Synchronization

  /// Where clients from outside reach each member: known once every door is open.
  final class DoorAddresses: Sendable {
    private let urls = Mutex<[String: String]>([:])

    /// URLs by the name of the member's host.
    var byMember: [String: String] { urls.withLock { $0 } }
    func set(_ new: [String: String]) { urls.withLock { $0 = new } }
  }

  /// One member's door, as its services use it: asks the main loop, and waits.
  struct Caller: Sendable {
    let member: Int
    let mailbox: Mailbox
    let addresses: DoorAddresses

    /// The member's answer; an error as gRPC carries it otherwise.
    func ask(_ request: EtcdRequest, _ metadata: Metadata) async throws -> Answer {
      let ticket = Ticket()
      let post = Post.request(
        member: member, .read(request), requiresLeader: metadata.requiresLeader, ticket)
      guard mailbox.post(post) else { throw RPCError(EtcdError.tooManyRequests) }
      let result = await withRPCCancellationHandler {
        await ticket.value()
      } onCancelRPC: {
        ticket.resolve(.failure(.canceled))
      }
      switch result {
      case .success(let answer): return answer
      case .failure(let error): throw RPCError(error)
      }
    }

    /// What a request can't be, and this answer to it is.
    func unexpected(_ answer: Answer) -> RPCError {
      RPCError(code: .internalError, message: "unexpected answer: \(answer.response)")
    }
  }

  extension EtcdError {
    /// As grpc-go says of a call its client gave up.
    static let canceled = EtcdError(.canceled, "context canceled")
  }

  extension RPCError {
    init(_ error: EtcdError) {
      self.init(code: RPCError.Code(Status(error).code) ?? .unknown, message: error.message)
    }
  }

  extension Status {
    init(_ error: EtcdError) {
      // The numbers are gRPC's.
      self.init(code: Code(rawValue: error.code.rawValue) ?? .unknown, message: error.message)
    }
  }

  extension Metadata {
    /// A client that would rather fail than talk to a member without a leader says so
    /// (`clientv3.WithRequireLeader`).
    var requiresLeader: Bool { self[stringValues: "hasleader"].contains("true") }
  }

  /// The names of etcd's services on the wire.
  enum ServiceName {
    static let kv = "etcdserverpb.KV"
    static let watch = "etcdserverpb.Watch"
    static let lease = "etcdserverpb.Lease"
    static let cluster = "etcdserverpb.Cluster"
    static let maintenance = "etcdserverpb.Maintenance"
    static let auth = "etcdserverpb.Auth"
  }

  extension RPCRouter {
    /// A method of one request and one answer. Errors of the store become those of gRPC.
    mutating func unary<Request: Message, Response: Message>(
      _ service: String, _ method: String,
      _ handle: @escaping @Sendable (Request, Metadata) async throws -> Response
    ) {
      registerHandler(
        forMethod: MethodDescriptor(fullyQualifiedService: service, method: method),
        deserializer: ProtobufDeserializer<Request>(),
        serializer: ProtobufSerializer<Response>()
      ) { stream, _ in
        let request = try await ServerRequest(stream: stream)
        do {
          let response = try await handle(request.message, request.metadata)
          return StreamingServerResponse(single: ServerResponse(message: response))
        } catch let error as EtcdError {
          throw RPCError(error)
        }
      }
    }

    /// A method with a stream of answers, and mostly one of requests.
    mutating func streaming<Request: Message, Response: Message>(
      _ service: String, _ method: String,
      _ handle:
        @escaping @Sendable (StreamingServerRequest<Request>, RPCWriter<Response>) async throws ->
        Void
    ) {
      registerHandler(
        forMethod: MethodDescriptor(fullyQualifiedService: service, method: method),
        deserializer: ProtobufDeserializer<Request>(),
        serializer: ProtobufSerializer<Response>()
      ) { request, _ in
        StreamingServerResponse { writer in
          do {
            try await handle(request, writer)
          } catch let error as EtcdError {
            throw RPCError(error)
          }
          return [:]
        }
      }
    }
  }
#endif
