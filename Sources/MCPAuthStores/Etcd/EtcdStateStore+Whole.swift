package import MCPAuthCore
package import MCPAuthPlan
import MCPAuthReconciler

/// Copies of the whole state (Reliability#Moving-the-state).
extension EtcdStateStore: WholeState {
  package nonisolated var place: String {
    "etcd \(space.client.shownAddress)\(space.keys.prefix)"
  }

  package func whole() async throws(Diagnostic) -> Lock? {
    let bytes = try await readLock()
    let journal = try await readJournal()
    if let intent = journal.events.first, case .intent(let open) = intent {
      if journal.underWay.contains(open.id) { throw Self.busy(place, "a run is working on '\(open.server)'") }
      throw Diagnostic(
        .error, .interrupted, "\(place) has an intent without a result, of '\(open.server)'",
        help: ["settle it first: mcpauth plan shows how"])
    }
    return try bytes.map { bytes throws(Diagnostic) in try LockCodec.decode(bytes, file: lockFile) }
  }

  package func fill(_ lock: Lock) async throws(Diagnostic) {
    let keys = space.keys
    try await space.reload()
    guard space.isEmpty(.runners) else { throw Self.busy(place, "a run is under way") }
    var meta = space.pair(keys.meta)
    if let present = meta, try EtcdMeta(present, lockFile).moved != nil { try await clear() }
    var wanted: [String: [UInt8]] = [:]
    for (server, entry) in lock.servers { wanted[keys.entry(server)] = JSONWriter.compact(entry.json) }
    for orphan in lock.orphans { wanted[keys.orphan(orphan)] = JSONWriter.compact(orphan.json) }
    if let command = lock.secretsCommand { wanted[keys.secretsCommand] = JSONWriter.compact(.strings(command)) }
    try refuseOther(wanted, isComplete: meta != nil)
    // Without `meta` no run uses the keys: a copy that is interrupted is not taken for the state.
    if let present = meta {
      guard try await space.change([.delete(keys.meta)], if: [.modified(keys.meta, present.modified)]) else {
        throw Self.busy(place, "another run has begun")
      }
      meta = nil
    }
    let missing = wanted.filter { space.pair($0.key)?.value != $0.value }.sorted { $0.key < $1.key }
    for start in stride(from: 0, to: missing.count, by: EtcdTransaction.limit / 2) {
      let part = missing[start..<min(start + EtcdTransaction.limit / 2, missing.count)]
      let puts = part.map { EtcdOperation.put($0.key, $0.value) }
      let absent = part.map { EtcdCompare.absent($0.key) }
      let isDone = try await space.change(puts, if: [EtcdCompare.absent(keys.meta)] + absent)
      guard isDone else { throw Self.busy(place, "another run writes there") }
    }
    guard try await space.change([.put(keys.meta, EtcdMeta(lineage: lock.lineage).bytes)], if: [.absent(keys.meta)])
    else { throw Self.busy(place, "another run writes there") }
  }

  package func markMoved(_ lock: Lock, to other: String) async throws(Diagnostic) {
    let key = space.keys.meta
    let seen = space.pair(key)?.modified ?? 0
    let marked = EtcdMeta(lineage: lock.lineage, moved: other)
    guard try await space.change([.put(key, marked.bytes)], if: [.modified(key, seen)]) else {
      throw Self.busy(place, "another run has begun")
    }
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
        help: ["use another prefix", "or, if nothing of it is needed: etcdctl del --prefix \(space.keys.prefix)/"])
    }
  }

  /// Removes the copy that was left when the state was moved away.
  private func clear() async throws(Diagnostic) {
    let folders: [EtcdKeys.Folder] = [.entries, .orphans, .intents]
    let old = folders.flatMap { folder in space.all(in: folder).map { space.keys.folder(folder) + $0.name } }
    for start in stride(from: 0, to: old.count, by: EtcdTransaction.limit) {
      _ = try await space.change(old[start..<min(start + EtcdTransaction.limit, old.count)].map { .delete($0) })
    }
  }

  private static func busy(_ place: String, _ why: String) -> Diagnostic {
    Diagnostic(.error, .locked, "\(place): \(why)", help: ["run it again when no run is under way"])
  }
}
