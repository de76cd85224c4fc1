internal import MCPAuthCore
internal import MCPAuthPlan

/// `--to json`: all fields of each server, with the names of the inventory and the lock file.
extension SecretWriting {
  func plainDocument(_ servers: [ExportedServer]) -> JSON {
    ["format_version": "1.0", "servers": .array(servers.map { .object(plain($0)) })]
  }

  private func plain(_ server: ExportedServer) -> JSONObject {
    var object = JSONObject(present: [
      ("name", .string(server.name)), ("url", .string(server.url)),
      ("transport", .string(server.isSSE ? "sse" : "streamable_http")),
    ])
    switch server.credentials {
    case .none: object["auth"] = "none"
    case .headers(let headers, let isKey):
      object["auth"] = isKey ? "api_key" : "custom_headers"
      object["headers"] =
        JSONObject(headers.compactMap { header in value(header.value).map { .init(header.name, $0) } })
        .orNil
    case .client(let client):
      object["auth"] = "oauth2"
      object["oauth2"] = .object(plain(client))
    }
    let rest: [(String, JSON?)] = [
      ("display_name", .text(server.displayName)), ("description", .text(server.summary)),
      ("icon_url", .text(server.iconURL)), ("availability", .text(server.availability?.rawValue)),
      ("tool_allow_list", server.toolAllowList.map { .array($0.map(JSON.string)) }),
      ("tool_deny_list", server.toolDenyList.map { .array($0.map(JSON.string)) }),
    ]
    object.members += JSONObject(present: rest).members
    return object
  }

  private func plain(_ client: ExportedServer.Client) -> JSONObject {
    JSONObject(present: [
      ("client_id", .string(client.id)), ("client_secret", client.secret.flatMap { value(.secret($0)) }),
      ("client_secret_expires_at", .text(client.expiresAt?.rfc3339)),
      ("token_endpoint_auth_method", .text(client.authMethod)), ("issuer", .text(client.issuer)),
      ("metadata_url", .text(client.metadataURL)), ("resource", .text(client.resource)),
      ("authorization_endpoint", .text(client.authorizationEndpoint)), ("token_endpoint", .text(client.tokenEndpoint)),
      ("registration_endpoint", .text(client.registrationEndpoint)),
      ("revocation_endpoint", .text(client.revocationEndpoint)), ("grant_types", .list(client.grantTypes)),
      ("redirect_uris", .list(client.redirectURIs)), ("scopes", .array(client.scopes.map(JSON.string))),
    ])
  }

  /// A value, or `{"env": NAME}` as in an inventory.
  private func value(_ value: ExportedServer.Value) -> JSON? {
    switch value {
    case .literal(let text): .string(text)
    case .secret(let slot) where handling == .reference: ["env": .string(slot.reference)]
    case .secret(let slot): text(slot).map(JSON.string)
    }
  }
}
