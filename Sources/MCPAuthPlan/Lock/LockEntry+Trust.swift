package import MCPAuthCore

extension ServerTrust {
  /// The trust of a server that has a lock entry: the inventory's, where the server is in the inventory. A removed server, and the server of an
  /// orphan, has only the URL of its entry.
  ///
  /// - Throws: `invalid-url` or `insecure-url` for the entry's URL.
  package static func of(_ entry: LockEntry, _ server: InventoryServer?) throws(Diagnostic) -> ServerTrust {
    if let server { return server.trust }
    return try ServerTrust(entry.url)
  }
}
