import NIOCore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// An address as a number, without its spelling.
enum IPAddress: Sendable, Hashable {
  case v4(UInt32)
  /// Without the zone: fe80::1%eth0 is link-local in the same way as fe80::1.
  case v6(UInt128)

  /// A literal in any spelling that the system accepts: `127.1`, `0x7f000001`, `2130706433`, `0177.0.0.1`, `::ffff:7f00:1`, `fe80::1%eth0`.
  /// nil for a name.
  ///
  /// `getaddrinfo` reads the literal, because a connection uses the same parser. A second parser with other results would be a security
  /// hole.
  init?(literal: String) {
    // getaddrinfo fails for a zone that this machine does not have. The address would then be taken for a name.
    let text = literal.contains(":") ? literal.prefix { $0 != "%" } : literal[...]
    guard let address = try? Self.lookUp(String(text), flags: AI_NUMERICHOST).first else { return nil }
    self = address
  }

  /// The address of one end of a connection; nil for a Unix socket.
  init?(_ address: SocketAddress) {
    guard let text = address.ipAddress else { return nil }
    self.init(numeric: text)
  }

  /// Reads what `getnameinfo` and `inet_ntop` write.
  private init?(numeric text: String) {
    // Both are in network byte order.
    var v4 = UInt32(0)
    var v6 = UInt128(0)
    if inet_pton(AF_INET, text, &v4) == 1 {
      self = .v4(UInt32(bigEndian: v4))
    } else if inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &v6) == 1 {
      self = .v6(UInt128(bigEndian: v6))
    } else {
      return nil
    }
  }

  /// All addresses of a host, in the order of the system. There is at least one. Blocks during the DNS request.
  static func resolve(_ host: String) throws(ResolutionError) -> [IPAddress] {
    try lookUp(host, flags: 0)
  }

  private static func lookUp(_ host: String, flags: Int32) throws(ResolutionError) -> [IPAddress] {
    var hints = addrinfo()
    hints.ai_flags = flags
    #if canImport(Glibc)
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      hints.ai_socktype = SOCK_STREAM
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, nil, &hints, &list)
    guard status == 0 else { throw ResolutionError(isTemporary: status == EAI_AGAIN) }
    defer { freeaddrinfo(list) }
    var found: [IPAddress] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ai_next
      if let text = Self.numeric(entry), let address = IPAddress(numeric: text) { found.append(address) }
    }
    guard !found.isEmpty else { throw ResolutionError(isTemporary: false) }
    return found
  }

  private static func numeric(_ entry: addrinfo) -> String? {
    var text = [CChar](repeating: 0, count: 128)
    let status = getnameinfo(
      entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    guard status == 0 else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension IPAddress: CustomStringConvertible {
  /// Dotted for v4. For v6, eight groups, without abbreviating zeros.
  var description: String {
    switch self {
    case .v4(let number):
      return (0..<4).map { String(number >> (24 - 8 * $0) & 0xFF) }.joined(separator: ".")
    case .v6(let number):
      return (0..<8).map { String(UInt16(truncatingIfNeeded: number >> (112 - 16 * $0)), radix: 16) }
        .joined(separator: ":")
    }
  }
}

/// A host name that has no address.
struct ResolutionError: Error, Equatable {
  /// True if the name servers did not answer. False if they answered that there is no address.
  var isTemporary: Bool
}
