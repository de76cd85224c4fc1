import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// Which lines of a journal belong to the lock file (Reliability#Journal).
extension JournalReplayTests {
  typealias Foreign = (String, Lock?, Journal)

  /// A journal of this lineage that is refused.
  private static func foreign(
    _ name: String, onto lock: Lock? = Lock(lineage: "l", servers: ["a": JournalReplayTests.entry("c1")]),
    _ events: JournalEvent...
  ) -> Foreign {
    (name, lock, Journal(lineage: "l", events: events))
  }

  /// Another lineage, or intents that change an entry which the lock does not have.
  private static let foreignIntents: [Foreign] = [
    ("another lineage", Lock(lineage: "l"), Journal(lineage: "m", events: [.failed(intent: "x")])),
    foreign(
      "an entry that is another", onto: Lock(lineage: "l", servers: ["a": entry("c7")]),
      intent("i1", "a", replaces: entry("c1")), .registered(intent: "i1", server: "a", entry: entry("c2"))),
    foreign(
      "an entry where there was none", onto: Lock(lineage: "l", servers: ["a": entry("c7")]),
      intent("i1", "a", replaces: nil)),
    foreign(
      "none where there was an entry", onto: Lock(lineage: "l"),
      intent("i1", "a", replaces: entry("c1"), call: .update)),
  ]

  /// `registered` lines.
  private static let foreignEntries: [Foreign] = [
    foreign("no request", onto: Lock(lineage: "l"), .registered(intent: "i1", server: "a", entry: entry("c2"))),
    foreign(
      "another server's request", onto: Lock(lineage: "l"), intent("i1", "b", replaces: nil),
      .registered(intent: "i1", server: "a", entry: entry("c2"))),
    foreign(
      "another issuer", onto: Lock(lineage: "l"), intent("i1", "a", replaces: nil),
      .registered(intent: "i1", server: "a", entry: entry("c2", issuer: "https://evil.example"))),
    foreign(
      "another registration endpoint", onto: Lock(lineage: "l"),
      intent("i1", "a", replaces: nil, at: "https://evil.example/register"),
      .registered(intent: "i1", server: "a", entry: entry("c2"))),
    foreign(
      "an update at another origin",
      intent("i1", "a", replaces: entry("c1"), call: .update, at: "https://evil.example/register/c1"),
      .registered(intent: "i1", server: "a", entry: entry("c1", managed: false))),
    foreign(
      "an update of another client", intent("i1", "a", replaces: entry("c1"), call: .update, client: "c1"),
      .registered(intent: "i1", server: "a", entry: entry("c2"))),
    foreign(
      "a deletion that makes an entry", intent("i1", "a", replaces: nil, call: .delete, client: "c1"),
      .registered(intent: "i1", server: "a", entry: entry("c1"))),
    foreign("an unknown client without an intent", .registered(intent: nil, server: "a", entry: entry("c2"))),
    foreign("an unknown client of a new server", .registered(intent: nil, server: "b", entry: entry("c2"))),
    foreign(
      "no client without an intent",
      .registered(intent: nil, server: "a", entry: LockEntry(mode: .none, url: "https://a.example/mcp"))),
    foreign(
      "a name that is taken", onto: Lock(lineage: "l", servers: ["a": entry("c1"), "b": entry("c2")]),
      .registered(intent: nil, server: "b", entry: entry("c1")), .removed(server: "a")),
  ]

  /// `removed` lines.
  private static let foreignRemovals: [Foreign] = [
    foreign("a removal without an intent", .removed(server: "a")),
    foreign(
      "a removal, and its client as another server's", .orphaned(orphan("c1", .removed, of: "b")),
      .removed(server: "a")),
    foreign(
      "a removal of another entry", onto: Lock(lineage: "l", servers: ["a": entry("c7")]),
      intent("i1", "a", replaces: entry("c1"), call: .lock, client: "c1"), .removed(server: "a")),
    foreign(
      "a removal of another server", onto: Lock(lineage: "l", servers: ["a": entry("c1"), "b": entry("c2")]),
      intent("i1", "b", replaces: entry("c2"), call: .lock, client: "c2"), .removed(server: "a")),
  ]

