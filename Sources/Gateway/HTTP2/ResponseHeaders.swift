#if Doors
  import GRPCCore
  import NIOCore

  /// The header blocks of gRPC's answers.
  enum ResponseHeaders {
    /// `:status 200` and the content type, as every answer begins.
    static let head: ByteBuffer = {
      var block = ByteBuffer()
      block.writeInteger(0x88 as UInt8)
      block.writeLiteral("content-type", "application/grpc")
      return block
    }()

    /// What ends a call that went well.
    static let ok: ByteBuffer = {
      var block = ByteBuffer()
      block.writeLiteral("grpc-status", "0")
      block.writeLiteral("grpc-message", "")
      return block
    }()

    /// A peer that does not speak gRPC is told so in HTTP's words.
    static let unsupportedMediaType: ByteBuffer = {
      var block = ByteBuffer()
      block.writeLiteral(":status", "415")
      return block
    }()

    /// Longer messages are cut: with its head a block must fit into one frame.
    private static let messageLimit = 4096

    static func trailers(_ status: Status, _ metadata: Metadata = [:]) -> ByteBuffer {
      var block = ByteBuffer()
      block.writeLiteral("grpc-status", String(status.code.rawValue))
      block.writeLiteral("grpc-message", percentEncoded(status.message))
      for (name, value) in metadata.prefix(16) {
        if case .string(let text) = value, text.utf8.count < 256 { block.writeLiteral(name, text) }
      }
      return block
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
#endif
