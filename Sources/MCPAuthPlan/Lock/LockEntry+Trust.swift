package import MCPAuthCore

extension ServerTrust {
  /// The trust of a server that has a lock entry: the inventory's, where the server is in the inventory. A removed server, and the server of an
  /// orphan, has only the URL of its entry. Anybody may have written that: so it leads to loopback only where the inventory does, too.
  ///
  /// - Parameter name: of the server in the inventory.
  /// - Throws: `invalid-url` or `insecure-url` for the entry's URL, `address-blocked`.
  package static func of(_ entry: LockEntry, named name: String, in inventory: Inventory) throws(Diagnostic)
    -> ServerTrust
  {
    if let server = inventory.servers.first(where: { $0.name == name }) { return server.trust }
    let trust = try ServerTrust(entry.url)
    guard !trust.allowance.loopback || inventory.servers.contains(where: \.trust.allowance.loopback) else {
      throw Diagnostic(
        .error, .addressBlocked,
        "'\(name)' is not in the inventory, and \(CheckedURL.shown(entry.url)) is on loopback, where no server of the inventory is",
        help: ["put the server back into the inventory, or see to its client by hand"])
    }
    return trust
  }
}
