internal import MCPAuthCore
internal import MCPAuthPlan

/// `coderd_agents_mcp_server` resources, formatted as by `terraform fmt`.
struct ExportTerraform {
  let values: SecretWriting

  /// - Throws: `export-name-collision`.
  func text(_ servers: [ExportedServer]) throws(Diagnostic) -> String {
    try ExportNames.refuseCollision(servers.map { ($0, Self.label($0.name)) })
    var blocks: [String] = []
    var declared: Set<String> = []
    for server in servers {
      if values.handling == .reference {
        for (_, slot) in server.slots where declared.insert(slot.reference).inserted {
          blocks.append(variable(slot, of: server))
        }
      }
      blocks.append(resource(server))
    }
    return blocks.joined(separator: "\n")
  }

  /// An ephemeral variable for a write-only argument, so that the value is not in a plan or state of Terraform.
  private func variable(_ slot: ExportedServer.SecretSlot, of server: ExportedServer) -> String {
    var attributes = [
      ("description", HCLText.string("a secret of the MCP server \(server.name)")), ("type", "string"),
      ("sensitive", "true"),
    ]
    switch server.credentials {
    case .client, .headers(_, isKey: true): attributes.append(("ephemeral", "true"))
    case .none, .headers(_, isKey: false): break
    }
    return HCLText.block("variable", [slot.reference], attributes)
  }

  private func resource(_ server: ExportedServer) -> String {
    var attributes: [(String, String)] = []
    func add(_ name: String, _ text: String?) { if let text { attributes.append((name, HCLText.string(text))) } }
    func add(_ name: String, list texts: [String]?) {
      if let texts, !texts.isEmpty {
        attributes.append((name, "[" + texts.map(HCLText.string).joined(separator: ", ") + "]"))
      }
    }
    add("display_name", server.displayName ?? server.name)
    add("slug", server.exportName)
    add("description", server.summary)
    add("icon_url", server.iconURL)
    add("transport", server.isSSE ? "sse" : "streamable_http")
    add("url", server.url)
    switch server.credentials {
    case .none: add("auth_type", "none")
    case .headers(let headers, isKey: true):
      add("auth_type", "api_key")
      for header in headers {
        add("api_key_header", header.name)
        attributes += written("api_key_value", header.value, version: 1)
      }
    case .headers(let headers, isKey: false):
      add("auth_type", "custom_headers")
      let pairs = headers.compactMap { header in
        expression(header.value).map { HCLText.string(header.name) + " = " + $0 }
      }
      attributes.append(("custom_headers", pairs.isEmpty ? "{}" : "{ " + pairs.joined(separator: ", ") + " }"))
    case .client(let client):
      add("auth_type", "oauth2")
      add("oauth2_client_id", client.id)
      if let slot = client.secret {
        attributes += written("oauth2_client_secret", .secret(slot), version: Self.version(client))
      }
      add("oauth2_auth_url", client.authorizationEndpoint)
      add("oauth2_token_url", client.tokenEndpoint)
      add("oauth2_revocation_url", client.revocationEndpoint)
      if !client.scopes.isEmpty { add("oauth2_scopes", client.scopes.joined(separator: " ")) }
    }
    add("tool_allow_list", list: server.toolAllowList)
    add("tool_deny_list", list: server.toolDenyList)
    add("availability", (server.availability ?? .defaultOff).rawValue)
    attributes.append(("enabled", "true"))
    return HCLText.block("resource", ["coderd_agents_mcp_server", Self.label(server.name)], attributes)
  }

  /// A write-only argument and its version. Terraform detects a change by the version.
  private func written(_ name: String, _ value: ExportedServer.Value, version: UInt64) -> [(String, String)] {
    guard let expression = expression(value) else { return [] }
    return [(name + "_wo", expression), (name + "_wo_version", String(version))]
  }

  private func expression(_ value: ExportedServer.Value) -> String? {
    switch value {
    case .literal(let text): HCLText.string(text)
    case .secret(let slot) where values.handling == .reference: values.text(slot)
    case .secret(let slot): values.text(slot).map(HCLText.string)
    }
  }

  /// The version of a write-only argument. It differs for each record of the secret.
  private static func version(_ client: ExportedServer.Client) -> UInt64 {
    guard let version = client.secretVersion else { return UInt64(max(0, client.generation)) + 1 }
    return UInt64(Fingerprint.of(Array(version.utf8)).prefix(8), radix: 16) ?? 1
  }

  /// An identifier begins with a letter or `_` and has no dot.
  private static func label(_ name: String) -> String {
    let text = name.replacing(".", with: "_")
    return text.first?.isLetter == true ? text : "_" + text
  }
}
