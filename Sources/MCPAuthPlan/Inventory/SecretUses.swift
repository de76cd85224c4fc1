package import MCPAuthCore

/// A place of the inventory where a secret is referred to.
package struct SecretUse: Sendable, Equatable {
  package var server: String
  /// `oauth2.client_secret`, `custom_headers.Authorization`
  package var field: String
  package var reference: SecretReference
  package var location: SourceLocation
}

extension Inventory {
  /// Every reference to a secret, in the order of the servers. Also those of disabled servers.
  package var secretUses: [SecretUse] { servers.flatMap(\.secretUses) }

  /// The `{stored: KEY}` among them, by key.
  package var storedUses: [String: [SecretUse]] {
    var uses: [String: [SecretUse]] = [:]
    for use in secretUses {
      if case .stored(let key) = use.reference { uses[key, default: []].append(use) }
    }
    return uses
  }

  /// An environment without the variables that an `{env: NAME}` names: for the programs that we start, which have no business with them.
  package func hidingSecrets(in environment: [String: String]) -> [String: String] {
    var rest = environment
    for case .env(let name) in secretUses.map(\.reference) { rest[name] = nil }
    return rest
  }
}

extension InventoryServer {
  package var secretUses: [SecretUse] {
    var found: [(field: String, reference: SecretReference?)] = []
    switch mode {
    case .none: break
    case .apiKey(_, let value): found = [("api_key.value", value)]
    case .customHeaders(let headers):
      found = headers.map { header in
        guard case .reference(let reference) = header.value else { return (header.name, nil) }
        return ("custom_headers." + header.name, reference)
      }
    case .manual(let settings), .preregistered(let settings), .discovered(let settings),
      .registeredAtEndpoints(let settings):
      found = [
        ("oauth2.client_secret", settings.clientSecret), ("oauth2.initial_access_token", settings.initialAccessToken),
        ("oauth2.software_statement", settings.softwareStatement),
      ]
    }
    return found.compactMap { field, reference in
      reference.map { SecretUse(server: name, field: field, reference: $0, location: place(field)) }
    }
  }
}
