import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// Replaying a journal onto its lock (Reliability#Journal).
@Suite struct JournalReplayTests {
  static let now = Timestamp(seconds: 1_800_000_000)

  static func entry(
    _ clientID: String, managed: Bool = true, issuer: String = "https://as.example"
  ) -> LockEntry {
    var client = LockedClient(.dcr, id: clientID)
    client.isManaged = managed
    client.secretVersion = "version-of-" + clientID
    client.registeredAt = now
    return LockEntry(
      mode: .discovered, url: "https://a.example/mcp",
      endpoints: DiscoveredEndpoints(
        resource: "https://a.example/mcp", issuer: issuer, discoveredBy: .challenge,
        authorizationEndpoint: "https://as.example/authorize", tokenEndpoint: "https://as.example/token",
        registrationEndpoint: "https://as.example/register"),
      client: client)
  }

  static func intent(
    _ id: String, _ server: String, replaces entry: LockEntry?, call: JournalEvent.Intent.Call = .register,
    at endpoint: String = "https://as.example/register", client: String? = nil
  ) -> JournalEvent {
    .intent(
      .init(
        id: id, call: call, server: server, issuer: "https://as.example", endpoint: endpoint, inputsDigest: "d",
        replacesDigest: entry.map { Fingerprint.of($0.json) }, time: now, clientID: client))
  }

  static func settled(_ clientID: String?, of server: String = "a") -> JournalEvent {
    .settled(server: server, issuer: "https://as.example", clientID: clientID)
  }

  /// A registration that got no answer.
  static func unanswered(since: Timestamp = now) -> Orphan {
    Orphan(
      server: "a", issuer: "https://as.example", clientID: nil, reason: .outcomeUnknown, since: since, managed: false)
  }

  static func lostEntry(_ clientID: String) -> LockEntry {
    var lost = entry(clientID, managed: false)
    lost.client?.isLost = true
    return lost
  }

  static func orphan(_ clientID: String, _ reason: Orphan.Reason = .replaced, of server: String = "a") -> Orphan {
    Orphan(
      server: server, issuer: "https://as.example", clientID: clientID, reason: reason, since: now, managed: true)
  }

  static let stories: [(String, Lock?, [JournalEvent])] = [
    (
      "registered", nil, [intent("i1", "a", replaces: nil), .registered(intent: "i1", server: "a", entry: entry("c1"))]
    ),
    (
      "refused, then registered", nil,
      [
        intent("i1", "a", replaces: nil), .failed(intent: "i1"), intent("i2", "a", replaces: nil),
        .registered(intent: "i2", server: "a", entry: entry("c1")),
      ]
    ),
    (
      "replaced, and the old one deleted", Lock(lineage: "l", servers: ["a": entry("c1")]),
      [
        intent("i1", "a", replaces: entry("c1")), .registered(intent: "i1", server: "a", entry: entry("c2")),
        .orphaned(orphan("c1")), intent("i2", "a", replaces: nil, call: .delete), .failed(intent: "i2"),
        .settled(server: "a", issuer: "https://as.example", clientID: "c1"),
      ]
    ),
    (
      "replaced twice", Lock(lineage: "l", servers: ["a": entry("c1")]),
      [
        intent("i1", "a", replaces: entry("c1")), .registered(intent: "i1", server: "a", entry: entry("c2")),
        .orphaned(orphan("c1")), intent("i2", "a", replaces: entry("c2")),
        .registered(intent: "i2", server: "a", entry: entry("c3")), .orphaned(orphan("c2")),
      ]
    ),
    (
      "removed", Lock(lineage: "l", servers: ["a": entry("c1"), "b": entry("c9")]),
      [
        intent("i1", "a", replaces: entry("c1"), call: .lock, client: "c1"), .removed(server: "a"),
        .orphaned(orphan("c1", .removed)),
      ]
    ),
    (
      "imported", Lock(lineage: "l", servers: ["a": entry("c1")], orphans: [unanswered()]),
      [
        intent("i1", "a", replaces: entry("c1"), call: .lock, client: "c2"),
        .registered(intent: "i1", server: "a", entry: entry("c2")), .orphaned(orphan("c1")), settled(nil),
      ]
    ),
    (
      "refused by a check, then deleted", Lock(lineage: "l"),
      [
        intent("i1", "a", replaces: nil), .orphaned(orphan("c1", .checkFailed)), .failed(intent: "i1"),
        intent("i2", "a", replaces: nil, call: .delete, client: "c1"), .failed(intent: "i2"), settled("c1"),
      ]
    ),
    (
      "moved and replaced", Lock(lineage: "l", servers: ["a": entry("c1")]),
      [
        .registered(intent: nil, server: "b", entry: entry("c1")), .removed(server: "a"),
        intent("i1", "b", replaces: entry("c1")), .registered(intent: "i1", server: "b", entry: entry("c2")),
        .orphaned(orphan("c1", of: "b")),
      ]
    ),
    (
      "unknown, retried", nil,
      [
        intent("i1", "a", replaces: nil), .unknown(intent: "i1"),
        .orphaned(
          {
            var line = Orphan(
              server: "a", issuer: "https://as.example", clientID: nil, reason: .outcomeUnknown, since: now,
              managed: false)
            line.retried = true
            return line
          }()), intent("i2", "a", replaces: nil), .registered(intent: "i2", server: "a", entry: entry("c2")),
      ]
    ),
    (
      "update that failed, then one that did not", Lock(lineage: "l", servers: ["a": entry("c1")]),
      [
        intent("i1", "a", replaces: entry("c1"), call: .update),
        intent("i2", "a", replaces: entry("c1"), call: .update),
        .registered(intent: "i2", server: "a", entry: entry("c1", managed: false)),
      ]
    ),
  ]

