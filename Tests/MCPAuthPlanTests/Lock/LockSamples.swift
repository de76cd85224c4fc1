import MCPAuthCore
import MCPAuthPlan

enum LockSample {
  static let time = Timestamp(seconds: 1_795_428_000)

  /// An entry with something in every member.
  static var whole: LockEntry {
    var entry = LockEntry(mode: .discovered, registration: .dcr, url: "https://mcp.linear.app/mcp")
    entry.resource = "https://mcp.linear.app/mcp"
    entry.issuer = "https://mcp.linear.app"
    entry.authorizationServer = "https://mcp.linear.app"
    entry.discoveredBy = "challenge"
    entry.authorizationEndpoint = "https://mcp.linear.app/authorize"
    entry.tokenEndpoint = "https://mcp.linear.app/token"
    entry.registrationEndpoint = "https://mcp.linear.app/register"
    entry.revocationEndpoint = "https://mcp.linear.app/revoke"
    entry.authorizationResponseIssParameterSupported = true
    entry.clientID = "c\"1\" ü"
    entry.tokenEndpointAuthMethod = "client_secret_basic"
    entry.grantTypes = ["authorization_code", "refresh_token"]
    entry.applicationType = "web"
    entry.redirectURIs = ["https://coder.acme.dev/mcp/linear/callback"]
    entry.scopes = ["read"]
    entry.scopesFrom = "inventory"
    entry.clientSecretExpiresAt = Timestamp(seconds: time.seconds + 86_400)
    entry.registeredAt = time
    entry.managed = true
    entry.secretVersion = "a1b2"
    entry.generation = 2
    entry.protect = true
    entry.inputs = JSONObject([
      .init("client_name", "Acme Coder"), .init("settings", ["scopes": ["read"]]),
    ])
    return entry
  }

  static var bare: LockEntry { LockEntry(mode: .none, registration: nil, url: "https://docs.example.com/mcp") }

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
