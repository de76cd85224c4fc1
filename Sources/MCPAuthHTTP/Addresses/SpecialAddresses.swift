/// The addresses that a discovered URL may not lead to (Discovery#Addresses), each with a word for the report.
enum SpecialAddresses {
  /// The kind of a special address, for example for "10.0.0.1, a private address". nil for a public address. An address that embeds a v4
  /// address has the kind of that v4 address.
  static func kind(of address: IPAddress) -> String? {
    let embedded = embedded(in: address)
    for judged in embedded.isEmpty ? [address] : embedded {
      if let range = ranges.first(where: { $0.network.contains(judged) }) { return range.kind }
    }
    return nil
  }

  static func isLoopback(_ address: IPAddress) -> Bool { kind(of: address) == loopback }

  /// The v4 addresses inside a v6 address: v4-mapped, v4-compatible, NAT64 (64:ff9b::/96), 6to4 (2002::/16), Teredo (2001::/32: the
  /// server's address and the inverted client's address).
  static func embedded(in address: IPAddress) -> [IPAddress] {
    guard case .v6(let number) = address else { return [] }
    func v4(_ shift: Int) -> IPAddress { .v4(UInt32(truncatingIfNeeded: number >> shift)) }
    // :: and ::1 have the form of v4-compatible 0.0.0.0 and 0.0.0.1, but they have their own kinds.
    if number <= 1 { return [] }
    switch number >> 32 {
    case 0, 0xFFFF, 0x64_FF9B << 64: return [v4(0)]
    default: break
    }
    if number >> 112 == 0x2002 { return [v4(80)] }
    if number >> 96 == 0x2001_0000 { return [v4(64), .v4(~UInt32(truncatingIfNeeded: number))] }
    return []
  }

  private static let loopback = "loopback"

  private static let ranges = v4Ranges.compactMap(range) + v6Ranges.compactMap(range)

  private static let v4Ranges: [(base: UInt32, prefix: Int, kind: String)] = [
    (0x0000_0000, 8, "unspecified"),
    (0x0A00_0000, 8, "private"),
    (0x6440_0000, 10, "shared (carrier-grade NAT)"),
    (0x7F00_0000, 8, loopback),
    // Azure's platform address: a public address, but it serves the metadata of the machine.
    (0xA83F_8110, 32, "cloud platform"),
    (0xA9FE_0000, 16, "link-local"),
    (0xAC10_0000, 12, "private"),
    (0xC000_0000, 24, "reserved"),
    (0xC000_0200, 24, "documentation"),
    (0xC058_6300, 24, "reserved"),
    (0xC0A8_0000, 16, "private"),
    (0xC612_0000, 15, "reserved"),
    (0xC633_6400, 24, "documentation"),
    (0xCB00_7100, 24, "documentation"),
    (0xE000_0000, 4, "multicast"),
    (0xF000_0000, 4, "reserved"),
  ]

  private static let v6Ranges: [(base: UInt128, prefix: Int, kind: String)] = [
    (0, 128, "unspecified"),
    (1, 128, loopback),
    (0x0064_FF9B_0001_0000_0000_0000_0000_0000, 48, "local NAT64"),
    (0x0100_0000_0000_0000_0000_0000_0000_0000, 64, "reserved"),
    (0x0100_0000_0000_0001_0000_0000_0000_0000, 64, "reserved"),
    (0x2001_0020_0000_0000_0000_0000_0000_0000, 28, "reserved"),
    (0x2001_0DB8_0000_0000_0000_0000_0000_0000, 32, "documentation"),
    (0x3FFF_0000_0000_0000_0000_0000_0000_0000, 20, "documentation"),
    (0x5F00_0000_0000_0000_0000_0000_0000_0000, 16, "reserved"),
    (0xFC00_0000_0000_0000_0000_0000_0000_0000, 7, "private"),
    (0xFE80_0000_0000_0000_0000_0000_0000_0000, 10, "link-local"),
    (0xFEC0_0000_0000_0000_0000_0000_0000_0000, 10, "site-local"),
    (0xFF00_0000_0000_0000_0000_0000_0000_0000, 8, "multicast"),
  ]

  private static func range(
    _ base: UInt32, _ prefix: Int, _ kind: String
  ) -> (network: IPNetwork, kind: String)? {
    IPNetwork(.v4(base), prefix: prefix).map { ($0, kind) }
  }

  private static func range(
    _ base: UInt128, _ prefix: Int, _ kind: String
  ) -> (network: IPNetwork, kind: String)? {
    IPNetwork(.v6(base), prefix: prefix).map { ($0, kind) }
  }
}