  @Test(
    "Reliability#Journal: replayed onto the lock before or after, or any in between, the result is the same",
    arguments: stories)
  func idempotent(_ name: String, _ lock: Lock?, _ events: [JournalEvent]) throws {
    let whole = try JournalReplay(Journal(lineage: "l", events: events), onto: lock, now: Self.now)
    #expect(whole.open.isEmpty)
    for length in 0...events.count {
      let prefix = try JournalReplay(
        Journal(lineage: "l", events: Array(events.prefix(length))), onto: lock, now: Self.now)
      let written = Lock(lineage: "l", servers: prefix.entries, orphans: prefix.orphans)
      let again = try JournalReplay(Journal(lineage: "l", events: events), onto: written, now: Self.now)
      #expect(again.entries == whole.entries, "\(length)")
      #expect(Set(again.orphans.map(\.description)) == Set(whole.orphans.map(\.description)), "\(length)")
      #expect(again.open == whole.open)
      if length == events.count { #expect(again.recovered.isEmpty) }
    }
  }

  @Test(
    "Reliability#Journal: every prefix names the client that was replaced or removed, even if its own line is torn off",
    arguments: stories)
  func namesAll(_ name: String, _ lock: Lock?, _ events: [JournalEvent]) throws {
    let settled = Set(events.compactMap { if case .settled(_, _, let id) = $0 { id } else { nil } })
    for length in 0...events.count {
      let prefix = Array(events.prefix(length))
      let replay = try JournalReplay(Journal(lineage: "l", events: prefix), onto: lock, now: Self.now)
      var clients = Set(lock?.servers.values.compactMap(\.clientID) ?? [])
      for case .registered(_, _, let entry) in prefix { clients.insert(entry.clientID ?? "") }
      let named = Set(replay.entries.values.compactMap(\.clientID)).union(replay.orphans.compactMap(\.clientID))
      let missing = clients.subtracting(named)
      #expect(missing.isSubset(of: settled), "\(length): \(missing)")
      let orphans = replay.orphans.compactMap(\.clientID)
      #expect(Set(orphans).count == orphans.count, "\(length): named twice")
      #expect(Set(orphans).isDisjoint(with: replay.entries.values.compactMap(\.clientID)), "\(length): in use")
    }
  }

  @Test(
    "Reliability#Journal: open intents are returned, oldest first; of reads and updates only those without a later result"
  )
  func open() throws {
    let lock = Lock(lineage: "l", servers: ["a": Self.entry("c1"), "b": Self.entry("c2")])
    let replay = try JournalReplay(
      Journal(
        lineage: "l",
        events: [
          Self.intent("i1", "c", replaces: nil), Self.intent("i2", "a", replaces: Self.entry("c1"), call: .update),
          Self.intent("i3", "b", replaces: Self.entry("c2"), call: .read),
          Self.intent("i4", "a", replaces: Self.entry("c1"), call: .update),
          .registered(intent: "i4", server: "a", entry: Self.entry("c1", managed: false)),
        ]), onto: lock, now: Self.now)
    #expect(replay.open.map(\.id) == ["i1", "i3"])
    #expect(replay.recovered == ["a"])
  }

  @Test("Reliability#Journal: an entry that was completed from the intent's record belongs to the journal")
  func completed() throws {
    var made = Self.entry("c2")
    made.client?.secretVersion = "i1"
    let lock = Lock(lineage: "l", servers: ["a": made])
    let replay = try JournalReplay(
      Journal(lineage: "l", events: [Self.intent("i1", "a", replaces: Self.entry("c1"))]), onto: lock, now: Self.now)
    #expect(replay.entries["a"] == made)
    #expect(replay.open.map(\.id) == ["i1"])
  }

  @Test("Registration#Management: a client that was found to be lost is replaced, wherever a crash cuts the journal")
  func foundLost() throws {
    let lock = Lock(lineage: "l", servers: ["a": Self.entry("c1")])
    let events: [JournalEvent] = [
      Self.intent("i1", "a", replaces: Self.entry("c1"), call: .read, at: "https://as.example/register/c1"),
      .failed(intent: "i1"), .registered(intent: nil, server: "a", entry: Self.lostEntry("c1")),
      Self.intent("i2", "a", replaces: Self.lostEntry("c1")),
      .registered(intent: "i2", server: "a", entry: Self.entry("c2")),
    ]
    for length in 0...events.count {
      let prefix = Journal(lineage: "l", events: Array(events.prefix(length)))
      let replay = try JournalReplay(prefix, onto: lock, now: Self.now)
      let written = Lock(lineage: "l", servers: replay.entries, orphans: replay.orphans)
      let whole = try JournalReplay(Journal(lineage: "l", events: events), onto: written, now: Self.now)
      #expect(whole.entries == ["a": Self.entry("c2")], "\(length)")
      #expect(whole.orphans.isEmpty, "\(length)")
    }
  }

  @Test("Registration#Management: a client that does not exist any more is not an orphan")
  func lost() throws {
    var old = Self.entry("c1")
    old.client?.isLost = true
    let replay = try JournalReplay(
      Journal(
        lineage: "l",
        events: [
          Self.intent("i1", "a", replaces: old), .registered(intent: "i1", server: "a", entry: Self.entry("c2")),
        ]), onto: Lock(lineage: "l", servers: ["a": old]), now: Self.now)
    #expect(replay.orphans.isEmpty)
  }
}

extension Orphan {
  fileprivate var description: String { "\(server) \(issuer) \(clientID ?? "?") \(managed) \(retried)" }
}
