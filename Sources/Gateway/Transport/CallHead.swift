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
    /// False for what HTTP/2 calls malformed (RFC 9113, 8.2 and 8.3): capitals in a name, the header
    /// `connection`, a pseudo-header that is unknown, missing, late or there twice.
    private(set) var isWellFormed = true
    private let headers: HPACKHeaders

    init(_ headers: HPACKHeaders) {
      self.headers = headers
      var seen: PseudoHeaders = []
      var isPastPseudoHeaders = false
      for (name, value, _) in headers {
        if let pseudo = PseudoHeaders(name: name) {
          if isPastPseudoHeaders || !seen.insert(pseudo).inserted { isWellFormed = false }
        } else {
          isPastPseudoHeaders = true
          let isLegal = name.utf8.allSatisfy {
            $0 != UInt8(ascii: ":") && !Self.capitals.contains($0)
          }
          if !isLegal { isWellFormed = false }
        }
        switch name {
        case ":path": path = value
        case "content-type": contentType = value
        case "grpc-encoding": encoding = value
        case "hasleader": if value == "true" { requiresLeader = true }
        case "connection": isWellFormed = false
        default: break
        }
      }
      if !seen.isSuperset(of: [.method, .scheme, .path]) { isWellFormed = false }
    }

    private static let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")

    private struct PseudoHeaders: OptionSet {
      let rawValue: UInt8
      static let method = PseudoHeaders(rawValue: 1)
      static let scheme = PseudoHeaders(rawValue: 2)
      static let path = PseudoHeaders(rawValue: 4)
      static let authority = PseudoHeaders(rawValue: 8)

      init(rawValue: UInt8) { self.rawValue = rawValue }

      init?(name: String) {
        switch name {
        case ":method": self = .method
        case ":scheme": self = .scheme
        case ":path": self = .path
        case ":authority": self = .authority
        default: return nil
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
