import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// The events of one append as one transaction (Reliability#Transactions).
///
/// Each change of an entry is made under the condition that the entry is as this run has seen it, and that no other run works on the server. The
/// result of a request is written under the condition that its intent is still there.
struct EtcdBatch {
  private let space: EtcdSpace
  private let runner: String
  private let lease: Int64
  /// For an intent: which of the issuer's places is taken.
  private let slot: Int

  private var compares: [String: EtcdCompare] = [:]
  private var operations: [String: EtcdOperation] = [:]
  /// Intents that have no result in the same append.
  private(set) var opened: [JournalEvent.Intent] = []
  /// Open intents of this run that get their result.
  private(set) var closing: [EtcdOpenIntent] = []
  /// Keys of issuers that are taken.
  private(set) var slots: [String: String] = [:]
  private var ended: Set<String> = []

  private var keys: EtcdKeys { space.keys }

  init(_ events: [JournalEvent], _ space: EtcdSpace, runner: String, lease: Int64, slot: Int) {
    self.space = space
    self.runner = runner
    self.lease = lease
    self.slot = slot
    // A run does not change a state that was moved away, or replaced, since it was read.
    if let meta = space.pair(space.keys.meta) {
      compares[space.keys.meta] = .modified(space.keys.meta, meta.modified)
    }
    for event in events { add(event) }
    for intent in opened where intent.call != .lock { claim(intent) }
    opened.removeAll { $0.call == .lock }
  }

  var transaction: EtcdTransaction {
    EtcdTransaction(
      compares: compares.sorted { $0.key < $1.key }.map(\.value),
      operations: operations.sorted { $0.key < $1.key }.map(\.value), ended: ended)
  }

  // MARK: Events

  private mutating func add(_ event: JournalEvent) {
    switch event {
    case .intent(let intent): opened.append(intent)
    case .failed(let id): close(id)
    case .unknown(let id):
      let intent = space.open(id)?.intent ?? dead(id)?.intent
      close(id)
      if let intent { put(Orphan(unknown: intent)) }
    case .registered(let id, let server, let entry):
      if let id, close(id) { ensureEntry(server) } else { change(server, to: entry) }
      operations[keys.entry(server)] = .put(keys.entry(server), JSONWriter.compact(entry.json))
    case .removed(let server):
      change(server, to: nil)
      operations[keys.entry(server)] = .delete(keys.entry(server))
    case .orphaned(let orphan):
      put(orphan)
      // The line takes the place of the intent that it was made from.
      if orphan.clientID == nil { settleIntent(of: orphan.server, orphan.issuer, since: orphan.since) }
    case .settled(let server, let issuer, let clientID):
      for orphan in space.orphans
      where orphan.server == server && orphan.issuer == issuer && orphan.clientID == clientID {
        operations[keys.orphan(orphan)] = .delete(keys.orphan(orphan))
      }
      if clientID == nil {
        settleIntent(of: server, issuer, since: nil)
        // The user has named the client, so the line that this append would have made of the intent is not needed.
        if let found = space.intent(of: server), found.intent.issuer == issuer {
          let key = keys.orphan(Orphan(unknown: found.intent))
          operations[key] = space.pair(key) == nil ? nil : .delete(key)
        }
      }
    }
  }

  private mutating func put(_ orphan: Orphan) {
    operations[keys.orphan(orphan)] = .put(keys.orphan(orphan), JSONWriter.compact(orphan.json))
  }

