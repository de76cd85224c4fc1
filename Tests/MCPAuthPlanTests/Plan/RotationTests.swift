import MCPAuthCore
import MCPAuthPlan
import Testing

/// `mcpauth rotate`: the plan for servers that the user names.
@Suite struct RotationTests {
  private func rotating(_ world: PlanWorld) -> PlanWorld {
    var world = world
    world.options.rotate = ["linear"]
    return world
  }

  private func withSecret(managed: Bool, expires: Timestamp? = nil) -> PlanWorld {
    PlanWorld.settled(managed: managed, expires: expires, Self.basic)
  }

  private static func basic(_ settings: inout OAuth2Settings) {
    settings.tokenEndpointAuthMethod = "client_secret_basic"
    settings.client?.tokenEndpointAuthMethod = "client_secret_basic"
  }

  @Test("Registration#Renewal: in place if the client is managed, else by a new registration")
  func ways() {
    #expect(rotating(withSecret(managed: true)).told() == "update rotate-requested")
    #expect(rotating(withSecret(managed: false)).told() == "replace rotate-requested")
    #expect(withSecret(managed: false).told() == "unchanged")
  }

  @Test("Registration#Renewal: no update can give a public client a secret: it is replaced")
  func publicClient() {
    #expect(rotating(PlanWorld.settled(managed: true)).told() == "replace rotate-requested")
  }

  @Test("PlanAndApply#Actions: a server that is not rotated is not discovered; one that is rotated is")
  func looks() {
    #expect(!withSecret(managed: true).isDiscovered)
    #expect(rotating(withSecret(managed: true)).isDiscovered)
  }

  @Test(
    "PlanAndApply#Actions: a record that is missing, unreadable or of another client blocks; rotate resolves it with a new client",
    arguments: [DiagnosticCode.secretMissing, .secretUnreadable, .secretMismatch], [true, false])
  func secretProblems(_ code: DiagnosticCode, _ managed: Bool) {
    var world = withSecret(managed: managed)
    world.standing.secretProblems["linear"] = Diagnostic(.error, code, "x")
    #expect(world.told() == "blocked \(code.rawValue)")
    #expect(rotating(world).told() == "replace rotate-requested")
  }

  @Test("PlanAndApply#Actions: rotate does not resolve an unknown outcome")
  func unknownOutcome() {
    var world = withSecret(managed: true)
    world.standing.orphans = [
      Orphan(
        server: "linear", issuer: PlanWorld.issuer, clientID: nil, reason: .outcomeUnknown, since: world.now,
        managed: false)
    ]
    #expect(rotating(world).told() == "blocked registration-outcome-unknown")
  }

  @Test("InventoryReference#OAuth2-block: protect refuses to replace, and allows an update in place")
  func protect() {
    for (managed, told) in [(true, "update rotate-requested"), (false, "blocked protected")] {
      var world = PlanWorld(Self.basic)
      world.server.protect = true
      world.entry = world.applying(world.change(), managed: managed)
      #expect(rotating(world).told() == told)
    }
  }

  @Test("InventoryReference#OAuth2-block: renew: never does not prevent an explicit rotate")
  func renewNever() {
    let expired = Timestamp(seconds: 1_800_000_000 - 1)
    var world = withSecret(managed: true, expires: expired)
    world.edit { $0.renew = .never }
    #expect(world.told() == "blocked secret-expiring")
    #expect(rotating(world).told() == "update secret-expired rotate-requested")
  }

  @Test("a new server is registered, and needs no rotation")
  func new() {
    #expect(rotating(PlanWorld()).told() == "register new")
  }

  @Test(
    "nothing-to-rotate: a client that mcpauth did not register cannot be rotated",
    arguments: [
      InventoryServer.Mode.none, .apiKey(header: "X-Key", value: .env("A")), .customHeaders([]),
      .manual(OAuth2Settings()), .preregistered(OAuth2Settings()),
    ])
  func notOurs(_ mode: InventoryServer.Mode) {
    var world = PlanWorld()
    world.server.mode = mode
    #expect(rotating(world).told() == "blocked nothing-to-rotate")
    #expect(!rotating(world).isDiscovered)
  }

  @Test("nothing-to-rotate: a disabled server, and one whose client id is a metadata document")
  func disabledAndDocument() {
    var disabled = withSecret(managed: true)
    disabled.server.isEnabled = false
    #expect(rotating(disabled).told() == "blocked nothing-to-rotate")

    var document = PlanWorld { settings in
      settings.client?.metadataURL = "https://coder.example/client.json"
    }
    document.find { $0.metadata.clientIDMetadataDocumentSupported = true }
    #expect(rotating(document).told() == "blocked nothing-to-rotate")
  }

  @Test("PlanAndApply#Mass-changes: replacing many clients is a mass change, also with rotate")
  func massChange() {
    let world = withSecret(managed: false)
    let change = rotating(world).change()
    let changes = (1...4).map { number in
      var copy = change
      copy.server = "s\(number)"
      return copy
    }
    #expect(MassChangeGuard.refusal(Plan(inventory: "x", changes: changes), registered: 10) != nil)
    #expect(MassChangeGuard.refusal(Plan(inventory: "x", changes: [change]), registered: 1) == nil)
  }
}
