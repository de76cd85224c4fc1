import MCPAuthCore
import MCPAuthPlan

/// Checks that every line of a journal belongs to its lock file (Reliability#Journal): the line names an intent of the same journal for the same
/// server, issuer and client, or the lock file proves it. Another branch may have been checked out, an old journal may have been restored, or another
/// user may have written lines: they are reported and refused, never applied.
///
/// The lock file may have been written before the lines, after them, or in between.
struct JournalOrigin {
  /// The entries that a server had one after the other, as far as the journal tells. The lock file has one of them.
  private struct History {
    var digests: Set<String?>
    /// The entries that intents say they replace.
    var replaced: Set<String> = []
    var intents: Set<String> = []
    var intent: JournalEvent.Intent?

    init(first: String?) { digests = [first] }

    mutating func note(_ intent: JournalEvent.Intent) {
      intents.insert(intent.id)
      if let digest = intent.replacesDigest { replaced.insert(digest) }
      if self.intent == nil { self.intent = intent }
    }
  }

  /// A client at its issuer; the id is nil if it is not known.
  private struct Client: Hashable {
    var id: String?
    var issuer: String

    init(_ id: String?, _ issuer: String?) {
      self.id = id
      self.issuer = issuer ?? ""
    }
  }

  /// A client of a server.
  private struct Use: Hashable {
    var server: String
    var client: Client

    init(_ server: String, _ id: String?, _ issuer: String?) {
      self.server = server
      client = Client(id, issuer)
    }
  }

  /// A registration without an answer: its client is identified by the time.
  private struct Unanswered: Hashable {
    var issuer: String
    var time: Timestamp
  }

  private let journal: Journal
  private let lock: Lock?
  private var intents: [String: JournalEvent.Intent] = [:]
  private var histories: [String: History] = [:]
  /// The entries of `registered` lines.
  private var entries: [String: [LockEntry]] = [:]
  private var removed: Set<String> = []
  /// Clients of `orphaned` lines.
  private var orphaned: Set<Use> = []
  /// The servers of each client, from `registered` lines.
  private var users: [Client: Set<String>] = [:]
  /// Clients that the lock file, an intent, or a line with an intent names.
  private var named: Set<Client> = []
  /// Servers of intents.
  private var asked: Set<String> = []
  /// Clients that requests or users took from the orphans' list; the id is nil in journals of earlier versions.
  private var ended: Set<Use> = []
  /// Clients of entries whose line names an intent.
  private var made: Set<Client> = []
  private var unanswered: Set<Unanswered> = []

  init(_ journal: Journal, _ lock: Lock?) {
    self.journal = journal
    self.lock = lock
    if let lock {
      for entry in lock.servers.values { named.insert(Client(entry.clientID, entry.issuer)) }
      for orphan in lock.orphans { note(orphan) }
    }
    for event in journal.events { note(event) }
    makeHistories()
  }

  private mutating func note(_ orphan: Orphan) {
    if orphan.clientID == nil { unanswered.insert(Unanswered(issuer: orphan.issuer, time: orphan.since)) }
    named.insert(Client(orphan.clientID, orphan.issuer))
  }

  private mutating func note(_ event: JournalEvent) {
    switch event {
    case .intent(let intent):
      intents[intent.id] = intent
      asked.insert(intent.server)
      named.insert(Client(intent.clientID, intent.issuer))
      switch intent.call {
      case .register: unanswered.insert(Unanswered(issuer: intent.issuer, time: intent.time))
      case .delete, .lock: ended.insert(Use(intent.server, intent.clientID, intent.issuer))
      case .update, .read: break
      }
    case .registered(let id, let server, let entry):
      let client = Client(entry.clientID, entry.issuer)
      entries[server, default: []].append(entry)
      users[client, default: []].insert(server)
      if id != nil {
        made.insert(client)
        named.insert(client)
      }
    case .removed(let server): removed.insert(server)
    case .orphaned(let orphan): orphaned.insert(Use(orphan.server, orphan.clientID, orphan.issuer))
    case .settled(_, let issuer, let clientID): named.insert(Client(clientID, issuer))
    case .failed, .unknown: break
    }
  }

