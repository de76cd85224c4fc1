package import MCPAuthCore
import MCPAuthPlan

/// The source and the target of a move.
struct SecretMoveOrder: Sendable {
  var source: any StoredSecretStore
  var target: any StoredSecretStore
  /// Whether the inventory already names the target. The store that the inventory names is in use: if both stores have a value, its value is the
  /// newer one.
  var isTargetNamed: Bool
  /// Whether what was copied is removed from the source. The inventory of another branch may still name the source, so a user must ask for it.
  var removes: Bool
}

/// The result of `secrets move`.
package struct SecretMoveResult: Sendable, Equatable {
  package var source: String
  package var target: String
  /// What was in the old store: servers' records, orphans' records, stored values.
  package var records = 0
  package var orphans = 0
  package var stored = 0
  /// How many of these items were already in the new store.
  package var alreadyThere = 0
  /// Whether the inventory names the new store.
  package var isTargetNamed: Bool
  /// Whether what was copied was to be removed from the old store.
  package var removes: Bool
  /// How many of the items stay in the old store as well.
  package var staying = 0
  /// Why the move is incomplete. Everything that was copied is in both stores. Nothing, or only a part, was removed from the old store.
  package var problems: [Diagnostic] = []
  /// Records of other inventories, and shared values. They stay in the old store.
  package var left: [Diagnostic] = []
  package var warnings: [Diagnostic] = []

  package var total: Int { records + orphans + stored }
}

/// Copies everything from one store to another. Each item is read back. Only when all items are copied are they removed from the old store, if the
/// user asked for that: the inventory of another branch may still name the old store. At every moment each item is complete in at least one store.
/// After an interruption a second run continues the move, whether the inventory names the old store or the new one.
struct SecretMove {
  let context: ReconcilerContext
  let order: SecretMoveOrder

  private var source: any StoredSecretStore { order.source }
  private var target: any StoredSecretStore { order.target }

  private enum Copied: Sendable {
    case now, before
    case notOurs(Diagnostic)
    case gone
  }

  func run() async throws(Diagnostic) -> SecretMoveResult {
    try refuseUnreadable()
    var both = context
    both.secrets = JoinedSecrets(
      first: order.isTargetNamed ? target : source, second: order.isTargetNamed ? source : target)
    return try await LockedRun.within(both) { session throws(Diagnostic) in
      // An answer that is only in its record would have to be looked up in both stores.
      if let undecided = session.loaded.undecided.sorted(by: { $0.key < $1.key }).first { throw undecided.value }
      let warnings = try await target.prove()
      try await refuseOneStore(session.loaded.lineage)
      var result = SecretMoveResult(
        source: source.name, target: target.name, isTargetNamed: order.isTargetNamed, removes: order.removes)
      result.warnings = warnings
      try await move(lineage: session.loaded.lineage, &result)
      return result
    }
  }

  private func move(lineage: String?, _ result: inout SecretMoveResult) async throws(Diagnostic) {
    let items = try await source.items().filter(isOurs)
    for item in items {
      switch item {
      case .record: result.records += 1
      case .orphan: result.orphans += 1
      case .stored: result.stored += 1
      }
    }
    let copies = await items.results { item throws(Diagnostic) in try await copy(item, lineage: lineage) }
    var moved: [SecretItem] = []
    for (item, copy) in zip(items, copies) {
      switch copy {
      case .success(.now): moved.append(item)
      case .success(.before):
        moved.append(item)
        result.alreadyThere += 1
      case .success(.notOurs(let why)): result.left.append(why)
      case .success(.gone): break
      case .failure(let problem): result.problems.append(problem)
      }
    }
    guard result.problems.isEmpty else { return Self.shorten(&result) }
    guard order.removes else {
      result.staying = moved.count
      return
    }
    if source.sharesStored {
      let shared = moved.filter(\.isStored)
      moved.removeAll(where: \.isStored)
      result.staying = shared.count
      if !shared.isEmpty { result.left.append(stays(shared)) }
    }
    let removals = await moved.results { item throws(Diagnostic) in try await remove(item) }
    for case .failure(let problem) in removals { result.problems.append(problem) }
    Self.shorten(&result)
  }

