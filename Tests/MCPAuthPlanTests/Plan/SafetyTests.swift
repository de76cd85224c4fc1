import MCPAuthCore
import MCPAuthPlan
import Testing

/// What prevents harmful plans: protection, missing secrets, unknown outcomes, mass changes (PlanAndApply#Protection).
@Suite struct SafetyTests {
  // MARK: Protection

  @Test(
    "PlanAndApply#Protection: a protected server is not replaced; an update in place is allowed; protect: false in the same edit allows it"
  )
  func protectReplace() {
    var world = PlanWorld.settled()
    world.server.protect = true
    world.entry = world.applying(world.change())
    #expect(world.entry?.protect == true)
    world.edit { $0.generation = 1 }
    let change = world.change()
    #expect(change.told == "blocked protected")
    #expect(change.error?.message.contains("generation-raised") == true)
    world.server.protect = false
    #expect(world.told() == "replace generation-raised")
    var managed = PlanWorld.settled(managed: true)
    managed.server.protect = true
    managed.entry?.protect = true
    managed.edit { $0.scopes = ["write"] }
    #expect(managed.told() == "update scopes-changed")
  }

  @Test("PlanAndApply#Actions: a server without a block in the inventory is protected by the copy in the lock")
  func protectRemoval() {
    var world = PlanWorld.settled()
    for isProtected in [true, false] {
      world.entry?.protect = isProtected
      let planner = Planner(
        inventory: Inventory(file: "servers.yaml"), standing: world.planner.standing, options: PlanOptions(),
        now: world.now)
      let plan = planner.plan([])
      #expect(plan.changes.map(\.told) == [isProtected ? "blocked protected" : "remove gone-from-inventory"])
      #expect(plan.changes.first?.location == nil)
      #expect(plan.isBlocked == isProtected)
      #expect(plan.hasChanges == !isProtected)
    }
  }

  @Test("PlanAndApply#Lock-file: a change of protect alone is written to the lock, without a request")
  func protectWritten() {
    var world = PlanWorld.settled()
    world.server.protect = true
    #expect(world.told() == "update settings-changed")
    guard case .write(let entry) = world.change().step else {
      Issue.record("no write")
      return
    }
    #expect(entry.protect)
    #expect(entry.clientID == world.entry?.clientID)
  }

  // MARK: Disabled, removed, moved

  @Test(
    "InventoryReference#Servers: enabled: false: nothing is done, with any other problem; the lock entry stays"
  )
  func disabled() {
    var world = PlanWorld.settled()
    world.server.isEnabled = false
    world.edit { $0.generation = 1 }
    world.standing.secretProblems["linear"] = Diagnostic(.error, .secretMissing, "gone")
    #expect(world.told() == "unchanged disabled")
    #expect(world.change().step == .nothing)
    world.entry = nil
    #expect(world.told() == "unchanged disabled")
    #expect(world.planner.plan([]).changes.isEmpty)
  }

  @Test("PlanAndApply#Actions: a removal warns about a client that will be left at the server")
  func removal() {
    for managed in [true, false] {
      let world = PlanWorld.settled(managed: managed)
      let planner = Planner(
        inventory: Inventory(file: "servers.yaml"), standing: world.planner.standing, options: PlanOptions(),
        now: world.now)
      let change = planner.plan([]).changes.first
      #expect(change?.step == .remove)
      #expect(change?.warningCodes == (managed ? [] : [.clientLeftBehind]))
    }
  }

  @Test("PlanAndApply#Actions: a plan has the inventory's servers in its order, then the removed ones, by name")
  func order() {
    var world = PlanWorld.settled()
    for name in ["zeta", "alpha"] { world.standing.entries[name] = world.entry }
    let plan = world.planner.plan([world.change()])
    #expect(plan.changes.map(\.server) == ["linear", "alpha", "zeta"])
    #expect(plan.count(.remove) == 2)
    world.options.only = ["zeta"]
    #expect(world.planner.plan([]).changes.map(\.server) == ["zeta"])
    #expect(!world.planner.isWanted("linear"))
  }

