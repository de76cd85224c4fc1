import MCPAuthCore
import Testing

@testable import MCPAuthPlan

@Suite struct SavedPlanTests {
  private func saved(_ world: PlanWorld, lineage: String? = "l1") -> SavedPlan {
    var plan = Plan(inventory: "servers.yaml", changes: [world.change()])
    plan.lineage = lineage
    return SavedPlan(plan, options: world.options, inventory: world.planner.inventory)
  }

  /// Why a saved plan is refused in another world: the message with its notes; nil if it is accepted.
  private func staleness(_ saved: SavedPlan, in world: PlanWorld, lineage: String? = "l1") -> String? {
    do throws(Diagnostic) {
      try saved.refuseStale(lineage: lineage, world.planner)
      try saved.refuseOther(Plan(inventory: "servers.yaml", changes: [world.change()]))
      return nil
    } catch {
      #expect(error.code == .stalePlan)
      return ([error.message] + error.notes).joined(separator: "; ")
    }
  }

  private var world: PlanWorld {
    var world = PlanWorld.settled()
    world.edit { $0.scopes = ["write"] }
    return world
  }

  @Test("Reliability#One-run-at-a-time: the saved plan has what the apply changes, and is read back unchanged")
  func roundTrip() throws {
    var world = world
    world.options.refresh = true
    world.options.verify = true
    world.options.rotate = ["linear"]
    world.options.only = ["linear", "notion"]
    let plan = saved(world)
    #expect(plan.servers.map(\.name) == ["linear"])
    #expect(plan.servers.first?.issuer == PlanWorld.issuer)
    #expect(plan.servers.first?.tokenEndpoint == PlanWorld.issuer + "/token")
    let bytes = SavedPlanCodec.encode(plan)
    #expect(SavedPlanCodec.isSavedPlan(bytes))
    #expect(try SavedPlanCodec.decode(bytes, file: "p") == plan)
    #expect(plan.applyOptions.only == ["linear"])
  }

  @Test("unchanged and blocked servers are not in it")
  func untouched() {
    let settled = PlanWorld.settled()
    #expect(saved(settled).servers.isEmpty)
    var blocked = PlanWorld()
    blocked.found = .failure(Diagnostic(.error, .unreachable, "x"))
    #expect(saved(blocked).servers.isEmpty)
  }

  @Test("PlanAndApply#Saved-plans: a plan is distinguished from an inventory by its content")
  func told() {
    for text in [
      "version: 1\n", "{\"version\": 1}", "", "[\"mcpauth-plan\"]", "{\"kind\": \"other\"}", "# \"mcpauth-plan\"",
    ] {
      #expect(!SavedPlanCodec.isSavedPlan(Array(text.utf8)), "\(text)")
    }
    for text in [
      "{\"kind\": \"mcpauth-plan\"}", " \n{\"kind\":\"mcpauth-plan\"", "{\"kind\": \"mcpauth-plan\", \"version\": 9}",
    ] {
      #expect(SavedPlanCodec.isSavedPlan(Array(text.utf8)), "\(text)")
    }
  }