  /// If all inventories share the stored values, only those that this inventory refers to.
  private func isOurs(_ item: SecretItem) -> Bool {
    guard source.sharesStored, case .stored(let key) = item else { return true }
    return context.inventory.storedUses[key] != nil
  }

  /// Reports a signal once, not once per item.
  private static func shorten(_ result: inout SecretMoveResult) {
    let stopped = result.problems.filter { $0.code == .interrupted }
    guard stopped.count > 1 else { return }
    result.problems.removeAll { $0.code == .interrupted }
    result.problems.append(stopped[0])
  }

  // MARK: Refusals

  private func refuseUnreadable() throws(Diagnostic) {
    for (store, why) in [
      (source, "what is in it must be read"), (target, "what is copied must be read back"),
    ] where !store.canRead {
      throw .storeUnreadable(store.name, why: why)
    }
  }

  /// Puts a test value into the new store. If it appears in the old store, both are the same store, and nothing may be removed. If it cannot be read
  /// back, the new store does not keep what is put into it.
  private func refuseOneStore(_ lineage: String?) async throws(Diagnostic) {
    // The name contains the lineage: another inventory may be moving to the same helper at the same time.
    let probe = "mcpauth-move-probe-" + (lineage.map { String($0.prefix(16)) } ?? "none") + "-"
    try await remove(probe, from: source)
    try await remove(probe, from: target)
    let key = probe + context.randomID().prefix(16)
    let value = Secret(context.randomID())
    try await target.putStored(key, value)
    let isOne = try await source.storedKeys().contains(key)
    let back = await Result { () async throws(Diagnostic) in try await target.getStored(key) }
    try await target.removeStored(key)
    if isOne {
      throw Diagnostic(
        .error, .moveRefused, "the old store and the new one are the same: there is nothing to move",
        help: ["name another store, path or helper"])
    }
    guard try back.get() == value else { throw notBack("a value") }
  }

  /// Removes test values of a move that was killed.
  private func remove(_ probe: String, from store: any StoredSecretStore) async throws(Diagnostic) {
    for key in try await store.storedKeys() where key.hasPrefix(probe) { try await store.removeStored(key) }
  }

  // MARK: Copying

  private func copy(_ item: SecretItem, lineage: String?) async throws(Diagnostic) -> Copied {
    guard !context.isInterrupted() else {
      throw Diagnostic(
        .error, .interrupted,
        "a signal ended the move before everything was copied: nothing was removed from the \(source.name) store",
        help: ["run it again: it continues"])
    }
    switch item {
    case .record(let server, let version):
      guard let record = try await source.get(server, version: version) else { return .gone }
      return try await copy(record, lineage)
    case .orphan(let name):
      guard let record = try await source.getOrphan(named: name) else { return .gone }
      return try await copyOrphan(record, lineage)
    case .stored(let key):
      guard let value = try await source.getStored(key) else { return .gone }
      return try await copyStored(key, value)
    }
  }

  private func copy(_ record: SecretRecord, _ lineage: String?) async throws(Diagnostic) -> Copied {
    guard record.lineage == lineage else { return .notOurs(foreign("\(record.server).\(record.version)")) }
    if let there = try await target.get(record.server, version: record.version) {
      // A version belongs to one registration: its content never changes.
      guard there == record else { throw differs("the record of '\(record.server)' (version \(record.version))") }
      return .before
    }
    try await target.put(record)
    guard try await target.get(record.server, version: record.version) == record else {
      throw notBack("the record of '\(record.server)' (version \(record.version))")
    }
    return .now
  }

  private func copyOrphan(_ record: SecretRecord, _ lineage: String?) async throws(Diagnostic) -> Copied {
    let client = "the orphan record of the client '\(ForeignText.printable(record.clientID, limit: 128))'"
    guard record.lineage == lineage else { return .notOurs(foreign(client)) }
    let there = try await target.getOrphan(issuer: record.issuer, clientID: record.clientID)
    if there == record || (there != nil && order.isTargetNamed) { return .before }
    try await target.putOrphan(record)
    guard try await target.getOrphan(issuer: record.issuer, clientID: record.clientID) == record else {
      throw notBack(client)
    }
    return .now
  }

