import MCPAuthCore
import MCPAuthPlan
import Testing

/// What causes a change, and which action (PlanAndApply#Actions).
@Suite struct PlannerTests {
  // MARK: New and unchanged

  @Test("PlanAndApply#Actions: a new server is registered")
  func new() throws {
    let world = PlanWorld()
    let change = world.change()
    #expect(change.told == "register new")
    #expect(change.issuer == PlanWorld.issuer)
    #expect(change.clientID == nil)
    guard case .register(let planned) = change.step else {
      Issue.record("no registration: \(change.step)")
      return
    }
    #expect(planned.endpoint == "https://as.example/register")
    #expect(!planned.isFromInventory)
    #expect(planned.requested.scopes == ["read"])
    #expect(planned.template.client?.scopesFrom == .resourceMetadata)
    #expect(planned.template.endpoints?.discoveredBy == .challenge)
  }

  @Test("PlanAndApply#Actions: an unchanged server is planned without a request to it")
  func unchanged() {
    let world = PlanWorld.settled()
    #expect(!world.isDiscovered)
    #expect(world.told() == "unchanged")
    #expect(world.change().step == .nothing)
  }

  @Test("PlanAndApply#Actions: a refresh that finds nothing new is unchanged, with no write", arguments: [true, false])
  func refresh(managed: Bool) {
    var world = PlanWorld.settled(managed: managed)
    world.options.refresh = true
    #expect(world.isDiscovered)
    #expect(world.told() == "unchanged")
    #expect(world.change().step == .nothing)
  }

  @Test(
    "InventoryReference#Servers: an endpoint at the server's own origin is trusted like its URL; any other discovered endpoint is not"
  )
  func provenance() throws {
    var world = PlanWorld()
    world.find { $0.metadata.registrationEndpoint = "https://linear.example/register" }
    guard case .register(let planned) = world.change().step else {
      Issue.record("no registration")
      return
    }
    let endpoint = try planned.trust.endpoint(planned.endpoint, called: "registration endpoint")
    #expect(!planned.isFromInventory && planned.trust.provenance(of: endpoint) == .inventory)
  }

  @Test("InventoryReference#Servers: registration_endpoint replaces that of the document")
  func endpointOverride() {
    var world = PlanWorld { $0.registrationEndpoint = "https://register.example/new" }
    world.find { $0.metadata.registrationEndpoint = nil }
    guard case .register(let planned) = world.change().step else {
      Issue.record("no registration")
      return
    }
    #expect(planned.endpoint == "https://register.example/new")
    #expect(planned.isFromInventory)
    #expect(planned.template.endpoints?.registrationEndpoint == "https://register.example/new")
  }

  // MARK: Server, issuer and endpoints

  @Test("PlanAndApply#Actions: a changed URL whose issuer stays the same keeps its client")
  func urlChanged() {
    var world = PlanWorld.settled()
    world.server.trust = .testing("https://linear.example/v2/mcp")
    world.find { $0.resource = "https://linear.example/v2/mcp" }
    let change = world.change()
    #expect(change.told == "update url-changed")
    guard case .write(let entry) = change.step else {
      Issue.record("no write: \(change.step)")
      return
    }
    #expect(entry.clientID == world.entry?.clientID)
    #expect(entry.endpoints?.resource == "https://linear.example/v2/mcp")
    #expect(change.fields.map(\.field) == ["url", "resource"])
  }

  @Test(
    "PlanAndApply#Formats: a setting that is not in the entry is a change with old and new, by the inventory's name; lists stay lists"
  )
  func settingChanged() {
    var world = PlanWorld.settled()
    world.edit { settings in
      settings.pkce = .assumeS256
      settings.scopes = ["read", "write"]
    }
    let fields = world.change().fields
    #expect(fields.contains(FieldChange("oauth2.pkce", old: nil, new: "assume_s256")))
    #expect(fields.contains(FieldChange("scopes", from: .list(["read"]), to: .list(["read", "write"]))))
    // The change of its effect, `scopes`, is already listed.
    #expect(!fields.contains { $0.field == "oauth2.scopes" })
  }

  @Test(
    "Registration#Binding-to-the-issuer: another issuer replaces a registered client, updates a CIMD, blocks a preregistered one"
  )
  func issuerChanged() {
    var dcr = PlanWorld.settled(managed: true)
    var cimd = PlanWorld.cimd()
    var own = PlanWorld.preregistered()
    #expect(cimd.entry?.registration == .cimd)
    #expect(own.entry?.registration == .preregistered)
    func move(_ world: inout PlanWorld) {
      world.options.refresh = true
      world.find {
        $0.authorizationServer = "https://new.example"
        $0.metadata.issuer = "https://new.example"
      }
    }
    move(&dcr)
    move(&cimd)
    move(&own)
    #expect(dcr.told() == "replace issuer-changed")
    #expect(cimd.told() == "update issuer-changed")
    #expect(own.told() == "blocked issuer-changed")
    #expect(own.change().entry == own.entry)
    // With the new issuer in the inventory: the inventory states that the client is known there too.
    own.edit { $0.issuer = "https://new.example" }
    #expect(own.change().action == .update)
    // Another preregistered client.
    own.edit {
      $0.issuer = nil
      $0.clientID = "another"
    }
    #expect(own.change().action == .replace)
  }

