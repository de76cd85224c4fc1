import MCPAuthCore
import MCPAuthPlan

enum LockSample {
  static let time = Timestamp(seconds: 1_795_428_000)

  /// An entry with a value in every member.
  static var whole: LockEntry {
    var endpoints = DiscoveredEndpoints(
      resource: "https://mcp.linear.app/mcp", issuer: "https://mcp.linear.app", discoveredBy: .challenge,
      authorizationEndpoint: "https://mcp.linear.app/authorize", tokenEndpoint: "https://mcp.linear.app/token",
      registrationEndpoint: "https://mcp.linear.app/register", revocationEndpoint: "https://mcp.linear.app/revoke")
    endpoints.authorizationServer = "https://mcp.linear.app"
    endpoints.authorizationResponseIssParameterSupported = true
    var client = LockedClient(
      .dcr, id: "c\"1\" ü", authMethod: .basic, redirectURIs: ["https://coder.acme.dev/mcp/linear/callback"],
      scopes: ["read"], scopesFrom: .inventory)
    client.grantTypes = ["authorization_code", "refresh_token"]
    client.applicationType = .web
    client.secretExpiresAt = Timestamp(seconds: time.seconds + 86_400)
    client.registeredAt = time
    client.isManaged = true
    client.secretVersion = "a1b2"
    var entry = LockEntry(
      mode: .discovered, url: "https://mcp.linear.app/mcp", endpoints: endpoints, client: client)
    entry.generation = 2
    entry.protect = true
    entry.inputs = JSONObject([
      .init("client_name", "Acme Coder"), .init("settings", ["scopes": ["read"]]),
    ])
    return entry
  }

  static var bare: LockEntry { LockEntry(mode: .none, url: "https://docs.example.com/mcp") }

  static func orphan(_ server: String, _ clientID: String?, issuer: String = "https://as.example") -> Orphan {
    Orphan(
      server: server, issuer: issuer, clientID: clientID, reason: clientID == nil ? .outcomeUnknown : .replaced,
      since: time, managed: clientID != nil)
  }

  static var lock: Lock {
    Lock(
      lineage: "7d0a", servers: ["linear": whole, "docs": bare],
      orphans: [orphan("linear", "old"), orphan("docs", nil)])
  }
}

extension LockCodec {
  static func text(_ lock: Lock) -> String { String(decoding: encode(lock), as: UTF8.self) }
  static func decode(_ text: String) throws(Diagnostic) -> Lock {
    try decode(Array(text.utf8), file: "servers.lock.json")
  }
}

extension LockEntry {
  /// A server with a registered client.
  static func registered(
    _ clientID: String, at issuer: String = "https://as.example", url: String = "https://linear.example/mcp",
    managed: Bool = false, version: String? = nil
  ) -> LockEntry {
    var client = LockedClient(.dcr, id: clientID)
    client.isManaged = managed
    client.secretVersion = version
    return LockEntry(
      mode: .discovered, url: url,
      endpoints: DiscoveredEndpoints(
        resource: url, issuer: issuer, discoveredBy: .challenge, authorizationEndpoint: issuer + "/authorize",
        tokenEndpoint: issuer + "/token", registrationEndpoint: issuer + "/register"), client: client)
  }
}
