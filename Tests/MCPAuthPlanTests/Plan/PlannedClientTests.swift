import MCPAuthCore
import MCPAuthPlan
import Testing

/// What a plan says about the client of each change (PlanAndApply#Approval).
@Suite struct PlannedClientTests {
  /// The server's change in a whole plan.
  private func planned(_ world: PlanWorld) throws -> Change {
    try #require(world.planner.plan([world.change()]).changes.first)
  }

  @Test("a new client: URL, way, method, scopes and their source, redirect URIs, secret and store, consumers")
  func registered() throws {
    var world = PlanWorld { settings in
      settings.client?.redirectURIs.append("http://localhost:33418/callback")
      settings.client?.applicationType = .native
      settings.consumers = [
        ConsumerUse(.claudeCode, port: 33418), ConsumerUse(.librechat, url: "https://chat.acme.example"),
      ]
    }
    world.find { $0.metadata.tokenEndpointAuthMethodsSupported = ["client_secret_basic"] }
    let change = try planned(world)
    let client = try #require(change.client)
    #expect(client.url == "https://linear.example/mcp" && client.way == .register && client.registration == .dcr)
    #expect(client.authMethod == .basic && client.secret == .server && client.store == .directory)
    #expect(client.scopes == ["read"] && client.scopesFrom == .resourceMetadata)
    #expect(client.redirectURIs.count == 2)
    #expect(client.consumers.map(\.consumer) == [.claudeCode, .librechat])
    #expect(client.consumers.map(\.isPossible) == [true, false])
    #expect(client.byHand == nil && change.oldClient == nil && change.advice.isEmpty)
  }

  @Test("a public client has no secret, and a metadata document needs no work at a provider")
  func publicClient() throws {
    let registered = try #require(try planned(PlanWorld()).client)
    #expect(registered.secret == PlannedClient.SecretSource.none && registered.store == nil)
    var world = PlanWorld.cimd()
    world.entry = nil
    let document = try #require(try planned(world).client)
    #expect(document.way == .metadataDocument && document.byHand == nil)
    #expect(document.secret == PlannedClient.SecretSource.none)
  }

  @Test("what becomes of the old client: it is deleted, it stays, or it is lost", arguments: [true, false])
  func oldClient(isManaged: Bool) throws {
    var world = PlanWorld.settled(managed: isManaged) { $0.generation = 1 }
    let id = world.entry?.clientID
    world.edit { $0.generation = 2 }
    let old = try #require(try planned(world).oldClient)
    #expect(old.clientID == id && old.issuer == PlanWorld.issuer && old.fate == (isManaged ? .deleted : .stays))
    world.entry?.client?.isLost = true
    #expect(try planned(world).oldClient?.fate == .lost)
    world.standing.entries["gone"] = world.entry
    let removal = try #require(world.planner.plan([]).changes.last { $0.server == "gone" })
    #expect(removal.oldClient?.fate == .lost)
  }

  @Test("a client that is named in another way, and stays the same, is not given up")
  func sameClient() throws {
    var world = PlanWorld.manual()
    world.entry = PlanWorld.preregistered().entry
    let same = try planned(world)
    #expect(same.told == "replace mode-changed")
    #expect(same.oldClient == nil && !same.makesUsersReconnect)
    world.edit { $0.tokenEndpoint = "https://as.example/other" }
    #expect(try planned(world).makesUsersReconnect)
    world.edit { $0.clientID = "another" }
    let other = try planned(world)
    #expect(other.oldClient?.clientID == "mine" && other.oldClient?.fate == .own && other.makesUsersReconnect)
  }

  @Test("offline, a change that is known after discovery says nothing about a client")
  func offline() throws {
    var world = PlanWorld.settled(managed: true) { $0.generation = 1 }
    world.edit { $0.generation = 2 }
    world.options.offline = true
    let change = try planned(world)
    #expect(change.step == .discoverFirst && change.client == nil && change.oldClient == nil)
    #expect(change.action == .replace && change.makesUsersReconnect)
  }

  @Test("an update in place keeps its secret, unless it is due")
  func inPlace() throws {
    var world = PlanWorld { $0.scopes = ["read"] }
    world.find { $0.metadata.tokenEndpointAuthMethodsSupported = ["client_secret_basic"] }
    world.entry = world.applying(world.change(), managed: true)
    world.edit { $0.scopes = ["write"] }
    let kept = try #require(try planned(world).client)
    #expect(kept.way == .updateInPlace && kept.secret == .stored && kept.store == .directory)
    world.options.rotate = ["linear"]
    #expect(try planned(world).client?.secret == .server)
  }