  @Test(
    "PlanAndApply#Actions: other endpoints are an update without a request",
    arguments: ["authorization", "token", "registration", "revocation", "iss"])
  func endpointsChanged(_ which: String) {
    var world = PlanWorld.settled()
    world.options.refresh = true
    world.find {
      switch which {
      case "authorization": $0.metadata.authorizationEndpoint += "2"
      case "token": $0.metadata.tokenEndpoint += "2"
      case "registration": $0.metadata.registrationEndpoint = "https://as.example/register2"
      case "revocation": $0.metadata.revocationEndpoint = "https://as.example/revoke"
      default: $0.metadata.authorizationResponseIssParameterSupported = true
      }
    }
    let change = world.change()
    #expect(change.told == "update endpoints-changed")
    guard case .write(let entry) = change.step else {
      Issue.record("no write")
      return
    }
    #expect(entry.clientID == world.entry?.clientID)
    world.entry = entry
    #expect(world.told() == "unchanged")
  }

  @Test(
    "Discovery#Requests: a server whose discovery failed is blocked, keeps its entry, and the error has its place")
  func unreachable() {
    var world = PlanWorld.settled()
    world.options.refresh = true
    world.found = .failure(Diagnostic(.error, .unreachable, "no answer"))
    let change = world.change()
    #expect(change.told == "blocked unreachable")
    #expect(change.entry == world.entry)
    #expect(change.step == .nothing)
    #expect(change.error?.location?.line == 7)
  }

  @Test(
    "Registration#Strategies: no registration endpoint: blocked as registration-unsupported, with the place in the file"
  )
  func unsupported() {
    var world = PlanWorld()
    world.find { $0.metadata.registrationEndpoint = nil }
    let change = world.change()
    #expect(change.told == "blocked registration-unsupported")
    #expect(change.error?.location == world.server.location)
    #expect(change.error?.help.contains { $0.contains("https://coder.example/linear/callback") } == true)
  }

  @Test("Registration#Strategies: a method that the server does not list is blocked; one client block is needed")
  func otherBlocks() {
    var method = PlanWorld {
      $0.tokenEndpointAuthMethod = "client_secret_post"
      $0.client?.tokenEndpointAuthMethod = "client_secret_post"
    }
    method.find { $0.metadata.tokenEndpointAuthMethodsSupported = ["none"] }
    #expect(method.told() == "blocked auth-method-unsupported")
    let client = PlanWorld { $0.client = nil }
    #expect(client.told() == "blocked missing-key")
  }

  // MARK: The client's metadata

  /// Edits of the inventory, and the reason of the change that results.
  static let functional: [(String, @Sendable (inout OAuth2Settings) -> Void)] = [
    ("redirect-uris-changed", { $0.client?.redirectURIs = ["https://coder.example/new"] }),
    ("scopes-changed", { $0.scopes = ["write"] }),
    ("scopes-changed", { $0.scopes = [] }),
    ("application-type-changed", { $0.client?.applicationType = .native }),
  ]

  @Test(
    "PlanAndApply#Actions: functional metadata is updated in place if the server supports RFC 7592, otherwise the client is replaced",
    arguments: functional)
  func functionalChange(_ reason: String, _ edit: @Sendable (inout OAuth2Settings) -> Void) {
    for managed in [true, false] {
      var world = PlanWorld.settled(managed: managed)
      world.edit(edit)
      let change = world.change()
      #expect(change.told == (managed ? "update " : "replace ") + reason)
      #expect(change.makesUsersReconnect == !managed)
      switch change.step {
      case .updateInPlace: #expect(managed)
      case .register: #expect(!managed)
      default: Issue.record("nothing is asked")
      }
    }
  }

  @Test("PlanAndApply#Actions: the order of redirect URIs and scopes is not significant")
  func orderOfLists() {
    var world = PlanWorld {
      $0.client?.redirectURIs = ["https://coder.example/a", "https://coder.example/b"]
      $0.scopes = ["read", "write"]
    }
    world.entry = world.applying(world.change())
    world.edit { $0.client?.redirectURIs.reverse() }
    #expect(world.told() == "unchanged")
    world.edit { $0.scopes?.reverse() }
    #expect(world.change().action == .update)
    #expect(world.change().reasons == [.settingsChanged])
  }

