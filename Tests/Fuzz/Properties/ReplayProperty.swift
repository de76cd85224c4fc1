import MCPAuthCore
import MCPAuthPlan

@testable import MCPAuthReconciler
@testable import MCPAuthStores

/// A journal applied to a lock: refused, or no client is lost. The input is a lock file, a line of `%%`, and the lines of a journal.
enum ReplayProperty {
  private static let now = Timestamp(seconds: 1_800_000_000)

  static func check(_ bytes: [UInt8]) throws(Violation) {
    let mark = Array("\n%%\n".utf8)
    guard let start = bytes.indices.first(where: { bytes[$0] == 0x0A && bytes[$0...].starts(with: mark) }),
      let lock = try? LockCodec.decode(Array(bytes[..<start]), file: "mcpauth.lock"),
      let scan = try? JournalText.scan(JournalProperty.sealed(Array(bytes[(start + mark.count)...])), file: "journal")
    else { return }
    try checkReplay(scan.journal, onto: lock)
    try checkReplay(fitted(scan.journal, to: lock), onto: lock)
    try checkReplay(scan.journal, onto: nil)
  }

  private static func checkReplay(_ journal: Journal, onto lock: Lock?) throws(Violation) {
    let replay: JournalReplay
    do throws(Diagnostic) {
      replay = try JournalReplay(journal, onto: lock, now: now)
    } catch {
      try require(error.code == .journalForeign, "refused as \(error.code.rawValue)")
      return try DiagnosticProperty.check(error)
    }
    let entries = Array((lock?.servers ?? [:]).values) + journal.events.compactMap(entry)
    var due = Set(entries.compactMap { Client($0) })
    for orphan in lock?.orphans ?? [] { if let client = Client(orphan) { due.insert(client) } }
    // An entry that says that its client is the user's own, lost or of no issuer says that it is not to be listed.
    let disowned = Set(entries.filter { Client($0) == nil }.compactMap(\.clientID))
    var named = Set(replay.entries.values.compactMap { Client($0) })
    named.formUnion(replay.orphans.compactMap { Client($0) })
    for case .settled(_, let issuer, let id?) in journal.events { named.insert(Client(issuer: issuer, id: id)) }
    for client in due where !named.contains(client) && !disowned.contains(client.id) {
      throw Violation("the client \(client.id.debugDescription) of \(client.issuer.debugDescription) is lost")
    }
    try require(replay.recovered.allSatisfy { replay.entries[$0] != nil }, "a recovered entry is missing")
    let begun = Set(journal.events.compactMap(intent))
    try require(replay.open.allSatisfy { begun.contains($0.id) }, "an open intent that was never begun")
  }

  /// With intents that replace the entry that the lock has: nobody else can make up a digest that fits.
  private static func fitted(_ journal: Journal, to lock: Lock) -> Journal {
    var journal = journal
    journal.lineage = lock.lineage
    journal.events = journal.events.map { event in
      guard case .intent(var intent) = event else { return event }
      intent.replacesDigest = lock.servers[intent.server].map { Fingerprint.of($0.json) }
      return .intent(intent)
    }
    return journal
  }

  private static func entry(_ event: JournalEvent) -> LockEntry? {
    if case .registered(_, _, let entry) = event { entry } else { nil }
  }

  private static func intent(_ event: JournalEvent) -> String? {
    if case .intent(let intent) = event { intent.id } else { nil }
  }

  /// A client that mcpauth registered.
  private struct Client: Hashable {
    var issuer: String
    var id: String

    init(issuer: String, id: String) {
      self.issuer = issuer
      self.id = id
    }

    /// nil for an entry whose client is never listed as an orphan.
    init?(_ entry: LockEntry) {
      guard entry.registration == .dcr, !entry.isLost, let issuer = entry.issuer, let id = entry.clientID else {
        return nil
      }
      self.init(issuer: issuer, id: id)
    }

    init?(_ orphan: Orphan) {
      guard let id = orphan.clientID else { return nil }
      self.init(issuer: orphan.issuer, id: id)
    }
  }
}
