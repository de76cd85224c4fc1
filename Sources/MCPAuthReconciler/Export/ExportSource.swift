package import MCPAuthCore
package import MCPAuthPlan

/// Reads the inputs of an export. Writes nothing, sends nothing, takes no lock. A secret is read only when the export needs it.
package struct ExportSource: Sendable {
  private let context: ReconcilerContext

  package init(_ context: ReconcilerContext) {
    self.context = context
  }

  package var now: Timestamp { context.now() }

  /// The lock, and a warning if a run has changes that are not in the lock file yet.
  ///
  /// - Throws: `lock-missing`, `lock-invalid`, `lock-too-new`, `journal-invalid`, `store-failed`.
  package func lock() async throws(Diagnostic) -> (lock: Lock, warnings: [Diagnostic]) {
    guard let found = try await lockIfAny() else { throw lockMissing }
    return found
  }

  /// The error if there is no lock file.
  var lockMissing: Diagnostic {
    Diagnostic(
      .error, .lockMissing,
      "there is no lock file '\(context.state.lockFile)': nothing was applied yet, or it was not committed",
      help: [
        "apply first: mcpauth apply \(PastedText.shell(context.inventory.file))", "or restore it from version control",
      ])
  }

  /// The same as `lock`; nil if there is no lock file.
  func lockIfAny() async throws(Diagnostic) -> (lock: Lock, warnings: [Diagnostic])? {
    let file = context.state.lockFile
    guard let bytes = try await context.state.readLock() else { return nil }
    let lock = try LockCodec.decode(bytes, file: file)
    guard try await !context.state.readJournal().events.isEmpty else { return (lock, []) }
    let warning = Diagnostic.warning(
      .interrupted, "an apply was interrupted, or is still running: '\(file)' does not have all of it yet",
      help: ["finish it: mcpauth apply \(PastedText.shell(context.inventory.file))"])
    return (lock, [warning])
  }

  /// The secrets that an export needs. Each is checked to belong to its lock entry, and to the URLs that are written beside it.
  ///
  /// - Parameters:
  ///   - besideURL: whether the server's URL of the lock file is written beside the secrets.
  ///   - besideEndpoints: whether the token endpoint of the lock file is written beside the secrets.
  /// - Returns: the secrets by server, and the reason for each that cannot be read: `secret-missing`, `secret-unreadable`, `secret-mismatch`.
  package func secrets(
    _ needs: [ServerSecret], _ lock: Lock, besideURL: Bool = true, besideEndpoints: Bool = true
  ) async -> (secrets: [String: ServerSecretValues], problems: [Diagnostic]) {
    let results = await needs.results { need throws(Diagnostic) -> Secret in
      if let destination = destination(of: need, lock) {
        if besideURL { try destination.checkURL() }
        if besideEndpoints, need.field == .clientSecret { try destination.checkEndpoints() }
      }
      return try await secret(need, lock)
    }
    var secrets: [String: ServerSecretValues] = [:]
    var problems: [Diagnostic] = []
    for (need, result) in zip(needs, results) {
      switch result {
      case .success(let secret):
        switch need.field {
        case .clientSecret: secrets[need.server, default: ServerSecretValues()].clientSecret = secret
        case .header(let name): secrets[need.server, default: ServerSecretValues()].headers[name] = secret
        }
      case .failure(let problem):
        problems.append(problem.placed(at: context.inventory.servers.first { $0.name == need.server }?.location))
      }
    }
    return (secrets, problems)
  }

  private func destination(of need: ServerSecret, _ lock: Lock) -> LockedDestination? {
    guard let server = context.inventory.servers.first(where: { $0.name == need.server }),
      let entry = lock.servers[need.server]
    else { return nil }
    return LockedDestination(server, entry)
  }

  private func secret(_ need: ServerSecret, _ lock: Lock) async throws(Diagnostic) -> Secret {
    switch need.source {
    case .reference(let reference): return try await context.resolve(reference)
    case .record(let version):
      guard let entry = lock.servers[need.server], entry.secretVersion == version,
        let secret = try await context.secrets.record(of: entry, named: need.server, lineage: lock.lineage).clientSecret
      else { throw .secretMissing(need.server, version: version, store: context.secrets.name) }
      return secret
    }
  }
}
