import MCPAuthCore
import MCPAuthPlan

/// Compares the secret store with the lock file and the inventory: every needed secret must exist and be readable, and every secret in the store must
/// be needed. With an age store and no identity, only the names are compared.
struct SecretCheck {
  let context: ReconcilerContext
  let store: any StoredSecretStore

  func run() async throws(Diagnostic) -> SecretCheckResult {
    let isRunning = try await context.state.isHeld()
    let loaded = try await StateLoader(context: context).load(
      allowMassChange: false, isRunning: isRunning, readsAll: true)
    var check = SecretCheckResult(
      store: store.name, canRead: store.canRead, records: loaded.records.values.reduce(0) { $0 + $1.count },
      orphans: 0, stored: 0, problems: named(loaded), unaccounted: [], notes: [])
    let unnamed = await records(loaded, &check)
    try await checkOrphans(loaded, unnamed, &check)
    try await checkStored(&check)
    if check.kept > 0 { check.notes.append(kept(check.kept)) }
    if isRunning {
      check.notes.append(
        .warning(.locked, "another run is active: what it is changing may be reported as wrong", help: ["check again"]))
    }
    if !loaded.standing.recovered.isEmpty {
      let names = loaded.standing.recovered.sorted().joined(separator: ", ")
      check.notes.append(
        .warning(.interrupted, "the lock file does not have \(names) yet", help: ["apply: mcpauth apply"]))
    }
    if !store.canRead, check.total > 0 {
      check.notes.append(
        .warning(
          .secretUnreadable,
          "\(check.total) secrets were not opened: the \(store.name) store cannot be read here; only their names were checked",
          help: ["check where the identity is: set MCPAUTH_AGE_KEY or MCPAUTH_AGE_KEY_FILE"]))
    }
    return check
  }

  // MARK: Servers

  /// The problems of entries that must have a record, and have none that is right.
  private func named(_ loaded: LoadedState) -> [Diagnostic] {
    var problems = loaded.standing.secretProblems.merging(loaded.undecided) { $1 }
    for (name, entry) in loaded.standing.entries where entry.secretVersion == nil && entry.registration == .dcr {
      guard entry.needsSecret, !entry.isLost else { continue }
      problems[name] = Diagnostic(
        .error, .secretMissing, "'\(name)' has a client with a secret, and the lock file names no record for it",
        help: ["restore the lock file from version control", "or replace the client: mcpauth rotate \(name)"])
    }
    return problems.sorted { $0.key < $1.key }.map { name, problem in placed(problem, at: name) }
  }

  private func placed(_ problem: Diagnostic, at server: String) -> Diagnostic {
    problem.placed(at: context.inventory.servers.first { $0.name == server }?.location)
  }

  /// Checks the records that the lock does not name.
  ///
  /// - Returns: the records that could be read.
  private func records(_ loaded: LoadedState, _ check: inout SecretCheckResult) async -> [SecretRecord] {
    let standing = loaded.standing
    let open = Set(loaded.undecided.keys).union(standing.underWay)
    var unnamed: [(server: String, version: String)] = []
    for (server, versions) in loaded.records.sorted(by: { $0.key < $1.key }) where !open.contains(server) {
      unnamed += versions.sorted().filter { $0 != standing.entries[server]?.secretVersion }.map { (server, $0) }
    }
    guard store.canRead else {
      check.kept += unnamed.count
      return []
    }
    let read = await unnamed.results { [store] item throws(Diagnostic) in
      try await store.get(item.server, version: item.version)
    }
    var found: [SecretRecord] = []
    for (item, result) in zip(unnamed, read) {
      switch result {
      case .success(nil): break
      case .success(let record?) where record.lineage == loaded.lineage:
        found.append(record)
        check.kept += 1
      case .success:
        check.unaccounted.append(foreign("the secret record of '\(item.server)' (version \(item.version))"))
      case .failure(let problem): check.problems.append(placed(problem, at: item.server))
      }
    }
    return found
  }

  /// The note about records that this lock file does not need. Another lock file may need them, so they are no problem.
  private func kept(_ count: Int) -> Diagnostic {
    .warning(
      .recordsKept,
      "\(count) record\(count == 1 ? " is" : "s are") kept that this lock file does not name: lock files on other branches may use them",
      help: ["see which they are, and remove them, with mcpauth secrets prune"])
  }

  // MARK: Orphans

  private func checkOrphans(
    _ loaded: LoadedState, _ unnamed: [SecretRecord], _ check: inout SecretCheckResult
  ) async throws(Diagnostic) {
    let names = try await store.orphanNames()
    check.orphans = names.count
    var lines: [String: Orphan] = [:]
    for orphan in loaded.standing.orphans {
      guard let clientID = orphan.clientID else { continue }
      lines[store.orphanName(issuer: orphan.issuer, clientID: clientID)] = orphan
    }
    let known = Set(names)
    for (name, orphan) in lines.sorted(by: { $0.value.sortKey < $1.value.sortKey }) {
      let isElsewhere =
        unnamed.contains { $0.issuer == orphan.issuer && $0.clientID == orphan.clientID }
        || loaded.standing.entries.values.contains(where: orphan.isClient)
      if orphan.managed, !known.contains(name), !isElsewhere { check.problems.append(lost(orphan)) }
    }
    let read = await names.results { [store] name throws(Diagnostic) in
      store.canRead ? try await store.getOrphan(named: name) : nil
    }
    for (name, result) in zip(names, read) {
      switch result {
      case .success(let record):
        if let record, record.lineage != loaded.lineage {
          check.unaccounted.append(foreign("the orphan record of \(words(record.clientID, record.issuer))"))
        } else if lines[name] == nil {
          check.kept += 1
        }
      case .failure(let problem): check.problems.append(problem)
      }
    }
  }

  private func lost(_ orphan: Orphan) -> Diagnostic {
    Diagnostic(
      .error, .secretMissing,
      "the management token of \(words(orphan.clientID ?? "", orphan.issuer)), an orphan of '\(orphan.server)', is not in the \(store.name) store",
      help: [
        "restore its record from where the last apply ran, or from a backup",
        "or delete the client at its server by hand, and remove the line: mcpauth orphans forget \(orphan.server)",
      ])
  }

  private func foreign(_ what: String) -> Diagnostic {
    Diagnostic(
      .error, .secretMismatch, "\(what) belongs to another lock file",
      help: ["move it to the store of the inventory with its lineage"])
  }

  private func words(_ clientID: String, _ issuer: String) -> String {
    "the client '\(ForeignText.printable(clientID, limit: 128))' at \(ForeignText.printable(issuer, limit: 256))"
  }

  // MARK: Stored values

  private func checkStored(_ check: inout SecretCheckResult) async throws(Diagnostic) {
    let keys = try await store.storedKeys()
    check.stored = keys.count
    let uses = context.inventory.storedUses
    for (key, places) in uses.sorted(by: { $0.key < $1.key }) where !keys.contains(key) {
      for place in places {
        var problem = Diagnostic.storedMissing(key, store: store.name)
        problem.message += ", and '\(place.server)' needs it for \(place.field)"
        problem.location = place.location
        check.problems.append(problem)
      }
    }
    guard store.canRead else { return }
    let read = await keys.results { [store] key throws(Diagnostic) in try await store.getStored(key) }
    for (key, result) in zip(keys, read) {
      guard case .failure(let problem) = result else { continue }
      check.problems.append(problem.placed(at: uses[key]?.first?.location))
    }
  }
}
