package import MCPAuthCore
package import MCPAuthPlan

/// Makes the configuration for a consumer (Consumers#Export), from the inventory, the lock file and the secrets that it needs.
package struct Exporter: Sendable {
  let inventory: Inventory
  let lock: Lock
  let options: ExportOptions
  let now: Timestamp

  package init(inventory: Inventory, lock: Lock, options: ExportOptions, now: Timestamp) {
    self.inventory = inventory
    self.lock = lock
    self.options = options
    self.now = now
  }

  /// The secrets to read before `export`: none, unless values are written.
  package var needs: [ServerSecret] {
    guard options.secrets == .inline else { return [] }
    return selected.flatMap { server -> [ServerSecret] in
      guard let entry = lock.servers[server.name],
        let exported = try? ExportedServer(server, entry, ServerSecretValues(), target: options.target),
        !lacksTransport(of: exported)
      else {
        return []
      }
      return ServerSecret.of(server, entry).filter { need in
        need.field == .clientSecret ? options.target.holdsSecretValues : options.target.held.contains(.headers)
      }
    }
  }

  /// Whether the target's file has a key for the server's URL. Then the URL is written beside the secrets.
  package var writesURL: Bool { options.target.held.contains(.url) }

  /// Whether the target's file has a key for the token endpoint. Then the endpoint is written beside the client secret.
  package var writesTokenEndpoint: Bool { options.target.held.contains(.tokenEndpoint) }

  /// - Parameter secrets: the values of `needs`, by server.
  /// - Throws: `export-name-collision`, `invalid-value`, `unsafe-merge`.
  package func export(_ secrets: [String: ServerSecretValues] = [:]) throws(Diagnostic) -> ExportResult {
    var servers: [ExportedServer] = []
    var warnings: [Diagnostic] = []
    var notes = inventory.servers.filter { isAsked($0) && !$0.isEnabled }
      .map { "'\($0.name)' is disabled, and left out" }
    for server in selected {
      do throws(ExportedServer.Unapplied) {
        let exported = try ExportedServer(
          server, lock.servers[server.name], secrets[server.name] ?? ServerSecretValues(), target: options.target)
        servers.append(exported)
        if exported.url != server.url {
          warnings.append(
            .warning(
              .notApplied, "the url of '\(server.name)' has changed since the last apply: the locked one is exported",
              at: server.place("url"), help: ["apply first: mcpauth apply \(PastedText.shell(inventory.file))"]))
        }
      } catch {
        warnings.append(
          .warning(
            .notApplied, "'\(server.name)' is left out: \(error.reason)", at: server.location,
            help: ["apply first: mcpauth apply \(PastedText.shell(inventory.file))"]))
      }
    }
    let exported = servers
    servers = leavingOutSSE(servers, &warnings)
    servers = leavingOutReplaced(servers, &warnings)
    try ExportNames.refuseCollision(servers.map { ($0, $0.exportName) })
    if namesReferences {
      let slots = servers.flatMap { server in server.slots.map { (server: server, slot: $0.slot) } }
      try ExportNames.refuseCollision(slots.filter { !$0.slot.isInventorys }.map { ($0.server, $0.slot.reference) })
    }
    let advice = ExportAdvice(target: options.target, handling: options.secrets, now: now)
    // For a server whose consumer cannot sign in, only that is reported: other warnings do not matter then.
    let stopped = Set(exported.filter { !$0.obstacles.isEmpty }.map(\.name))
    warnings =
      exported.flatMap(\.obstacles) + warnings + advice.warnings(servers.filter { !stopped.contains($0.name) })
    notes += advice.notes(servers)
    var text = ExportText(options: options)
    let bytes = try text.write(servers)
    warnings += text.warnings
    notes += text.notes
    return ExportResult(
      text: bytes, updated: options.existing, servers: servers.map(\.name), notes: notes, warnings: warnings,
      holdsSecrets: text.holdsSecrets)
  }

  /// The servers that are selected and enabled.
  private var selected: [InventoryServer] { inventory.servers.filter { isAsked($0) && $0.isEnabled } }

  private func isAsked(_ server: InventoryServer) -> Bool {
    options.only.isEmpty || options.only.contains(server.name)
  }

  /// Whether the names of secrets are in the text.
  private var namesReferences: Bool {
    switch options.target {
    case .dotenv: true
    case .goose: options.secrets != .omit
    case .coder, .toolhive, .kubernetes: false
    default: options.secrets == .reference
    }
  }

  /// Whether the server has the SSE transport, and the target does not support it.
  private func lacksTransport(of server: ExportedServer) -> Bool {
    server.isSSE && options.target.consumer?.facts.speaksSSE.value == false
  }

  /// Leaves out servers with the SSE transport if the target does not support it.
  private func leavingOutSSE(_ servers: [ExportedServer], _ warnings: inout [Diagnostic]) -> [ExportedServer] {
    for server in servers where lacksTransport(of: server) {
      warnings.append(
        .warning(
          .exportIncomplete,
          "'\(server.name)' is left out: \(options.target.rawValue) does not support the transport sse",
          at: server.location))
    }
    return servers.filter { !lacksTransport(of: $0) }
  }
}
