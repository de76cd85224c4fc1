package import MCPAuthCore
package import MCPAuthPlan
package import MCPAuthReconciler

/// The state of an inventory in etcd (Reliability#Many-runners). Any number of runs may work on it at the same time.
package actor EtcdStateStore: SharedStateStore {
  package nonisolated let lockFile: String
  nonisolated let space: EtcdSpace
  /// How many registrations at one issuer are under way at a time, over all runs.
  private nonisolated let perIssuer: Int
  /// This run among all.
  private nonisolated let runner = RandomName.hex(bytes: 16)
  private var presence: Presence?
  /// Entries that were decoded, and the revisions of their keys.
  private var entries: [String: (modified: Int64, entry: LockEntry)] = [:]
  /// Servers that other runs have changed, or work on, since this run read the lock. Only a hint: a claim of one of them would fail.
  private var taken: Set<String> = []
  private var lookedAt: Int?
  private var renewal: Task<Result<Int64, EtcdClient.Failure>, Never>?

  /// The lease under which the keys of this run exist. When the run ends, or does not answer for `seconds`, etcd removes them.
  private struct Presence {
    var lease: Int64
    var holder: RunHolder
    var keeping: Task<Void, Never>
  }

  /// Seconds. Longer than an election, and short enough that a person does not wait long for the servers of a killed run.
  static let leaseSeconds = 15

  /// The lock file beside the inventory.
  private nonisolated let fileLock: FileLock
  typealias FileLock = @Sendable () async throws(Diagnostic) -> (file: String, bytes: [UInt8])?

  init(
    _ space: EtcdSpace, perIssuer: Int, fileLock: @escaping FileLock = { () async throws(Diagnostic) in nil }
  ) {
    self.space = space
    self.fileLock = fileLock
    self.perIssuer = max(1, perIssuer)
    lockFile = "etcd \(space.keys.prefix)"
  }

  private nonisolated var client: EtcdClient { space.client }
  private nonisolated var keys: EtcdKeys { space.keys }

  // MARK: Reading

  /// The lock as this run has read it. Secret stores ask for it during a run, and must not make the run take the changes of others for what it has
  /// planned with.
  package func readLock() async throws(Diagnostic) -> [UInt8]? {
    try await space.loadOnce()
    return try self.lock().map(LockCodec.encode)
  }

  package func readPresentLock() async throws(Diagnostic) -> Lock? {
    try await space.refresh()
    taken = []
    if let lock = try self.lock() { return lock }
    try await refuseUnmoved()
    return nil
  }

  /// Refuses to begin again where the state is still in a lock file beside the inventory: every server would be registered a second time.
  private func refuseUnmoved() async throws(Diagnostic) {
    guard let found = try await fileLock() else { return }
    let lock = try LockCodec.decode(found.bytes, file: found.file, acceptsMoved: true)
    guard lock.movedTo == nil, !lock.servers.isEmpty || !lock.orphans.isEmpty else { return }
    throw Diagnostic(
      .error, .lockMissing,
      "\(lockFile) has no state, but the lock file '\(found.file)' has \(lock.servers.count) servers",
      help: ["move it into etcd: mcpauth state migrate --to etcd", "if it is of something else, move it away"])
  }

  /// The lock as this run knows it.
  ///
  /// - Parameter acceptsMoved: whether a state that was moved away is returned, with its mark.
  func lock(acceptsMoved: Bool = false) throws(Diagnostic) -> Lock? {
    guard let pair = space.pair(keys.meta) else {
      let left = space.all(in: .entries).count + space.all(in: .orphans).count
      guard left == 0 else {
        throw Diagnostic(
          .error, .lockMissing,
          "\(lockFile) has \(left) keys and no 'meta': a state push or a migration was interrupted",
          help: ["run the same command again"])
      }
      return nil
    }
    let meta = try EtcdMeta(pair, lockFile)
    if let place = meta.moved, !acceptsMoved { throw .stateMoved(lockFile, to: place) }
    var lock = Lock(lineage: meta.lineage)
    lock.movedTo = meta.moved
    lock.moves = meta.moves
    var present: [String: (modified: Int64, entry: LockEntry)] = [:]
    for (server, pair) in space.all(in: .entries) {
      let entry: LockEntry
      if let known = entries[server], known.modified == pair.modified {
        entry = known.entry
      } else {
        entry = try decoded(pair, "entries/\(server)") { json throws(LockShapeError) in try LockEntry(json: json) }
      }
      present[server] = (pair.modified, entry)
      lock.servers[server] = entry
    }
    entries = present
    for (id, pair) in space.all(in: .orphans) {
      lock.orphans.append(
        try decoded(pair, "orphans/\(id)") { json throws(LockShapeError) in try Orphan(json: json) })
    }
    if let command = space.pair(keys.secretsCommand)?.json?.array { lock.secretsCommand = command.compactMap(\.string) }
    return lock
  }

  private func decoded<Value>(
    _ pair: EtcdPair, _ name: String, _ decode: (JSON) throws(LockShapeError) -> Value
  ) throws(Diagnostic) -> Value {
    var problem = "not JSON"
    if let json = pair.json {
      do throws(LockShapeError) { return try decode(json) } catch { problem = error.message }
    }
    throw .damaged(lockFile, ForeignText.printable(name, limit: 128), problem)
  }

  /// The intents that have no result, as they were when the lock was read.
  package func readJournal() async throws(Diagnostic) -> Journal {
    try await space.loadOnce()
    var journal = Journal()
    if let pair = space.pair(keys.meta) { journal.lineage = try EtcdMeta(pair, lockFile).lineage }
    for (server, pair) in space.all(in: .intents) {
      guard let intent = EtcdSpace.intent(pair), intent.server == server else {
        throw .damaged(lockFile, "intents/\(ForeignText.printable(server, limit: 128))", "not an intent of that server")
      }
      journal.events.append(.intent(intent))
      if space.pair(keys.claim(server)) != nil { journal.underWay.insert(intent.id) }
    }
    return journal
  }

  package func notedLineage() async throws(Diagnostic) -> String? { try await readJournal().lineage }

  // MARK: The run

  package func acquire(_ holder: RunHolder, timeout: Int) async throws(Diagnostic) {
    do throws(EtcdClient.Failure) {
      let lease = try await enter(holder)
      presence = Presence(lease: lease, holder: holder, keeping: Task { await keep() })
    } catch {
      throw client.diagnostic(error)
    }
  }

  package func release() async {
    guard let presence else { return }
    presence.keeping.cancel()
    self.presence = nil
    var leases = [presence.lease]
    // A renewal that is under way puts the key of this run again, under another lease.
    if case .success(let lease)? = await renewal?.value, lease != presence.lease { leases.append(lease) }
    // Without an answer a lease lapses by itself.
    for lease in leases { try? await client.revoke(lease) }
  }

  private func enter(_ holder: RunHolder) async throws(EtcdClient.Failure) -> Int64 {
    let lease = try await client.grantLease(seconds: Self.leaseSeconds)
    let value = JSONWriter.compact(holder.json)
    // A run that lost its lease does not go on in a state that was moved away meanwhile.
    let seen = space.pair(keys.meta).map { [EtcdCompare.modified(keys.meta, $0.modified)] } ?? []
    let answer = try await client.commit(
      EtcdTransaction(compares: seen, operations: [.put(keys.runner(runner), value, lease: lease)]))
    guard answer.isDone || answer.present[keys.runner(runner)]?.lease == lease else {
      throw .unusable(changedMeta(answer.present[keys.meta]))
    }
    return lease
  }

  /// Keeps the lease alive while the run lasts.
  private func keep() async {
    while !Task.isCancelled {
      do { try await client.connection.pause(.seconds(Self.leaseSeconds / 3)) } catch { return }
      guard let lease = presence?.lease, !Task.isCancelled else { return }
      // Without an answer the next turn tries again.
      guard let isAlive = try? await client.keepAlive(lease) else { continue }
      if !isAlive { _ = try? await renewed(replacing: lease) }
    }
  }

  /// Another lease, if this one has lapsed. Several callers wait for the same one.
  private func renewed(replacing old: Int64) async throws(EtcdClient.Failure) -> Int64 {
    guard let presence else { return 0 }
    if presence.lease != old { return presence.lease }
    let holder = presence.holder
    let task =
      renewal
      ?? Task { () -> Result<Int64, EtcdClient.Failure> in
        do throws(EtcdClient.Failure) { return .success(try await self.enter(holder)) } catch { return .failure(error) }
      }
    renewal = task
    let result = await task.value
    renewal = nil
    let lease = try result.get()
    self.presence?.lease = lease
    return lease
  }

  private func held() throws(Diagnostic) -> Int64 {
    guard let presence else { throw client.failed("nothing is written outside of a run") }
    return presence.lease
  }

  package func prove() async throws(Diagnostic) {
    let lease = try held()
    // As long as the entries and the record of a server. It is removed with the lease.
    let value = Array(RandomName.hex(bytes: 8192).utf8)
    _ = try await space.change([.put(keys.folder(.proofs) + runner, value, lease: lease)])
  }

  package func settleLineage(_ proposed: String) async throws(Diagnostic) -> String {
    _ = try held()
    if let pair = space.pair(keys.meta) { return try EtcdMeta(pair, lockFile).lineage }
    let meta = EtcdMeta(lineage: proposed)
    if try await space.change([.put(keys.meta, meta.bytes)], if: [.absent(keys.meta)]) { return proposed }
    try await space.reload()
    guard let lock = try lock() else { throw client.failed("the key 'meta' was removed during the run") }
    return lock.lineage
  }

  package func current(_ server: String) async throws(Diagnostic) -> LockEntry? {
    let pair: EtcdPair?
    do throws(EtcdClient.Failure) { pair = try await client.get(keys.entry(server)) } catch {
      throw client.diagnostic(error)
    }
    guard let pair else { return nil }
    return try decoded(pair, "entries/\(server)") { json throws(LockShapeError) in try LockEntry(json: json) }
  }

  package func share() async throws(Diagnostic) -> ServerShare {
    do throws(EtcdClient.Failure) {
      let folder = keys.folder(.runners)
      let runners = try await client.range([EtcdSpan(prefix: folder)]).pairs
      return share(among: runners.map { (name: String($0.key.dropFirst(folder.count)), created: $0.value.created) })
    } catch {
      throw client.diagnostic(error)
    }
  }

  package func readShare() async -> ServerShare {
    share(among: space.all(in: .runners).map { (name: $0.name, created: $0.pair.created) })
  }

  private func share(among runners: [(name: String, created: Int64)]) -> ServerShare {
    let order = runners.sorted { ($0.created, $0.name) < ($1.created, $1.name) }
    guard let index = order.firstIndex(where: { $0.name == runner }) else { return .whole }
    return ServerShare(index + 1, of: order.count) ?? .whole
  }

  package func note(secretsCommand: [String]?) async throws(Diagnostic) {
    let key = keys.secretsCommand
    let value = secretsCommand.map { JSONWriter.compact(.strings($0)) }
    guard space.pair(key)?.value != value else { return }
    _ = try await space.change([value.map { .put(key, $0) } ?? .delete(key)])
  }

  // MARK: Events

  package func append(_ events: [JournalEvent], lineage: String) async throws(Diagnostic) {
    var attempt = 0
    var wait = 20
    if let server = claimed(by: events), taken.contains(server) {
      throw Self.changedElsewhere(server, isClaimed: false)
    }
    while true {
      let lease = try held()
      let batch = EtcdBatch(
        events, space, runner: runner, lease: lease, slot: (space.allOpen.count + attempt) % perIssuer)
      let transaction = batch.transaction
      guard !transaction.operations.isEmpty else { return }
      let result: (revision: Int64?, present: [String: EtcdPair])
      do throws(EtcdClient.Failure) {
        result = try await space.commit(
          transaction, patience: batch.closing.isEmpty ? nil : EtcdClient.patienceForResults)
      } catch .refused(EtcdClient.Code.notFound, let message) where message.contains("lease") {
        do throws(EtcdClient.Failure) { _ = try await renewed(replacing: lease) } catch {
          throw client.diagnostic(error)
        }
        continue
      } catch {
        throw client.diagnostic(error)
      }
      if let revision = result.revision {
        finish(batch, revision)
        return
      }
      let failed = transaction.compares.filter { !$0.holds(in: result.present) }
      let slots = Set(batch.slots.values)
      // Only the issuer is occupied: another run makes a registration there.
      guard !failed.isEmpty, failed.allSatisfy({ slots.contains($0.key) && $0.key.hasPrefix(keys.folder(.issuers)) })
      else {
        if claimed(by: events) != nil { await lookForTaken() }
        throw refusal(batch, failed, result.present)
      }
      attempt += 1
      if attempt % perIssuer == 0 {
        do { try await client.connection.pause(.milliseconds(Int.random(in: wait / 2...wait))) } catch {
          throw Diagnostic(.error, .interrupted, "the wait for another run's registration was ended")
        }
        wait = min(wait * 2, 1000)
      }
    }
  }

  private func finish(_ batch: EtcdBatch, _ revision: Int64) {
    for open in batch.closing { space.end(open.intent.id) }
    for intent in batch.opened {
      space.begin(EtcdOpenIntent(intent: intent, fence: revision, slot: batch.slots[intent.id]))
    }
  }

  /// The state was moved away, or replaced, since this run read it.
  private nonisolated func changedMeta(_ present: EtcdPair?) -> Diagnostic {
    if let present, let moved = (try? EtcdMeta(present, lockFile))?.moved { return .stateMoved(lockFile, to: moved) }
    return client.failed("the key 'meta' was changed during the run", help: ["run it again"])
  }

  private func refusal(_ batch: EtcdBatch, _ failed: [EtcdCompare], _ present: [String: EtcdPair]) -> Diagnostic {
    if failed.contains(where: { $0.key == keys.meta }) { return changedMeta(present[keys.meta]) }
    for open in batch.closing where failed.contains(where: { $0.key == keys.intent(open.intent.server) }) {
      space.end(open.intent.id)
      return .intentSettled(open.intent)
    }
    let names = batch.opened.map(\.server) + batch.closing.map(\.intent.server)
    let server = names.first ?? failed.first.map { name(of: $0.key) } ?? ""
    return Self.changedElsewhere(server, isClaimed: present[keys.claim(server)] != nil)
  }

  private static func changedElsewhere(_ server: String, isClaimed: Bool) -> Diagnostic {
    Diagnostic(
      .error, .locked,
      isClaimed
        ? "another run is working on '\(ForeignText.printable(server, limit: 128))'"
        : "another run has changed '\(ForeignText.printable(server, limit: 128))' since this run read it")
  }

  /// The server of an append that is only a claim.
  private func claimed(by events: [JournalEvent]) -> String? {
    guard events.count == 1, case .intent(let intent)? = events.first, intent.call != .delete, intent.call != .lock
    else { return nil }
    return intent.server
  }

  /// After a claim failed: finds out what else other runs have taken, so that this run does not try each of their servers. What this run has read of
  /// the entries stays as it is.
  private func lookForTaken() async {
    let now = client.connection.uptime()
    guard lookedAt.map({ now - $0 >= 500 }) ?? true, space.revision > 0 else { return }
    lookedAt = now
    let entries = keys.folder(.entries)
    let folders = [keys.folder(.claims), keys.folder(.intents)]
    guard
      let news = try? await client.news(
        [EtcdSpan(prefix: entries, keysOnly: true)], since: space.revision, folders: folders)
    else { return }
    let own = Set(space.allOpen.map(\.intent.server))
    let changed = news.changed.filter { space.pair($0.key)?.modified != $0.pair.modified }.map(\.key)
    taken.formUnion((changed + news.present).map(name(of:)).filter { !own.contains($0) })
  }

  private func name(of key: String) -> String { key.split(separator: "/").last.map(String.init) ?? key }
}

extension EtcdCompare {
  /// Whether the condition is true for these values.
  func holds(in present: [String: EtcdPair]) -> Bool {
    switch self {
    case .modified(let key, let revision): present[key]?.modified ?? 0 == revision
    case .value(let key, let value): present[key]?.value == value
    // The keys of a folder are not among the values.
    case .empty: true
    }
  }
}

extension Diagnostic {
  static func intentSettled(_ intent: JournalEvent.Intent) -> Diagnostic {
    Diagnostic(
      .error, .intentSettled,
      "the registration of '\(intent.server)' was answered after its intent was settled: another run or a person has decided about the server meanwhile",
      help: ["see what was left behind: mcpauth orphans"])
  }

  static func damaged(_ place: String, _ key: String, _ problem: String) -> Diagnostic {
    Diagnostic(
      .error, .lockInvalid, "the key \(key) of \(place) cannot be used: \(problem)",
      help: ["restore it from a snapshot of etcd, or from the lock file of mcpauth state pull"])
  }

}
