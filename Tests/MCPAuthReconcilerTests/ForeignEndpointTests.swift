import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// Lock, records and journal that somebody else wrote: endpoints come from discovery or the inventory (ThreatModel#Files-of-others).
@Suite struct ForeignEndpointTests {
  static let evil = "https://evil.example/token"

  private func lock(_ world: World, _ edit: (inout Lock) -> Void) {
    world.folder.change { contents in
      guard var lock = contents.lock.flatMap({ try? LockCodec.decode($0, file: "") }) else { return }
      edit(&lock)
      contents.lock = LockCodec.encode(lock)
    }
  }

  /// Removes the entry of `linear` from the lock, and writes another token endpoint into its record.
  private func forgeRecord(_ world: World) {
    lock(world) { $0.servers["linear"] = nil }
    world.folder.change { contents in
      for (version, record) in contents.records["linear"] ?? [:] {
        var record = record
        record.entry.endpoints?.tokenEndpoint = Self.evil
        contents.records["linear"]?[version] = record
      }
    }
  }

  @Test("a token endpoint that was edited in the lock gets no secret: verify, refresh, rotate and export refuse")
  func editedLock() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    lock(world) { $0.servers["linear"]?.endpoints?.tokenEndpoint = Self.evil }
    let report = try await CredentialVerifier(world.context).verify(VerifyOptions())
    #expect(report.servers.compactMap(\.error?.code) == [.secretMismatch])
    #expect(try await world.apply { $0.refresh = true }.codes == [.secretMismatch])
    let needs = world.servers.flatMap { server in
      world.lock.servers[server.name].map { ServerSecret.of(server, $0) } ?? []
    }
    #expect(await ExportSource(world.context).secrets(needs, world.lock).problems.map(\.code) == [.secretMismatch])
    #expect(!world.web.log.contains { $0.contains("evil.example") })
  }

  /// A server whose client the inventory names.
  ///
  /// - Parameter isManual: whether the inventory also gives the endpoints.
  private static func own(isManual: Bool = false) -> InventoryServer {
    var settings = OAuth2Settings()
    settings.clientID = "own"
    settings.clientSecret = .env("OWN")
    if isManual {
      settings.authorizationEndpoint = "https://as.example/authorize"
      settings.tokenEndpoint = "https://as.example/token"
    } else {
      settings.registration = .preregistered
    }
    return InventoryServer(
      name: "linear", url: "https://linear.example/mcp", mode: isManual ? .manual(settings) : .preregistered(settings),
      location: SourceLocation(file: "servers.yaml", line: 7, column: 3))
  }

  @Test("a secret of the inventory is sent only to the token endpoint that discovery finds")
  func preregistered() async throws {
    let world = try await World(Self.own(), at: ServerKind.secret).settled()
    // The server does not know the client, but it was asked.
    let asked = try await CredentialVerifier(world.context).verify(VerifyOptions())
    #expect(asked.servers.map(\.outcome) == [.dead])
    #expect(world.web.log.last == "POST https://as.example/token")
    lock(world) { $0.servers["linear"]?.endpoints?.tokenEndpoint = Self.evil }
    world.web.forgetLog()
    let report = try await CredentialVerifier(world.context).verify(VerifyOptions())
    #expect(report.servers.map(\.outcome) == [.blocked])
    #expect(report.servers.compactMap(\.error?.code) == [.secretMismatch])
    #expect(!world.web.log.isEmpty && !world.web.log.contains { $0.hasPrefix("POST") && $0.hasSuffix("/token") })
  }

  @Test("the lock cannot make a manual client a preregistered one, or the reverse", arguments: [true, false])
  func otherRegistration(isManual: Bool) async throws {
    let world = try await World(Self.own(isManual: isManual), at: ServerKind.secret).settled()
    lock(world) { lock in
      lock.servers["linear"]?.client?.registration = isManual ? .preregistered : .manual
      lock.servers["linear"]?.endpoints?.tokenEndpoint = Self.evil
    }
    let report = try await CredentialVerifier(world.context).verify(VerifyOptions())
    #expect(report.servers.map(\.skip) == [.notApplied])
    #expect(world.web.log.isEmpty)
  }

  @Test("a record that the lock lacks: its endpoints are not adopted, those that discovery finds are")
  func forgedRecord() async throws {
    let world = try await World(discovered("a"), discovered("linear"), at: ServerKind.secret).settled()
    forgeRecord(world)
    let run = try await world.apply()
    #expect(run.of("linear")?.change.reasons.first == .recovered)
    #expect(run.of("linear")?.change.fields.contains { $0.field == "token_endpoint" } == true)
    #expect(world.lock.servers["linear"]?.tokenEndpoint == "https://as.example/token")
    #expect(world.lock.servers["linear"]?.clientID == "client-2")
    #expect(!world.web.log.contains { $0.contains("evil.example") })
    #expect(try await world.apply().told == ["a unchanged done", "linear unchanged done"])
  }

  @Test("what is recovered goes into the lock only once its server was discovered", arguments: [true, false])
  func notDiscovered(fromJournal: Bool) async throws {
    let world = try await World(discovered("a"), discovered("linear"), at: ServerKind.secret).settled()
    let entry = try #require(world.lock.servers["linear"])
    lock(world) { $0.servers["linear"] = nil }
    if fromJournal {
      let intent = JournalEvent.Intent(
        id: entry.secretVersion ?? "", call: .register, server: "linear", issuer: World.issuer,
        endpoint: World.issuer + "/register", inputsDigest: "", replacesDigest: nil, time: world.clock.now)
      world.folder.change { contents in
        contents.journal = Journal(
          lineage: contents.notedLineage,
          events: [.intent(intent), .registered(intent: intent.id, server: "linear", entry: entry)])
      }
    }
    world.web.change(World.issuer) { $0.issuerInDocument = "https://elsewhere.example" }
    let blocked = try await world.apply()
    #expect(blocked.of("linear")?.change.action == .blocked)
    #expect(world.lock.servers.keys.sorted() == ["a"])
    #expect(world.folder.now.journal.events.isEmpty != fromJournal)
    await expectRefusal(.interrupted) {
      _ = try await world.custodian.forget(["linear"], isForced: true)
    }
    world.web.change(World.issuer) { $0.issuerInDocument = nil }
    #expect(try await world.apply().of("linear")?.change.reasons == [.recovered])
    #expect(world.lock.servers["linear"] == entry)
    #expect(world.folder.now.journal.events.isEmpty)
    #expect(world.web.registrations == 0)
  }

  @Test("verify asks nothing about a client whose entry was recovered, before discovery has confirmed its endpoints")
  func unconfirmed() async throws {
    let world = try await World(discovered("a"), discovered("linear"), at: ServerKind.secret).settled()
    forgeRecord(world)
    let report = try await CredentialVerifier(world.context).verify(VerifyOptions())
    #expect(report.servers.map(\.outcome) == [.known, .skipped])
    #expect(report.servers.map(\.skip) == [nil, .notApplied])
    #expect(world.web.log == ["POST https://as.example/token"])
  }

  @Test("a journal line with another client and other endpoints puts no living client on the orphans' list")
  func forgedLine() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    let entry = try #require(world.lock.servers["linear"])
    var forged = entry
    forged.client?.id = "theirs"
    forged.endpoints?.tokenEndpoint = Self.evil
    let intent = JournalEvent.Intent(
      id: "x", call: .register, server: "linear", issuer: World.issuer, endpoint: World.issuer + "/register",
      inputsDigest: "", replacesDigest: Fingerprint.of(entry.json), time: world.clock.now)
    world.folder.change { [forged] contents in
      contents.journal = Journal(
        lineage: contents.notedLineage,
        events: [.intent(intent), .registered(intent: "x", server: "linear", entry: forged)])
    }
    let before = world.folder.now.lock
    let run = try await world.apply()
    #expect(run.codes == [.secretMismatch])
    #expect(world.web.alive.map(\.client.id) == ["client-1"])
    #expect(world.folder.now.lock == before)
  }

  @Test("a forged orphan: nothing is sent to the endpoints of its record, and the real records stay")
  func forgedOrphan() async throws {
    let world = try await World(discovered("a"), discovered("linear"), at: ServerKind.secret).settled()
    world.servers = [discovered("a")]
    let orphan = Orphan(
      server: "linear", issuer: World.issuer, clientID: "client-2", reason: .removed, since: world.clock.now,
      managed: true)
    lock(world) { lock in
      lock.servers["linear"] = nil
      lock.orphans = [orphan]
    }
    world.folder.change { contents in
      guard var forged = contents.records["linear"]?.values.first else { return }
      forged.registrationAccessToken = Secret("forged")
      forged.registrationClientURI = "https://evil.example/register/client-2"
      forged.entry.endpoints?.registrationEndpoint = "https://evil.example/register"
      forged.entry.endpoints?.tokenEndpoint = Self.evil
      contents.orphans[World.issuer + " client-2"] = forged
    }
    let run = try await world.apply()
    #expect(run.warnings.map(\.code) == [.clientLeftBehind])
    #expect(run.warnings.first?.message.contains("its endpoints are not confirmed") == true)
    #expect(!world.web.log.contains { $0.contains("evil.example") })
    #expect(world.web.log.count { $0.contains("oauth-authorization-server") } == 1)
    #expect(world.lock.orphans == [orphan])
    #expect(world.folder.now.records["linear"]?.count == 1)
    #expect(world.folder.now.orphans.count == 1)
  }

  @Test(
    "journal lines that list a client do not have it deleted, unless its token was copied for that",
    arguments: [true, false])
  func forgedRemoval(hasIntent: Bool) async throws {
    let world = try await World(discovered("a"), discovered("linear"), at: ServerKind.managed).settled()
    let entry = try #require(world.lock.servers["linear"])
    let intent = JournalEvent.Intent(
      lockOnly: "x", server: "linear", entry: entry, replaces: entry, time: world.clock.now)
    let orphan = Orphan(
      server: "linear", issuer: World.issuer, clientID: entry.clientID, reason: .removed, since: world.clock.now,
      managed: true)
    var events: [JournalEvent] = hasIntent ? [.intent(intent)] : []
    events += [.removed(server: "linear"), .orphaned(orphan)]
    world.folder.change { [events] contents in
      contents.journal = Journal(lineage: contents.notedLineage, events: events)
    }
    let records = world.folder.now.records
    world.servers = [discovered("a")]
    _ = try await world.apply()
    #expect(!world.web.log.contains { $0.hasPrefix("DELETE") })
    #expect(world.web.alive.map(\.client.id) == ["client-1", "client-2"])
    #expect(world.lock.orphans.map(\.clientID) == ["client-2"])
    #expect(world.lock.orphans.map(\.managed) == [false])
    #expect(world.folder.now.records == records)
  }

  @Test("a journal line that says that a client was deleted removes no record of a client that the lock lacks")
  func forgedDeletion() async throws {
    let world = try await World(discovered("a"), discovered("linear"), at: ServerKind.managed).settled()
    let entry = try #require(world.lock.servers["linear"])
    // Only the lock file of another branch names the client.
    lock(world) { $0.servers["linear"] = nil }
    let intent = JournalEvent.Intent(
      id: "x", call: .delete, server: "linear", issuer: World.issuer, endpoint: World.issuer + "/register/client-2",
      inputsDigest: "", replacesDigest: nil, time: world.clock.now, clientID: entry.clientID)
    world.folder.change { contents in
      contents.journal = Journal(
        lineage: contents.notedLineage,
        events: [
          .intent(intent), .failed(intent: "x"),
          .settled(server: "linear", issuer: World.issuer, clientID: entry.clientID),
        ])
    }
    let records = world.folder.now.records
    world.servers = [discovered("a")]
    #expect(try await world.apply().told == ["a unchanged done"])
    #expect(world.folder.now.records == records)
    #expect(world.web.alive.count == 2)
  }

  @Test("a record of another registration endpoint than the open intent's is not adopted")
  func recordOfOtherIntent() async throws {
    let world = World(discovered("linear"), at: ServerKind.secret)
    for effects in 1...20 where world.folder.now.records["linear"] == nil {
      world.folder.now = Folder.Contents()
      world.fate.dieAfter(effects)
      _ = try? await world.apply()
      world.fate.dieAfter(nil)
    }
    world.folder.change { contents in
      for (version, record) in contents.records["linear"] ?? [:] {
        var record = record
        record.entry.endpoints?.registrationEndpoint = "https://evil.example/register"
        contents.records["linear"]?[version] = record
      }
    }
    let before = world.folder.now
    #expect(try await world.apply().codes == [.secretMismatch])
    #expect(world.folder.now.journal == before.journal)
    #expect(world.lock.servers.isEmpty)
  }
}
