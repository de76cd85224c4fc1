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
    case .opencode: opencode(server)
    case .goose: goose(server)
    case .librechat: librechat(server)
    case .litellm: litellm(server)
    case .coder, .coderTerraform, .toolhive, .kubernetes, .dotenv, .json: JSONObject()
    }
  }

  /// Owned keys that stay in an existing file although nothing is written: omitted secrets.
  func kept(_ server: ExportedServer) -> Set<[String]> {
    guard handling == .omit, server.client?.secret != nil else { return [] }
    return Set(MergeShape.of(target).secretKeys)
  }

  /// `.mcp.json`. The client secret has no key.
  private func claudeCode(_ server: ExportedServer) -> JSONObject {
    let oauth = server.client.flatMap { client in
      JSONObject(present: [
        ("clientId", .string(client.id)),
        (
          "callbackPort",
          LoopbackRedirect.first(in: client.redirectURIs, path: "/callback").map { .number(String($0.port)) }
        ),
        ("authServerMetadataUrl", .text(client.metadataURL)), ("scopes", .words(client.scopes)),
      ]).orNil
    }
    return JSONObject(present: [
      ("type", .string(server.isSSE ? "sse" : "http")), ("url", .string(server.url)), ("headers", headers(server)),
      ("oauth", oauth),
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

  /// `settings.json`: `httpUrl` is streamable HTTP, `url` is SSE.
  private func gemini(_ server: ExportedServer) -> JSONObject {
    let oauth = server.client.flatMap { client in
      JSONObject(present: [
        ("enabled", true), ("clientId", .string(client.id)), ("clientSecret", secret(client)),
        ("authorizationUrl", .text(client.authorizationEndpoint)), ("tokenUrl", .text(client.tokenEndpoint)),
        ("scopes", .list(client.scopes)), ("redirectUri", .text(localRedirect(client))),
      ]).orNil
    }
    return JSONObject(present: [
      (server.isSSE ? "url" : "httpUrl", .string(server.url)), ("headers", headers(server)), ("oauth", oauth),
    ])
  }

  /// `config.toml`. Headers from variables have a key of their own.
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
        ("client_id", .string(client.id)),
        ("callback_url", .text(LoopbackRedirect.first(in: client.redirectURIs)?.uri)),
      ]).orNil
    }
    return JSONObject(present: [
      ("url", .string(server.url)), ("enabled", true), ("scopes", .list(server.client?.scopes)),
      ("oauth_resource", .text(server.client?.resource)), ("http_headers", values.orNil),
      ("env_http_headers", names.orNil), ("oauth", oauth),
    ])
  }

  /// `opencode.json`.
  private func opencode(_ server: ExportedServer) -> JSONObject {
    let oauth = server.client.flatMap { client in
      JSONObject(present: [
        ("clientId", .string(client.id)), ("clientSecret", secret(client)), ("scope", .words(client.scopes)),
        ("redirectUri", .text(localRedirect(client))),
      ]).orNil
    }
    return JSONObject(present: [
      ("type", "remote"), ("url", .string(server.url)), ("enabled", true), ("headers", headers(server)),
      ("oauth", oauth),
    ])
  }

  /// `config.yaml`. The client secret is the name of an entry of the environment or the keyring.
  private func goose(_ server: ExportedServer) -> JSONObject {
    let key: String? = handling == .omit ? nil : server.client?.secret?.reference
    let names = handling == .reference ? server.slots.filter { $0.field != .clientSecret }.map(\.slot.reference) : []
    return JSONObject(present: [
      ("enabled", true), ("type", "streamable_http"), ("name", .string(server.displayName ?? server.name)),
      ("uri", .string(server.url)), ("headers", headers(server)), ("env_keys", .list(names)),
      ("client_id", .text(server.client?.id)), ("client_secret_key", .text(key)),
      ("scopes", .list(server.client?.scopes)),
    ])
  }

  /// The redirect URI for a program on the user's machine: a loopback one, otherwise the first.
  private func localRedirect(_ client: ExportedServer.Client) -> String? {
    LoopbackRedirect.first(in: client.redirectURIs)?.uri ?? client.redirectURIs.first
  }
}
