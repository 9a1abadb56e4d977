#if Doors
  import GRPCCore
  import MVCC

  /// `etcdserverpb.Watch`: one stream with any number of watches on it.
  struct WatchService: RegistrableRPCService {
    let caller: Caller

    func registerMethods<Transport>(with router: inout RPCRouter<Transport>) {
      router.streaming(ServiceName.watch, "Watch", watch)
    }

    @Sendable private func watch(
      _ request: StreamingServerRequest<WireWatchRequest>, _ writer: RPCWriter<WireWatchResponse>
    ) async throws {
      let (news, sink) = WatchSink.make()
      let mailbox = caller.mailbox
      let stream = mailbox.nextStream()
      guard mailbox.post(.openStream(stream, member: caller.member, sink)) else {
        throw EtcdError.tooManyRequests
      }
      defer { mailbox.post(.closeStream(stream)) }
      let requiresLeader = request.metadata.requiresLeader
      try await withRPCCancellationHandler {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            // A client that has said all it wants to say goes on listening.
            for try await message in request.messages {
              if let order = WatchOrder(message, requiresLeader: requiresLeader) {
                mailbox.post(.watch(stream: stream, order))
              } else {
                sink.refuseStart()
              }
            }
          }
          group.addTask {
            for await item in news { try await writer.write(WireWatchResponse(try item.get())) }
            throw EtcdError.watchOver
          }
          // The reader's end is no end; the writer's is, and so is whatever breaks.
          do {
            while try await group.next() != nil {}
          } catch {
            group.cancelAll()
            sink.continuation.finish()
            throw error
          }
        }
      } onCancelRPC: {
        sink.fail(.watchOver)
      }
    }
  }

  extension EtcdError {
    /// What etcd ends the stream of a client with that has gone.
    static let watchOver = EtcdError(.canceled, "etcdserver: watch canceled")
  }

  extension WatchSink {
    /// A watch from before the beginning (server/etcdserver/api/v3rpc/watch.go).
    func refuseStart() { _ = send(.refused(.compacted, nil)) }
  }

  extension WatchOrder {
    /// Nil for a watch that starts at a revision below zero, which is refused; a message that asks
    /// for nothing is taken for a question that has no answer.
    init?(_ message: WireWatchRequest, requiresLeader: Bool) {
      switch message.requestUnion {
      case .createRequest(let create):
        guard create.startRevision >= 0 else { return nil }
        self = .create(
          id: create.watchID, WatchRequest(create), requiresLeader: requiresLeader)
      case .cancelRequest(let cancel): self = .cancel(id: cancel.watchID)
      case .progressRequest: self = .progress
      case nil: self = .nothing
      }
    }
  }
#endif