  /// Ends an intent: one of this append, an open one of this run, or one of a run that has ended.
  ///
  /// - Returns: whether it was an intent whose key exists.
  @discardableResult
  private mutating func close(_ id: String) -> Bool {
    if let index = opened.firstIndex(where: { $0.id == id }) {
      opened.remove(at: index)
      return false
    }
    if let own = space.open(id) {
      closing.append(own)
      let server = own.intent.server
      if own.intent.call != .delete {
        compares[keys.intent(server)] = .modified(keys.intent(server), own.fence)
        operations[keys.intent(server)] = .delete(keys.intent(server))
        // As long as the intent is there, no other run has a claim.
        operations[keys.claim(server)] = .delete(keys.claim(server))
        ended.formUnion([keys.intent(server), keys.claim(server)])
      }
      if let slot = own.slot { operations[slot] = .release(slot, mark(own.intent.id)) }
      return true
    }
    guard let dead = dead(id) else { return false }
    drop(dead.intent.server, dead.revision)
    return true
  }

  /// An intent of a run that has ended.
  private func dead(_ id: String) -> (intent: JournalEvent.Intent, revision: Int64)? {
    for (server, _) in space.all(in: .intents) {
      if let found = space.intent(of: server), found.intent.id == id, space.open(id) == nil { return found }
    }
    return nil
  }

  /// Removes the intent of a run that has ended.
  private mutating func drop(_ server: String, _ revision: Int64) {
    compares[keys.intent(server)] = .modified(keys.intent(server), revision)
    compares[keys.claim(server)] = .absent(keys.claim(server))
    operations[keys.intent(server)] = .delete(keys.intent(server))
    ended.insert(keys.intent(server))
  }

  private mutating func settleIntent(of server: String, _ issuer: String, since: Timestamp?) {
    guard let found = space.intent(of: server), space.open(found.intent.id) == nil, found.intent.call == .register,
      found.intent.issuer == issuer, since == nil || since == found.intent.time
    else { return }
    drop(server, found.revision)
  }

  /// The conditions for a change of an entry that is not the result of an intent.
  private mutating func change(_ server: String, to entry: LockEntry?) {
    ensureEntry(server)
    if let own = closing.first(where: { $0.intent.server == server })
      ?? space.allOpen.first(where: {
        $0.intent.server == server && $0.intent.call != .delete
      })
    {
      compares[keys.intent(server)] = .modified(keys.intent(server), own.fence)
      return
    }
    guard compares[keys.intent(server)] == nil else { return }
    compares[keys.claim(server)] = .absent(keys.claim(server))
    guard let found = space.intent(of: server) else {
      compares[keys.intent(server)] = .absent(keys.intent(server))
      return
    }
    drop(server, found.revision)
    // What a registration of an ended run may have left stays known.
    if found.intent.call == .register, found.intent.id != entry?.secretVersion { put(Orphan(unknown: found.intent)) }
  }

  private mutating func ensureEntry(_ server: String) {
    let key = keys.entry(server)
    compares[key] = .modified(key, space.pair(key)?.modified ?? 0)
  }

  // MARK: Claims

  /// A value that only this run and this intent write.
  func mark(_ intent: String) -> [UInt8] {
    JSONWriter.compact(["runner": .string(runner), "intent": .string(intent)])
  }

  private mutating func claim(_ intent: JournalEvent.Intent) {
    let server = intent.server
    if intent.call == .delete {
      let key = keys.deletion(intent.issuer, intent.clientID ?? "")
      hold(key, intent)
      return
    }
    ensureEntry(server)
    compares[keys.claim(server)] = .absent(keys.claim(server))
    operations[keys.claim(server)] = .put(keys.claim(server), mark(intent.id), lease: lease)
    // The answer to an earlier read or update is found out by another read.
    let earlier = space.intent(of: server).flatMap { $0.intent.call == .register ? nil : $0.revision }
    compares[keys.intent(server)] = .modified(keys.intent(server), earlier ?? 0)
    operations[keys.intent(server)] = .put(
      keys.intent(server), JSONWriter.compact(JournalEvent.intent(intent).json))
    if intent.call != .read { hold(keys.issuer(intent.issuer, slot: slot), intent) }
  }

  private mutating func hold(_ key: String, _ intent: JournalEvent.Intent) {
    compares[key] = .absent(key)
    operations[key] = .put(key, mark(intent.id), lease: lease)
    slots[intent.id] = key
  }
}
