package import MCPAuthCore

/// A secret that a client of a locked server needs, and where its value is stored.
package struct ServerSecret: Sendable, Equatable {
  package enum Field: Sendable, Hashable {
    case clientSecret
    case header(String)
  }

  package enum Source: Sendable, Equatable {
    /// The server's record with this version, in the secret store.
    case record(version: String)
    case reference(SecretReference)
  }

  package var server: String
  package var field: Field
  package var source: Source

  package init(server: String, field: Field, source: Source) {
    self.server = server
    self.field = field
    self.source = source
  }
}

/// The values of one server's secrets.
package struct ServerSecretValues: Sendable, Equatable {
  package var clientSecret: Secret?
  /// By header name, as in the inventory.
  package var headers: [String: Secret]

  package init(clientSecret: Secret? = nil, headers: [String: Secret] = [:]) {
    self.clientSecret = clientSecret
    self.headers = headers
  }
}

extension ServerSecret {
  /// Where the client secret of a locked server is stored; nil for a public client.
  package static func clientSecretSource(_ settings: OAuth2Settings, _ entry: LockEntry) -> Source? {
    guard entry.needsSecret else { return nil }
    switch entry.mode {
    case .manual, .preregistered:
      if let reference = settings.clientSecret { return .reference(reference) }
      // The secret of an imported client is in a record.
      return entry.secretVersion.map { .record(version: $0) }
    case .discovered: return entry.secretVersion.map { .record(version: $0) }
    case .none, .apiKey, .customHeaders: return nil
    }
  }

  /// The secrets of one server.
  package static func of(_ server: InventoryServer, _ entry: LockEntry) -> [ServerSecret] {
    switch server.mode {
    case .none: []
    case .apiKey(let header, let reference):
      [ServerSecret(server: server.name, field: .header(header), source: .reference(reference))]
    case .customHeaders(let headers):
      headers.compactMap { header in
        guard case .reference(let reference) = header.value else { return nil }
        return ServerSecret(server: server.name, field: .header(header.name), source: .reference(reference))
      }
    case .manual(let settings), .preregistered(let settings), .discovered(let settings),
      .registeredAtEndpoints(let settings):
      clientSecretSource(settings, entry).map { [ServerSecret(server: server.name, field: .clientSecret, source: $0)] }
        ?? []
    }
  }
}
