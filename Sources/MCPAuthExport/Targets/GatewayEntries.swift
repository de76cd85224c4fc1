internal import MCPAuthCore
internal import MCPAuthPlan

/// The entries for gateways, and the bodies for their APIs, with their documented keys.
extension SecretWriting {
  /// `librechat.yaml`. The redirect URI must be the one of librechat: `{domain}/api/mcp/<name>/oauth/callback`.
  func librechat(_ server: ExportedServer) -> JSONObject {
    let oauth = server.client.flatMap { client in
      // Without this key librechat uses Basic, which a public client cannot send.
      let exchange: JSON = client.authMethod == TokenEndpointAuthMethod.basic ? "basic_auth_header" : "default_post"
      let method = client.authMethod ?? TokenEndpointAuthMethod.none
      return JSONObject(present: [
        ("authorization_url", .text(client.authorizationEndpoint)), ("token_url", .text(client.tokenEndpoint)),
        ("client_id", .string(client.id)), ("client_secret", secret(client)),
        ("redirect_uri", callback(server)),
        ("scope", .words(client.scopes)), ("grant_types_supported", .list(client.grantTypes)),
        ("token_endpoint_auth_methods_supported", .list([method])),
        ("token_exchange_method", exchange), ("revocation_endpoint", .text(client.revocationEndpoint)),
      ]).orNil
    }
    return JSONObject(present: [
      ("type", .string(server.isSSE ? "sse" : "streamable-http")), ("url", .string(server.url)),
      ("title", .text(Self.title(server.displayName))), ("description", .text(server.summary)),
      ("headers", headers(server)), ("requiresOAuth", requiresOAuth(server)), ("oauth", oauth),
    ])
  }

  /// Whether the server requires OAuth. Without this key LibreChat asks the server.
  private func requiresOAuth(_ server: ExportedServer) -> JSON? {
    switch server.credentials {
    case .client: true
    case .headers: false
    case .none: nil
    }
  }

  /// The title, if LibreChat accepts it: for a title with anything except letters, digits and spaces it refuses the whole file.
  private static func title(_ name: String?) -> String? {
    guard let name else { return nil }
    let words = String(decoding: name.utf8.map { $0.isASCIIAlphanumeric ? $0 : 0x20 }, as: UTF8.self).split(
      separator: " ")
    return words.isEmpty ? nil : words.joined(separator: " ")
  }

  /// `config.yaml` of LiteLLM. Headers are called `static_headers`. If an issuer is set, LiteLLM does not use the endpoints. Without a method it
  /// sends the secret in the form.
  func litellm(_ server: ExportedServer) -> JSONObject {
    let client = server.client
    let hasEndpoints = client?.authorizationEndpoint != nil && client?.tokenEndpoint != nil
    let method = client?.secret == nil ? nil : client?.authMethod
    return JSONObject(present: [
      ("url", .string(server.url)), ("transport", .string(server.isSSE ? "sse" : "http")),
      ("auth_type", .string(client == nil ? "none" : "oauth2")),
      ("oauth2_flow", client == nil ? nil : "authorization_code"), ("client_id", .text(client?.id)),
      ("client_secret", client.flatMap(secret)), ("authorization_url", .text(client?.authorizationEndpoint)),
      ("token_url", .text(client?.tokenEndpoint)), ("registration_url", .text(client?.registrationEndpoint)),
      ("issuer", hasEndpoints ? nil : .text(client?.issuer)), ("token_endpoint_auth_method", .text(method)),
      ("scopes", .list(client?.scopes)), ("allowed_tools", .list(server.toolAllowList)),
      ("disallowed_tools", .list(server.toolDenyList)), ("static_headers", headers(server)),
    ])
  }

  /// The body of `POST /api/v2/organizations/{org}/mcp-servers`.
  func coder(_ server: ExportedServer) -> JSONObject {
    var body = JSONObject(present: [
      ("display_name", .string(server.displayName ?? server.name)), ("slug", .string(server.exportName)),
      ("description", .text(server.summary)), ("icon_url", .text(server.iconURL)),
      ("transport", .string(server.isSSE ? "sse" : "streamable_http")), ("url", .string(server.url)),
    ])
    switch server.credentials {
    case .none: body["auth_type"] = "none"
    case .headers(let headers, let isKey):
      body["auth_type"] = isKey ? "api_key" : "custom_headers"
      if isKey, let header = headers.first {
        body["api_key_header"] = .string(header.name)
        body["api_key_value"] = text(header.value).map(JSON.string)
      } else {
        body["custom_headers"] = self.headers(server)
      }
    case .client(let client):
      body["auth_type"] = "oauth2"
      body["oauth2_client_id"] = .string(client.id)
      body["oauth2_client_secret"] = secret(client)
      body["oauth2_auth_url"] = .text(client.authorizationEndpoint)
      body["oauth2_token_url"] = .text(client.tokenEndpoint)
      body["oauth2_revocation_url"] = .text(client.revocationEndpoint)
      body["oauth2_scopes"] = .words(client.scopes)
    }
    body["tool_allow_list"] = server.toolAllowList.map { .array($0.map(JSON.string)) }
    body["tool_deny_list"] = server.toolDenyList.map { .array($0.map(JSON.string)) }
    body["availability"] = .string((server.availability ?? .defaultOff).rawValue)
    body["enabled"] = true
    return body
  }

  /// A RunConfig of ToolHive.
  func toolhive(_ server: ExportedServer) -> JSONObject {
    let auth = server.client.flatMap { client in
      JSONObject(present: [
        ("client_id", .string(client.id)), ("client_secret", secret(client)), ("scopes", .list(client.scopes)),
        ("callback_port", callbackPort(server)),
        ("use_pkce", true), ("resource", .text(client.resource)), ("issuer", .text(client.issuer)),
        ("authorize_url", .text(client.authorizationEndpoint)), ("token_url", .text(client.tokenEndpoint)),
      ]).orNil
    }
    return JSONObject(present: [
      ("schema_version", "v0.1.0"), ("name", .string(server.exportName)), ("remote_url", .string(server.url)),
      ("transport", .string(server.isSSE ? "sse" : "streamable-http")), ("remote_auth_config", auth),
    ])
  }
}
