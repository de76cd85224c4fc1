/// The addresses that the discovered URLs of one server may lead to, in addition to public addresses (Discovery#Addresses).
public struct AddressAllowance: Sendable, Hashable {
  /// Networks (`10.0.0.0/8`), addresses or host names, as the inventory writes them.
  public var hosts: [String]
  /// Whether loopback is allowed: true if the server's own URL is loopback.
  public var loopback: Bool

  /// Public addresses only.
  public static let none = AddressAllowance()

  /// Sets all members without checks.
  public init(hosts: [String] = [], loopback: Bool = false) {
    self.hosts = hosts
    self.loopback = loopback
  }
}
