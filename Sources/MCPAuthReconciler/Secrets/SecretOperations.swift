package import MCPAuthCore
package import MCPAuthPlan

/// Reads and changes the secret store for `mcpauth secrets` (PlanAndApply#Commands, SecretStores#Records). Operations that only read take no lock and
/// write nothing.
package struct SecretOperations: Sendable {
  let context: ReconcilerContext
  let store: any StoredSecretStore
  private let open: @Sendable (SecretsSettings) throws(Diagnostic) -> any StoredSecretStore

  /// - Parameters:
  ///   - store: the store of the context.
  ///   - open: opens another store of the same inventory. An age store without recipients can only be read.
  package init(
    _ context: ReconcilerContext, store: any StoredSecretStore,
    open: @escaping @Sendable (SecretsSettings) throws(Diagnostic) -> any StoredSecretStore
  ) {
    self.context = context
    self.store = store.redacting(context.learn)
    self.open = { settings throws(Diagnostic) in try open(settings).redacting(context.learn) }
  }

  /// Lists the content of the store without reading it.
  ///
  /// - Throws: `lock-invalid`, `lock-too-new`, `journal-invalid`, `store-failed`.
  package func list() async throws(Diagnostic) -> SecretListResult {
    try await SecretListResult(context, store)
  }

  /// A secret of a server, from the record that the lock names, or from where the inventory refers to. If there is no such server, the stored
  /// secret of that name.
  ///
  /// - Returns: wrong usage if there is neither, or the server has no such field.
  /// - Throws: `lock-missing` and the like, `secret-missing`, `secret-unreadable`, `secret-mismatch`.
  package func get(
    _ name: String, _ field: SecretField?
  ) async throws(Diagnostic) -> Result<SecretGetResult, UsageProblem> {
    try await SecretRead(context: context, store: store).find(name, field)
  }

  /// A stored value.
  ///
  /// - Throws: `secret-missing`, `secret-unreadable`, `secret-mismatch`.
  package func getStored(_ key: String) async throws(Diagnostic) -> Secret {
    guard let value = try await store.getStored(key) else { throw .storedMissing(key, store: store.name) }
    return value
  }

  /// Stores a value for `{stored: KEY}`.
  ///
  /// - Throws: `locked`, `store-not-durable`, `store-failed`.
  package func set(_ key: String, _ value: Secret) async throws(Diagnostic) -> SecretSetResult {
    context.learn(value)
    if let problem = context.durability { throw problem }
    // Stored values do not depend on the lock file and the journal.
    return try await context.locked { () throws(Diagnostic) in
      let isReplacing = try await store.storedKeys().contains(key)
      try await store.putStored(key, value)
      return SecretSetResult(
        key: key, store: store.name, isReplacing: isReplacing, uses: context.inventory.storedUses[key] ?? [])
    }
  }

  /// Removes a stored value.
  ///
  /// - Returns: wrong usage if there is no value for that key.
  /// - Throws: `locked`, `store-failed`.
  package func remove(_ key: String) async throws(Diagnostic) -> Result<SecretRemoveResult, UsageProblem> {
    try await context.locked { () throws(Diagnostic) in
      let keys = try await store.storedKeys()
      guard keys.contains(key) else { return .failure(unknown(key, keys)) }
      try await store.removeStored(key)
      return .success(SecretRemoveResult(key: key, store: store.name, uses: context.inventory.storedUses[key] ?? []))
    }
  }

  /// Compares the store with the lock file and the inventory.
  ///
  /// - Throws: as `list`; `lock-missing`, `journal-foreign`.
  package func check() async throws(Diagnostic) -> SecretCheckResult {
    try await SecretCheck(context: context, store: store).run()
  }

  /// Finds the records of clients that no lock file uses, and removes them after confirmation.
  ///
  /// - Parameter confirm: receives the records that would be removed; nil: nothing is removed, and no lock is taken.
  /// - Throws: `locked`, `lock-missing` and the like, `secret-unreadable` if the store cannot be read, `store-failed`.
  package func prune(
    confirm: (@Sendable (SecretPruneResult) async -> Bool)?
  ) async throws(Diagnostic) -> SecretPruneResult {
    let prune = SecretPrune(context: context, store: store)
    guard let confirm else {
      let isRunning = try await context.state.isHeld()
      return try await prune.look(
        try await StateLoader(context: context).load(allowMassChange: false, isRunning: isRunning))
    }
    return try await LockedRun.within(context) { session throws(Diagnostic) in
      try await refuseOtherRuns()
      var result = try await prune.look(session.loaded)
      guard !result.unused.isEmpty, await confirm(result) else { return result }
      // While a user was asked, another run may have begun, and have taken a record for the client of a server that had no entry.
      try await refuseOtherRuns()
      let now = try await prune.look(session.again().loaded)
      result.unused.removeAll { !now.unused.contains($0) }
      try await prune.remove(result.unused)
      result.isRemoved = true
      return result
    }
  }

  /// In a store that several runs share, a record without an entry may be one that another run has just written.
  private func refuseOtherRuns() async throws(Diagnostic) {
    guard let shared = context.state as? any SharedStateStore, try await !shared.share().isWhole else { return }
    throw Diagnostic(
      .error, .locked, "other runs are under way, and may need records that have no entry yet",
      help: ["prune again when they have ended"])
  }

  /// Encrypts everything again to the present recipients.
  ///
  /// - Parameter writing: false: only reports what would be done.
  /// - Throws: `locked`, `store-unsupported`, `secret-unreadable` if nothing can be read at all, `store-failed`.
  package func rekey(writing: Bool) async throws(Diagnostic) -> SecretRekeyResult {
    guard let store = store as? any RecipientSecretStore else {
      throw Diagnostic(
        .error, .storeUnsupported, "the \(store.name) store has no recipients: there is nothing to encrypt again",
        at: context.inventory.secrets.location, help: ["rekey is for secrets: {store: age, recipients: [age1…]}"])
    }
    guard store.canRead else {
      throw .storeUnreadable(store.name, why: "a record must be read before it is encrypted again")
    }
    guard writing else { return try await SecretRekeyResult(store, writing: false, context.isInterrupted) }
    return try await context.locked { () throws(Diagnostic) in
      _ = try await store.prove()
      let rekeying = try await SecretRekeyResult(store, writing: true, context.isInterrupted)
      if rekeying.problems.isEmpty, rekeying.notBegun == 0 { try await store.noteRecipients() }
      return rekeying
    }
  }

  /// Copies everything between the store that the inventory names and another store.
  ///
  /// - Parameters:
  ///   - isSource: whether `other` is the old store. Then the inventory already names the new store.
  ///   - removes: whether what was copied is removed from the old store.
  /// - Throws: `locked`, `move-refused`, `secret-unreadable`, `lock-missing` and the like, `store-failed`.
  package func move(
    _ other: SecretsSettings, isSource: Bool, removes: Bool
  ) async throws(Diagnostic) -> SecretMoveResult {
    let named = context.inventory.secrets
    if other.store == .age, named.store == .age {
      throw Diagnostic(
        .error, .moveRefused,
        "the inventory keeps its secrets in an age store, which has one place: they need not be moved",
        at: named.location,
        help: [
          "for other recipients write them in the inventory, and run mcpauth secrets rekey",
          "if they are still in another store: mcpauth secrets move --from directory",
        ])
    }
    let other = try open(other)
    return try await SecretMove(
      context: context,
      order: SecretMoveOrder(
        source: isSource ? other : store, target: isSource ? store : other, isTargetNamed: isSource, removes: removes)
    ).run()
  }

  private func unknown(_ key: String, _ keys: [String]) -> UsageProblem {
    if context.inventory.servers.contains(where: { $0.name == key }) {
      return UsageProblem(
        "there is no stored secret '\(ForeignText.printable(key, limit: 64))'",
        help: ["the record of a server is removed with its client: mcpauth state forget \(key), then mcpauth orphans"])
    }
    return UsageProblem(
      "there is no stored secret '\(ForeignText.printable(key, limit: 64))'",
      help: [NearestName.of(key, in: keys).map { "did you mean '\($0)'?" } ?? "see them with mcpauth secrets list"])
  }
}

/// The result of `secrets set`.
package struct SecretSetResult: Sendable, Equatable {
  package var key: String
  package var store: String
  /// Whether an earlier value was replaced.
  package var isReplacing: Bool
  /// Where the inventory refers to the value.
  package var uses: [SecretUse]
}

/// The result of `secrets remove`.
package struct SecretRemoveResult: Sendable, Equatable {
  package var key: String
  package var store: String
  /// Where the inventory still refers to the value.
  package var uses: [SecretUse]
}

extension Diagnostic {
  /// The error for a `{stored: KEY}` without a value.
  package static func storedMissing(_ key: String, store: String) -> Diagnostic {
    Diagnostic(
      .error, .secretMissing,
      "there is no stored secret '\(ForeignText.printable(key, limit: 64))' in the \(store) store",
      help: ["put it there: mcpauth secrets set \(ForeignText.printable(key, limit: 64))"])
  }

  /// The error if nothing in the store can be read here.
  static func storeUnreadable(_ store: String, why: String) -> Diagnostic {
    Diagnostic(
      .error, .secretUnreadable, "the \(store) store cannot be read here, and \(why)",
      help: [readableElsewhere(store)])
  }
}
