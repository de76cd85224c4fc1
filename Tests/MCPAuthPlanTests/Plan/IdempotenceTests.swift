import MCPAuthCore
import MCPAuthPlan
import Testing

/// After a plan was applied, the next plan has no changes: for many servers, entries and discoveries.
@Suite struct IdempotenceTests {
  /// A small seeded generator with the same numbers on every platform.
  struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var mixed = state
      mixed ^= mixed >> 33
      mixed = mixed &* 0xff51_afd7_ed55_8ccd
      return mixed ^ (mixed >> 33)
    }

    mutating func one<Element>(of elements: [Element]) -> Element {
      elements[Int.random(in: 0..<elements.count, using: &self)]
    }
    mutating func maybe() -> Bool { Bool.random(using: &self) }
  }

  static func world(_ dice: inout Dice) -> PlanWorld {
    var world = PlanWorld()
    edit(&world, &dice)
    return world
  }

  /// Another inventory, and another state of the servers.
  static func edit(_ world: inout PlanWorld, _ dice: inout Dice) {
    var settings = OAuth2Settings()
    var client = ClientMetadata(
      clientName: dice.one(of: ["Acme", "Acme Two"]),
      redirectURIs: dice.one(of: [["https://coder.example/a"], ["https://coder.example/b", "https://coder.example/a"]]))
    client.contacts = dice.one(of: [[], ["ops@acme.example"]])
    client.applicationType = dice.one(of: [nil, .web, .native])
    client.metadataURL = dice.one(of: [nil, "https://acme.example/client.json"])
    settings.scopes = dice.one(of: [nil, [], ["read"], ["write", "read"]])
    settings.tokenEndpointAuthMethod = dice.one(of: [nil, nil, "none", "client_secret_basic"])
    client.tokenEndpointAuthMethod = settings.tokenEndpointAuthMethod
    settings.client = client
    settings.generation = dice.one(of: [0, 0, 1])
    settings.pkce = dice.one(of: [.required, .assumeS256])
    settings.revocationEndpoint = dice.one(of: [nil, "https://as.example/revoke"])
    settings.registrationEndpoint = dice.one(of: [nil, nil, "https://as.example/other"])
    world.server.protect = false
    world.server.trust = .testing(dice.one(of: ["https://linear.example/mcp", "https://linear.example/v2"]))
    switch Int.random(in: 0..<8, using: &dice) {
    case 0: world.server.mode = .none
    case 1: world.server.mode = .apiKey(header: "X-Key", value: .env(dice.one(of: ["A", "B"])))
    case 2:
      settings.clientID = dice.one(of: ["mine", "other"])
      settings.authorizationEndpoint = "https://as.example/authorize"
      settings.tokenEndpoint = dice.one(of: ["https://as.example/token", "https://as.example/token2"])
      world.server.mode = .manual(settings)
    case 3:
      settings.registration = .preregistered
      settings.clientID = dice.one(of: ["mine", "other"])
      settings.clientSecret = dice.one(of: [nil, .env("SECRET")])
      world.server.mode = .preregistered(settings)
    case 4:
      settings.registration = .dcr
      settings.registrationEndpoint = "https://as.example/register"
      settings.authorizationEndpoint = "https://as.example/authorize"
      settings.tokenEndpoint = "https://as.example/token"
      world.server.mode = .registeredAtEndpoints(settings)
    default:
      settings.registration = dice.one(of: [.auto, .auto, .dcr])
      world.server.mode = .discovered(settings)
    }
    let issuer = dice.one(of: [PlanWorld.issuer, PlanWorld.issuer, "https://new.example"])
    world.found = .success(
      PlanWorld.discovered {
        $0.resource = world.server.url
        $0.authorizationServer = issuer
        $0.metadata.issuer = issuer
        $0.metadata.clientIDMetadataDocumentSupported = dice.maybe()
        $0.metadata.tokenEndpointAuthMethodsSupported = dice.one(of: [
          nil, ["none", "client_secret_basic"], ["client_secret_basic", "client_secret_post", "none"],
        ])
        $0.metadata.grantTypesSupported = dice.one(of: [nil, ["authorization_code"]])
        $0.challengeScopes = dice.one(of: [nil, ["mcp"]])
        $0.resourceScopes = dice.one(of: [nil, ["read", "offline_access"]])
        $0.route = dice.one(of: [.challenge, .wellKnownPath, .legacy])
      })
    world.options.refresh = dice.maybe()
    world.options.offline = false
  }

  @Test("Architecture#Habits: after an apply, a plan has no changes, also with refresh", arguments: 0..<400)
  func appliedIsUnchanged(_ seed: Int) {
    var dice = Dice(state: UInt64(seed) &* 7919 &+ 1)
    var world = Self.world(&dice)
    for step in 0..<6 {
      let change = world.change()
      #expect(change.action != .unchanged || change.step == .nothing)
      if change.action == .blocked {
        #expect(change.step == .nothing)
        #expect(change.entry == world.entry)
      } else {
        world.entry = world.applying(change, managed: dice.maybe())
        for (refresh, offline) in [(false, false), (true, false), (false, true), (true, true)] {
          world.options.refresh = refresh
          world.options.offline = offline
          let again = world.change()
          #expect(
            again.action == .unchanged,
            "step \(step): \(change.told), then \(again.told), refresh \(refresh), offline \(offline)")
          #expect(again.step == .nothing)
        }
        // The written lock is read back unchanged.
        if let entry = world.entry {
          let lock = Lock(lineage: "l", servers: ["linear": entry])
          #expect((try? LockCodec.decode(LockCodec.encode(lock), file: "x"))?.servers["linear"] == entry)
        }
      }
      Self.edit(&world, &dice)
    }
  }

  @Test("PlanAndApply#Commands: the same input always gives the same plan", arguments: 0..<50)
  func deterministic(_ seed: Int) {
    var dice = Dice(state: UInt64(seed))
    let world = Self.world(&dice)
    #expect(world.change() == world.change())
  }
}
