import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

@Suite struct LockRoundTripTests {
  @Test("PlanAndApply#Lock-file: a printed lock is read as the same lock, with the same bytes", arguments: 0..<150)
  func locks(_ seed: Int) throws {
    var dice = Dice(seed)
    var lock = Lock(lineage: dice.text())
    for index in 0..<dice.number(0..<5) { lock.servers[dice.text() + String(index)] = Self.entry(&dice) }
    for _ in 0..<dice.number(0..<4) { lock.orphans.append(Self.orphan(&dice)) }
    let bytes = LockCodec.encode(lock)
    let again = try LockCodec.decode(bytes, file: "mcpauth.lock")
    #expect(again.servers == lock.servers)
    #expect(again.lineage.isExactly(lock.lineage))
    #expect(LockCodec.encode(again) == bytes)
    lock.orphans.shuffle(using: &dice)
    try #expect(LockCodec.decode(LockCodec.encode(lock), file: "mcpauth.lock").orphans.count == again.orphans.count)
    try LockProperty.check(bytes)
  }

  @Test(
    "Reliability#Order-of-writes: a journal is the same after printing; if it is cut, the complete lines before the cut are read",
    arguments: 0..<60)
  func journals(_ seed: Int) throws {
    var dice = Dice(seed)
    let events = (0..<dice.number(1..<6)).map { _ in Self.event(&dice) }
    let lineage = dice.text()
    let lines = [JournalText.head(lineage: lineage)] + events.map { JournalText.line($0) }
    let whole = Array(lines.joined())
    let scan = try JournalText.scan(whole, file: "journal")
    #expect(scan.journal == Journal(lineage: lineage, events: events))
    #expect(scan.end == whole.count)
    for _ in 0..<40 {
      let cut = dice.number(0..<whole.count)
      let torn = try JournalText.scan(Array(whole[..<cut]), file: "journal")
      #expect(events.starts(with: torn.journal.events), "torn at \(cut)")
      // A line without its line end is complete.
      var ends = 0
      let there = lines.prefix { line in
        ends += line.count
        return ends - 1 <= cut
      }.count
      #expect(torn.journal.events.count == max(0, there - 1), "torn at \(cut)")
    }
  }

  static func entry(_ dice: inout Dice) -> LockEntry {
    func text(_ dice: inout Dice) -> String? { dice.maybe() ? dice.text() : nil }
    func list(_ dice: inout Dice) -> [String]? {
      dice.maybe() ? (0..<dice.number(0..<4)).map { _ in dice.text() } : nil
    }
    func time(_ dice: inout Dice) -> Timestamp? {
      dice.maybe() ? Timestamp(seconds: Int64(dice.number(-62_167_219_200..<253_402_300_800))) : nil
    }
    func endpoints(_ dice: inout Dice) -> DiscoveredEndpoints {
      var endpoints = DiscoveredEndpoints(
        resource: dice.text(), issuer: text(&dice), discoveredBy: dice.one(of: DiscoveredServer.Route.allCases),
        authorizationEndpoint: dice.text(), tokenEndpoint: dice.text(), registrationEndpoint: text(&dice),
        revocationEndpoint: text(&dice))
      endpoints.authorizationServer = text(&dice)
      endpoints.authorizationResponseIssParameterSupported = dice.one(of: [nil, true, false])
      return endpoints
    }
    func client(_ dice: inout Dice) -> LockedClient {
      var client = LockedClient(
        dice.one(of: LockedClient.Registration.allCases), id: dice.text(), authMethod: AuthMethod(dice.text()),
        redirectURIs: list(&dice), scopes: list(&dice) ?? [], scopesFrom: dice.one(of: ScopeSelection.Source.allCases))
      client.grantTypes = list(&dice)
      client.applicationType = dice.one(of: [nil, .web, .native])
      client.secretExpiresAt = time(&dice)
      client.registeredAt = time(&dice)
      client.isManaged = dice.maybe()
      client.secretVersion = text(&dice)
      client.isLost = dice.maybe(4)
      return client
    }
    var entry = LockEntry(
      mode: dice.one(of: LockEntry.Mode.allCases), url: dice.text(),
      endpoints: dice.maybe() ? endpoints(&dice) : nil, client: dice.maybe() ? client(&dice) : nil)
    entry.generation = dice.number(0..<1000)
    entry.protect = dice.maybe()
    // In the order in which they are written.
    if case .object(let inputs) = JSONProperty.sorted(
      .object(
        JSONObject(
          (0..<dice.number(0..<4)).map { .init(dice.text() + String($0), JSONRoundTripTests.value(&dice, depth: 2)) })))
    {
      entry.inputs = inputs
    }
    return entry
  }

  static func orphan(_ dice: inout Dice) -> Orphan {
    Orphan(
      server: dice.text(), issuer: dice.text(), clientID: dice.maybe() ? dice.text() : nil,
      reason: dice.one(of: Orphan.Reason.allCases), since: Timestamp(seconds: Int64(dice.number(0..<4_000_000_000))),
      managed: dice.maybe(), retried: dice.maybe())
  }

  private static func event(_ dice: inout Dice) -> JournalEvent {
    switch dice.number(0..<7) {
    case 0:
      return .intent(
        .init(
          id: dice.text(), call: dice.one(of: JournalEvent.Intent.Call.allCases), server: dice.text(),
          issuer: dice.text(), endpoint: dice.text(), inputsDigest: dice.text(),
          replacesDigest: dice.maybe() ? dice.text() : nil,
          time: Timestamp(seconds: Int64(dice.number(0..<4_000_000_000))),
          clientID: dice.maybe() ? dice.text() : nil))
    case 1: return .failed(intent: dice.text())
    case 2: return .registered(intent: dice.maybe() ? dice.text() : nil, server: dice.text(), entry: entry(&dice))
    case 3: return .unknown(intent: dice.text())
    case 4: return .removed(server: dice.text())
    case 5: return .orphaned(orphan(&dice))
    default: return .settled(server: dice.text(), issuer: dice.text(), clientID: dice.maybe() ? dice.text() : nil)
    }
  }
}
