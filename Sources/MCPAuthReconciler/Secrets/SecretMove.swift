package import MCPAuthCore
import MCPAuthPlan

/// From where to where everything goes.
struct SecretMoveOrder: Sendable {
  var source: any StoredSecretStore
  var target: any StoredSecretStore
  /// Whether the inventory names the target already. The store that it names is the one in use: where both hold a value, its one is the later.
  var isTargetNamed: Bool
}

/// What `secrets move` did.
package struct SecretMoveResult: Sendable, Equatable {
  package var source: String
  package var target: String
  /// What was in the old store: servers' records, orphans' records, stored values.
  package var records = 0
  package var orphans = 0
  package var stored = 0
  /// How many of them were in the new store before.
  package var alreadyThere = 0
  /// Whether the inventory names the new store.
  package var isTargetNamed: Bool
  /// Why it is not done. What was copied is in both stores then, and nothing was taken from the old one, or not all.
  package var problems: [Diagnostic] = []
  /// What is not ours, and stays in the old store.
  package var left: [Diagnostic] = []
  package var warnings: [Diagnostic] = []

  package var total: Int { records + orphans + stored }
}

/// Everything from one store to another: copied, read back, and only when all of it was, taken from the old one. At any instant each thing is in one of
/// the two, whole; and a second run, with the inventory as it was or with the new store in it, goes on.
struct SecretMove {
  let context: ReconcilerContext
  let order: SecretMoveOrder

  private var source: any StoredSecretStore { order.source }
  private var target: any StoredSecretStore { order.target }

