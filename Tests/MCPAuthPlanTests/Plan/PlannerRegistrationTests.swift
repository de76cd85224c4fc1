import MCPAuthCore
import MCPAuthPlan
import Testing

/// When a client is registered, replaced or left as it is: generation, lost clients, and the way of registration (PlanAndApply#Actions).
@Suite struct PlannerRegistrationTests {
  @Test("InventoryReference#Servers: raising generation replaces the client, also a managed one; the rest stays")
  func generation() {
    for managed in [true, false] {
      var world = PlanWorld.settled(managed: managed)
      world.edit { $0.generation = 1 }
      #expect(world.told() == "replace generation-raised")
      world.entry = world.applying(world.change(), managed: managed)
      #expect(world.entry?.generation == 1)
      #expect(world.told() == "unchanged")
    }
  }

  @Test("Registration#Management: a lost client is replaced, with any other change")
  func lost() {
    var world = PlanWorld.settled(managed: true)
    world.entry?.client?.isLost = true
    #expect(world.isDiscovered)
    #expect(world.told() == "replace registration-lost")
  }

  @Test(
    "Registration#Strategies: a registered client stays a registered client when the server begins to support metadata documents"
  )
  func stickyRegistration() {
    var world = PlanWorld.settled { $0.client?.metadataURL = "https://acme.example/client.json" }
    #expect(world.entry?.registration == .dcr)
    world.options.refresh = true
    world.find { $0.metadata.clientIDMetadataDocumentSupported = true }
    #expect(world.told() == "unchanged")
    #expect(world.change().warningCodes == [.dcrDeprecated])
    world.edit { $0.registration = .cimd }
    #expect(world.told() == "replace registration-changed")
  }

  @Test("Registration#Strategies: another client.metadata_url changes only a client that is the document")
  func otherDocument() {
    let url = "https://acme.example/client.json"
    let other = "https://acme.example/other.json"
    var registered = PlanWorld.settled { $0.client?.metadataURL = url }
    var manual = PlanWorld.manual()
    var preregistered = PlanWorld.preregistered()
    registered.edit { $0.client?.metadataURL = other }
    manual.edit { $0.client?.metadataURL = other }
    preregistered.edit { $0.client?.metadataURL = other }
    for refresh in [false, true] {
      registered.options.refresh = refresh
      manual.options.refresh = refresh
      preregistered.options.refresh = refresh
      #expect(registered.told() == "unchanged")
      #expect(manual.told() == "unchanged")
      #expect(preregistered.told() == "unchanged")
    }
    registered.options.refresh = false
    preregistered.options.refresh = false
    #expect(!registered.isDiscovered && !preregistered.isDiscovered)
    var document = PlanWorld.cimd()
    document.edit { $0.client?.metadataURL = other }
    #expect(document.told() == "replace registration-changed")
    // A client that was registered when there was no document can use the first one.
    var first = PlanWorld.settled()
    first.edit { $0.client?.metadataURL = url }
    #expect(first.isDiscovered)
    first.find { $0.metadata.clientIDMetadataDocumentSupported = true }
    #expect(first.told() == "replace registration-changed")
  }

  @Test(
    "Registration#Client-ID-Metadata-Documents: CIMD if offered and configured; its document is checked, and a wrong one blocks"
  )
  func metadataDocument() throws {
    var world = PlanWorld { $0.client?.metadataURL = "https://acme.example/client.json" }
    world.find { $0.metadata.clientIDMetadataDocumentSupported = true }
    let looked = world.planner.clientMetadataDocument(of: world.server, try world.found.get())
    #expect(looked?.document.clientID == "https://acme.example/client.json")
    #expect(looked?.redirectURIs == ["https://coder.example/linear/callback"])
    let change = world.change()
    #expect(change.told == "add new")
    #expect(change.clientID == "https://acme.example/client.json")
    guard case .write(let entry) = change.step else {
      Issue.record("something is asked")
      return
    }
    #expect(entry.registration == .cimd)
    #expect(entry.client?.authMethod == .publicClient)
    #expect(entry.secretVersion == nil)
    world.clientMetadata = .unverified(.warning(.clientMetadataUnverified, "not there"))
    #expect(world.change().warningCodes == [.clientMetadataUnverified])
    world.clientMetadata = .invalid(Diagnostic(.error, .clientMetadataInvalid, "wrong"))
    #expect(world.told() == "blocked client-metadata-invalid")
  }

  @Test("InventoryReference#Servers: registration dcr with given endpoints: registered without discovery")
  func givenEndpoints() {
    var world = PlanWorld()
    var settings = world.server.mode.oauth2 ?? OAuth2Settings()
    settings.registration = .dcr
    settings.registrationEndpoint = "https://as.example/register"
    settings.authorizationEndpoint = "https://as.example/authorize"
    settings.tokenEndpoint = "https://as.example/token"
    world.server.mode = .registeredAtEndpoints(settings)
    #expect(!world.isDiscovered)
    let change = world.change()
    #expect(change.told == "register new")
    guard case .register(let planned) = change.step else {
      Issue.record("no registration")
      return
    }
    #expect(planned.template.issuer == "https://as.example")
    #expect(planned.template.endpoints?.discoveredBy == .inventory)
    #expect(planned.isFromInventory)
    world.entry = world.applying(change)
    #expect(world.told() == "unchanged")
    world.options.offline = true
    #expect(world.told() == "unchanged")
    world.options.offline = false
    world.edit { $0.tokenEndpoint = "https://as.example/token2" }
    #expect(world.told() == "update endpoints-changed")
  }
}
