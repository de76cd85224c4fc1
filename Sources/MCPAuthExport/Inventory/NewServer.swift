package import MCPAuthCore
package import MCPAuthPlan

/// A server to write into an inventory. Its texts are written so that they are read back as they are: `$` begins no variable.
package struct NewServer: Sendable {
  package enum Credentials: Sendable {
    case none
    case apiKey(header: String, value: SecretReference)
    case headers([(name: String, value: InventoryServer.HeaderValue)])
    case client(Client)
  }

  /// What the `oauth2` block gives. Without any value, the server is discovered and a client is registered.
  package struct Client: Sendable {
    package var registration: RegistrationStrategy?
    package var id: String?
    package var secret: SecretReference?
    package var scopes: [String]?
    package var metadataURL: String?
    package var authorizationEndpoint: String?
    package var tokenEndpoint: String?
    package var revocationEndpoint: String?
    package var authMethod: String?

    package init() {}
  }

  package var name: String
  package var url: String
  /// Whether `url` has variables of an inventory, and is written as it is.
  package var hasVariables = false
  package var credentials: Credentials
  /// nil: not written. It is then that of `defaults`, or `streamable_http`.
  package var transport: InventoryServer.Transport?
  package var isEnabled = true
  package var displayName: String?
  package var summary: String?
  package var iconURL: String?
  package var availability: InventoryServer.Availability?
  package var toolAllowList: [String]?
  package var toolDenyList: [String]?

  package init(_ name: String, url: String, _ credentials: Credentials = .client(Client())) {
    self.name = name
    self.url = url
    self.credentials = credentials
  }

  /// The server's block with its name.
  package var member: JSONObject.Member {
    let url: JSON? = hasVariables ? .string(url) : Self.literal(url)
    let enabled: JSON? = isEnabled ? nil : false
    var object = JSONObject(present: [
      ("url", url), ("transport", .text(transport?.rawValue)), ("enabled", enabled),
      ("display_name", Self.literal(displayName)), ("description", Self.literal(summary)),
      ("icon_url", Self.literal(iconURL)),
      ("availability", .text(availability?.rawValue)), ("tool_allow_list", Self.list(toolAllowList)),
      ("tool_deny_list", Self.list(toolDenyList)),
    ])
    switch credentials {
    case .none: object["auth"] = "none"
    case .apiKey(let header, let value):
      object["auth"] = "api_key"
      object["api_key"] = ["header": .string(header), "value": Self.reference(value)]
    case .headers(let headers):
      object["auth"] = "custom_headers"
      object["custom_headers"] = .object(JSONObject(headers.map { .init($0.name, Self.header($0.value)) }))
    case .client(let client): object["oauth2"] = client.block.orNil
    }
    return .init(name, .object(object))
  }

  /// Renames a stored secret, in every place that refers to it.
  package mutating func rename(stored old: String, to new: String) {
    func renamed(_ reference: SecretReference) -> SecretReference {
      reference == .stored(old) ? .stored(new) : reference
    }
    switch credentials {
    case .none: break
    case .apiKey(let header, let value): credentials = .apiKey(header: header, value: renamed(value))
    case .headers(let headers):
      credentials = .headers(
        headers.map { header -> (name: String, value: InventoryServer.HeaderValue) in
          guard case .reference(let reference) = header.value else { return header }
          return (name: header.name, value: .reference(renamed(reference)))
        })
    case .client(var client):
      client.secret = client.secret.map(renamed)
      credentials = .client(client)
    }
  }

  // MARK: Values

  static func reference(_ reference: SecretReference) -> JSON {
    switch reference {
    case .env(let name): ["env": .string(name)]
    case .file(let path): ["file": .string(escaped(path))]
    case .stored(let key): ["stored": .string(key)]
    }
  }

  private static func header(_ value: InventoryServer.HeaderValue) -> JSON {
    switch value {
    case .literal(let text): .string(escaped(text))
    case .reference(let reference): Self.reference(reference)
    }
  }

  static func literal(_ text: String?) -> JSON? { text.map { .string(escaped($0)) } }

  /// nil where there is no list. An empty list is a value.
  static func list(_ texts: [String]?) -> JSON? { texts.map { .array($0.map { .string(escaped($0)) }) } }

  /// `$$` is a dollar (InventoryReference#Values).
  private static func escaped(_ text: String) -> String { text.replacing("$", with: "$$") }
}

extension NewServer.Client {
  fileprivate var block: JSONObject {
    JSONObject(present: [
      ("registration", .text(registration?.rawValue)), ("client_id", NewServer.literal(id)),
      ("client_secret", secret.map(NewServer.reference)),
      ("authorization_endpoint", NewServer.literal(authorizationEndpoint)),
      ("token_endpoint", NewServer.literal(tokenEndpoint)),
      ("revocation_endpoint", NewServer.literal(revocationEndpoint)), ("metadata_url", NewServer.literal(metadataURL)),
      ("token_endpoint_auth_method", .text(authMethod)), ("scopes", NewServer.list(scopes)),
    ])
  }
}
