/// What may stand as a host in a connection.
enum HostName {
  /// Letters, digits, `.`, `-`, `_`: what DNS names are made of in practice.
  ///
  /// `CheckedURL` lets more through (RFC 3986 does), `%` above all; a URL type further down might decode it into another host than the one
  /// that was judged.
  static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// A name, a v4 literal, or a v6 literal without brackets.
  static func isConnectable(_ host: String) -> Bool {
    host.contains(":") ? IPAddress(literal: host) != nil : !host.isEmpty && host.utf8.allSatisfy(isNameByte)
  }
}
