internal import MCPAuthCore
internal import MCPAuthPlan

/// What is told of an export beside its text: what the target cannot hold, what could not be made sure of, what has expired.
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
      all += expansions(server)
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
      // It has a warning of its own, with the way out.
      let key = ExportField.allCases.filter { lost.contains($0) && (target != .claudeCode || $0 != .clientSecret) }
      guard !key.isEmpty else { continue }
      if losers[key] == nil { order.append(key) }
      losers[key, default: []].append(server)
    }
    // Nobody looks for anything else in it: once is enough.
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

  /// Secrets that the target could hold, and that are left out.
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
          + (target.hasReferences ? ["or the names under which they are found: --secrets reference"] : []))
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
              + "\(ForeignText.printable(client.id, limit: 200)) --client-secret\(port ?? "") \(server.name) \(server.url)"
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

  /// Values that the target would not take as they are.
  private func expansions(_ server: ExportedServer) -> [Diagnostic] {
    var suspects: [(what: String, text: String)] = [("url", server.url)]
    for header in server.headers {
      if case .literal(let text) = header.value { suspects.append(("the header \(header.name)", text)) }
    }
    if handling == .inline, target.holdsSecretValues || !server.headers.isEmpty {
      for (field, slot) in server.slots {
        guard let value = slot.value else { continue }
        switch field {
        case .clientSecret: suspects.append(("client_secret", value.open()))
        case .header(let name): suspects.append(("the header \(name)", value.open()))
        }
      }
    }
    return suspects.compactMap { what, text in
      guard let opener = target.expansions.first(where: { text.contains($0) }) else { return nil }
      return warning(
        .exportUnverified,
        "\(target.rawValue) replaces what begins with '\(opener)', and \(what) of '\(server.name)' contains that",
        server,
        help: handling == .inline ? ["export it as a reference: --secrets reference"] : [])
    }
  }

  // MARK: What could not be made sure of

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
      note(withHeaders, "the keys for anything but oauth2 could not be checked against coder's documentation")
      note(
        withClients,
        "coder's callback holds the id that it gives the configuration, which is not known before it exists",
        help: ["create it disabled, put its callback into redirect_uris, apply, export, then update and enable it"])
      note(
        servers.filter { !$0.name.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "_") } },
        "coder may not take a slug with '.' or '_'")
    case .litellm:
      note(withHeaders, "static_headers, and references in it, could not be checked for this version of litellm")
      note(
        servers.filter { $0.name.contains("-") || $0.name.contains(".") },
        "litellm is safest with names without '-' and '.'")
    case .goose:
      note(
        withHeaders.filter { !$0.slots.isEmpty && handling == .reference },
        "env_keys, and references in headers, could not be checked for this version of goose")
    case .librechat:
      note(
        withClients.filter { $0.client?.secret != nil },
        "the values of token_exchange_method could not be checked for this version of librechat")
    case .cursor, .opencode, .gemini, .vscode, .codex, .claudeCode, .toolhive, .kubernetes, .dotenv, .json: break
    }
    if target == .coderTerraform {
      note(
        servers.filter { server in
          server.client.map { $0.secret != nil && $0.secretVersion == nil } ?? !server.slots.isEmpty
        },
        "mcpauth does not know when a secret of your own changes, and terraform does not look at it",
        help: ["raise generation, or the _wo_version, when you change it"])
    }
    if target == .cursor || target == .goose || target == .litellm {
      note(withClients, "\(target.rawValue) has a redirect URI of its own, which must be among the client's")
    }
    return all
  }

  /// Whether the client can be used by the target at all: its redirect URI is the target's own, and must have been registered.
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
      expected = "one of this machine's, as http://localhost:PORT/callback"
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
        .exportIncomplete, "no redirect URI of '\(server.name)' is \(target.rawValue)'s: nobody could sign in there",
        server,
        help: ["register its own: redirect_uris: [\(expected)], or an inventory for \(target.rawValue) alone"])
    ]
  }

  static func libreChatCallback(_ server: String) -> String { "/api/mcp/\(server)/oauth/callback" }

  // MARK: Words

  private static func list(_ words: [String]) -> String { words.joined(separator: ", ") }

  /// `'linear'`, or the number of servers with some of them.
  private static func names(_ servers: [ExportedServer]) -> String {
    let shown = servers.prefix(6).map { "'\($0.name)'" }.joined(separator: ", ")
    return servers.count > 6 ? "\(shown) and \(servers.count - 6) more" : shown
  }
}

/// `http://localhost:3118/callback`: where a program on the user's own machine waits (RFC 8252 section 7.3).
struct LoopbackRedirect {
  var uri: String
  var port: Int

  /// - Parameter path: what the path has to be; nil: anything.
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
