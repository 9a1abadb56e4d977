#if Doors
  import GRPCCore
  import NIOCore
  import NIOHTTP2

  /// One call on a connection: what of it has come and what waits to be sent. Touched by its
  /// connection's event loop alone.
  final class DoorStream {
    enum Kind {
      /// One question and one answer, without a task: `QuickCall`.
      case quick(QuickCall, requiresLeader: Bool)
      /// Served by gRPC's own machinery.
      case open(AsyncThrowingStream<RPCRequestPart<[UInt8]>, any Error>.Continuation)
      /// Refused already; what still comes is not looked at.
      case refused
    }

    let id: HTTP2StreamID
    var kind: Kind
    /// Of the message that is coming, with its five bytes of prefix.
    var received = ByteBuffer()
    /// Bytes taken in since the peer was last told that it may send more.
    var taken = 0
    var isHeadSent = false
    /// The peer has said all it will say.
    var isHeard = false
    /// Its connection has forgotten it.
    var isOver = false
    /// The message of a quick call, and who waits for its answer.
    var question: [UInt8]?
    var ticket: Ticket?
    var cancellation: ServerContext.RPCCancellationHandle?

    init(id: HTTP2StreamID, kind: Kind) {
      self.id = id
      self.kind = kind
    }

    /// The call is over before its end: whoever works on it or waits for it hears of it.
    func abandon() {
      ticket?.resolve(.failure(.canceled))
      if case .open(let requests) = kind { requests.finish(throwing: RPCError(.canceled)) }
      cancellation?.cancel()
    }
  }
#endif
