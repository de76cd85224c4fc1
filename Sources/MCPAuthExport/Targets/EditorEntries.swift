internal import MCPAuthCore
internal import MCPAuthPlan

/// The entries for editors and command line programs, with their documented keys.
extension SecretWriting {
  /// The entry of a server, for a target with a section.
  func entry(_ server: ExportedServer) -> JSONObject {
    switch target {
    case .claudeCode: claudeCode(server)
    case .vscode: vscode(server)
    case .cursor: cursor(server)
    case .gemini: gemini(server)
    case .codex: codex(server)
    case .opencode: isOpencodeV1 ? opencodeV1(server) : opencode(server)
    case .goose: goose(server)
    case .librechat: librechat(server)
    case .litellm: litellm(server)
    case .copilotCLI: copilotCLI(server)
    case .mcpJSON: mcpJSON(server)
    case .coder, .coderTerraform, .toolhive, .kubernetes, .dotenv, .json: JSONObject()
    }
  }

  /// Owned keys that stay as they are in an existing entry: secrets that are left out, and tool lists that the inventory does not give. A user may
  /// have written such a list to restrict the tools.
  func kept(_ server: ExportedServer) -> Set<[String]> {
    let shape = self.shape
    var kept: Set<[String]> = []
    if server.client?.secret != nil, handling == .omit || (target == .codex && handling == .reference) {
      kept.formUnion(shape.secretKeys)
    }
    if server.toolAllowList == nil, let key = shape.toolAllowList { kept.insert([key]) }
    if server.toolDenyList == nil, let key = shape.toolDenyList { kept.insert([key]) }
    return kept
  }

  /// `.mcp.json`. The client secret has no key.
  private func claudeCode(_ server: ExportedServer) -> JSONObject {
    let oauth = server.client.flatMap { client in
      JSONObject(present: [
        ("clientId", .string(client.id)), ("callbackPort", callbackPort(server)),
        ("authServerMetadataUrl", .text(client.metadataURL)), ("scopes", .words(client.scopes)),
      ]).orNil
    }
    return JSONObject(present: [
      ("type", .string(server.isSSE ? "sse" : "http")), ("url", .string(server.url)), ("headers", headers(server)),
      ("oauth", oauth),
    ])
  }

  /// `.mcp.json` at the root of a project: the keys that the programs have in common.
  private func mcpJSON(_ server: ExportedServer) -> JSONObject {
    let oauth = server.client.flatMap { client in
      JSONObject(present: [
        ("clientId", .string(client.id)), ("callbackPort", callbackPort(server, of: .claudeCode)),
        ("scopes", .words(client.scopes)),
      ]).orNil
    }
    return JSONObject(present: [
      ("type", .string(server.isSSE ? "sse" : "http")), ("url", .string(server.url)), ("headers", headers(server)),
      ("oauth", oauth),
    ])
  }

  /// `mcp-config.json`. Without `tools`, the program offers no tool.
  private func copilotCLI(_ server: ExportedServer) -> JSONObject {
    JSONObject(present: [
      ("type", .string(server.isSSE ? "sse" : "http")), ("url", .string(server.url)),
      ("tools", .list(server.toolAllowList) ?? ["*"]), ("headers", headers(server)),
      ("oauthClientId", .text(server.client?.id)), ("oauthPublicClient", server.client.map { .bool($0.secret == nil) }),
    ])
  }

  /// `.vscode/mcp.json`. There is no key for a secret or a port.
  private func vscode(_ server: ExportedServer) -> JSONObject {
    JSONObject(present: [
      ("type", .string(server.isSSE ? "sse" : "http")), ("url", .string(server.url)), ("headers", headers(server)),
      ("oauth", server.client.map { ["clientId": .string($0.id)] }),
    ])
  }

  /// `.cursor/mcp.json`. Without scopes cursor asks for all scopes of the resource metadata.
  private func cursor(_ server: ExportedServer) -> JSONObject {
    let auth = server.client.flatMap { client in
      JSONObject(present: [
        ("CLIENT_ID", .string(client.id)), ("CLIENT_SECRET", secret(client)), ("scopes", .list(client.scopes)),
      ]).orNil
    }
    return JSONObject(present: [("url", .string(server.url)), ("headers", headers(server)), ("auth", auth)])
  }

