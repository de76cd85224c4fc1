import MCPAuthCore

/// Which addresses the discovered URLs of one server may lead to (Discovery#Addresses). The rule is a value. It is checked before a
/// connection is made and again on the open connection.
struct AddressRule: Sendable, Hashable {
  private let networks: [IPNetwork]
  private let names: Set<String>
  private let loopback: Bool

  /// - Parameters:
  ///   - allowPrivate: `network.allow_private`, valid for every server.
  ///   - allowance: the allowance of one server.
  init(allowPrivate: [String], allowance: AddressAllowance) {
    var networks: [IPNetwork] = []
    var names: Set<String> = []
    for entry in allowPrivate + allowance.hosts {
      switch Entry(entry) {
      case .network(let network): networks.append(network)
      case .name(let name): names.insert(name)
      // An entry that cannot be read allows nothing.
      case nil: break
      }
    }
    self.networks = networks
    self.names = names
    self.loopback = allowance.loopback
  }

  /// One entry of an `allow_private` list.
  enum Entry: Equatable {
    case network(IPNetwork)
    /// In lower case, without a final dot.
    case name(String)

    /// nil for a text that is not a network, an address or a host name: `10.0.0.0/33`, `*.internal`, an empty text.
    init?(_ text: String) {
      let unbracketed = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
      if let network = IPNetwork(unbracketed) {
        self = .network(network)
        return
      }
      let name = HostName.canonical(text)
      guard !name.isEmpty, name.utf8.allSatisfy(HostName.isNameByte) else { return nil }
      self = .name(name)
    }
  }

  /// Whether the name itself is allowed. Then all addresses that it resolves to are allowed, but only for URLs of exactly this host.
  func allowsName(_ host: String) -> Bool { names.contains(HostName.canonical(host)) }

  /// Why requests to an address are not allowed.
  struct Objection: Equatable, CustomStringConvertible {
    var address: IPAddress
    /// `private`, `loopback`, `link-local`, …
    var kind: String

    /// "10.0.0.1, a private address"
    var description: String { "\(address), \(kind == "unspecified" ? "an" : "a") \(kind) address" }
  }

  /// Whether requests to names of the resolving machine itself are allowed.
  var allowsLocalNames: Bool { objection(to: .v4(0x7F00_0001)) == nil }

  /// nil if requests to the address are allowed.
  func objection(to address: IPAddress) -> Objection? {
    guard let kind = SpecialAddresses.kind(of: address) else { return nil }
    if loopback, SpecialAddresses.isLoopback(address) { return nil }
    let embedded = SpecialAddresses.embedded(in: address)
    func isListed(_ address: IPAddress) -> Bool { networks.contains { $0.contains(address) } }
    if isListed(address)
      || !embedded.isEmpty && embedded.allSatisfy({ isListed($0) || SpecialAddresses.kind(of: $0) == nil })
    {
      return nil
    }
    return Objection(address: address, kind: kind)
  }
}
