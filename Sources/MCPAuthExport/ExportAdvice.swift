internal import MCPAuthCore
internal import MCPAuthPlan

/// The warnings of an export: fields that the target cannot contain, behaviour that is not verified, secrets that have expired.
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

  // MARK: Fields that the target cannot contain

  /// One warning for all servers that lose the same fields.
  private func unheld(_ servers: [ExportedServer]) -> [Diagnostic] {
    var order: [[ExportField]] = []
    var losers: [[ExportField]: [ExportedServer]] = [:]
    for server in servers {
      let lost = server.fields.subtracting(target.held)
      let key = ExportField.allCases.filter { field in
        // A client secret that is kept elsewhere has its own warning, with help.
        lost.contains(field) && !field.isMinor(of: server) && (field != .clientSecret || elsewhere == nil)
      }
      guard !key.isEmpty else { continue }
      if losers[key] == nil { order.append(key) }
      losers[key, default: []].append(server)
    }
    // A dotenv file is only for secrets: a note says so.
    if target == .dotenv { return [] }
    return order.map { fields in
      let servers = losers[fields] ?? []
      return warning(
        .exportIncomplete,
        "\(target.rawValue) cannot hold \(Self.list(fields.map(\.rawValue))) of \(Self.names(servers))",
        servers.count == 1 ? servers.first : nil)
    }
  }

  /// Where the target's program keeps a client secret, if its file has no key for it.
  private var elsewhere: String? {
    if target == .mcpJSON { return "each program that reads the file" }
    if case .elsewhere(let place) = target.consumer?.facts.secret.value { return place }
    return nil
  }

  /// Information that needs no action.
  func notes(_ servers: [ExportedServer]) -> [String] {
    var notes: [String] = []
    let mapped = servers.filter { $0.exportName != $0.name && target != .kubernetes }
    if !mapped.isEmpty {
      let names = mapped.map { "'\($0.name)' is '\($0.exportName)'" }.joined(separator: ", ")
      notes.append("\(target.rawValue) does not take every name: \(names)")
    }
    let lost = ExportField.allCases.filter { field in
      servers.contains { $0.fields.contains(field) && !target.held.contains(field) && field.isMinor(of: $0) }
    }
    let found = lost.filter(\.isDiscovered)
    if target == .dotenv {
      notes.append("a dotenv file has only secrets")
    } else if !found.isEmpty, target.consumer != nil {
      notes.append("\(target.rawValue) discovers these values itself: \(Self.list(found.map(\.rawValue)))")
    }
    if target == .goose {
      if let port = servers.lazy.compactMap({ $0.callbackPort(of: .goose) }).first {
        notes.append("goose listens on any port unless its environment has GOOSE_OAUTH_CALLBACK_PORT=\(port)")
      }
    }
    return notes
  }

  /// Secrets that the target could contain, but that are left out.
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
    if let elsewhere {
      return [
        warning(
          .exportIncomplete,
          "\(target.rawValue) keeps the client secret of '\(server.name)' not in its file, but in \(elsewhere)",
          server, help: target == .claudeCode ? [claudeCommand(server, client)] : [])
      ]
    }
    switch (target, handling) {
    case (.goose, .inline):
      return [
        warning(
          .exportIncomplete,
          "goose accepts only the name of a client secret: the value of '\(server.name)' is not in its file", server,
          help: ["set \(slot.reference) in its environment or keyring: mcpauth export --to dotenv --secrets inline"])
      ]
    case (.codex, .reference):
      return [
        warning(
          .exportIncomplete, "codex has no reference for a client secret: the one of '\(server.name)' is left out",
          server, help: ["write the value: --secrets inline (codex 0.163 and later)"])
      ]
    default: return []
    }
  }

  private func claudeCommand(_ server: ExportedServer, _ client: ExportedServer.Client) -> String {
    var words = ["claude", "mcp", "add", "--transport", server.isSSE ? "sse" : "http"]
    words += ["--client-id", PastedText.shell(client.id), "--client-secret"]
    if let port = server.callbackPort(of: .claudeCode) { words += ["--callback-port", String(port)] }
    words += [server.exportName, PastedText.shell(server.url)]
    return "set MCP_CLIENT_SECRET, then: " + words.joined(separator: " ")
  }

  // MARK: Unverified behaviour

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
    switch target {
    case .goose:
      note(
        withHeaders.filter { !$0.slots.isEmpty && handling == .reference },
        "env_keys, and references in headers, are not verified for this version of goose")
    case .librechat:
      note(
        servers.filter { $0.client != nil && $0.client?.secret == nil },
        "librechat documents client_secret as required beside the endpoints, and the client is public")
    case .gemini:
      note(
        servers.filter { !$0.slots.isEmpty && handling == .reference },
        "gemini sends the reference itself as text where its variable is not set")
    case .copilotCLI:
      note(
        servers.filter { $0.client != nil },
        "the redirect URI of copilot-cli is not documented, and must be one of the client's")
    case .coderTerraform:
      note(
        servers.filter { server in
          server.client.map { $0.secret != nil && $0.secretVersion == nil } ?? !server.slots.isEmpty
        },
        "mcpauth does not see when a secret of your own changes, and terraform does not compare it",
        help: ["raise generation, or the _wo_version, when you change it"])
    case .coder, .litellm, .cursor, .opencode, .vscode, .codex, .claudeCode, .toolhive, .kubernetes, .dotenv, .json,
      .mcpJSON:
      break
    }
    return all
  }

  // MARK: Text

  private static func list(_ words: [String]) -> String { words.joined(separator: ", ") }

  /// The names of the servers; of many, the first ones and the number of the others.
  private static func names(_ servers: [ExportedServer]) -> String {
    let shown = servers.prefix(6).map { "'\($0.name)'" }.joined(separator: ", ")
    return servers.count > 6 ? "\(shown) and \(servers.count - 6) more" : shown
  }
}