  /// `orphaned` lines.
  private static let foreignOrphans: [Foreign] = [
    foreign("an orphan that nothing names", .orphaned(orphan("c9"))),
    foreign(
      "an orphan of another issuer",
      .orphaned(
        Orphan(
          server: "a", issuer: "https://evil.example", clientID: "c1", reason: .removed, since: now, managed: true))),
    foreign("a registration that nothing names", .orphaned(unanswered())),
    foreign(
      "a registration of another time", onto: Lock(lineage: "l", orphans: [unanswered()]),
      .orphaned(unanswered(since: Timestamp(seconds: 1)))),
  ]

  /// `settled` lines.
  private static let foreignDeletions: [Foreign] = [
    foreign("an orphan that was not deleted", onto: Lock(lineage: "l", orphans: [orphan("c9")]), settled("c9")),
    foreign("a client that the lock lacks", settled("c9")),
    foreign(
      "the deletion of another client", intent("i1", "a", replaces: nil, call: .delete, client: "c8"),
      .failed(intent: "i1"), settled("c9")),
    foreign(
      "the deletion of another server", intent("i1", "b", replaces: nil, call: .delete, client: "c9"),
      .failed(intent: "i1"), settled("c9")),
    foreign("a registration that nobody named", onto: Lock(lineage: "l", orphans: [unanswered()]), settled(nil)),
  ]

  /// `failed` and `unknown` lines.
  private static let foreignResults: [Foreign] = [
    foreign("a refusal of no request", .failed(intent: "i1")),
    foreign("no answer to no request", .unknown(intent: "i1")),
    foreign(
      "no answer to an update", intent("i1", "a", replaces: entry("c1"), call: .update, client: "c1"),
      .unknown(intent: "i1")),
  ]

  static var foreignJournals: [Foreign] {
    let all: [[Foreign]] = [
      foreignIntents, foreignEntries, foreignRemovals, foreignOrphans, foreignDeletions, foreignResults,
    ]
    return Array(all.joined())
  }

  @Test(
    "Reliability#Journal: lines of another lineage, about an entry that is not in the lock, or of no intent are refused",
    arguments: foreignJournals)
  func refusesForeign(_ name: String, _ lock: Lock?, _ journal: Journal) throws {
    let refusal = #expect(throws: Diagnostic.self) { _ = try JournalReplay(journal, onto: lock, now: Self.now) }
    #expect(refusal?.code == .journalForeign)
  }

  static let earlierJournals: [(String, [JournalEvent])] = [
    ("removed", [.removed(server: "a"), .orphaned(orphan("c1", .removed))]),
    (
      "an entry without a client",
      [
        .registered(intent: nil, server: "a", entry: LockEntry(mode: .none, url: "https://a.example/mcp")),
        .orphaned(orphan("c1")),
      ]
    ),
    ("not managed any more", [.registered(intent: nil, server: "a", entry: entry("c1", managed: false))]),
    ("moved", [.registered(intent: nil, server: "b", entry: entry("c1")), .removed(server: "a")]),
    (
      "deleted",
      [
        intent("i1", "a", replaces: entry("c1")), .registered(intent: "i1", server: "a", entry: entry("c2")),
        .orphaned(orphan("c1")), intent("i2", "a", replaces: nil, call: .delete), .failed(intent: "i2"), settled("c1"),
      ]
    ),
  ]

  @Test(
    "Reliability#Journal: lines of earlier versions, which wrote no intent for them, are proved by the lock file",
    arguments: earlierJournals)
  func earlier(_ name: String, _ events: [JournalEvent]) throws {
    let lock = Lock(lineage: "l", servers: ["a": Self.entry("c1")])
    let whole = try JournalReplay(Journal(lineage: "l", events: events), onto: lock, now: Self.now)
    let written = Lock(lineage: "l", servers: whole.entries, orphans: whole.orphans)
    let again = try JournalReplay(Journal(lineage: "l", events: events), onto: written, now: Self.now)
    #expect(again.entries == whole.entries)
    #expect(again.recovered.isEmpty)
  }

