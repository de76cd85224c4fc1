import MCPAuthCore
import MCPAuthPlan

/// Holds the secret store against lock and inventory, both ways: what is needed is there and opens, what is there is needed. With an age store
/// and no identity only the names are.
struct SecretCheck {
  let context: ReconcilerContext
  let store: any StoredSecretStore

  /// How many records are opened at a time.
  private static let width = 8

  func run() async throws(Diagnostic) -> SecretCheckResult {
    let isRunning = try await context.state.isHeld()
    let loaded = try await StateLoader(context: context).load(allowMassChange: false, isRunning: isRunning)
    var check = SecretCheckResult(
      store: store.name, canRead: store.canRead, records: loaded.records.values.reduce(0) { $0 + $1.count },
      orphans: 0, stored: 0, problems: named(loaded), unaccounted: [], notes: [])
    let unnamed = await records(loaded, &check)
    try await checkOrphans(loaded, unnamed, &check)
    try await checkStored(&check)
    if isRunning {
      check.notes.append(
        .warning(.locked, "another run is under way: what it is about to change may look wrong", help: ["check again"]))
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
          "\(check.total) secrets were not opened: the \(store.name) store cannot be read here; that they are there is all that was checked",
          help: ["check where the identity is: set MCPAUTH_AGE_KEY or MCPAUTH_AGE_KEY_FILE"]))
    }
    return check
  }

  // MARK: Servers

  /// The entries that must have a record, and whose is not right.
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
    var problem = problem
    problem.location = problem.location ?? context.inventory.servers.first { $0.name == server }?.location
    return problem
  }

  /// The records that the lock does not name.
  ///
  /// - Returns: those of them that were read.
  private func records(_ loaded: LoadedState, _ check: inout SecretCheckResult) async -> [SecretRecord] {
    let standing = loaded.standing
    let open = Set(loaded.undecided.keys).union(standing.underWay)
    var unnamed: [(server: String, version: String)] = []
    for (server, versions) in loaded.records.sorted(by: { $0.key < $1.key }) where !open.contains(server) {
      unnamed += versions.sorted().filter { $0 != standing.entries[server]?.secretVersion }.map { (server, $0) }
    }
    guard store.canRead else {
      check.unaccounted += unnamed.map { unnamedRecord($0.server, $0.version, help: Self.whose) }
      return []
    }
    let read = await unnamed.mapConcurrently(limit: Self.width) { [store] item in
      await Result { () async throws(Diagnostic) in try await store.get(item.server, version: item.version) }
    }
    let lock = loaded.currentLock(lineage: loaded.lineage ?? "")
    var found: [SecretRecord] = []
    for (item, result) in zip(unnamed, read) {
      switch result {
      case .success(nil): break
      case .success(let record?):
        found.append(record)
        if let problem = unnamedRecord(record, lock) { check.unaccounted.append(problem) }
      case .failure(let problem): check.problems.append(placed(problem, at: item.server))
      }
    }
    return found
  }

  /// - Returns: nil for the record of a client on the orphans' list, which had no time to get to its place.
  private func unnamedRecord(_ record: SecretRecord, _ lock: Lock) -> Diagnostic? {
    guard record.lineage == lock.lineage else {
      return unnamedRecord(
        record.server, record.version, help: ["it is of another lock file: put it back where it belongs"])
    }
    if lock.orphans.contains(where: { $0.issuer == record.issuer && $0.clientID == record.clientID }) { return nil }
    if RecordCleanup(context: context).isAccountedFor(record, lock) {
      return unnamedRecord(
        record.server, record.version, help: ["it is an old one: the next mcpauth apply takes it away"])
    }
    let client = ForeignText.printable(record.clientID, limit: 128)
    let issuer = ForeignText.printable(record.issuer, limit: 256)
    return unnamedRecord(
      record.server, record.version,
      help: [
        "it is of the client '\(client)' at \(issuer): restore the lock file that has it",
        "or delete that client at its server, and then the record from the store",
      ])
  }

  private static let whose = ["check where the store can be read: then it says whose it is"]

  private func unnamedRecord(_ server: String, _ version: String, help: [String]) -> Diagnostic {
    Diagnostic(
      .error, .clientLeftBehind,
      "the secret record of '\(server)' (version \(version)) is not accounted for: the lock file does not name it",
      help: help)
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
    let read = await names.mapConcurrently(limit: Self.width) { [store] name in
      await Result { () async throws(Diagnostic) in
        store.canRead ? try await store.getOrphan(named: name) : nil
      }
    }
    for (name, result) in zip(names, read) {
      switch result {
      case .success(let record):
        if let record, record.lineage != loaded.lineage {
          check.problems.append(foreign(record))
        } else if lines[name] == nil {
          check.unaccounted.append(unlisted(name, record))
        }
      case .failure(let problem): check.problems.append(problem)
      }
    }
  }

  private func lost(_ orphan: Orphan) -> Diagnostic {
    Diagnostic(
      .error, .secretMissing,
      "the management token of \(words(orphan.clientID ?? "", orphan.issuer)), which was '\(orphan.server)', is not in the \(store.name) store",
      help: [
        "restore its record from where the last apply ran, or from a backup",
        "or delete the client at its server by hand, and strike the line: mcpauth orphans forget \(orphan.server)",
      ])
  }

  private func foreign(_ record: SecretRecord) -> Diagnostic {
    Diagnostic(
      .error, .secretMismatch,
      "the record of \(words(record.clientID, record.issuer)) among the orphans' is of another lock file",
      help: ["put it back where it belongs"])
  }

  private func unlisted(_ name: String, _ record: SecretRecord?) -> Diagnostic {
    guard let record else {
      return Diagnostic(
        .error, .clientLeftBehind,
        "the orphan's record \(name.prefix(12))… is not accounted for: no line of the lock file is its client's",
        help: store.canRead ? ["delete it from the store"] : Self.whose)
    }
    return Diagnostic(
      .error, .clientLeftBehind,
      "the orphan's record of \(words(record.clientID, record.issuer)) is not accounted for: the lock file's list does not have it",
      help: [
        "restore the lock file that lists it",
        "or delete that client at its server, and then the record \(name.prefix(12))… from the store",
      ])
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
    let read = await keys.mapConcurrently(limit: Self.width) { [store] key in
      await Result { () async throws(Diagnostic) in try await store.getStored(key) }
    }
    for (key, result) in zip(keys, read) {
      guard case .failure(var problem) = result else { continue }
      problem.location = problem.location ?? uses[key]?.first?.location
      check.problems.append(problem)
    }
  }
}

extension Result where Success: Sendable, Failure == Diagnostic {
  /// What an asynchronous call came to.
  init(_ work: () async throws(Diagnostic) -> Success) async {
    do throws(Diagnostic) { self = .success(try await work()) } catch { self = .failure(error) }
  }
}
