#if Doors
  import GRPCCore
  import NIOHPACK

  /// What the headers of a call say.
  struct CallHead {
    var path = ""
    var contentType = ""
    var encoding = "identity"
    /// As clients that would rather fail than talk to a member without a leader say.
    var requiresLeader = false
    private let headers: HPACKHeaders

    init(_ headers: HPACKHeaders) {
      self.headers = headers
      for (name, value, _) in headers {
        switch name {
        case ":path": path = value
        case "content-type": contentType = value
        case "grpc-encoding": encoding = value
        case "hasleader": if value == "true" { requiresLeader = true }
        default: break
        }
      }
    }

    var isGRPC: Bool { contentType.hasPrefix("application/grpc") }
    var isPlain: Bool { encoding == "identity" }

    /// `/package.Service/Method`.
    var method: MethodDescriptor? {
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 3, parts[0].isEmpty, !parts[1].isEmpty, !parts[2].isEmpty else {
        return nil
      }
      return MethodDescriptor(fullyQualifiedService: String(parts[1]), method: String(parts[2]))
    }

    /// What the client said besides: as text; etcd's clients say nothing in bytes.
    var metadata: Metadata {
      var metadata = Metadata()
      for (name, value, _) in headers
      where !name.hasPrefix(":") && !name.hasSuffix("-bin") && name != "te" {
        metadata.addString(value, forKey: name)
      }
      return metadata
    }
  }
#endif
