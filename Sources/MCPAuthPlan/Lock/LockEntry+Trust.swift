package import MCPAuthCore

extension ServerTrust {
  /// The trust of a server that has a lock entry: the inventory's, where the server is in the inventory. For a removed server, and for the server
  /// of an orphan, only the URL of the entry is known.
  ///
  /// - Parameters:
  ///   - name: of the server in the inventory.
  ///   - isForgeable: whether another person may have written the entry and its secret record: both are in version control. Its URL may then be
  ///     on loopback only if a server of the inventory is.
  /// - Throws: `invalid-url` or `insecure-url` for the entry's URL, `address-blocked`.
  package static func of(
    _ entry: LockEntry, named name: String, in inventory: Inventory, isForgeable: Bool
  ) throws(Diagnostic) -> ServerTrust {
    if let server = inventory.servers.first(where: { $0.name == name }) { return server.trust }
    let trust = try ServerTrust(entry.url)
    guard
      !trust.allowance.loopback || !isForgeable || inventory.servers.contains(where: \.trust.allowance.loopback)
    else {
      throw Diagnostic(
        .error, .addressBlocked,
        "'\(name)' is not in the inventory, and \(CheckedURL.shown(entry.url)) is on loopback, where no server of the inventory is",
        help: ["put the server back into the inventory, or remove its client at its provider by hand"])
    }
    return trust
  }
}