  private func copyStored(_ key: String, _ value: Secret) async throws(Diagnostic) -> Copied {
    let there = try await target.getStored(key)
    if there == value || (there != nil && order.isTargetNamed) { return .before }
    try await target.putStored(key, value)
    guard try await target.getStored(key) == value else { throw notBack("the stored secret '\(key)'") }
    return .now
  }

  private func remove(_ item: SecretItem) async throws(Diagnostic) {
    guard !context.isInterrupted() else {
      throw Diagnostic(
        .error, .interrupted,
        "a signal ended the move: everything was copied, but not everything was removed from the \(source.name) store",
        help: ["run it again: it continues"])
    }
    switch item {
    case .record(let server, let version): try await source.remove(server, version: version)
    case .orphan(let name):
      guard let record = try await source.getOrphan(named: name) else { return }
      try await source.removeOrphan(issuer: record.issuer, clientID: record.clientID)
    case .stored(let key): try await source.removeStored(key)
    }
  }

  // MARK: Messages

  private func foreign(_ what: String) -> Diagnostic {
    .warning(
      .secretMismatch, "\(what) belongs to another lock file, and stays in the \(source.name) store",
      help: ["move it to the store of the inventory with its lineage"])
  }

  private func stays(_ items: [SecretItem]) -> Diagnostic {
    let keys = items.compactMap { item in
      if case .stored(let key) = item { "'\(key)'" } else { nil }
    }
    return .warning(
      .secretShared,
      "\(keys.joined(separator: ", ")) stay\(keys.count == 1 ? "s" : "") in the \(source.name) store as well: other inventories may use the same values",
      help: ["if no other inventory uses them: name that store in this inventory, and run mcpauth secrets remove KEY"])
  }

  private func differs(_ what: String) -> Diagnostic {
    Diagnostic(
      .error, .secretMismatch,
      "\(what) is in both stores with different content: nothing was removed from the \(source.name) store",
      help: [
        "find out which is right, and remove the other: mcpauth secrets check says whether one belongs to the lock file"
      ])
  }

  private func notBack(_ what: String) -> Diagnostic {
    Diagnostic(
      .error, .storeFailed,
      "the \(target.name) store does not return \(what): nothing was removed from the \(source.name) store")
  }
}

extension SecretItem {
  fileprivate var isStored: Bool {
    if case .stored = self { true } else { false }
  }
}

/// Two stores as one during a move. Puts into the first, removes from both.
private struct JoinedSecrets: SecretStore {
  let first: any StoredSecretStore
  let second: any StoredSecretStore

  var name: String { first.name }
  var canRead: Bool { first.canRead && second.canRead }
  /// A move reads each record when it copies it.
  var readsOnlyNeeded: Bool { true }

  func list() async throws(Diagnostic) -> [String: [String]] {
    var versions = try await first.list().mapValues(Set.init)
    for (server, more) in try await second.list() { versions[server, default: []].formUnion(more) }
    return versions.mapValues { $0.sorted() }
  }

  func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord? {
    if let found = try await first.get(server, version: version) { return found }
    return try await second.get(server, version: version)
  }

  func getOrphan(issuer: String, clientID: String) async throws(Diagnostic) -> SecretRecord? {
    if let found = try await first.getOrphan(issuer: issuer, clientID: clientID) { return found }
    return try await second.getOrphan(issuer: issuer, clientID: clientID)
  }

  func prove() async throws(Diagnostic) -> [Diagnostic] { try await first.prove() }
  func put(_ record: SecretRecord) async throws(Diagnostic) { try await first.put(record) }
  func remove(_ server: String, version: String) async throws(Diagnostic) {
    try await first.remove(server, version: version)
    try await second.remove(server, version: version)
  }
  func putOrphan(_ record: SecretRecord) async throws(Diagnostic) { try await first.putOrphan(record) }
  func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic) {
    try await first.removeOrphan(issuer: issuer, clientID: clientID)
    try await second.removeOrphan(issuer: issuer, clientID: clientID)
  }
}
