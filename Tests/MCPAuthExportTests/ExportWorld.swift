import Foundation
import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import Testing

/// An inventory with every mode, its lock, and secrets with characters that need quoting.
struct ExportWorld {
  static let inventoryText = """
    version: 1
    client:
      name: Acme Coder
      redirect_uris: ["http://localhost:3118/callback"]
    servers:
      linear:
        url: https://mcp.linear.app/mcp
        display_name: Linear
      acme-crm:
        url: https://crm.acme.example/mcp
        display_name: "Acme: CRM"
        description: "customers, #1"
        icon_url: https://crm.acme.example/icon.svg
        availability: default_on
        tool_allow_list: [search, "create-note"]
        oauth2: {redirect_uris: ["https://chat.acme.example/api/mcp/acme-crm/oauth/callback"]}
      github:
        url: https://api.githubcopilot.com/mcp/
        oauth2:
          client_id: Iv1.0123456789abcdef
          client_secret: {env: MCP_GITHUB_CLIENT_SECRET}
          authorization_endpoint: https://github.com/login/oauth/authorize
          token_endpoint: https://github.com/login/oauth/access_token
          scopes: [repo, "read:org"]
      docs: {url: "https://docs.example.com/mcp", auth: none}
      search:
        url: https://search.example.com/mcp
        auth: api_key
        api_key: {header: X-API-Key, value: {env: SEARCH_API_KEY}}
      legacy:
        url: https://legacy.example.com/sse
        transport: sse
        auth: custom_headers
        custom_headers: {X-Tenant: acme, Authorization: {file: legacy-token}}
      paused: {url: "https://paused.example.com/mcp", enabled: false}
    """

  static let now = Timestamp(seconds: 1_800_000_000)

  var inventory: Inventory
  var lock: Lock
  var secrets: [String: ServerSecretValues] = [
    "acme-crm": ServerSecretValues(clientSecret: Secret("s3cr3t-\"q\"-'a'-$-%{y}-\\n")),
    "github": ServerSecretValues(clientSecret: Secret("6.02e23")),
    "search": ServerSecretValues(headers: ["X-API-Key": Secret("yes")]),
    "legacy": ServerSecretValues(headers: ["Authorization": Secret("Bearer abc.def")]),
  ]

  init(_ text: String = inventoryText) throws {
    inventory = try InventoryReader.read(
      Array(text.utf8), file: "servers.yaml", variables: InventoryVariables(environment: [:])
    ).get()
    lock = Lock(lineage: "lineage")
    for server in inventory.servers where server.isEnabled { lock.servers[server.name] = Self.entry(server) }
  }

  /// The lock entry of a server after an apply.
  static func entry(_ server: InventoryServer) -> LockEntry {
    switch server.mode {
    case .none: return LockEntry(mode: .none, url: server.url)
    case .apiKey: return LockEntry(mode: .apiKey, url: server.url)
    case .customHeaders: return LockEntry(mode: .customHeaders, url: server.url)
    case .manual(let settings):
      return LockEntry(
        mode: .manual, url: server.url,
        endpoints: DiscoveredEndpoints(
          resource: server.url, issuer: nil, discoveredBy: .inventory,
          authorizationEndpoint: settings.authorizationEndpoint ?? "", tokenEndpoint: settings.tokenEndpoint ?? ""),
        client: LockedClient(
          .manual, id: settings.clientID, authMethod: settings.clientSecret == nil ? .publicClient : .basic,
          redirectURIs: settings.client?.redirectURIs, scopes: settings.scopes ?? []))
    case .preregistered(let settings), .discovered(let settings), .registeredAtEndpoints(let settings):
      let isPublic = server.name == "linear"
      let issuer = "https://as.\(server.name.replacing("_", with: "-")).example"
      var client = LockedClient(
        .dcr, id: "client-of-" + server.name, authMethod: isPublic ? .publicClient : .post,
        redirectURIs: settings.client?.redirectURIs, scopes: ["read", "write"])
      client.grantTypes = ["authorization_code", "refresh_token"]
      client.secretVersion = isPublic ? nil : "0a1b2c3d"
      return LockEntry(
        mode: .discovered, url: server.url,
        endpoints: DiscoveredEndpoints(
          resource: server.url, issuer: issuer, discoveredBy: .challenge, authorizationEndpoint: issuer + "/authorize",
          tokenEndpoint: issuer + "/token", registrationEndpoint: issuer + "/register",
          revocationEndpoint: isPublic ? nil : issuer + "/revoke"), client: client)
    }
  }

  func exporter(_ options: ExportOptions) -> Exporter {
    Exporter(inventory: inventory, lock: lock, options: options, now: Self.now)
  }

  func export(_ options: ExportOptions) throws -> ExportResult {
    let exporter = exporter(options)
    let asked = Dictionary(grouping: exporter.needs, by: \.server)
    return try exporter.export(secrets.filter { asked[$0.key] != nil })
  }

  func text(_ target: ExportTarget, _ secrets: SecretHandling? = nil, only: Set<String> = []) throws -> String {
    String(decoding: try export(ExportOptions(target, secrets: secrets, only: only)).text, as: UTF8.self)
  }

  /// Exports a server into an existing file.
  func merge(
    _ target: ExportTarget, _ secrets: SecretHandling? = nil, only: Set<String>, into file: String
  ) throws -> String {
    let options = ExportOptions(
      target, secrets: secrets, only: only, existing: Array(file.utf8), existingFile: "there")
    return String(decoding: try export(options).text, as: UTF8.self)
  }

  /// The diagnostic that an export fails with.
  func refusal(_ options: ExportOptions) -> Diagnostic? {
    do {
      _ = try export(options)
      return nil
    } catch {
      return error as? Diagnostic
    }
  }
}

/// Files of `Tests/Exports/golden`. Set `MCPAUTH_UPDATE_GOLDEN` to write them again.
enum Golden {
  static func expect(_ text: String, _ name: String, sourceLocation: Testing.SourceLocation = #_sourceLocation) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Exports/golden/\(name)").standardizedFileURL
    if ProcessInfo.processInfo.environment["MCPAUTH_UPDATE_GOLDEN"] != nil {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    let golden = try String(contentsOf: file, encoding: .utf8)
    #expect(text == golden, "\(name) differs", sourceLocation: sourceLocation)
  }
}
