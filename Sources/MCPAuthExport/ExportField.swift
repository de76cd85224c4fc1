internal import MCPAuthPlan

/// A field of a server. Some targets cannot contain it. The raw value is the name for users.
enum ExportField: String, Sendable, CaseIterable {
  /// Only `sse`: every target assumes streamable HTTP.
  case transport
  case headers
  case clientID = "client_id"
  case clientSecret = "client_secret"
  case authorizationEndpoint = "authorization_endpoint"
  case tokenEndpoint = "token_endpoint"
  case registrationEndpoint = "registration_endpoint"
  case revocationEndpoint = "revocation_endpoint"
  case tokenEndpointAuthMethod = "token_endpoint_auth_method"
  case issuer
  case metadataURL = "metadata_url"
  case resource
  case scopes
  case redirectURIs = "redirect_uris"
  case displayName = "display_name"
  case summary = "description"
  case iconURL = "icon_url"
  case availability
  case toolAllowList = "tool_allow_list"
  case toolDenyList = "tool_deny_list"
  case url
}

extension ExportedServer {
  /// The fields that the server has.
  var fields: Set<ExportField> {
    var fields: Set<ExportField> = [.url]
    func add(_ field: ExportField, if isThere: Bool) { if isThere { fields.insert(field) } }
    add(.transport, if: isSSE)
    add(.headers, if: !headers.isEmpty)
    add(.displayName, if: displayName != nil)
    add(.summary, if: summary != nil)
    add(.iconURL, if: iconURL != nil)
    add(.availability, if: availability != nil)
    add(.toolAllowList, if: toolAllowList != nil)
    add(.toolDenyList, if: toolDenyList != nil)
    guard let client else { return fields }
    fields.insert(.clientID)
    add(.clientSecret, if: client.secret != nil)
    add(.authorizationEndpoint, if: client.authorizationEndpoint != nil)
    add(.tokenEndpoint, if: client.tokenEndpoint != nil)
    add(.registrationEndpoint, if: client.registrationEndpoint != nil)
    add(.revocationEndpoint, if: client.revocationEndpoint != nil)
    // Without a secret the method is always `none`.
    add(.tokenEndpointAuthMethod, if: client.authMethod != nil && client.secret != nil)
    add(.issuer, if: client.issuer != nil)
    add(.metadataURL, if: client.metadataURL != nil)
    add(.resource, if: client.resource != nil)
    add(.scopes, if: !client.scopes.isEmpty)
    add(.redirectURIs, if: !client.redirectURIs.isEmpty)
    return fields
  }
}

extension ExportField {
  /// Whether a missing field is reported only in a note: a consumer finds it by itself, or it only describes the server.
  func isMinor(of server: ExportedServer) -> Bool {
    switch self {
    case .authorizationEndpoint, .tokenEndpoint: server.client?.isDiscovered == true
    case .resource: server.client?.hasOwnResource != true
    case .registrationEndpoint, .revocationEndpoint, .issuer, .tokenEndpointAuthMethod, .redirectURIs, .displayName,
      .summary, .iconURL, .availability:
      true
    case .transport, .headers, .clientID, .clientSecret, .metadataURL, .scopes, .toolAllowList, .toolDenyList, .url:
      false
    }
  }

  /// Whether a consumer discovers the field. The other minor fields describe the server.
  var isDiscovered: Bool {
    switch self {
    case .authorizationEndpoint, .tokenEndpoint, .registrationEndpoint, .revocationEndpoint, .issuer, .resource: true
    default: false
    }
  }
}

extension ConsumerFacts.ToolFilters {
  fileprivate var fields: Set<ExportField> {
    switch self {
    case .allowAndDeny: [.toolAllowList, .toolDenyList]
    case .allowOnly: [.toolAllowList]
    case .none: []
    }
  }
}

extension ExportTarget {
  /// The fields for which the target documents a key. The row of its program says which tool lists.
  var held: Set<ExportField> { keys.union(consumer?.facts.toolFilters.value.fields ?? []) }

  /// `held`, without the tool lists of a program.
  private var keys: Set<ExportField> {
    switch self {
    case .coder, .coderTerraform:
      [
        .url, .transport, .headers, .clientID, .clientSecret, .authorizationEndpoint, .tokenEndpoint,
        .revocationEndpoint,
        .scopes, .displayName, .summary, .iconURL, .availability,
      ]
    case .librechat:
      [
        .url, .transport, .headers, .clientID, .clientSecret, .authorizationEndpoint, .tokenEndpoint,
        .revocationEndpoint,
        .tokenEndpointAuthMethod, .scopes, .redirectURIs, .displayName, .summary,
      ]
    case .copilotCLI: [.url, .transport, .headers, .clientID]
    case .mcpJSON: [.url, .transport, .headers, .clientID, .scopes, .redirectURIs]
    case .claudeCode: [.url, .transport, .headers, .clientID, .metadataURL, .scopes, .redirectURIs]
    case .vscode: [.url, .transport, .headers, .clientID]
    case .cursor: [.url, .headers, .clientID, .clientSecret, .scopes]
    case .gemini:
      [
        .url, .transport, .headers, .clientID, .clientSecret, .authorizationEndpoint, .tokenEndpoint, .scopes,
        .redirectURIs,
      ]
    case .codex: [.url, .headers, .clientID, .clientSecret, .resource, .scopes, .redirectURIs]
    case .opencode: [.url, .headers, .clientID, .clientSecret, .scopes, .redirectURIs, .metadataURL]
    case .goose: [.url, .headers, .clientID, .clientSecret, .scopes, .displayName, .summary]
    case .litellm:
      [
        .url, .transport, .headers, .clientID, .clientSecret, .authorizationEndpoint, .tokenEndpoint,
        .registrationEndpoint, .issuer, .scopes, .tokenEndpointAuthMethod,
      ]
    case .toolhive:
      [
        .url, .transport, .clientID, .clientSecret, .authorizationEndpoint, .tokenEndpoint, .issuer, .resource, .scopes,
        .redirectURIs,
      ]
    case .kubernetes:
      [
        .url, .headers, .clientID, .clientSecret, .authorizationEndpoint, .tokenEndpoint, .revocationEndpoint,
        .tokenEndpointAuthMethod, .issuer, .resource, .scopes,
      ]
    case .dotenv: [.clientSecret, .headers]
    case .json: Set(ExportField.allCases)
    }
  }
}
