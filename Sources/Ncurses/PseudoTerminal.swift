import CNcurses

/// A pseudo terminal: the far end of a `Terminal`, or of a child process. For tests.
public struct PseudoTerminal: Sendable {
  /// The end that a test reads the screen from and types into.
  public let master: Int32
  /// The end that a program takes for its terminal; -1 when it belongs to a child.
  public let slave: Int32
  /// The child, or -1.
  public let child: Int32

  /// A pair of ends in this process; nil when the system gives none.
  public init?(width: Int, height: Int) {
    var (master, slave): (Int32, Int32) = (-1, -1)
    guard orrery_pty_open(Int32(width), Int32(height), &master, &slave) else { return nil }
    self.master = master
    self.slave = slave
    child = -1
  }

  /// Runs a program on a new pseudo terminal; nil when it cannot be started.
  public init?(running arguments: [String], width: Int, height: Int) {
    var master: Int32 = -1
    let owned = arguments.map { Array($0.utf8CString) }
    var pointers: [UnsafePointer<CChar>?] = []
    // The strings live as long as this array of copies, which the call below outlives.
    let copies = owned.map { bytes in
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
      copy.initialize(from: bytes, count: bytes.count)
      return copy
    }
    defer { for copy in copies { copy.deallocate() } }
    pointers = copies.map { UnsafePointer($0) } + [nil]
    child = orrery_pty_spawn(Int32(width), Int32(height), pointers, &master)
    guard child > 0 else { return nil }
    self.master = master
    slave = -1
  }

  /// Bytes that have come within the time; nil when the other end is gone.
  public func read(timeoutMilliseconds: Int) -> [UInt8]? {
    var bytes = [CChar](repeating: 0, count: 65536)
    let count = orrery_pty_read(master, &bytes, bytes.count, Int32(clamping: timeoutMilliseconds))
    return count < 0 ? nil : bytes.prefix(count).map { UInt8(bitPattern: $0) }
  }

  /// Types `text`.
  public func type(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        _ = orrery_pty_write(master, $0.baseAddress, $0.count)
      }
    }
  }

  /// Writes as the program would, for instance a mark that tells how far its output was read.
  public func writeOutput(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        _ = orrery_pty_write(slave, $0.baseAddress, $0.count)
      }
    }
  }

  public func resize(width: Int, height: Int) {
    _ = orrery_pty_resize(master, Int32(width), Int32(height))
  }

  /// The process group in the foreground, or -1.
  public var foregroundGroup: Int32 { orrery_pty_foreground(master) }

  /// Waits for the child: its exit status, or 128 and the signal that ended it.
  public func wait() -> Int { Int(orrery_pty_wait(child)) }

  /// Hangs up: the program sees its terminal go away.
  public func closeMaster() { orrery_close(master) }

  public func close() {
    orrery_close(master)
    if slave >= 0 { orrery_close(slave) }
  }
}
