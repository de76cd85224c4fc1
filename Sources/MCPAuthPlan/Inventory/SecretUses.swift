package import MCPAuthCore

/// A place in the inventory that refers to a secret.
package struct SecretUse: Sendable, Equatable {
  package var server: String
  /// For example `oauth2.client_secret` or `custom_headers.Authorization`.
  package var field: String
  package var reference: SecretReference
  package var location: SourceLocation
}

extension Inventory {
  /// All references to secrets, in the order of the servers, including those of disabled servers.
  package var secretUses: [SecretUse] { servers.flatMap(\.secretUses) }

  /// All uses of `{stored: KEY}`, by key.
  package var storedUses: [String: [SecretUse]] {
    var uses: [String: [SecretUse]] = [:]
    for use in secretUses {
      if case .stored(let key) = use.reference { uses[key, default: []].append(use) }
    }
    return uses
  }

  /// The environment without the variables that an `{env: NAME}` names. It is for programs that mcpauth starts, because they do not need these
  /// secrets.
  package func hidingSecrets(in environment: [String: String]) -> [String: String] {
    var rest = environment
    for case .env(let name) in secretUses.map(\.reference) { rest[name] = nil }
    if case .env(let name)? = secrets.kv2?.auth.credential { rest[name] = nil }
    for case .env(let name) in state.etcd?.auth?.references ?? [] { rest[name] = nil }
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
