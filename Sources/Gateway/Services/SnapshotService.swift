#if Doors
  import Etcd
  import Foundation
  import GRPCCore
  import MVCC

  /// The part of `etcdserverpb.Maintenance` that is about a member's whole backend.
  struct SnapshotService: RegistrableRPCService {
    let caller: Caller

    func registerMethods<Transport>(with router: inout RPCRouter<Transport>) {
      router.unary(ServiceName.maintenance, "Hash", hash)
      router.streaming(ServiceName.maintenance, "Snapshot", snapshot)
    }

    /// A hash over everything the backend holds, as `etcdutl snapshot status` tells it.
    @Sendable private func hash(
      _: WireHashRequest, _ metadata: Metadata
    ) async throws -> WireHashResponse {
      let answer = try await caller.ask(.snapshot, metadata)
      guard case .snapshot(let state) = answer.response else { throw caller.unexpected(answer) }
      var response = WireHashResponse()
      response.header = WireResponseHeader(answer.header, revision: state.store.revision)
      do {
        response.hash = try BackendFile.status(of: BackendFile.snapshot(of: state)).hash
      } catch {
        throw RPCError(code: .internalError, message: error.description)
      }
      return response
    }

    /// Pieces of this size, as etcd sends them.
    private static let pieceBytes = 32 * 1024
    /// The database's hash, which comes last and by itself.
    private static let hashBytes = 32

    /// The file that `etcdctl snapshot save` writes, in pieces. No piece has a header.
    @Sendable private func snapshot(
      _ request: StreamingServerRequest<WireSnapshotRequest>,
      _ writer: RPCWriter<WireSnapshotResponse>
    ) async throws {
      for try await _ in request.messages {
        let answer = try await caller.ask(.snapshot, request.metadata)
        guard case .snapshot(let state) = answer.response else { throw caller.unexpected(answer) }
        // Written here, on a thread of the network: the world goes on meanwhile.
        let file = BackendFile.snapshot(of: state)
        let database = file.count - Self.hashBytes
        var sent = 0
        while sent < file.count {
          let end = sent < database ? min(sent + Self.pieceBytes, database) : file.count
          var piece = WireSnapshotResponse()
          piece.remainingBytes = UInt64(max(0, database - end))
          piece.blob = Data(file[sent..<end])
          piece.version = "3.6.0"
          try await writer.write(piece)
          sent = end
        }
        return
      }
    }
  }
#endif