  @Test("a plan that was edited by hand is refused, for an edit of any line")
  func edited() throws {
    let text = String(decoding: SavedPlanCodec.encode(saved(world)), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for index in lines.indices where lines[index].contains(where: \.isLetter) && !lines[index].contains("\"version\"") {
      var edited = lines
      // Changes one letter of the line, in a value or in a member's name.
      let at = try #require(edited[index].lastIndex { $0.isLetter })
      edited[index].replaceSubrange(at...at, with: edited[index][at] == "a" ? "b" : "a")
      #expect(throws: Diagnostic.self, "\(edited[index])") {
        try SavedPlanCodec.decode(Array(edited.joined(separator: "\n").utf8), file: "p")
      }
    }
    for cut in [1, text.utf8.count / 2, text.utf8.count - 3] {
      let error = #expect(throws: Diagnostic.self) {
        try SavedPlanCodec.decode(Array(text.utf8.prefix(cut)), file: "p")
      }
      #expect(error?.code == .planInvalid)
    }
  }

  @Test("a plan of a newer version is refused as newer, with any other content")
  func newer() {
    let error = #expect(throws: Diagnostic.self) {
      try SavedPlanCodec.decode(Array("{\"kind\":\"mcpauth-plan\",\"version\":2,\"x\":1}".utf8), file: "p")
    }
    #expect(error?.code == .planTooNew)
  }

  @Test("Reliability#One-run-at-a-time: without a change it is not stale")
  func fresh() {
    #expect(staleness(saved(world), in: world) == nil)
    #expect(staleness(saved(PlanWorld(), lineage: nil), in: PlanWorld(), lineage: nil) == nil)
  }

  @Test(
    "Reliability#One-run-at-a-time: another lineage is stale; a plan from before the first apply has no lineage yet"
  )
  func lineage() {
    #expect(staleness(saved(world), in: world, lineage: "l2")?.contains("lineage l1, not l2") == true)
    #expect(staleness(saved(PlanWorld(), lineage: nil), in: PlanWorld()) == nil)
    #expect(staleness(saved(world), in: world, lineage: nil)?.contains("lineage l1, not none") == true)
  }

  @Test(
    "Reliability#One-run-at-a-time: the message names a changed block; a change to any other server does not matter"
  )
  func block() {
    var other = world
    other.server.displayName = "Linear"
    #expect(
      staleness(saved(world), in: other) == "the plan is stale: 'linear' has changed in the inventory")
    var neighbour = world
    neighbour.others = [
      InventoryServer(
        name: "notion", url: "https://notion.example/mcp", mode: .none,
        location: SourceLocation(file: "servers.yaml", line: 20, column: 3))
    ]
    neighbour.standing.entries["figma"] = LockEntry(mode: .none, url: "https://figma.example/mcp")
    #expect(staleness(saved(world), in: neighbour) == nil)
    var moved = world
    moved.server.location = SourceLocation(file: "servers.yaml", line: 99, column: 3)
    #expect(staleness(saved(world), in: moved) == nil)
  }

  @Test("Reliability#One-run-at-a-time: the message names a changed lock entry")
  func entry() {
    var other = world
    other.entry?.client?.secretVersion = "v2"
    #expect(staleness(saved(world), in: other) == "the plan is stale: 'linear' has a changed entry in the lock file")
    other.entry = nil
    #expect(staleness(saved(world), in: other)?.contains("a changed entry") == true)
  }

  @Test("Reliability#One-run-at-a-time: another issuer, another endpoint or another decision is stale")
  func otherWorld() {
    let plan = saved(PlanWorld())
    var issuer = PlanWorld()
    issuer.find { $0.metadata.issuer = "https://other.example" }
    #expect(
      staleness(plan, in: issuer)?.contains("its issuer was https://as.example, and is https://other.example now")
        == true)
    var endpoint = PlanWorld()
    endpoint.find { $0.metadata.registrationEndpoint = "https://as.example/v2/register" }
    #expect(staleness(plan, in: endpoint)?.contains("its registration endpoint") == true)
    var scopes = PlanWorld()
    scopes.find { $0.resourceScopes = ["admin"] }
    #expect(staleness(plan, in: scopes)?.contains("its server offers something else") == true)
    var gone = PlanWorld()
    gone.found = .failure(Diagnostic(.error, .unreachable, "nobody answers"))
    #expect(
      staleness(plan, in: gone)?.contains("register new, and it is blocked unreachable now (nobody answers)") == true)
  }

  @Test("SecretStores#Records: a saved plan contains no client id, no secret version and no literal of the inventory")
  func secretFree() {
    var world = world
    world.entry?.client?.id = "the-client-id"
    world.entry?.client?.secretVersion = "the-version"
    let text = String(decoding: SavedPlanCodec.encode(saved(world)), as: UTF8.self)
    #expect(!text.contains("the-client-id") && !text.contains("the-version"))
  }

  @Test("the digest of a block includes every member of it")
  func members() throws {
    // A server is a reference to its members.
    let server = Mirror(reflecting: PlanWorld().server).children
    let kept = Mirror(reflecting: try #require(server.first?.value)).children
    #expect(server.count == 1 && kept.count == 1)
    // Add a new member to `InventoryServer.json` first, and then to these counts. `signInMethods` follows from `consumers`.
    #expect(Mirror(reflecting: try #require(kept.first?.value)).children.count == 15)
    #expect(Mirror(reflecting: OAuth2Settings()).children.count == 21)
    #expect(Mirror(reflecting: ClientMetadata(clientName: "a", redirectURIs: [])).children.count == 14)
    var digests: Set<String> = []
    func note(_ world: PlanWorld) { digests.insert(Fingerprint.of(world.server.json)) }
    note(PlanWorld())
    let edits: [@Sendable (inout OAuth2Settings) -> Void] = [
      { $0.consumers = [ConsumerUse(.vscode)] },
      { $0.scopes = [] }, { $0.generation = 1 }, { $0.renew = .never }, { $0.renewBefore = 60 }, { $0.issuer = "x" },
      { $0.initialAccessToken = .env("A") }, { $0.initialAccessToken = .file("A") },
      { $0.softwareStatement = .env("A") },
      { $0.resourceMetadata = .none }, { $0.resourceMetadata = .url("none") }, { $0.pkce = .assumeS256 },
      { $0.client?.clientName = "Other" }, { $0.client?.contacts = ["a"] }, { $0.client?.metadataURL = "x" },
      { $0.registration = .dcr }, { $0.clientSecret = .env("A") }, { $0.resource = "x" }, { $0.metadataURL = "x" },
    ]
    for edit in edits { note(PlanWorld(edit)) }
    #expect(digests.count == edits.count + 1)
  }
}
