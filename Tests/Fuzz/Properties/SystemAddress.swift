#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The address that `getaddrinfo` reads from a text, without network, to compare with mcpauth's own result.
enum SystemAddress {
  enum Kind: Equatable {
    case loopback, other
    /// Not a literal address: a name, or invalid text.
    case name
  }

  /// Whether `inet_aton` reads it: a version 4 address of one to four parts, in decimal, octal or hexadecimal.
  static func isNumeric(_ text: String) -> Bool {
    var address = in_addr()
    return inet_aton(text, &address) != 0
  }

  static func kind(of text: String) -> Kind {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(text, nil, &hints, &list) == 0, let entry = list?.pointee, let address = entry.ai_addr else {
      return .name
    }
    defer { freeaddrinfo(list) }
    switch entry.ai_family {
    case AF_INET:
      let number = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_addr.s_addr }
      return UInt32(bigEndian: number) >> 24 == 127 ? .loopback : .other
    case AF_INET6:
      let bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
        withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) }
      }
      return bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1 ? .loopback : .other
    default: return .name
    }
  }
}