  private mutating func makeHistories() {
    var failed: Set<String> = []
    var closed: Set<String> = []
    for event in journal.events {
      if case .failed(let id) = event { failed.insert(id) }
      if case .registered(let id?, _, _) = event { closed.insert(id) }
    }
    for event in journal.events {
      switch event {
      case .intent(let intent) where !failed.contains(intent.id) && intent.call != .delete:
        // A crash may have cut off the line that says what was changed: then nothing was. An intent about the orphans' list changes no entry.
        let isRemoval = intent.replacesDigest != nil && removed.contains(intent.server)
        if intent.call == .lock, !closed.contains(intent.id), !isRemoval { continue }
        histories[intent.server, default: History(first: intent.replacesDigest)].note(intent)
      case .registered(let id, let server, let entry):
        // A server that is moved to this name had no entry before.
        histories[server, default: History(first: nil)].digests.insert(Fingerprint.of(entry.json))
        // Without an intent only what is known of the same client was changed.
        if id == nil, let old = lock?.servers[server], entry.hasClient(of: old) {
          histories[server]?.digests.insert(Fingerprint.of(old.json))
        }
      case .removed(let server):
        histories[server, default: History(first: nil)].digests.insert(nil)
      case .intent, .failed, .unknown, .orphaned, .settled: break
      }
    }
  }

  /// - Throws: `journal-foreign`.
  func check() throws(Diagnostic) {
    if let lock, let lineage = journal.lineage, lineage != lock.lineage {
      throw Self.foreign("it belongs to another lock file (lineage \(shown(lineage)), not \(shown(lock.lineage)))")
    }
    for event in journal.events { try check(event) }
    for (server, history) in histories.sorted(by: { $0.key < $1.key }) { try check(history, of: server) }
  }

  private func check(_ event: JournalEvent) throws(Diagnostic) {
    switch event {
    case .intent: break
    case .failed(let id):
      guard intents[id] != nil else { throw noIntent("the result of a request") }
    case .unknown(let id):
      guard intents[id]?.call == .register else { throw noIntent("the result of a registration") }
    case .registered(.some(let id), let server, let entry):
      guard let intent = intents[id], isResult(entry, of: intent, server) else {
        throw noIntent("the new entry of '\(shown(server))'")
      }
    case .registered(.none, let server, let entry):
      guard entry == lock?.servers[server] || (isKnown(entry, of: server) && isReplaceable(by: entry, server)) else {
        throw noIntent("the new entry of '\(shown(server))'")
      }
    case .removed(let server):
      guard isRemovable(server) else { throw noIntent("the removal of '\(shown(server))'") }
    case .orphaned(let orphan):
      guard isKnown(orphan) else { throw noIntent("an unused client of '\(shown(orphan.server))'") }
    case .settled(let server, let issuer, let clientID):
      guard isSettled(server, issuer, clientID) else { throw noIntent("a deleted client of '\(shown(server))'") }
    }
  }

  private func check(_ history: History, of server: String) throws(Diagnostic) {
    guard let intent = history.intent else { return }
    let entry = lock?.servers[server]
    if history.digests.contains(entry.map { Fingerprint.of($0.json) }) { return }
    // A run completed this entry from its record, and was interrupted before it could empty the journal.
    if let version = entry?.secretVersion, history.intents.contains(version) { return }
    throw Self.foreign(
      "a line of \(intent.time.rfc3339) about '\(shown(server))' at \(shown(intent.issuer)) changes an entry that this lock file does not have"
    )
  }

  // MARK: Entries

  /// Whether the entry can come from this intent of the server.
  private func isResult(_ entry: LockEntry, of intent: JournalEvent.Intent, _ server: String) -> Bool {
    guard intent.server == server else { return false }
    let lines = entries[server] ?? []
    guard let old = lock?.servers[server] else {
      return Self.isResult(entry, of: intent, known: lines, isWritten: removed.contains(server))
    }
    return Self.isResult(entry, of: intent, known: [old] + lines, isWritten: lines.contains(old))
  }

