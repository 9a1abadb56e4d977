#if Doors
  import GRPCCore
  import NIOHPACK

  /// The headers of gRPC's answers.
  enum ResponseHeaders {
    /// As every answer begins.
    static let head = HPACKHeaders([(":status", "200"), ("content-type", "application/grpc")])

    /// What ends a call that went well.
    static let ok = HPACKHeaders([("grpc-status", "0"), ("grpc-message", "")])

    /// Longer messages are cut.
    private static let messageLimit = 4096

    static func trailers(_ status: Status, _ metadata: Metadata = [:]) -> HPACKHeaders {
      var headers = HPACKHeaders([
        ("grpc-status", String(status.code.rawValue)),
        ("grpc-message", percentEncoded(status.message)),
      ])
      for (name, value) in metadata {
        if case .string(let text) = value { headers.add(name: name, value: text) }
      }
      return headers
    }

    /// As gRPC has its messages on the wire: printable ASCII, everything else as `%XX`.
    static func percentEncoded(_ text: String) -> String {
      let digits = Array("0123456789ABCDEF".unicodeScalars)
      var encoded = String.UnicodeScalarView()
      for byte in text.utf8.prefix(messageLimit / 3) {
        if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
          encoded.append(UnicodeScalar(byte))
        } else {
          encoded.append("%")
          encoded.append(digits[Int(byte >> 4)])
          encoded.append(digits[Int(byte & 15)])
        }
      }
      return String(encoded)
    }
  }

  extension HPACKHeaders {
    static func + (a: HPACKHeaders, b: HPACKHeaders) -> HPACKHeaders {
      var sum = a
      sum.add(contentsOf: b)
      return sum
    }
  }
#endif
