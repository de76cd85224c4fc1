@testable import MCPAuthCore
@testable import MCPAuthHTTP

/// Hosts of a connection: what is taken for a name is no address for the system, however it is written. A line of the input is a host.
enum HostProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    for line in bytes.split(separator: 0x0A).prefix(16) {
      let host = String(decoding: line, as: UTF8.self)
      // The system's functions read a text up to its first null.
      if host.utf8.contains(0) { continue }
      try checkHost(host)
      for written in ["https://\(host)/", "https://[\(host)]/"] {
        guard let url = try? CheckedURL(written, plaintext: .refused) else { continue }
        try checkHost(url.host)
      }
    }
  }

  private static func checkHost(_ host: String) throws(Violation) {
    let name = HostName.canonical(host)
    if let address = HostName.address(host) { return try checkAddress(address, name) }
    guard HostName.isConnectable(host) else { return }
    for text in [host, name] {
      try require(SystemAddress.kind(of: text) == .name, "getaddrinfo takes the name \(text) for an address")
      try require(!SystemAddress.isNumeric(text), "inet_aton takes the name \(text) for an address")
      try require(!text.utf8.contains { $0 >= 0x80 }, "the name \(text) is not ASCII")
    }
    try require(HostName.isConnectable(name), "\(host) is a name, and \(name) is none")
    try require(HostName.isLocal(host) == HostName.isLocal(name), "\(host) and \(name) are not both local")
  }

  private static func checkAddress(_ address: IPAddress, _ name: String) throws(Violation) {
    // This machine may lack the zone.
    let text = name.contains(":") ? String(name.prefix { $0 != "%" }) : name
    try require(SystemAddress.kind(of: text) != .name, "getaddrinfo takes the address \(text) for a name")
    try require(IPAddress(literal: address.description) == address, "\(text) became \(address)")
    try require(IPNetwork(address.description)?.contains(address) == true, "\(address) is not in its own network")
    let isSystems = SystemAddress.kind(of: text) == .loopback
    try require(isSystems == isLoopback(address), "\(text) is loopback for the system: \(isSystems)")
  }

  /// Without the addresses that embed one of version 4: the system does not look into them.
  private static func isLoopback(_ address: IPAddress) -> Bool {
    switch address {
    case .v4: SpecialAddresses.isLoopback(address)
    case .v6(let number): number == 1
    }
  }
}
