#if Doors
  import GRPCCore
  import NIOCore

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

    let id: UInt32
    var kind: Kind
    /// Of the message that is coming, with its five bytes of prefix.
    var received = ByteBuffer()
    /// Bytes taken in since the peer was last told that it may send more.
    var taken = 0
    /// Bytes that the peer lets be sent.
    var window: Int
    var isHeadSent = false
    /// The peer has said all it will say.
    var isHeard = false
    /// Messages not sent yet, each with who waits until it is.
    var waiting = CircularBuffer<(bytes: ByteBuffer, sent: CheckedContinuation<Void, any Error>?)>()
    /// Ends the call, once everything that waits has been sent.
    var trailers: ByteBuffer?
    var ticket: Ticket?
    var cancellation: ServerContext.RPCCancellationHandle?

    init(id: UInt32, kind: Kind, window: Int) {
      self.id = id
      self.kind = kind
      self.window = window
    }

    /// The call is over before its end: whoever works on it or waits for it hears of it.
    func abandon() {
      ticket?.resolve(.failure(.canceled))
      if case .open(let requests) = kind { requests.finish(throwing: RPCError(.canceled)) }
      cancellation?.cancel()
      while let (_, sent) = waiting.popFirst() { sent?.resume(throwing: RPCError(.canceled)) }
    }
  }
#endif
