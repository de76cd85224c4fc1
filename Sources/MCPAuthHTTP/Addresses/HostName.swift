/// Which hosts a connection may use, and how they are read.
enum HostName {
  /// Letters, digits, `.`, `-`, `_`: the characters of DNS names in practice.
  ///
  /// `CheckedURL` allows more characters, as RFC 3986 does, in particular `%`. A URL type in a library might decode them to another host
  /// than the host that was checked.
  static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// A name, a v4 literal, or a v6 literal without brackets. Each may have a final dot.
  static func isConnectable(_ host: String) -> Bool {
    if host.contains(":") { return IPAddress(literal: host) != nil }
    let labels = canonical(host).split(separator: ".", omittingEmptySubsequences: false)
    guard labels.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isNameByte) }) else { return false }
    // No top-level domain is a number. A host whose last label is a number is an address, or some resolver reads it as an address.
    return !isNumber(labels.last ?? "") || address(host) != nil
  }

  /// Whether a host that `isConnectable` has to be looked up. No top-level domain begins with a digit.
  static func isName(_ host: String) -> Bool {
    if host.utf8.contains(UInt8(ascii: ":")) { return false }
    guard let first = host.split(separator: ".").last?.utf8.first else { return false }
    return !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
  }

  /// In lower case, without the final dot of a fully qualified name.
  static func canonical(_ host: String) -> String {
    let lowercased = host.lowercased()
    return lowercased.hasSuffix(".") ? String(lowercased.dropLast()) : lowercased
  }

  /// The address that the host is, in any spelling. nil for a name.
  static func address(_ host: String) -> IPAddress? { IPAddress(literal: canonical(host)) }

  /// Whether the name means the machine that resolves it (RFC 6761 section 6.3, and common names in hosts files).
  static func isLocal(_ host: String) -> Bool {
    let name = canonical(host)
    return name.hasSuffix(".localhost")
      || ["localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"].contains(name)
  }

  private static func isNumber(_ label: Substring) -> Bool {
    label.allSatisfy(\.isNumber) || label.lowercased().hasPrefix("0x") && label.dropFirst(2).allSatisfy(\.isHexDigit)
  }
}