  /// Whether the entry can come from this request.
  ///
  /// - Parameters:
  ///   - known: other entries of the server.
  ///   - isWritten: whether the lock file was written after the answer. Then it does not have the entry from before any more.
  static func isResult(
    _ entry: LockEntry, of intent: JournalEvent.Intent, known: [LockEntry], isWritten: Bool
  ) -> Bool {
    guard intent.issuer == entry.issuer ?? "" else { return false }
    if let clientID = intent.clientID, clientID != entry.clientID { return false }
    switch intent.call {
    case .register, .lock: return intent.endpoint == entry.endpoints?.registrationEndpoint ?? ""
    case .read, .update:
      // The request went to the client's own URL, which is of the origin of the registration endpoint. Discovery may have moved that endpoint since.
      guard let origin = Self.origin(of: intent.endpoint) else { return false }
      if isWritten { return true }
      return ([entry] + known).contains { Self.origin(of: $0.endpoints?.registrationEndpoint ?? "") == origin }
    case .delete: return false
    }
  }

  private static func origin(of url: String) -> String? { try? CheckedURL(url, plaintext: .loopback).origin }

  /// Whether the client of an entry without an intent is known: the server was renamed, or its client was found to be lost or not managed any more.
  /// Clients that mcpauth did not register come from the inventory, and the next plan compares them with it.
  private func isKnown(_ entry: LockEntry, of server: String) -> Bool {
    guard entry.registration == .dcr else { return true }
    return named.contains(Client(entry.clientID, entry.issuer))
      || histories[server]?.replaced.contains(Fingerprint.of(entry.json)) == true
  }

  /// Whether an entry without an intent may replace the lock's: the client stays the same, or the journal lists the old client.
  private func isReplaceable(by entry: LockEntry, _ server: String) -> Bool {
    guard let old = lock?.servers[server] else { return true }
    return entry.hasClient(of: old) || old.isLost || old.registration != .dcr || isPast(old, of: server)
      || orphaned.contains(Use(server, old.clientID, old.issuer))
  }

  /// Whether the line removes the lock's entry: an intent says so, the journal lists its client, or the client has another server name now.
  private func isRemovable(_ server: String) -> Bool {
    guard let old = lock?.servers[server] else { return true }
    if isPast(old, of: server) { return true }
    // A server without a client was renamed: the line with the new name has the same entry.
    guard old.clientID != nil else { return entries.contains { $0.key != server && $0.value.contains(old) } }
    return orphaned.contains(Use(server, old.clientID, old.issuer))
      || users[Client(old.clientID, old.issuer)]?.contains { $0 != server } == true
  }

  /// Whether the lock's entry is one that intents of the journal tell of.
  private func isPast(_ old: LockEntry, of server: String) -> Bool {
    guard let history = histories[server], history.intent != nil else { return false }
    return history.digests.contains(Fingerprint.of(old.json))
      || old.secretVersion.map(history.intents.contains) == true
  }

  // MARK: Clients

  private func isKnown(_ orphan: Orphan) -> Bool {
    guard orphan.clientID != nil else {
      // It keeps the time of its registration when its server is renamed. An import takes it from the list.
      return unanswered.contains(Unanswered(issuer: orphan.issuer, time: orphan.since))
        || isSettled(orphan.server, orphan.issuer, nil)
    }
    // A client that was refused by a check of mcpauth is only in the answer to a registration. A client that was adopted from its record, and
    // replaced in the same run, is only in the record, and may have another issuer.
    return named.contains(Client(orphan.clientID, orphan.issuer)) || asked.contains(orphan.server)
  }

  /// Whether a client may leave the orphans' list: it was deleted, it is in use again, or a user removed it.
  private func isSettled(_ server: String, _ issuer: String, _ clientID: String?) -> Bool {
    if ended.contains(Use(server, clientID, issuer)) { return true }
    // Intents of earlier versions name no client.
    if clientID != nil { return ended.contains(Use(server, nil, issuer)) || made.contains(Client(clientID, issuer)) }
    // An import names the client of the server, and a move takes the line to the new name.
    return removed.contains(server) || entries[server]?.contains { $0.issuer == issuer } == true
  }

  // MARK: Messages

  private func noIntent(_ what: String) -> Diagnostic {
    Self.foreign("the line about \(what) fits neither an intent of the journal nor the lock file")
  }

  /// Text of a journal or a lock file, which another user may have written.
  private func shown(_ text: String) -> String { ForeignText.printable(text, limit: 256) }

  static func foreign(_ what: String) -> Diagnostic {
    Diagnostic(
      .error, .journalForeign, "the journal of an earlier run does not belong to this lock file: \(what)",
      help: [
        "check out the lock file of the run that was interrupted, and apply there",
        "if you know what happened to that run's clients, move the journal away",
      ])
  }
}
