internal import MCPAuthCore

/// The entry of a server in the target's file.
struct ExportEntry {
  var name: String
  var value: JSONObject
  /// Owned keys that stay as they are in an existing entry that has them.
  var kept: Set<[String]> = []
}

/// The keys of a server's entry that mcpauth owns. All others belong to the user.
struct MergeShape {
  /// Keys, or paths of keys.
  var owned: [[String]]
  /// Owned keys that contain the client secret, or its name.
  var secretKeys: [[String]] = []
  /// The owned key for `tool_allow_list`.
  var toolAllowList: String?
  /// The owned key for `tool_deny_list`.
  var toolDenyList: String?
  /// Written into a new entry, and never changed in an existing one.
  var initial: Set<String> = []
  /// The keys that contain the URL.
  var urlKeys = ["url"]

  static func of(_ target: ExportTarget) -> MergeShape {
    switch target {
    case .claudeCode:
      MergeShape(
        owned: keys("type", "url") + keys(in: "oauth", "clientId", "callbackPort", "authServerMetadataUrl", "scopes"))
    case .vscode: MergeShape(owned: keys("type", "url") + keys(in: "oauth", "clientId"))
    case .cursor:
      MergeShape(
        owned: keys("url") + keys(in: "auth", "CLIENT_ID", "CLIENT_SECRET", "scopes"),
        secretKeys: [["auth", "CLIENT_SECRET"]])
    case .gemini:
      MergeShape(
        owned: keys("url", "httpUrl", "type", "includeTools", "excludeTools")
          + keys(
            in: "oauth", "enabled", "clientId", "clientSecret", "authorizationUrl", "tokenUrl", "scopes", "redirectUri"),
        secretKeys: [["oauth", "clientSecret"]], toolAllowList: "includeTools", toolDenyList: "excludeTools",
        urlKeys: ["httpUrl", "url"])
    case .codex:
      MergeShape(
        owned: keys("url", "scopes", "oauth_resource", "enabled_tools", "disabled_tools")
          + keys(in: "oauth", "client_id", "client_secret", "callback_port", "callback_url"),
        secretKeys: [["oauth", "client_secret"]], toolAllowList: "enabled_tools", toolDenyList: "disabled_tools",
        initial: ["enabled"])
    case .opencode:
      MergeShape(
        owned: keys("type", "url")
          + keys(
            in: "oauth", "client_id", "client_secret", "scope", "redirect_uri", "auth_server_metadata_url"),
        secretKeys: [["oauth", "client_secret"]])
    case .goose:
      MergeShape(
        owned: keys("type", "uri", "available_tools", "client_id", "client_secret_key", "scopes"),
        secretKeys: [["client_secret_key"]], toolAllowList: "available_tools",
        initial: ["enabled", "name", "description", "timeout"], urlKeys: ["uri"])
    case .copilotCLI:
      MergeShape(owned: keys("type", "url", "tools", "oauthClientId", "oauthPublicClient"), toolAllowList: "tools")
    case .mcpJSON:
      MergeShape(owned: keys("type", "url") + keys(in: "oauth", "clientId", "callbackPort", "scopes"))
    case .librechat:
      MergeShape(
        owned: keys("type", "url", "requiresOAuth", "title", "description")
          + keys(
            in: "oauth", "authorization_url", "token_url", "client_id", "client_secret", "redirect_uri", "scope",
            "grant_types_supported", "token_endpoint_auth_methods_supported", "token_exchange_method",
            "revocation_endpoint"),
        secretKeys: [["oauth", "client_secret"]])
    case .litellm:
      MergeShape(
        owned: keys(
          "url", "transport", "auth_type", "oauth2_flow", "client_id", "client_secret", "authorization_url",
          "token_url", "registration_url", "issuer", "scopes", "token_endpoint_auth_method", "allowed_tools",
          "disallowed_tools"),
        secretKeys: [["client_secret"]], toolAllowList: "allowed_tools", toolDenyList: "disallowed_tools")
    case .coder, .coderTerraform, .toolhive, .kubernetes, .dotenv, .json: MergeShape(owned: [])
    }
  }

  static let opencodeV1 = MergeShape(
    owned: keys("type", "url") + keys(in: "oauth", "clientId", "clientSecret", "scope", "redirectUri"),
    secretKeys: [["oauth", "clientSecret"]], initial: ["enabled"])

  private static func keys(_ names: String...) -> [[String]] { names.map { [$0] } }

  private static func keys(in parent: String, _ names: String...) -> [[String]] { names.map { [parent, $0] } }
}

/// One change of a file: a member that is set or removed.
struct MergeEdit: Equatable {
  var path: [String]
  /// nil: the member is removed.
  var value: JSON?
}
