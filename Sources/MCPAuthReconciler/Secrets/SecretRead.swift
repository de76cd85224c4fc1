import MCPAuthCore
import MCPAuthPlan

/// A field of a server's credentials.
package enum SecretField: String, Sendable, CaseIterable {
  case clientSecret = "client_secret"
  case clientID = "client_id"
  case registrationAccessToken = "registration_access_token"
  case registrationClientURI = "registration_client_uri"
}

/// One value for `mcpauth secrets get`: from the record that the lock names, which must belong to its entry, or from where the inventory refers to.
struct SecretRead {
  let context: ReconcilerContext
  let store: any StoredSecretStore

  func value(of server: String, _ field: SecretField) async throws(Diagnostic) -> Result<Secret, UsageProblem> {
    let source = ExportSource(context)
    let lock: Lock
    do throws(Diagnostic) {
      lock = try await source.lock().lock
    } catch {
      // A stored secret can exist before anything was applied.
      guard error.code == .lockMissing, let problem = try await storedInstead(of: server) else { throw error }
      return .failure(problem)
    }
    guard let entry = lock.servers[server] else {
      return .failure(try await unknown(server, lock))
    }
    let settings = context.inventory.servers.first { $0.name == server }?.mode.oauth2
    if field == .clientSecret, let settings,
      case .reference(let reference) = ServerSecret.clientSecretSource(settings, entry)
    {
      return .success(try await context.resolve(reference))
    }
    if field == .clientID, entry.secretVersion == nil {
      guard let clientID = entry.clientID else { return .failure(without(field, server, entry)) }
      return .success(Secret(clientID))
    }
    guard entry.secretVersion != nil else { return .failure(without(field, server, entry)) }
    let record = try await context.secrets.record(of: entry, named: server, lineage: lock.lineage)
    let value: Secret? =
      switch field {
      case .clientSecret: record.clientSecret
      case .clientID: Secret(record.clientID)
      case .registrationAccessToken: record.registrationAccessToken
      case .registrationClientURI: record.registrationClientURI.map(Secret.init)
      }
    guard let value else { return .failure(without(field, server, entry)) }
    // A client id and a URL are not secret: they are in the lock file and in messages.
    if field == .clientSecret || field == .registrationAccessToken { context.learn(value) }
    return .success(value)
  }

  private func unknown(_ server: String, _ lock: Lock) async throws(Diagnostic) -> UsageProblem {
    if let problem = try await storedInstead(of: server) { return problem }
    return .unlocked(server, lock.servers, lockFile: context.state.lockFile)
  }

  private func storedInstead(of server: String) async throws(Diagnostic) -> UsageProblem? {
    guard try await store.storedKeys().contains(server) else { return nil }
    return UsageProblem(
      "there is no server '\(server)' in \(context.state.lockFile), but a stored secret of that name",
      help: ["mcpauth secrets get --stored \(server)"])
  }

  private func without(_ field: SecretField, _ server: String, _ entry: LockEntry) -> UsageProblem {
    let why =
      switch entry.mode {
      case .apiKey, .customHeaders, .none: "its mode is \(entry.mode.rawValue)"
      case .discovered, .preregistered, .manual:
        switch field {
        case .clientSecret: "it is a public client, or the inventory refers to no secret"
        case .clientID: "the lock file has no client for it"
        case .registrationAccessToken, .registrationClientURI: "it is not managed (RFC 7592)"
        }
      }
    return UsageProblem(
      "'\(server)' has no \(field.rawValue): \(why)", help: ["see it with mcpauth state show \(server)"])
  }
}