  @Test("a client of the inventory: a person adds and removes redirect URIs at its provider")
  func byHand() throws {
    for made in [PlanWorld.preregistered(), PlanWorld.manual()] {
      var world = made
      let uri = "https://coder.example/linear/callback"
      let isManual = world.entry?.mode == .manual
      var new = world
      new.entry = nil
      let provider = isManual ? "https://as.example/authorize" : PlanWorld.issuer
      let first = try #require(try planned(new).client)
      #expect(first.way == .inventory)
      #expect(
        first.byHand
          == PlannedClient.ProviderTask(provider: provider, clientID: "mine", adding: [uri], removing: []))
      let secret: PlannedClient.SecretSource = isManual ? .none : .inventory
      #expect(first.secret == secret && first.store == nil)
      let other = "https://coder.example/other"
      world.edit { $0.client?.redirectURIs = [other] }
      let change = try planned(world)
      #expect(change.told == "update redirect-uris-changed")
      #expect(
        change.client?.byHand
          == PlannedClient.ProviderTask(provider: provider, clientID: "mine", adding: [other], removing: [uri]))
    }
  }

  @Test("a server without a client, and a change around a client, say nothing about a client")
  func nothing() throws {
    #expect(try planned(PlanWorld.plain(.none)).client == nil)
    var world = PlanWorld.settled()
    world.server.protect = true
    #expect(try planned(world).client == nil)
    #expect(try planned(PlanWorld.settled()).client == nil)
  }

  // MARK: Moves

  @Test("a new server with the URL of a server that is gone: the plan suggests moved_from")
  func suggestion() throws {
    var world = PlanWorld.settled()
    world.standing.entries["old"] = world.entry
    world.entry = nil
    #expect(try planned(world).advice.first?.contains("write moved_from: \"old\"") == true)
    world.server.movedFrom = "old"
    #expect(try planned(world).advice.isEmpty)
    world.server.movedFrom = nil
    world.standing.entries["old"]?.url = "https://other.example/mcp"
    #expect(try planned(world).advice.isEmpty)
  }

  @Test("moved_from is not suggested where it would not keep a client: another mode, a lost client, a document")
  func noSuggestion() throws {
    let edits: [(inout LockEntry) -> Void] = [
      { $0.mode = .manual }, { $0.client?.isLost = true }, { $0.client?.registration = .cimd },
    ]
    for edit in edits {
      var world = PlanWorld.settled()
      var old = try #require(world.entry)
      edit(&old)
      world.standing.entries["old"] = old
      world.entry = nil
      #expect(try planned(world).advice.isEmpty)
    }
  }

  /// A server that was registered under the name `linear` and has another name now.
  private func renamed(_ uri: (String) -> String) -> PlanWorld {
    var world = PlanWorld.settled { $0.client?.redirectURIs = [uri("linear"), "https://coder.example/fixed"] }
    world.standing.entries["linear"] = world.entry
    world.entry = nil
    world.server.name = "tracker"
    world.server.movedFrom = "linear"
    world.edit { $0.client?.redirectURIs = [uri("tracker"), "https://coder.example/fixed"] }
    return world
  }

  @Test("a move that replaces the client because of {server} says how to keep it; what it says keeps it")
  func keeping() throws {
    var world = renamed { "https://linear.example/\($0)/callback" }
    let change = try planned(world)
    #expect(change.told == "replace moved redirect-uris-changed")
    #expect(
      change.advice == [
        "only the name in the redirect URIs changes; to keep the client, write the redirect URIs of the old name "
          + "in the server's oauth2 block: redirect_uris: [https://linear.example/linear/callback, "
          + "https://coder.example/fixed]"
      ])
    world.server.protect = true
    #expect(try planned(world).told == "blocked protected")
    #expect(try planned(world).advice == change.advice)
    world.server.protect = false
    world.edit { $0.client?.redirectURIs = ["https://linear.example/linear/callback", "https://coder.example/fixed"] }
    #expect(try planned(world).told == "update moved")
    // Another change of the redirect URIs is not only the name.
    var other = renamed { "https://linear.example/\($0)/callback" }
    other.edit { $0.client?.redirectURIs = ["https://else.example/tracker/callback"] }
    #expect(try planned(other).advice.isEmpty)
  }
}
