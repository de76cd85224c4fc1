import MCPAuthCore
import MCPAuthPlan
import Synchronization
import Testing

@testable import MCPAuthReconciler

/// The redactor knows every value before a command can use it (SecretStores#Redaction).
@Suite struct RedactingSecretStoreTests {
  private final class Known: Sendable {
    private let values = Mutex<Set<String>>([])
    func learn(_ secret: Secret) { _ = values.withLock { $0.insert(secret.open()) } }
    func take() -> Set<String> {
      values.withLock { values in
        defer { values = [] }
        return values
      }
    }
  }

  private static func record(_ version: String) -> SecretRecord {
    let entry = LockEntry(
      mode: .discovered, url: "https://a.example/mcp",
      endpoints: DiscoveredEndpoints(
        resource: "https://a.example/mcp", issuer: "https://as.example", discoveredBy: .challenge,
        authorizationEndpoint: "https://as.example/authorize", tokenEndpoint: "https://as.example/token"),
      client: LockedClient(.dcr, id: "c1"))
    return SecretRecord(
      version: version, server: "a", lineage: "l", issuer: "https://as.example", clientID: "c1", entry: entry,
      clientSecret: Secret("client-secret"), registrationAccessToken: Secret("management-token"),
      registrationClientURI: nil)
  }

  @Test("SecretStores#Redaction: each read and each write of a store registers its secrets")
  func everyCall() async throws {
    let known = Known()
    let vault = MemoryVault(Folder(fate: Fate()))
    let store = vault.redacting(known.learn)
    let both: Set = ["client-secret", "management-token"]
    try await store.put(Self.record("v1"))
    #expect(known.take() == both)
    #expect(try await store.get("a", version: "v1") != nil)
    #expect(known.take() == both)
    #expect(await store.get([(server: "a", version: "v1"), (server: "a", version: "v2")]).count == 2)
    #expect(known.take() == both)
    try await store.putOrphan(Self.record("v1"))
    #expect(known.take() == both)
    #expect(try await store.getOrphan(issuer: "https://as.example", clientID: "c1") != nil)
    #expect(known.take() == both)
    let name = store.orphanName(issuer: "https://as.example", clientID: "c1")
    #expect(try await store.getOrphan(named: name) != nil)
    #expect(known.take() == both)
    try await store.putStored("key", Secret("stored-value"))
    #expect(known.take() == ["stored-value"])
    #expect(try await store.getStored("key") == Secret("stored-value"))
    #expect(known.take() == ["stored-value"])
    // A call that reads no value registers none.
    _ = try await store.items()
    #expect(known.take() == [])
  }

  @Test("SecretStores#Redaction: a context wraps its store and its references, also those of a test")
  func context() async throws {
    let known = Known()
    let world = World()
    var context = world.context
    let raw = MemoryVault(Folder(fate: Fate()))
    try await raw.put(Self.record("v1"))
    context = ReconcilerContext(
      inventory: context.inventory, transport: context.transport, state: context.state, secrets: raw,
      now: context.now, randomID: context.randomID, resolve: { _ in Secret("value-of-a-reference") },
      learn: { known.learn($0) }, report: { _ in }, durability: nil, holder: context.holder)
    _ = try await context.secrets.get("a", version: "v1")
    #expect(known.take() == ["client-secret", "management-token"])
    _ = try await context.resolve(.env("X"))
    #expect(known.take() == ["value-of-a-reference"])
    // The wrapper of a store with stored values or recipients has these features too.
    #expect(context.secrets is any StoredSecretStore)
    let other = SecretOperations(context, store: raw) { _ in raw }
    try await raw.putStored("key", Secret("stored-value"))
    _ = try await other.getStored("key")
    #expect(known.take() == ["stored-value"])
  }
}
