package import MCPAuthCore
import MCPAuthPlan

/// A field of a server's credentials.
package enum SecretField: String, Sendable, CaseIterable {
  case clientSecret = "client_secret"
  case clientID = "client_id"
  case registrationAccessToken = "registration_access_token"
  case registrationClientURI = "registration_client_uri"
}

/// The value that `secrets get NAME` prints.
package struct SecretGetResult: Sendable {
  package var value: Secret
  /// Whether it is a stored secret, and not a server's.
  package var isStored: Bool
  /// How to get the stored secret of the same name, if there is one too.
  package var help: [String]

  package init(value: Secret, isStored: Bool, help: [String]) {
    self.value = value
    self.isStored = isStored
    self.help = help
  }
}

/// One value for `mcpauth secrets get`: from the record that the lock names, which must belong to its entry, or from where the inventory refers to.
/// A name that is no server may be the key of a stored secret.
struct SecretRead {
  let context: ReconcilerContext
  let store: any StoredSecretStore

  /// - Parameter field: nil: the client secret of a server.
  func find(_ name: String, _ field: SecretField?) async throws(Diagnostic) -> Result<SecretGetResult, UsageProblem> {
    let lock = try await ExportSource(context).lockIfAny()?.lock
    let isServer = lock?.servers[name] != nil || context.inventory.servers.contains { $0.name == name }
    guard isServer else { return try await findStored(name, field, lock) }
    let help = await storedHelp(name)
    do throws(Diagnostic) {
      switch try await value(of: name, field ?? .clientSecret, lock) {
      case .success(let value): return .success(SecretGetResult(value: value, isStored: false, help: help))
      case .failure(let problem): return .failure(UsageProblem(problem.message, help: problem.help + help))
      }
    } catch {
      var failure = error
      failure.help += help
      throw failure
    }
  }

  /// A stored secret can exist before anything was applied, so it needs no lock file.
  private func findStored(
    _ name: String, _ field: SecretField?, _ lock: Lock?
  ) async throws(Diagnostic) -> Result<SecretGetResult, UsageProblem> {
    guard try await store.storedKeys().contains(name) else {
      guard let lock else { throw ExportSource(context).lockMissing }
      return .failure(.unlocked(name, lock.servers, lockFile: context.state.lockFile))
    }
    guard field == nil else {
      return .failure(
        UsageProblem(
          "'\(name)' is a stored secret, which has no fields", help: ["mcpauth secrets get --stored \(name)"]))
    }
    guard let value = try await store.getStored(name) else { throw .storedMissing(name, store: store.name) }
    return .success(SecretGetResult(value: value, isStored: true, help: []))
  }

  /// A store that cannot be listed does not prevent that a server's value is read.
  private func storedHelp(_ name: String) async -> [String] {
    guard let keys = try? await store.storedKeys(), keys.contains(name) else { return [] }
    return ["there is a stored secret of that name too: mcpauth secrets get --stored \(name)"]
  }

  private func value(
    of server: String, _ field: SecretField, _ lock: Lock?
  ) async throws(Diagnostic) -> Result<Secret, UsageProblem> {
    guard let lock else { throw ExportSource(context).lockMissing }
    guard let entry = lock.servers[server] else {
      return .failure(.unlocked(server, lock.servers, lockFile: context.state.lockFile))
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
    return .success(value)
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