  @Test("InventoryReference#Servers: moved_from keeps entry and client, without a request")
  func moved() {
    var world = PlanWorld.settled()
    world.standing.entries["old"] = world.entry
    world.entry = nil
    world.server.movedFrom = "old"
    #expect(!world.isDiscovered)
    let change = world.change()
    #expect(change.told == "update moved")
    #expect(change.step == world.standing.entries["old"].map(Step.write))
    #expect(world.planner.plan([change]).changes.count == 1)
    // Together with another change.
    world.edit { $0.generation = 1 }
    #expect(world.told() == "replace moved generation-raised")
    // If the new entry exists, or another server has the old name, there is nothing to move.
    world.edit { $0.generation = 0 }
    world.entry = world.standing.entries["old"]
    #expect(world.told() == "unchanged")
    world.entry = nil
    var other = world.server
    other.name = "old"
    other.movedFrom = nil
    world.others = [other]
    #expect(world.told() == "register new")
  }

  // MARK: Secrets

  @Test(
    "PlanAndApply#Actions: a secret record that is missing, unreadable or of another entry blocks; generation resolves it",
    arguments: [DiagnosticCode.secretMissing, .secretUnreadable, .secretMismatch])
  func secretProblems(_ code: DiagnosticCode) {
    var world = PlanWorld.settled(managed: true)
    world.standing.secretProblems["linear"] = Diagnostic(.error, code, "gone")
    #expect(world.told() == "blocked \(code.rawValue)")
    #expect(world.change().error?.location?.line == 7)
    world.edit { $0.scopes = ["write"] }
    #expect(world.told() == "blocked \(code.rawValue)")
    world.edit { $0.generation = 1 }
    #expect(world.told() == "replace generation-raised")
  }

  @Test(
    "InventoryReference#Secret-references: a secret is renewed renew_before its end, 7 days by default, at most a third of its life"
  )
  func renewal() {
    let life = 90 * PlanWorld.day
    func told(_ life: Int64, left: Int64, managed: Bool = true, _ edit: (inout OAuth2Settings) -> Void = { _ in })
      -> String
    {
      var world = PlanWorld.settled(managed: managed) {
        $0.tokenEndpointAuthMethod = "client_secret_basic"
        $0.client?.tokenEndpointAuthMethod = "client_secret_basic"
      }
      world.entry?.client?.secretExpiresAt = Timestamp(seconds: world.now.seconds + life)
      world.now = Timestamp(seconds: world.now.seconds + life - left)
      world.edit(edit)
      return world.told()
    }
    #expect(told(life, left: 7 * PlanWorld.day + 1) == "unchanged")
    #expect(told(life, left: 7 * PlanWorld.day) == "update secret-expiring")
    #expect(told(life, left: 7 * PlanWorld.day, managed: false) == "replace secret-expiring")
    #expect(told(life, left: 1) == "update secret-expiring")
    #expect(told(life, left: 0) == "update secret-expired")
    #expect(told(life, left: -100) == "update secret-expired")
    #expect(told(life, left: 14 * PlanWorld.day) { $0.renewBefore = 14 * 86_400 } == "update secret-expiring")
    #expect(told(life, left: 14 * PlanWorld.day + 1) { $0.renewBefore = 14 * 86_400 } == "unchanged")
    #expect(told(life, left: 31 * PlanWorld.day) { $0.renewBefore = 80 * 86_400 } == "unchanged")
    #expect(told(life, left: 30 * PlanWorld.day) { $0.renewBefore = 80 * 86_400 } == "update secret-expiring")
    #expect(told(PlanWorld.day, left: 8 * 3600 + 1) == "unchanged")
    #expect(told(PlanWorld.day, left: 8 * 3600) == "update secret-expiring")
  }

