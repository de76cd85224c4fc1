internal import MCPAuthCore
internal import MCPAuthPlan

/// The warnings of an export: what the target cannot hold, what is not verified, what has expired.
struct ExportAdvice {
  let target: ExportTarget
  let handling: SecretHandling
  let now: Timestamp

  func warnings(_ servers: [ExportedServer]) -> [Diagnostic] {
    var all: [Diagnostic] = []
    all += unheld(servers)
    all += omitted(servers)
    for server in servers {
      all += expiry(server)
      all += redirects(server)
      all += secretsOf(server)
    }
    all += unverified(servers)
    return all
  }

  private func warning(_ code: DiagnosticCode, _ text: String, _ server: ExportedServer?, help: [String] = [])
    -> Diagnostic
  {
    .warning(code, text, at: server?.location, help: help)
  }

  // MARK: What cannot be held

  /// One warning for all servers that lose the same fields.
  private func unheld(_ servers: [ExportedServer]) -> [Diagnostic] {
    var order: [[ExportField]] = []
    var losers: [[ExportField]: [ExportedServer]] = [:]
    for server in servers {
      let lost = server.fields.subtracting(target.held)
      // The client secret has its own warning, with help.
      let key = ExportField.allCases.filter { lost.contains($0) && (target != .claudeCode || $0 != .clientSecret) }
      guard !key.isEmpty else { continue }
      if losers[key] == nil { order.append(key) }
      losers[key, default: []].append(server)
    }
    // A dotenv file is only for secrets, so one warning is enough.
    if target == .dotenv, !order.isEmpty {
      let all = ExportField.allCases.filter { field in order.contains { $0.contains(field) } }
      return [warning(.exportIncomplete, "dotenv holds secrets only, not \(Self.list(all.map(\.rawValue)))", nil)]
    }
    return order.map { fields in
      let servers = losers[fields] ?? []
      return warning(
        .exportIncomplete,
        "\(target.rawValue) cannot hold \(Self.list(fields.map(\.rawValue))) of \(Self.names(servers))",
        servers.count == 1 ? servers.first : nil, help: help(for: Set(fields)))
    }
  }

  /// Secrets that the target could hold, but that are left out.
  private func omitted(_ servers: [ExportedServer]) -> [Diagnostic] {
    guard handling == .omit else { return [] }
    let losers = servers.filter { server in
      server.slots.contains { field, _ in
        field == .clientSecret ? target.held.contains(.clientSecret) : target.held.contains(.headers)
      }
    }
    guard !losers.isEmpty else { return [] }
    return [
      warning(
        .exportIncomplete, "secrets are left out of \(Self.names(losers))", losers.count == 1 ? losers.first : nil,
        help: ["write the values: --secrets inline"]
          + (target.hasReferences ? ["or write references: --secrets reference"] : []))
    ]
  }

  private func help(for lost: Set<ExportField>) -> [String] {
    var help: [String] = []
    if lost.contains(.clientSecret), target == .codex || target == .vscode {
      help.append("it has no key for a client secret: use a public client, token_endpoint_auth_method: none")
    }
    if !lost.isDisjoint(with: [.authorizationEndpoint, .tokenEndpoint]), target != .dotenv {
      help.append("it discovers the endpoints itself")
    }
    return help
  }

  // MARK: Secrets

  private func expiry(_ server: ExportedServer) -> [Diagnostic] {
    guard let client = server.client, client.secret != nil, let expiry = client.expiresAt, expiry <= now else {
      return []
    }
    return [
      warning(
        .secretExpired, "the client secret of '\(server.name)' expired at \(expiry.rfc3339)", server,
        help: ["renew it: mcpauth apply, or mcpauth rotate \(server.name)"])
    ]
  }

  private func secretsOf(_ server: ExportedServer) -> [Diagnostic] {
    guard let client = server.client, let slot = client.secret else { return [] }
    switch (target, handling) {
    case (.claudeCode, _):
      let port = LoopbackRedirect.first(in: client.redirectURIs, path: "/callback").map {
        " --callback-port \($0.port)"
      }
      return [
        warning(
          .exportIncomplete, "claude-code keeps the client secret of '\(server.name)' in the keychain, not in its file",
          server,
          help: [
            "set MCP_CLIENT_SECRET, then: claude mcp add --transport \(server.isSSE ? "sse" : "http") --client-id "
              + [
                PastedText.shell(client.id), "--client-secret" + (port ?? ""), server.name,
                PastedText.shell(server.url),
              ]
              .joined(separator: " ")
          ])
      ]
    case (.goose, .inline):
      return [
        warning(
          .exportIncomplete,
          "goose takes the name of a client secret only: the value of '\(server.name)' is not in its file", server,
          help: ["set \(slot.reference) in its environment or keyring: mcpauth export --to dotenv --secrets inline"])
      ]
    default: return []
    }
  }

  // MARK: What is not verified

