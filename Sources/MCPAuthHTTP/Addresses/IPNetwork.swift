/// A network: all addresses that share a prefix. A single address is a network of one.
struct IPNetwork: Sendable, Hashable {
  let base: IPAddress
  /// The number of leading bits that count: 0 to 32, or 0 to 128.
  let prefix: Int

  /// nil if the prefix is longer than the address.
  init?(_ base: IPAddress, prefix: Int) {
    let width =
      switch base {
      case .v4: 32
      case .v6: 128
      }
    guard (0...width).contains(prefix) else { return nil }
    self.base = base
    self.prefix = prefix
  }

  /// `10.0.0.0/8`, `fd00::/8`, `192.168.1.7`. nil for anything else, host names included.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let literal = parts.first, let address = IPAddress(literal: String(literal)) else { return nil }
    switch (parts.count, address) {
    case (1, .v4): self.init(address, prefix: 32)
    case (1, .v6): self.init(address, prefix: 128)
    case (2, _):
      guard !parts[1].isEmpty, parts[1].allSatisfy({ ("0"..."9").contains($0) }), let prefix = Int(parts[1]) else {
        return nil
      }
      self.init(address, prefix: prefix)
    default: return nil
    }
  }

  func contains(_ address: IPAddress) -> Bool {
    switch (base, address) {
    // A shift by the whole width gives zero on both sides, so a prefix of 0 contains all addresses.
    case (.v4(let base), .v4(let address)): base >> (32 - prefix) == address >> (32 - prefix)
    case (.v6(let base), .v6(let address)): base >> (128 - prefix) == address >> (128 - prefix)
    default: false
    }
  }
}
