#if Doors
  import NIOCore

  /// The kinds of HTTP/2 frames (RFC 9113, section 6).
  enum FrameType: UInt8 {
    case data = 0
    case headers, priority, resetStream, settings, pushPromise, ping, goAway, windowUpdate
    case continuation
  }

  enum FrameFlag {
    static let endStream: UInt8 = 0x1
    static let ack: UInt8 = 0x1
    static let endHeaders: UInt8 = 0x4
    static let padded: UInt8 = 0x8
    static let priority: UInt8 = 0x20
  }

  /// Why a stream or a connection is ended (RFC 9113, section 7).
  enum HTTP2Code: UInt32 {
    case noError = 0
    case protocolError, internalError, flowControlError, settingsTimeout, streamClosed
    case frameSizeError, refusedStream, cancel, compressionError, connectError, enhanceYourCalm
  }

  /// What a peer did that its connection does not survive.
  struct ConnectionProblem: Error {
    let code: HTTP2Code
  }

  /// A frame's first nine bytes.
  struct FrameHead {
    static let bytes = 9

    let length: Int
    /// Nil for a kind that is not known, which is to be ignored.
    let type: FrameType?
    let flags: UInt8
    let stream: UInt32

    func has(_ flag: UInt8) -> Bool { flags & flag != 0 }
  }

  extension ByteBuffer {
    /// The head of the frame at the reader's place; nil where not all of it has come.
    func peekFrameHead() -> FrameHead? {
      guard let first: UInt32 = getInteger(at: readerIndex),
        let flags: UInt8 = getInteger(at: readerIndex + 4),
        let stream: UInt32 = getInteger(at: readerIndex + 5)
      else { return nil }
      return FrameHead(
        length: Int(first >> 8), type: FrameType(rawValue: UInt8(first & 0xFF)), flags: flags,
        stream: stream & 0x7FFF_FFFF)
    }

    mutating func writeFrameHead(_ type: FrameType, flags: UInt8 = 0, stream: UInt32, length: Int) {
      writeInteger(UInt32(length) << 8 | UInt32(type.rawValue))
      writeInteger(flags)
      writeInteger(stream)
    }

    mutating func writeWindowUpdate(_ stream: UInt32, by bytes: Int) {
      writeFrameHead(.windowUpdate, stream: stream, length: 4)
      writeInteger(UInt32(bytes))
    }

    mutating func writeReset(_ stream: UInt32, _ code: HTTP2Code) {
      writeFrameHead(.resetStream, stream: stream, length: 4)
      writeInteger(code.rawValue)
    }

    /// A header as a literal that no table remembers (RFC 7541, 6.2.2): nothing to keep in step.
    mutating func writeLiteral(_ name: String, _ value: String) {
      writeInteger(0 as UInt8)
      writeHPACKString(name)
      writeHPACKString(value)
    }

    private mutating func writeHPACKString(_ text: String) {
      var length = text.utf8.count
      if length < 127 {
        writeInteger(UInt8(length))
      } else {
        writeInteger(127 as UInt8)
        length -= 127
        while length >= 128 {
          writeInteger(UInt8(length & 127) | 128)
          length >>= 7
        }
        writeInteger(UInt8(length))
      }
      writeString(text)
    }
  }
#endif