  private func unverified(_ servers: [ExportedServer]) -> [Diagnostic] {
    var all: [Diagnostic] = []
    func note(_ affected: [ExportedServer], _ text: String, help: [String] = []) {
      guard !affected.isEmpty else { return }
      all.append(
        warning(
          .exportUnverified, "\(text): \(Self.names(affected))", affected.count == 1 ? affected.first : nil, help: help)
      )
    }
    let withHeaders = servers.filter { !$0.headers.isEmpty }
    let withClients = servers.filter { $0.client != nil }
    switch target {
    case .coder, .coderTerraform:
      note(withHeaders, "coder's documentation does not describe the keys for api_key and custom_headers")
      note(
        withClients,
        "coder's callback has the id of the configuration, which is known only when the configuration exists",
        help: ["create it disabled, put its callback into redirect_uris, apply, export, then update and enable it"])
      note(
        servers.filter { !$0.name.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "_") } },
        "coder may refuse a slug with '.' or '_'")
    case .litellm:
      note(withHeaders, "static_headers, and references in it, are not verified for this version of litellm")
      note(
        servers.filter { $0.name.contains("-") || $0.name.contains(".") },
        "litellm may refuse names with '-' or '.'")
    case .goose:
      note(
        withHeaders.filter { !$0.slots.isEmpty && handling == .reference },
        "env_keys, and references in headers, are not verified for this version of goose")
    case .librechat:
      note(
        withClients.filter { $0.client?.secret != nil },
        "the values of token_exchange_method are not verified for this version of librechat")
    case .cursor, .opencode, .gemini, .vscode, .codex, .claudeCode, .toolhive, .kubernetes, .dotenv, .json: break
    }
    if target == .coderTerraform {
      note(
        servers.filter { server in
          server.client.map { $0.secret != nil && $0.secretVersion == nil } ?? !server.slots.isEmpty
        },
        "mcpauth does not see when a secret of your own changes, and terraform does not compare it",
        help: ["raise generation, or the _wo_version, when you change it"])
    }
    if target == .cursor || target == .goose || target == .litellm {
      note(withClients, "\(target.rawValue) has its own redirect URI, which must be one of the client's")
    }
    return all
  }

  /// Whether the client has a redirect URI that the target uses. Without one, users cannot sign in.
  private func redirects(_ server: ExportedServer) -> [Diagnostic] {
    guard let client = server.client, !client.redirectURIs.isEmpty else { return [] }
    let uris = client.redirectURIs
    let expected: String
    switch target {
    case .claudeCode:
      if LoopbackRedirect.first(in: uris, path: "/callback") != nil { return [] }
      expected = "http://localhost:PORT/callback"
    case .codex, .toolhive, .gemini, .opencode:
      if LoopbackRedirect.first(in: uris) != nil { return [] }
      expected = "http://localhost:PORT/callback"
    case .vscode:
      let known = ["https://vscode.dev/redirect", "https://insiders.vscode.dev/redirect"]
      if uris.contains(where: { known.contains($0) || $0.hasPrefix("http://127.0.0.1") }) { return [] }
      expected = "https://vscode.dev/redirect, http://127.0.0.1/ or http://127.0.0.1:33418/"
    case .librechat:
      if uris.contains(where: { $0.hasSuffix(Self.libreChatCallback(server.name)) }) { return [] }
      expected = "https://DOMAIN" + Self.libreChatCallback(server.name)
    default: return []
    }
    return [
      warning(
        .exportIncomplete, "\(target.rawValue) uses no redirect URI of '\(server.name)': users could not sign in there",
        server,
        help: [
          "register one that it uses: redirect_uris: [\(PastedText.yaml(expected))], or an inventory for \(target.rawValue) alone"
        ])
    ]
  }

  static func libreChatCallback(_ server: String) -> String { "/api/mcp/\(server)/oauth/callback" }

  // MARK: Text

  private static func list(_ words: [String]) -> String { words.joined(separator: ", ") }

  /// The names of the servers; of many, the first ones and the number of the others.
  private static func names(_ servers: [ExportedServer]) -> String {
    let shown = servers.prefix(6).map { "'\($0.name)'" }.joined(separator: ", ")
    return servers.count > 6 ? "\(shown) and \(servers.count - 6) more" : shown
  }
}

/// `http://localhost:3118/callback`: a redirect URI of a program on the user's machine (RFC 8252 section 7.3).
struct LoopbackRedirect {
  var uri: String
  var port: Int

  /// - Parameter path: the path that is required; nil: any.
  static func first(in uris: [String], path: String? = nil) -> LoopbackRedirect? {
    for uri in uris {
      guard let url = try? CheckedURL(uri, plaintext: .loopback), !url.isSecure, url.isLoopback,
        path == nil || url.path == path
      else { continue }
      return LoopbackRedirect(uri: uri, port: url.port)
    }
    return nil
  }
}