  /// `settings.json`. Without `enabled`, gemini signs in only after a request was refused.
  private func gemini(_ server: ExportedServer) -> JSONObject {
    let oauth = server.client.flatMap { client in
      JSONObject(present: [
        ("enabled", true), ("clientId", .string(client.id)), ("clientSecret", secret(client)),
        ("authorizationUrl", .text(client.authorizationEndpoint)), ("tokenUrl", .text(client.tokenEndpoint)),
        ("scopes", .list(client.scopes)), ("redirectUri", callback(server)),
      ]).orNil
    }
    return JSONObject(present: [
      ("url", .string(server.url)), ("type", .string(server.isSSE ? "sse" : "http")), ("headers", headers(server)),
      ("oauth", oauth), ("includeTools", .list(server.toolAllowList)), ("excludeTools", .list(server.toolDenyList)),
    ])
  }

  /// `config.toml`. Headers from variables have a separate key. Codex listens at `callback_port`, and sends the resource of the metadata itself.
  private func codex(_ server: ExportedServer) -> JSONObject {
    var values = JSONObject()
    var names = JSONObject()
    for header in server.headers {
      switch header.value {
      case .secret(let slot) where handling == .reference: names[header.name] = .string(slot.reference)
      default: if let text = text(header.value) { values[header.name] = .string(text) }
      }
    }
    let oauth = server.client.flatMap { client in
      JSONObject(present: [
        ("client_id", .string(client.id)), ("client_secret", secret(client)),
        ("callback_port", callbackPort(server)), ("callback_url", callback(server)),
      ]).orNil
    }
    let client = server.client
    return JSONObject(present: [
      ("url", .string(server.url)), ("enabled", true),
      ("scopes", client?.sendsNoScopes == true ? [] : .list(client?.scopes)),
      ("oauth_resource", client?.hasOwnResource == true ? .text(client?.resource) : nil),
      ("enabled_tools", .list(server.toolAllowList)), ("disabled_tools", .list(server.toolDenyList)),
      ("http_headers", values.orNil), ("env_http_headers", names.orNil), ("oauth", oauth),
    ])
  }

  /// `opencode.json` of version 2.
  private func opencode(_ server: ExportedServer) -> JSONObject {
    let oauth = server.client.flatMap { client in
      JSONObject(present: [
        ("client_id", .string(client.id)), ("client_secret", secret(client)), ("scope", .words(client.scopes)),
        ("redirect_uri", callback(server)), ("auth_server_metadata_url", .text(client.metadataURL)),
      ]).orNil
    }
    return JSONObject(present: [
      ("type", "remote"), ("url", .string(server.url)), ("headers", headers(server)), ("oauth", oauth),
    ])
  }

  /// `opencode.json` of version 1: servers are directly under `mcp`.
  private func opencodeV1(_ server: ExportedServer) -> JSONObject {
    let oauth = server.client.flatMap { client in
      JSONObject(present: [
        ("clientId", .string(client.id)), ("clientSecret", secret(client)), ("scope", .words(client.scopes)),
        ("redirectUri", callback(server)),
      ]).orNil
    }
    return JSONObject(present: [
      ("type", "remote"), ("url", .string(server.url)), ("enabled", true), ("headers", headers(server)),
      ("oauth", oauth),
    ])
  }

  /// `config.yaml`. The value for the client secret is the name of an entry of the environment or the keyring.
  private func goose(_ server: ExportedServer) -> JSONObject {
    let key: String? = handling == .omit ? nil : server.client?.secret?.reference
    let names = handling == .reference ? server.slots.filter { $0.field != .clientSecret }.map(\.slot.reference) : []
    let name = server.displayName ?? server.name
    return JSONObject(present: [
      ("enabled", true), ("type", "streamable_http"), ("name", .string(name)),
      ("description", .string(server.summary ?? name)), ("uri", .string(server.url)), ("timeout", .number("300")),
      ("headers", headers(server)), ("env_keys", .list(names)), ("available_tools", .list(server.toolAllowList)),
      ("client_id", .text(server.client?.id)), ("client_secret_key", .text(key)),
      ("scopes", .list(server.client?.scopes)),
    ])
  }

  /// The client's redirect URI that the target's program sends.
  func callback(_ server: ExportedServer) -> JSON? { .text(server.callback(of: target.consumer)) }

  /// The port of the redirect URI that a program sends; of the target's, if none is named.
  func callbackPort(_ server: ExportedServer, of consumer: Consumer? = nil) -> JSON? {
    server.callbackPort(of: consumer ?? target.consumer).map { .number(String($0)) }
  }
}
