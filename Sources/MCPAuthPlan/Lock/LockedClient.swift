package import MCPAuthCore

/// The client of a lock entry: its ID, and what the server granted to it. Its secrets are in the record `secretVersion`.
package struct LockedClient: Sendable, Equatable {
  /// The origin of the client.
  package enum Registration: String, Sendable, CaseIterable {
    case dcr, cimd, preregistered, manual
  }

  package var registration: Registration
  /// nil only in a plan: the server that registers the client chooses the ID.
  package var id: String?
  package var authMethod: AuthMethod
  package var grantTypes: [String]?
  package var applicationType: ApplicationType?
  /// nil where neither the inventory nor a server gives them.
  package var redirectURIs: [String]?
  package var scopes: [String]
  package var scopesFrom: ScopeSelection.Source
  /// nil: the secret never expires.
  package var secretExpiresAt: Timestamp?
  package var registeredAt: Timestamp?
  /// Whether the registration gave access to RFC 7592 management.
  package var isManaged = false
  /// The record in the secret store; nil where there is none.
  package var secretVersion: String?
  /// The server no longer knows the client (`registration-lost`). The next plan replaces it.
  package var isLost = false

  package init(
    _ registration: Registration, id: String?, authMethod: AuthMethod = .publicClient, redirectURIs: [String]? = nil,
    scopes: [String] = [], scopesFrom: ScopeSelection.Source = .none
  ) {
    self.registration = registration
    self.id = id
    self.authMethod = authMethod
    self.redirectURIs = redirectURIs
    self.scopes = scopes
    self.scopesFrom = scopesFrom
  }

  /// The requested client, before a server answered.
  init(_ registration: Registration, id: String? = nil, asking requested: RequestedRegistration) {
    self.init(
      registration, id: id, authMethod: AuthMethod(requested.tokenEndpointAuthMethod),
      redirectURIs: requested.redirectURIs, scopes: requested.scopes, scopesFrom: requested.scopesFrom)
    grantTypes = requested.grantTypes
    applicationType = requested.applicationType
  }

  /// A registered client, as its server answered.
  ///
  /// - Parameter version: the version of its record. A public client that cannot be managed has no record.
  package init(_ client: RegisteredClient, version: String, registeredAt: Timestamp) {
    self.init(
      .dcr, id: client.clientID, authMethod: AuthMethod(client.tokenEndpointAuthMethod),
      redirectURIs: client.redirectURIs, scopes: client.scopes, scopesFrom: client.scopesFrom)
    grantTypes = client.grantTypes
    applicationType = client.applicationType
    secretExpiresAt = client.clientSecretExpiresAt
    self.registeredAt = registeredAt
    isManaged = client.isManaged
    secretVersion = client.clientSecret != nil || client.isManaged ? version : nil
  }
}

/// `token_endpoint_auth_method` (RFC 7591 section 2).
package enum AuthMethod: Sendable, Hashable {
  /// `none`
  case publicClient
  /// `client_secret_basic`
  case basic
  /// `client_secret_post`
  case post
  /// A method that mcpauth does not know, as in the file.
  case other(String)

  package init(_ text: String) {
    self =
      switch text {
      case TokenEndpointAuthMethod.none: .publicClient
      case TokenEndpointAuthMethod.basic: .basic
      case TokenEndpointAuthMethod.post: .post
      default: .other(text)
      }
  }

  package var text: String {
    switch self {
    case .publicClient: TokenEndpointAuthMethod.none
    case .basic: TokenEndpointAuthMethod.basic
    case .post: TokenEndpointAuthMethod.post
    case .other(let text): text
    }
  }

  package var needsSecret: Bool { self != .publicClient }
}