  @Test("Reliability#Journal: an intent whose change a crash cut off changes nothing, and is not open")
  func lockOnly() throws {
    let lock = Lock(lineage: "l", servers: ["a": Self.entry("c1")])
    let events = [Self.intent("i1", "a", replaces: Self.entry("c1"), call: .lock, client: "c1")]
    for lock in [lock, Lock(lineage: "l", servers: ["a": Self.entry("c7")])] {
      let replay = try JournalReplay(Journal(lineage: "l", events: events), onto: lock, now: Self.now)
      #expect(replay.entries == lock.servers)
      #expect(replay.open.isEmpty && replay.orphans.isEmpty)
    }
  }

  private static let clientless = LockEntry(mode: .none, url: "https://a.example/mcp")

  /// An entry whose registration endpoint has moved to another origin.
  private static func movedEntry(_ clientID: String) -> LockEntry {
    var moved = entry(clientID)
    moved.endpoints?.registrationEndpoint = "https://new.example/register"
    return moved
  }

  static let ownJournals: [(String, Lock, [JournalEvent])] = [
    (
      "a server without a client is renamed", Lock(lineage: "l", servers: ["a": clientless]),
      [.registered(intent: nil, server: "b", entry: clientless), .removed(server: "a")]
    ),
    (
      "a line of orphans is removed, and later the server",
      Lock(lineage: "l", servers: ["a": entry("c1")], orphans: [orphan("c9")]),
      [
        intent("i1", "a", replaces: nil, call: .lock, client: "c9"), settled("c9"),
        intent("i2", "a", replaces: entry("c1"), call: .lock, client: "c1"), .removed(server: "a"),
        .orphaned(orphan("c1", .removed)),
      ]
    ),
    (
      "an update, and the registration endpoint has moved", Lock(lineage: "l", servers: ["a": entry("c1")]),
      [
        intent("i1", "a", replaces: entry("c1"), call: .update, at: "https://as.example/register/c1", client: "c1"),
        .registered(intent: "i1", server: "a", entry: movedEntry("c1")),
      ]
    ),
    (
      "a client of a record is replaced by one of another issuer", Lock(lineage: "l"),
      [
        intent("i1", "a", replaces: nil), .registered(intent: "i1", server: "a", entry: entry("c2")),
        .orphaned(
          Orphan(
            server: "a", issuer: "https://old.example", clientID: "c1", reason: .replaced, since: now, managed: true)),
      ]
    ),
    (
      "two tokens are refused, then the client is judged", Lock(lineage: "l", orphans: [orphan("c9")]),
      [
        intent("i1", "a", replaces: nil, call: .delete, client: "c9"), .failed(intent: "i1"),
        intent("i2", "a", replaces: nil, call: .delete, client: "c9"), .failed(intent: "i2"), settled("c9"),
      ]
    ),
    (
      "the token of a newer record is accepted", Lock(lineage: "l", servers: ["a": entry("c1")]),
      [
        intent("i1", "a", replaces: entry("c1"), call: .read, client: "c1"), .failed(intent: "i1"),
        intent("i2", "a", replaces: entry("c1"), call: .read, client: "c1"),
        .registered(intent: "i2", server: "a", entry: entry("c1", managed: false)),
      ]
    ),
  ]

  @Test(
    "Reliability#Journal: the lines of a run are accepted, whether the lock file was written before, after or between",
    arguments: ownJournals)
  func accepted(_ name: String, _ lock: Lock, _ events: [JournalEvent]) throws {
    let whole = try JournalReplay(Journal(lineage: "l", events: events), onto: lock, now: Self.now)
    for length in 0...events.count {
      let prefix = Journal(lineage: "l", events: Array(events.prefix(length)))
      let replay = try JournalReplay(prefix, onto: lock, now: Self.now)
      let written = Lock(lineage: "l", servers: replay.entries, orphans: replay.orphans)
      _ = try JournalReplay(prefix, onto: written, now: Self.now)
      let again = try JournalReplay(Journal(lineage: "l", events: events), onto: written, now: Self.now)
      #expect(again.entries == whole.entries, "\(length)")
      #expect(Set(again.orphans.map(\.clientID)) == Set(whole.orphans.map(\.clientID)), "\(length)")
    }
  }
}
