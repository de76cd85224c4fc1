internal import MCPAuthCore

/// The keys of one kind of block.
protocol InventoryKey: RawRepresentable, CaseIterable, Equatable where RawValue == String {
  /// Help for an unknown key that belongs in another block.
  static func hint(for unknown: String) -> String?
}

extension InventoryKey {
  static func hint(for unknown: String) -> String? { nil }
}

enum RootKey: String, InventoryKey {
  case version, client, defaults, secrets, state, network, servers

  static func hint(for unknown: String) -> String? {
    if unknown == "mcpServers" { return "to add the servers of another program's file: mcpauth import --from" }
    return ServerKey(rawValue: unknown).map { _ in "'\(unknown)' belongs to a server, under servers" }
  }
}

enum ClientKey: String, InventoryKey {
  case name, uri, contacts, consumers
  case redirectURIs = "redirect_uris"
  case logoURI = "logo_uri"
  case tosURI = "tos_uri"
  case policyURI = "policy_uri"
  case softwareID = "software_id"
  case softwareVersion = "software_version"
  case metadataURL = "metadata_url"

  static func hint(for unknown: String) -> String? {
    if unknown.hasPrefix("client_"), ClientKey(rawValue: String(unknown.dropFirst(7))) != nil {
      return "in the client block it is '\(unknown.dropFirst(7))'"
    }
    return OAuth2Key(rawValue: unknown).map { _ in "'\(unknown)' belongs to a server's oauth2 block, or to defaults" }
  }
}

enum ServerKey: String, InventoryKey {
  case url, transport, auth, description, enabled, availability, protect, oauth2
  case displayName = "display_name"
  case iconURL = "icon_url"
  case toolAllowList = "tool_allow_list"
  case toolDenyList = "tool_deny_list"
  case movedFrom = "moved_from"
  case allowPrivate = "allow_private"
  case apiKey = "api_key"
  case customHeaders = "custom_headers"

  static func hint(for unknown: String) -> String? {
    switch unknown.lowercased() {
    // Without this, 'auth' would be the nearest key.
    case "oauth", "oauth_2", "o_auth": return "did you mean 'oauth2'?"
    case "headers", "header": return "did you mean 'custom_headers'?"
    case "scope": return "did you mean 'oauth2.scopes'?"
    case "type": return "did you mean 'transport'?"
    default: return OAuth2Key(rawValue: unknown).map { _ in "'\(unknown)' belongs to the server's oauth2 block" }
    }
  }
}

enum OAuth2Key: String, InventoryKey {
  case scopes, registration, issuer, resource, pkce, renew, generation, consumers
  case clientID = "client_id"
  case clientSecret = "client_secret"
  case authorizationEndpoint = "authorization_endpoint"
  case tokenEndpoint = "token_endpoint"
  case revocationEndpoint = "revocation_endpoint"
  case tokenEndpointAuthMethod = "token_endpoint_auth_method"
  case metadataURL = "metadata_url"
  case registrationEndpoint = "registration_endpoint"
  case resourceMetadataURL = "resource_metadata_url"
  case redirectURIs = "redirect_uris"
  case clientName = "client_name"
  case applicationType = "application_type"
  case initialAccessToken = "initial_access_token"
  case softwareStatement = "software_statement"
  case renewBefore = "renew_before"

  static func hint(for unknown: String) -> String? {
    ServerKey(rawValue: unknown).map { _ in "'\(unknown)' belongs to the server, one level up" }
  }

  /// For example `oauth2.client_id`: the name of the key in `InventoryServer.places`.
  var path: String { Self.paths[self] ?? rawValue }

  private static let paths = Dictionary(uniqueKeysWithValues: allCases.map { ($0, "oauth2." + $0.rawValue) })
}

/// The keys of `defaults` that are not keys of an `oauth2` block.
enum DefaultsKey: Equatable {
  case transport
  case oauth2(OAuth2Key)
}

extension DefaultsKey: InventoryKey {
  static let allCases: [DefaultsKey] =
    [.transport] + OAuth2Key.allCases.filter { $0 != .clientSecret }.map(DefaultsKey.oauth2)

  init?(rawValue: String) {
    if rawValue == "transport" {
      self = .transport
    } else if let key = OAuth2Key(rawValue: rawValue), key != .clientSecret {
      self = .oauth2(key)
    } else {
      return nil
    }
  }

  var rawValue: String {
    switch self {
    case .transport: "transport"
    case .oauth2(let key): key.rawValue
    }
  }

  static func hint(for unknown: String) -> String? {
    if unknown == "client_secret" { return "secrets are not allowed in defaults: give it in the server's oauth2 block" }
    return ServerKey(rawValue: unknown).map { _ in "'\(unknown)' has no default: give it with each server" }
  }
}

/// The keys of a consumer in `client.consumers`.
enum ConsumerKey: String, InventoryKey {
  case url
  case callbackPort = "callback_port"
}

enum APIKeyKey: String, InventoryKey {
  case header, value
}

enum ReferenceKey: String, InventoryKey {
  case env, file, stored

  /// The key that a longer or a similar name means, for example `environment`.
  static func meant(by unknown: String) -> ReferenceKey? {
    switch unknown.lowercased() {
    case "environment", "environment_variable", "env_var", "envvar", "variable", "var": .env
    case "path", "filename", "file_path": .file
    default: NearestName.of(unknown, in: allCases.map(\.rawValue)).flatMap(ReferenceKey.init(rawValue:))
    }
  }

  static func hint(for unknown: String) -> String? { meant(by: unknown).map { "did you mean '\($0.rawValue)'?" } }
}

enum SecretsKey: String, InventoryKey {
  case store, path, recipients, helper, command
  // kv2
  case address, mount, namespace, auth
}

enum KV2AuthKey: String, InventoryKey {
  case token, jwt, approle, kubernetes

  static func hint(for unknown: String) -> String? {
    KV2LoginKey(rawValue: unknown).map { _ in "'\(unknown)' belongs to jwt, approle or kubernetes, one level down" }
  }
}

enum KV2LoginKey: String, InventoryKey {
  case mount, role, token
  case roleID = "role_id"
  case secretID = "secret_id"
}

enum StateKey: String, InventoryKey {
  case store
  // etcd
  case endpoints, prefix, auth
  case caFile = "ca_file"
  case clientCertificate = "client_certificate"
  case clientKey = "client_key"
}

enum EtcdAuthKey: String, InventoryKey {
  case username, password
}

enum NetworkKey: String, InventoryKey {
  case caFile = "ca_file"
  case systemRoots = "system_roots"
  case allowPrivate = "allow_private"
  case perIssuer = "per_issuer"
}
