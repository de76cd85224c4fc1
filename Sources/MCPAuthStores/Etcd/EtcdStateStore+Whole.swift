package import MCPAuthCore
package import MCPAuthPlan
import MCPAuthReconciler

/// Copies of the whole state (Reliability#Moving-the-state).
extension EtcdStateStore: ReviewedState {
  package nonisolated var place: String {
    "etcd \(space.client.shownAddress)\(space.keys.prefix)"
  }

  package func present() async throws(Diagnostic) -> Lock? {
    try await space.refresh()
    // A copy that was interrupted has no `meta`. It is no state, and may be continued.
    guard space.pair(space.keys.meta) != nil else { return nil }
    return try self.lock(acceptsMoved: true)
  }

  package func reviewed() async throws(Diagnostic) -> (lock: Lock, underWay: Int)? {
    try await space.refresh()
    guard var lock = try self.lock(acceptsMoved: true) else { return nil }
    let journal = try await readJournal()
    var underWay = 0
    for case .intent(let intent) in journal.events where intent.call == .register {
      if journal.underWay.contains(intent.id) {
        underWay += 1
      } else {
        lock.orphans.add(Orphan(unknown: intent))
      }
    }
    return (lock, underWay)
  }

  package func markMoved(to other: String) async throws(Diagnostic) {
    let keys = space.keys
    try await space.refresh()
    guard let pair = space.pair(keys.meta) else {
      throw Diagnostic(.error, .lockMissing, "there is no state in \(place)")
    }
    let meta = try EtcdMeta(pair, lockFile)
    if meta.moved == other { return }
    if let elsewhere = meta.moved { throw .stateMoved(place, to: elsewhere) }
    try refuseOpen()
    let marked = EtcdMeta(lineage: meta.lineage, moved: other, moves: meta.moves + 1)
    // In the same transaction: no run has begun since the keys were read.
    let quiet = [EtcdKeys.Folder.runners, .intents, .claims].map { EtcdCompare.empty(keys.folder($0)) }
    guard
      try await space.change([.put(keys.meta, marked.bytes)], if: [.modified(keys.meta, pair.modified)] + quiet)
    else { throw Self.busy(place, "another run has begun") }
  }

  /// No run is under way, and nothing of an ended run is open.
  private func refuseOpen() throws(Diagnostic) {
    guard space.isEmpty(.runners) else { throw Self.busy(place, "a run is under way") }
    guard let (server, _) = space.all(in: .intents).first else { return }
    throw Diagnostic(
      .error, .interrupted,
      "\(place) has an intent without a result, of '\(ForeignText.printable(server, limit: 128))'",
      help: ["settle it first: mcpauth plan shows how"])
  }

  package func unmark(_ other: String) async throws(Diagnostic) {
    try await space.refresh()
    guard let pair = space.pair(space.keys.meta) else { return }
    let meta = try EtcdMeta(pair, lockFile)
    guard meta.moved == other else { return }
    _ = try await space.change(
      [.put(space.keys.meta, EtcdMeta(lineage: meta.lineage, moves: meta.moves).bytes)],
      if: [.modified(space.keys.meta, pair.modified)])
  }

  /// What the keys of a lock hold, without `meta`.
  private func values(of lock: Lock) -> [String: [UInt8]] {
    let keys = space.keys
    var wanted: [String: [UInt8]] = [:]
    for (server, entry) in lock.servers { wanted[keys.entry(server)] = JSONWriter.compact(entry.json) }
    for orphan in lock.orphans { wanted[keys.orphan(orphan)] = JSONWriter.compact(orphan.json) }
    if let command = lock.secretsCommand { wanted[keys.secretsCommand] = JSONWriter.compact(.strings(command)) }
    return wanted
  }

  package func checkEmpty(for lock: Lock) async throws(Diagnostic) {
    try await space.refresh()
    guard space.isEmpty(.runners) else { throw Self.busy(place, "a run is under way") }
    let meta = try space.pair(space.keys.meta).map { pair throws(Diagnostic) in try EtcdMeta(pair, lockFile) }
    if let meta, meta.moved != nil {
      guard meta.moves <= lock.moves else { throw .stateOlder(than: place) }
      return
    }
    try refuseOther(values(of: lock), isComplete: meta != nil)
  }

  package func fill(_ lock: Lock) async throws(Diagnostic) {
    let keys = space.keys
    try await checkEmpty(for: lock)
    if let present = space.pair(keys.meta) {
      if try EtcdMeta(present, lockFile).moved != nil { try await clear() }
      // Without `meta` no run uses the keys: a copy that is interrupted is not taken for the state.
      guard try await space.change([.delete(keys.meta)], if: [.modified(keys.meta, present.modified)]) else {
        throw Self.busy(place, "another run has begun")
      }
    }
    let wanted = values(of: lock)
    let missing = wanted.filter { space.pair($0.key)?.value != $0.value }.sorted { $0.key < $1.key }
    for start in stride(from: 0, to: missing.count, by: EtcdTransaction.limit / 2) {
      let part = missing[start..<min(start + EtcdTransaction.limit / 2, missing.count)]
      let puts = part.map { EtcdOperation.put($0.key, $0.value) }
      let absent = part.map { EtcdCompare.absent($0.key) }
      let isDone = try await space.change(puts, if: [EtcdCompare.absent(keys.meta)] + absent)
      guard isDone else { throw Self.busy(place, "another run writes there") }
    }
    let meta = EtcdMeta(lineage: lock.lineage, moves: lock.moves)
    guard try await space.change([.put(keys.meta, meta.bytes)], if: [.absent(keys.meta)])
    else { throw Self.busy(place, "another run writes there") }
  }

  /// Secrets may be there already. Everything else must be what is written now: a copy that was interrupted is continued.
  private func refuseOther(_ wanted: [String: [UInt8]], isComplete: Bool) throws(Diagnostic) {
    let folders: [EtcdKeys.Folder] = [.entries, .orphans, .intents, .claims]
    let present = folders.flatMap { folder in
      space.all(in: folder).map { (key: space.keys.folder(folder) + $0.name, value: $0.pair.value) }
    }
    let others = present.filter { wanted[$0.key] != $0.value }
    guard others.isEmpty, !isComplete || present.isEmpty else {
      throw Diagnostic(
        .error, .stateNotEmpty, "\(place) has a state already: \(present.count) keys",
        help: [
          "use another prefix",
          "or keep a snapshot of etcd, and delete only \(space.keys.meta) and what is below \((folders.map(\.rawValue)).joined(separator: "/, "))/: secrets are below the prefix too",
        ])
    }
  }

  /// Removes the copy that was left when the state was moved away.
  private func clear() async throws(Diagnostic) {
    let folders: [EtcdKeys.Folder] = [.entries, .orphans, .intents]
    var old = folders.flatMap { folder in space.all(in: folder).map { space.keys.folder(folder) + $0.name } }
    old.append(space.keys.secretsCommand)
    for start in stride(from: 0, to: old.count, by: EtcdTransaction.limit) {
      _ = try await space.change(old[start..<min(start + EtcdTransaction.limit, old.count)].map { .delete($0) })
    }
  }

  private static func busy(_ place: String, _ why: String) -> Diagnostic {
    Diagnostic(.error, .locked, "\(place): \(why)", help: ["run it again when no run is under way"])
  }
}