  @Test(
    "InventoryReference#Secret-references: renew: never: an expiring secret is blocked, with the place of the setting"
  )
  func renewNever() {
    var world = PlanWorld.settled(managed: true) {
      $0.tokenEndpointAuthMethod = "client_secret_basic"
      $0.client?.tokenEndpointAuthMethod = "client_secret_basic"
      $0.renew = .never
    }
    world.entry?.client?.registeredAt = Timestamp(seconds: world.now.seconds - 90 * PlanWorld.day)
    world.entry?.client?.secretExpiresAt = Timestamp(seconds: world.now.seconds + 60)
    let change = world.change()
    #expect(change.told == "blocked secret-expiring")
    #expect(change.error?.location?.line == 9)
    world.edit { $0.generation = 1 }
    #expect(world.told() == "replace generation-raised")
  }

  @Test("PlanAndApply#Lock-file: a secret of a public client is never due for renewal")
  func renewalOfPublicClient() {
    var world = PlanWorld.settled()
    world.entry?.client?.secretExpiresAt = Timestamp(seconds: world.now.seconds - 60)
    #expect(world.told() == "unchanged")
  }

  // MARK: Unknown outcomes

  @Test("Reliability#Unknown-outcomes: an unknown outcome blocks, with time and issuer, until --retry-unknown")
  func unknownOutcome() {
    var world = PlanWorld()
    var orphan = Orphan(
      server: "linear", issuer: PlanWorld.issuer, clientID: nil, reason: .outcomeUnknown, since: world.now,
      managed: false)
    world.standing.orphans = [orphan]
    let change = world.change()
    #expect(change.told == "blocked registration-outcome-unknown")
    #expect(change.error?.message.contains(PlanWorld.issuer) == true)
    #expect(change.error?.message.contains(world.now.rfc3339) == true)
    world.options.retryUnknown = true
    #expect(world.told() == "register new")
    world.options.retryUnknown = false
    orphan.retried = true
    world.standing.orphans = [orphan]
    #expect(world.told() == "register new")
    orphan.retried = false
    orphan.server = "another"
    world.standing.orphans = [orphan]
    #expect(world.told() == "register new")
  }

  @Test("Reliability#One-run-at-a-time: intents of a run that is still active are in progress, not unknown")
  func underWay() {
    var world = PlanWorld()
    world.standing.underWay = ["linear"]
    #expect(world.told() == "blocked locked")
  }

  @Test("Reliability#Order-of-writes: an update without an answer is resolved by sending it again")
  func unsettled() {
    var world = PlanWorld.settled(managed: true)
    world.standing.unsettled = ["linear"]
    #expect(world.told() == "update recovered")
    guard case .updateInPlace = world.change().step else {
      Issue.record("nothing is asked")
      return
    }
  }

  @Test("SecretStores#Records: a recovered entry is written, without a request", arguments: [true, false])
  func recovered(refresh: Bool) {
    var world = PlanWorld.settled()
    world.standing.recovered = ["linear"]
    world.options.refresh = refresh
    let change = world.change()
    #expect(change.told == "register recovered")
    #expect(change.entry == nil)
    #expect(change.step == world.entry.map(Step.write))
  }

  // MARK: Offline

  @Test(
    "PlanAndApply#Actions: offline: the plan assumes that nothing changed at the servers, and marks what needs discovery"
  )
  func offline() {
    var new = PlanWorld()
    new.options.offline = true
    #expect(new.told() == "register new")
    #expect(new.change().step == .discoverFirst)
    var world = PlanWorld.settled(managed: true)
    world.options.offline = true
    #expect(world.told() == "unchanged")
    world.edit { $0.scopes = ["write"] }
    #expect(world.told() == "update scopes-changed")
    #expect(world.change().step == .discoverFirst)
    world.entry?.client?.isManaged = false
    #expect(world.told() == "replace scopes-changed")
    world.edit { $0.generation = 1 }
    #expect(world.told() == "replace generation-raised")
    #expect(!world.isDiscovered)
  }

  @Test(
    "PlanAndApply#Actions: offline: refresh changes nothing, for any kind of client",
    arguments: ModeChangeTests.Kind.allCases)
  func offlineRefresh(_ kind: ModeChangeTests.Kind) {
    var world = kind.world
    world.options.offline = true
    world.options.refresh = true
    #expect(world.told() == "unchanged")
  }
}
