import MCPAuthCore

/// Which addresses the discovered URLs of one server may lead to (Discovery#Addresses). A value, asked before a connection is made and
/// again when it stands.
struct AddressRule: Sendable, Hashable {
  private let networks: [IPNetwork]
  private let names: Set<String>
  private let loopback: Bool

  /// - Parameters:
  ///   - allowPrivate: `network.allow_private`, for every server.
  ///   - allowance: one server's own.
  init(allowPrivate: [String], allowance: AddressAllowance) {
    var networks: [IPNetwork] = []
    var names: Set<String> = []
    for entry in allowPrivate + allowance.hosts {
      switch Entry(entry) {
      case .network(let network): networks.append(network)
      case .name(let name): names.insert(name)
      // Says nothing, so it opens nothing.
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
    /// Lowercase, without a final dot.
    case name(String)

    /// nil for what is neither network, address nor host name: `10.0.0.0/33`, `*.internal`, an empty text.
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

  /// Whether the name is allowed as such: then so is whatever it resolves to, for URLs of that very host.
  func allowsName(_ host: String) -> Bool { names.contains(HostName.canonical(host)) }

  /// Why an address may not be asked.
  struct Objection: Equatable, CustomStringConvertible {
    var address: IPAddress
    /// `private`, `loopback`, `link-local`, …
    var kind: String

    /// "10.0.0.1, a private address"
    var description: String { "\(address), \(kind == "unspecified" ? "an" : "a") \(kind) address" }
  }

  /// Whether names may be asked that mean the machine that resolves them.
  var allowsLocalNames: Bool { objection(to: .v4(0x7F00_0001)) == nil }

  /// nil when the address may be asked.
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
