import MCPAuthCore
import MCPAuthPlan
import Testing

/// `mcpauth import`: an existing client that was registered elsewhere is added to a server.
@Suite struct AdoptionTests {
  private func adopt(_ world: PlanWorld, _ client: AdoptedClient) throws(Diagnostic) -> Adoption {
    guard case .success(let found) = world.found else { throw Diagnostic(.error, .unreachable, "x") }
    return try world.planner.adopt(client, for: world.server, found)
  }

  private func code(_ work: () throws(Diagnostic) -> Adoption) -> DiagnosticCode? {
    do throws(Diagnostic) {
      _ = try work()
      return nil
    } catch {
      return error.code
    }
  }

  @Test("the entry is that of a dynamic registration, and the next plan has no changes")
  func unchangedAfterwards() throws {
    for (hasSecret, method) in [(false, "none"), (true, "client_secret_basic")] {
      var world = PlanWorld()
      let adoption = try adopt(world, AdoptedClient(clientID: "c", hasSecret: hasSecret))
      #expect(adoption.change.told == "add new" && adoption.change.isImport)
      #expect(adoption.entry.mode == .discovered && adoption.entry.registration == .dcr)
      #expect(adoption.entry.clientID == "c" && adoption.entry.client?.authMethod.text == method)
      world.entry = adoption.entry
      #expect(world.told() == "unchanged" && !world.isDiscovered)
      world.options.refresh = true
      #expect(world.told() == "unchanged")
    }
  }

  @Test("an import of the same client is an update, of another one a replacement")
  func others() throws {
    let world = PlanWorld.settled()
    let id = try #require(world.entry?.clientID)
    #expect(try adopt(world, AdoptedClient(clientID: id, hasSecret: false)).change.told == "update recovered")
    #expect(
      try adopt(world, AdoptedClient(clientID: "c", hasSecret: false)).change.told == "replace registration-changed")
  }

  @Test(
    "InventoryReference#Secret-references: protect refuses another client, and accepts a new secret of the same one"
  )
  func protect() throws {
    var world = PlanWorld.settled()
    world.server.protect = true
    let id = try #require(world.entry?.clientID)
    #expect(
      code { () throws(Diagnostic) in try adopt(world, AdoptedClient(clientID: "c", hasSecret: false)) } == .protected)
    #expect(code { () throws(Diagnostic) in try adopt(world, AdoptedClient(clientID: id, hasSecret: true)) } == nil)
  }

  @Test("Registration#Strategies: the method must fit server, inventory and secret")
  func methods() {
    func refusal(
      _ client: AdoptedClient, wish: String? = nil, supported: [String]? = nil
    ) -> DiagnosticCode? {
      var world = PlanWorld { settings in
        settings.tokenEndpointAuthMethod = wish
        settings.client?.tokenEndpointAuthMethod = wish
      }
      if let supported { world.find { $0.metadata.tokenEndpointAuthMethodsSupported = supported } }
      return code { () throws(Diagnostic) in try adopt(world, client) }
    }
    let open = AdoptedClient(clientID: "c", hasSecret: false)
    let basic = AdoptedClient(clientID: "c", hasSecret: true, tokenEndpointAuthMethod: "client_secret_basic")
    #expect(refusal(open, supported: ["client_secret_basic"]) == .authMethodUnsupported)
    #expect(refusal(basic, supported: ["client_secret_post"]) == .authMethodUnsupported)
    #expect(refusal(basic, wish: "client_secret_post") == .authMethodUnsupported)
    #expect(refusal(open, wish: "client_secret_basic") == .secretMissing)
    #expect(refusal(basic, supported: ["none", "client_secret_basic"]) == nil)
  }

  @Test("an expired secret is not imported")
  func expired() {
    let world = PlanWorld()
    let client = AdoptedClient(clientID: "c", hasSecret: true, secretExpiresAt: world.now)
    #expect(code { () throws(Diagnostic) in try adopt(world, client) } == .registrationExpired)
  }

  @Test("Registration#Strategies: if the server has no registration, the client must be in the inventory")
  func noRegistration() {
    var world = PlanWorld()
    world.find { $0.metadata.registrationEndpoint = nil }
    let client = AdoptedClient(clientID: "c", hasSecret: false)
    #expect(code { () throws(Diagnostic) in try adopt(world, client) } == .registrationUnsupported)
  }

  @Test("servers without a client of mcpauth, disabled ones, and ones that are about to move accept none")
  func refused() {
    func refusal(_ world: PlanWorld) -> DiagnosticCode? {
      do throws(Diagnostic) {
        _ = try world.planner.look(forAdoptionBy: world.server)
        return nil
      } catch {
        return error.code
      }
    }
    #expect(refusal(PlanWorld()) == nil)
    for mode in [InventoryServer.Mode.none, .manual(OAuth2Settings()), .preregistered(OAuth2Settings())] {
      var world = PlanWorld()
      world.server.mode = mode
      #expect(refusal(world) == .invalidValue)
    }
    #expect(refusal(PlanWorld { $0.registration = .cimd }) == .invalidValue)
    var disabled = PlanWorld()
    disabled.server.isEnabled = false
    #expect(refusal(disabled) == .invalidValue)
    var moving = PlanWorld()
    moving.server.movedFrom = "old"
    moving.standing.entries["old"] = LockEntry(mode: .none, url: "x")
    #expect(refusal(moving) == .invalidValue)
  }
}
