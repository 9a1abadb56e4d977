/// Where the doors listen and how they know their clients, as a command line says it: the part that
/// can be checked before anything is opened.
public struct Listening: Sendable, Equatable {
  /// An address as a number; doors are opened on consecutive ports from `port` on.
  public var host: String
  /// 0 lets the system choose, each door for itself.
  public var port: Int
  /// TLS, as etcd's `--cert-file`, `--key-file` and `--trusted-ca-file`: paths of PEM files.
  public var certFile: String?
  public var keyFile: String?
  /// Clients must have a certificate of one of these authorities.
  public var trustedCAFile: String?

  /// What is wrong with an address or its keys, in a line.
  public struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
  }

  public init(host: String = "127.0.0.1", port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `127.0.0.1:2379`, `localhost:2379`, `[::1]:2379` or `:2379`, the last of which is
  /// loopback too. Anything but loopback is refused without client certificates.
  public init(
    _ text: String, certFile: String? = nil, keyFile: String? = nil, trustedCAFile: String? = nil
  ) throws(Problem) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { throw Problem(description: "\(text): expected an address such as 127.0.0.1:2379") }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    if host.isEmpty || host == "localhost" { host = "127.0.0.1" }
    let isNumber = host.contains(":") || host.split(separator: ".").count == 4
    guard isNumber, host.allSatisfy({ $0.isHexDigit || $0 == "." || $0 == ":" }) else {
      throw Problem(description: "\(text): expected an address as a number, as 127.0.0.1:2379")
    }
    self.init(host: host, port: port)
    self.certFile = certFile
    self.keyFile = keyFile
    self.trustedCAFile = trustedCAFile
    try check()
  }

  public var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" }
  public var isSecure: Bool { certFile != nil }
  /// The scheme of the doors' URLs.
  public var scheme: String { isSecure ? "https" : "http" }
  /// The host as a URL and a client's `--endpoints` have it.
  public var hostText: String { host.contains(":") ? "[\(host)]" : host }

  private func check() throws(Problem) {
    guard (certFile == nil) == (keyFile == nil) else {
      throw Problem(description: "a certificate needs its key: give both or neither")
    }
    if trustedCAFile != nil, certFile == nil {
      throw Problem(description: "client certificates need TLS: give a certificate and its key too")
    }
    if !isLoopback, trustedCAFile == nil {
      throw Problem(
        description: "\(host) is not loopback: that needs TLS with client certificates "
          + "(a certificate, its key, and the authority of the clients)")
    }
  }
}
