/// The addresses that one server's discovered URLs may lead to beyond the public ones (Discovery#Addresses).
public struct AddressAllowance: Sendable, Hashable {
  /// Networks (`10.0.0.0/8`), addresses or host names, as the inventory writes them.
  public var hosts: [String]
  /// Loopback, when the server's own URL is loopback.
  public var loopback: Bool

  /// Public addresses only.
  public static let none = AddressAllowance()

  /// All members; nothing is checked here.
  public init(hosts: [String] = [], loopback: Bool = false) {
    self.hosts = hosts
    self.loopback = loopback
  }
}