  /// How many are copied at a time.
  private static let width = 8

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
      // An answer that only its record can tell would have to be looked for in the one store and then in the other.
      if let undecided = session.loaded.undecided.sorted(by: { $0.key < $1.key }).first { throw undecided.value }
      let warnings = try await target.prove()
      try await refuseOneStore(session.loaded.lineage)
      var result = SecretMoveResult(source: source.name, target: target.name, isTargetNamed: order.isTargetNamed)
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
    let copies = await items.mapConcurrently(limit: Self.width) { item in
      await Result { () async throws(Diagnostic) in try await copy(item, lineage: lineage) }
    }
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
    if source.sharesStored {
      let shared = moved.filter(\.isStored)
      moved.removeAll(where: \.isStored)
      if !shared.isEmpty { result.left.append(stays(shared)) }
    }
    let removals = await moved.mapConcurrently(limit: Self.width) { item in
      await Result { () async throws(Diagnostic) in try await remove(item) }
    }
    for case .failure(let problem) in removals { result.problems.append(problem) }
    Self.shorten(&result)
  }

  /// Of values that all inventories share, those that this one refers to.
  private func isOurs(_ item: SecretItem) -> Bool {
    guard source.sharesStored, case .stored(let key) = item else { return true }
    return context.inventory.storedUses[key] != nil
  }

  /// A signal is told once, not for each of ten thousand.
  private static func shorten(_ result: inout SecretMoveResult) {
    let stopped = result.problems.filter { $0.code == .interrupted }
    guard stopped.count > 1 else { return }
    result.problems.removeAll { $0.code == .interrupted }
    result.problems.append(stopped[0])
  }

  // MARK: Refusals

  private func refuseUnreadable() throws(Diagnostic) {
    for (store, why) in [
      (source, "what is in it must be read"), (target, "what is moved must be read back before it is taken away"),
    ] where !store.canRead {
      throw .storeUnreadable(store.name, why: why)
    }
  }

  /// A value is put into the new store. If it turns up in the old one, both are one and the same, and nothing may be taken away. If it does not
  /// come back, nothing that is put there will.
  private func refuseOneStore(_ lineage: String?) async throws(Diagnostic) {
    // Of this inventory: another one may be on its way to the same helper.
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
        .error, .moveRefused, "the old store and the new one are one and the same: nothing has to be moved",
        help: ["name another store, path or helper"])
    }
    guard try back.get() == value else { throw notBack("a value") }
  }

  /// Probes of a move that was killed.
  private func remove(_ probe: String, from store: any StoredSecretStore) async throws(Diagnostic) {
    for key in try await store.storedKeys() where key.hasPrefix(probe) { try await store.removeStored(key) }
  }

  // MARK: Copying

  private func copy(_ item: SecretItem, lineage: String?) async throws(Diagnostic) -> Copied {
    guard !context.isInterrupted() else {
      throw Diagnostic(
        .error, .interrupted,
        "a signal ended the move before all was copied: nothing was taken from the \(source.name) store",
        help: ["run it again: it goes on"])
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
    learn(record)
    guard record.lineage == lineage else { return .notOurs(foreign("\(record.server).\(record.version)")) }
    if let there = try await target.get(record.server, version: record.version) {
      // One version is one registration: it never has two contents.
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
    let client = "the record of the client '\(ForeignText.printable(record.clientID, limit: 128))' among the orphans'"
    learn(record)
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
    context.learn(value)
    let there = try await target.getStored(key)
    if there == value || (there != nil && order.isTargetNamed) { return .before }
    try await target.putStored(key, value)
    guard try await target.getStored(key) == value else { throw notBack("the stored secret '\(key)'") }
    return .now
  }

  /// A store that is another program may repeat what it was given.
  private func learn(_ record: SecretRecord) {
    for secret in [record.clientSecret, record.registrationAccessToken] {
      if let secret { context.learn(secret) }
    }
  }

  private func remove(_ item: SecretItem) async throws(Diagnostic) {
    guard !context.isInterrupted() else {
      throw Diagnostic(
        .error, .interrupted,
        "a signal ended the move: all was copied, and not all taken from the \(source.name) store",
        help: ["run it again: it goes on"])
    }
    switch item {
    case .record(let server, let version): try await source.remove(server, version: version)
    case .orphan(let name):
      guard let record = try await source.getOrphan(named: name) else { return }
      try await source.removeOrphan(issuer: record.issuer, clientID: record.clientID)
    case .stored(let key): try await source.removeStored(key)
    }
  }

  // MARK: Words

  private func foreign(_ what: String) -> Diagnostic {
    .warning(
      .secretMismatch, "\(what) is of another lock file, and stays in the \(source.name) store",
      help: ["put it back where it belongs"])
  }

  private func stays(_ items: [SecretItem]) -> Diagnostic {
    let keys = items.compactMap { item in
      if case .stored(let key) = item { "'\(key)'" } else { nil }
    }
    return .warning(
      .secretShared,
      "\(keys.joined(separator: ", ")) stay\(keys.count == 1 ? "s" : "") in the \(source.name) store as well: other inventories may use the same values",
      help: ["where none does, remove them there: with this inventory on that store, mcpauth secrets remove KEY"])
  }

  private func differs(_ what: String) -> Diagnostic {
    Diagnostic(
      .error, .secretMismatch,
      "\(what) is in both stores, and not alike: nothing was taken from the \(source.name) store",
      help: [
        "find out which is right, and remove the other: mcpauth secrets check tells whether one is the lock file's"
      ])
  }

  private func notBack(_ what: String) -> Diagnostic {
    Diagnostic(
      .error, .storeFailed,
      "the \(target.name) store does not give back \(what): nothing was taken from the \(source.name) store")
  }
}

extension SecretItem {
  fileprivate var isStored: Bool {
    if case .stored = self { true } else { false }
  }
}

/// Two stores that are looked at as one, while things are on their way from one to the other. Nothing is written through it.
private struct JoinedSecrets: SecretStore {
  let first: any StoredSecretStore
  let second: any StoredSecretStore

  var name: String { first.name }
  var canRead: Bool { first.canRead && second.canRead }

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
  }
  func putOrphan(_ record: SecretRecord) async throws(Diagnostic) { try await first.putOrphan(record) }
  func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic) {
    try await first.removeOrphan(issuer: issuer, clientID: clientID)
  }
}