  @Test(
    "Registration#Management: a change from none to a method with a secret is never made in place",
    arguments: [true, false])
  func authMethod(managed: Bool) {
    var world = PlanWorld.settled(managed: managed)
    #expect(world.entry?.client?.authMethod == .publicClient)
    world.edit {
      $0.tokenEndpointAuthMethod = "client_secret_basic"
      $0.client?.tokenEndpointAuthMethod = "client_secret_basic"
    }
    #expect(world.told() == "replace auth-method-changed")
  }

  @Test(
    "PlanAndApply#Actions: another method is an update if managed, else a replacement", arguments: [true, false])
  func authMethodBack(managed: Bool) {
    var world = PlanWorld.settled(managed: managed) {
      $0.tokenEndpointAuthMethod = "client_secret_basic"
      $0.client?.tokenEndpointAuthMethod = "client_secret_basic"
    }
    world.edit {
      $0.tokenEndpointAuthMethod = "client_secret_post"
      $0.client?.tokenEndpointAuthMethod = "client_secret_post"
    }
    #expect(world.told() == (managed ? "update" : "replace") + " auth-method-changed")
    world.edit {
      $0.tokenEndpointAuthMethod = "none"
      $0.client?.tokenEndpointAuthMethod = "none"
    }
    #expect(world.told() == (managed ? "update" : "replace") + " auth-method-changed")
  }

  @Test("RealServers#74: a method that the server chose at the registration is not a change")
  func serversMethod() {
    var world = PlanWorld.settled(managed: true)
    world.entry?.client?.authMethod = .post
    world.options.refresh = true
    #expect(world.told() == "unchanged")
    world.find { $0.metadata.tokenEndpointAuthMethodsSupported = ["none"] }
    #expect(world.told() == "unchanged")
  }

  @Test(
    "PlanAndApply#Actions: display metadata is updated in place for managed clients, otherwise waits, without a write"
  )
  func display() {
    for managed in [true, false] {
      var world = PlanWorld.settled(managed: managed)
      world.edit {
        $0.client?.clientName = "Acme Two"
        $0.client?.contacts = ["ops@acme.example"]
      }
      let change = world.change()
      if managed {
        #expect(change.told == "update display-changed")
        #expect(change.fields.map(\.field) == ["client_name", "contacts"])
        #expect(change.fields.first == FieldChange("client_name", old: "Acme", new: "Acme Two"))
      } else {
        #expect(change.told == "unchanged")
        #expect(change.step == .nothing)
        #expect(change.warningCodes == [.displayChangeWaits])
        #expect(!world.isDiscovered)
        // The change still waits, and each refresh reports it.
        world.options.refresh = true
        #expect(world.told() == "unchanged")
        #expect(world.change().step == .nothing)
        #expect(world.change().warningCodes == [.displayChangeWaits])
        // The next registration includes the change.
        world.edit { $0.generation = 1 }
        world.entry = world.applying(world.change())
        #expect(world.change().warningCodes.isEmpty)
      }
    }
  }

  @Test("PlanAndApply#Actions: a setting that only describes the server never causes a change")
  func describing() {
    var world = PlanWorld.settled(managed: true)
    world.server.displayName = "Linear"
    world.server.summary = "issues"
    world.server.iconURL = "https://linear.example/icon.png"
    world.server.availability = .forceOn
    world.server.toolAllowList = ["search"]
    world.server.transport = .sse
    #expect(world.told() == "unchanged")
    #expect(!world.isDiscovered)
  }
}

extension PlanWorld {
  static func cimd() -> PlanWorld {
    var world = PlanWorld { $0.client?.metadataURL = "https://acme.example/client.json" }
    world.find { $0.metadata.clientIDMetadataDocumentSupported = true }
    world.entry = world.applying(world.change())
    return world
  }

  static func preregistered() -> PlanWorld {
    var world = PlanWorld()
    var settings = world.server.mode.oauth2 ?? OAuth2Settings()
    settings.registration = .preregistered
    settings.clientID = "mine"
    settings.clientSecret = .env("SECRET")
    world.server.mode = .preregistered(settings)
    world.entry = world.applying(world.change())
    return world
  }

  static func manual() -> PlanWorld {
    var world = PlanWorld()
    var settings = world.server.mode.oauth2 ?? OAuth2Settings()
    settings.clientID = "mine"
    settings.authorizationEndpoint = "https://as.example/authorize"
    settings.tokenEndpoint = "https://as.example/token"
    world.server.mode = .manual(settings)
    world.entry = world.applying(world.change())
    return world
  }

  static func plain(_ mode: InventoryServer.Mode) -> PlanWorld {
    var world = PlanWorld()
    world.server.mode = mode
    world.entry = world.applying(world.change())
    return world
  }
}
