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
  package var secretUses: [SecretUse] {
    var uses: [SecretUse] = []
    for server in servers { server.addSecretUses(to: &uses) }
    return uses
  }

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
    var uses: [SecretUse] = []
    addSecretUses(to: &uses)
    return uses
  }

  fileprivate func addSecretUses(to uses: inout [SecretUse]) {
    func add(_ field: String, _ reference: SecretReference?) {
      guard let reference else { return }
      uses.append(SecretUse(server: name, field: field, reference: reference, location: place(field)))
    }
    switch mode {
    case .none: break
    case .apiKey(_, let value): add("api_key.value", value)
    case .customHeaders(let headers):
      for case (let name, .reference(let reference)) in headers { add("custom_headers." + name, reference) }
    case .manual(let settings), .preregistered(let settings), .discovered(let settings),
      .registeredAtEndpoints(let settings):
      add("oauth2.client_secret", settings.clientSecret)
      add("oauth2.initial_access_token", settings.initialAccessToken)
      add("oauth2.software_statement", settings.softwareStatement)
    }
  }
}
