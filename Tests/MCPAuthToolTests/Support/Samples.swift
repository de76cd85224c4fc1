import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// `Testing` has a type of that name too.
typealias Place = MCPAuthCore.SourceLocation

/// Plans and results that contain every kind of change.
enum Samples {
  static let inventoryText = """
    version: 1
    servers:
      linear:
        url: https://mcp.linear.app/mcp
      github:
        url: https://api.example.com/mcp/
    """

  static func entry(_ issuer: String, _ clientID: String, managed: Bool = false) -> LockEntry {
    var client = LockedClient(.dcr, id: clientID)
    client.isManaged = managed
    return LockEntry(
      mode: .discovered, url: "https://mcp.example.com/mcp",
      endpoints: DiscoveredEndpoints(
        resource: "https://mcp.example.com/mcp", issuer: issuer, discoveredBy: .challenge,
        authorizationEndpoint: issuer + "/authorize", tokenEndpoint: issuer + "/token"), client: client)
  }

  static var blockedError: Diagnostic {
    Diagnostic(
      .error, .registrationUnsupported, "'https://auth.example.com' registers no clients",
      at: SourceLocation(file: "servers.yaml", line: 5, column: 3, endColumn: 9),
      help: ["register a client by hand, and write:\noauth2:\n  client_id: …"],
      requests: [
        RequestRecord(method: "POST", url: "https://api.example.com/mcp/", status: 401, contentType: "text/plain"),
        RequestRecord(
          method: "GET", url: "https://api.example.com/.well-known/oauth-protected-resource/mcp", status: 404,
          contentType: "text/html", note: "absent"),
        RequestRecord(method: "GET", url: "https://auth.example.com/x", note: "no connection"),
      ])
  }

  static var plannedClient: PlannedClient {
    var client = PlannedClient(
      url: "https://mcp.linear.app/mcp", registration: .dcr, way: .register, authMethod: .basic,
      scopes: ["read", "write"], scopesFrom: .challenge, redirectURIs: ["https://coder.acme.dev/callback"],
      secret: .server, store: .age)
    client.consumers = [.init(.claudeCode, isPossible: true), .init(.cursor, isPossible: false)]
    client.byHand = .init(
      provider: "https://mcp.linear.app", clientID: "mine", adding: ["https://new.acme.dev/callback"],
      removing: ["https://old.acme.dev/callback"])
    return client
  }

  static var linear: Change {
    Change(
      server: "linear", action: .add, reasons: [.new], entry: nil, issuer: "https://mcp.linear.app",
      warnings: [
        .warning(
          .dcrDeprecated, "'https://mcp.linear.app' also takes client id metadata documents",
          help: ["set client.metadata_url"])
      ],
      step: .write(entry("https://mcp.linear.app", "")))
  }

  static var notion: Change {
    Change(
      server: "notion", action: .replace, reasons: [.issuerChanged, .scopesChanged],
      entry: entry("https://old.notion.com", "abc"), issuer: "https://mcp.notion.com", clientID: "abc",
      fields: [
        FieldChange("issuer", old: "https://old.notion.com", new: "https://mcp.notion.com"),
        FieldChange("scopes", old: nil, new: "read write"),
      ], step: .write(entry("https://mcp.notion.com", "abc")))
  }

  static var old: Change {
    Change(
      server: "old", action: .remove, reasons: [.goneFromInventory], entry: entry("https://old.example.com", "o-1"),
      issuer: "https://old.example.com", clientID: "o-1", step: .remove)
  }

  static var github: Change {
    Change(
      server: "github", action: .blocked, reasons: [.code(.registrationUnsupported)], entry: nil,
      error: blockedError, location: blockedError.location)
  }

  static var docs: Change {
    Change(server: "docs", action: .unchanged, reasons: [.disabled], entry: nil)
  }

  static var plan: Plan {
    Plan(inventory: "servers.yaml", changes: [linear, github, notion, docs, old])
  }

  static var quietPlan: Plan { Plan(inventory: "servers.yaml", changes: [docs]) }

  static var changesOnly: Plan { Plan(inventory: "servers.yaml", changes: [linear, docs]) }

  static var run: RunResult {
    let failure = Diagnostic(.error, .registrationRejected, "the server said no", help: ["ask its owner"])
    return RunResult(
      plan: plan,
      results: [
        ChangeResult(change: linear, outcome: .done, entry: entry("https://mcp.linear.app", "new-1")),
        ChangeResult(change: github, outcome: .failed, entry: nil, error: blockedError),
        ChangeResult(change: notion, outcome: .failed, entry: notion.entry, error: failure),
        ChangeResult(change: docs, outcome: .done, entry: nil),
        ChangeResult(
          change: old, outcome: .done, entry: nil,
          warnings: [.warning(.clientLeftBehind, "client 'o-1' stays at https://old.example.com")]),
      ])
  }
}
