import MCPAuthCore
import MCPAuthPlan
import Testing

/// From every way of getting credentials to every other one (PlanAndApply#Actions; InventoryReference#Modes, "Deciding the mode").
@Suite struct ModeChangeTests {
  enum Kind: String, CaseIterable, Sendable {
    case none, apiKey, customHeaders, manual, preregistered, cimd, dcr

    var world: PlanWorld {
      switch self {
      case .none: .plain(.none)
      case .apiKey: .plain(.apiKey(header: "X-API-Key", value: .env("KEY")))
      case .customHeaders: .plain(.customHeaders([(name: "X-Tenant", value: .literal("acme"))]))
      case .manual: .manual()
      case .preregistered: .preregistered()
      case .cimd: .cimd()
      case .dcr: .settled(managed: true)
      }
    }

    var hasClient: Bool {
      switch self {
      case .none, .apiKey, .customHeaders: false
      case .manual, .preregistered, .cimd, .dcr: true
      }
    }
  }

  @Test(
    "PlanAndApply#Actions: another mode or registration is a change; users must reconnect only if a client is lost",
    arguments: Kind.allCases, Kind.allCases)
  func change(_ from: Kind, _ to: Kind) {
    var world = to.world
    world.entry = from.world.entry
    let change = world.change()
    if from == to {
      #expect(change.told == "unchanged")
      #expect(change.step == .nothing)
      return
    }
    // A preregistered client that stays the same, while only its endpoints are found in another way, is not another client.
    let isReplaced = from.hasClient && (to.hasClient || from == .dcr)
    let expected: Action = isReplaced ? .replace : to == .dcr ? .register : .update
    #expect(change.action == expected, "\(change.told)")
    let isMode = from.world.entry?.mode != to.world.entry?.mode
    #expect(change.reasons == [isMode ? .modeChanged : .registrationChanged])
    #expect(change.entry == from.world.entry)
    world.entry = world.applying(change, managed: true)
    #expect(world.told() == "unchanged")
  }

  @Test(
    "InventoryReference#Modes: in modes without registration no server is discovered, and offline makes no difference",
    arguments: Kind.allCases)
  func unasked(_ kind: Kind) {
    var world = kind.world
    world.entry = nil
    #expect(world.isDiscovered == [.preregistered, .cimd, .dcr].contains(kind))
    world.options.offline = true
    // Offline it is not known whether the server takes the document.
    #expect(world.change().action == ([.cimd, .dcr].contains(kind) ? .register : .add))
  }

  @Test("PlanAndApply#Actions: a change in the inventory of a client that mcpauth does not register is an update")
  func settings() {
    var key = Kind.apiKey.world
    key.server.mode = .apiKey(header: "X-Other", value: .env("KEY"))
    #expect(key.told() == "update settings-changed")
    var manual = Kind.manual.world
    manual.edit { $0.tokenEndpoint = "https://as.example/token2" }
    #expect(manual.told() == "update endpoints-changed")
    manual = Kind.manual.world
    manual.edit { $0.scopes = ["read"] }
    #expect(manual.told() == "update scopes-changed")
    manual = Kind.manual.world
    manual.edit { $0.clientID = "another" }
    #expect(manual.told() == "replace registration-changed")
    manual = Kind.manual.world
    manual.edit { $0.clientSecret = .env("SECRET") }
    #expect(manual.told() == "update auth-method-changed")
    manual = Kind.manual.world
    manual.server.trust = .testing("https://linear.example/v2")
    #expect(manual.told() == "update url-changed")
  }
}
