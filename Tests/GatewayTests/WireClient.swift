#if Doors
  import Foundation
  import GRPCCore
  import GRPCNIOTransportHTTP2Posix
  import GRPCProtobuf
  import SwiftProtobuf

  @testable import Gateway

  /// A client of etcd's gRPC API, the same for the real etcd and for a door.
  struct WireClient: Sendable {
    typealias Client = GRPCClient<HTTP2ClientTransport.Posix>
    let client: Client

    /// Runs `body` with a client connected to a port of loopback.
    static func with<Result: Sendable>(
      port: Int,
      security: HTTP2ClientTransport.Posix.TransportSecurity = .plaintext,
      _ body: (WireClient) async throws -> Result
    ) async throws -> Result {
      let transport = try HTTP2ClientTransport.Posix(
        target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: security)
      return try await withGRPCClient(transport: transport) { client in
        try await body(WireClient(client: client))
      }
    }

    func call<Request: Message, Response: Message>(
      _ service: String, _ method: String, _ request: Request, _: Response.Type,
      timeout: Duration = .seconds(20)
    ) async throws -> Response {
      var options = CallOptions.defaults
      options.timeout = timeout
      return try await client.unary(
        request: ClientRequest(message: request),
        descriptor: MethodDescriptor(fullyQualifiedService: service, method: method),
        serializer: ProtobufSerializer<Request>(), deserializer: ProtobufDeserializer<Response>(),
        options: options
      ) { try $0.message }
    }

    /// Sends `requests` on one stream and hands each answer to `onMessage` until that says it has
    /// had enough.
    func stream<Request: Message, Response: Message>(
      _ service: String, _ method: String, _ requests: AsyncStream<Request>, _: Response.Type,
      onMessage: @escaping @Sendable (Response) async throws -> Bool
    ) async throws {
      try await client.bidirectionalStreaming(
        request: StreamingClientRequest { writer in
          for await request in requests { try await writer.write(request) }
        },
        descriptor: MethodDescriptor(fullyQualifiedService: service, method: method),
        serializer: ProtobufSerializer<Request>(), deserializer: ProtobufDeserializer<Response>(),
        options: .defaults
      ) { response in
        for try await message in response.messages where try await !onMessage(message) { return }
      }
    }
  }
#endif
