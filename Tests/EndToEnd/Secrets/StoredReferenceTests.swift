import Foundation
import MCPAuthSandbox
import Testing

/// `{stored: KEY}` in every place that accepts a secret (InventoryReference#Values; SecretStores#Commands).
@Suite struct StoredReferenceTests {
  /// A server for each place that accepts a reference.
  private static let servers = """
    search: {url: "https://search.example/mcp", auth: api_key, api_key: {header: X-Key, value: {stored: search-key}}}
    legacy:
      url: "https://legacy.example/mcp"
      auth: custom_headers
      custom_headers: {X-Tenant: acme, Authorization: {stored: legacy-authorization}}
    own:
      url: "https://own.example/mcp"
      oauth2:
        client_id: own-client
        client_secret: {stored: own-secret}
        authorization_endpoint: https://own.example/authorize
        token_endpoint: https://own.example/token
    """
  private static let values = [
    "search-key": "value-of-search", "legacy-authorization": "value-of-legacy", "own-secret": "value-of-own",
  ]

  @Test(
    "SecretStores#Commands: exports with values resolve api_key, custom_headers and client_secret; plans and applies read none of them"
  )
  func exported() async throws {
    let place = try Workplace(servers: Self.servers)
    #expect(try await place.run("plan").exit == 0)
    #expect(try await place.run("apply").exit == 0)
    let lacking = try await place.run("export", "--to", "dotenv", "--secrets", "inline")
    #expect(lacking.exit == 1 && lacking.out.isEmpty)
    for key in Self.values.keys { #expect(lacking.err.contains("mcpauth secrets set \(key)"), "\(lacking.err)") }
    for (key, value) in Self.values { try await place.set(key, value) }
    let dotenv = try await place.run("export", "--to", "dotenv", "--secrets", "inline")
    #expect(dotenv.exit == 0, "\(dotenv.err)")
    for value in Self.values.values { #expect(dotenv.out.contains("=\(value)\n")) }
    let lock = try #require(place.lockText)
    for value in Self.values.values { #expect(!lock.contains(value)) }
    // A plan does not read secrets that it does not need.
    for key in Self.values.keys { try place.write("nonsense", to: Workplace.secrets + "/stored/\(key).json") }
    #expect(try await place.run("plan", "--detailed-exitcode").exit == 0)
    #expect(try await place.run("apply").exit == 0)
  }

  @Test("SecretStores#Commands: apply reads an initial access token for a registration; plan does not read it")
  func initialAccessToken() async throws {
    try await withSandbox(.init(kinds: ["protected"])) { sandbox in
      let kind = "protected"
      let token = SandboxKind.initialAccessToken
      let place = try Workplace()
      try place.write(
        server: kind, sandbox, oauth2: "{issuer: \"{issuer}\", initial_access_token: {stored: registration-token}}",
        more: "docs: {url: \"https://docs.example/mcp\", auth: none}\n")
      #expect(try await place.run("plan").exit == 0)
      let without = try await place.run("apply", "--format", "json")
      #expect(without.exit == 1)
      let servers = try without.json()["servers"].array
      #expect(servers.map { $0["outcome"].string } == ["failed", "done"])
      #expect(servers[0]["error"]["code"].string == "secret-missing")
      #expect(servers[0]["error"]["help"].string == "put it there: mcpauth secrets set registration-token")
      #expect(sandbox.registrations(kind) == 0)
      try await place.set("registration-token", token)
      let apply = try await place.run("apply", "--verbose")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(!apply.all.contains(token))
      #expect(sandbox.registrations(kind) == 1)
    }
  }

  @Test(
    "SecretStores#Records: set and plan need only the public key; a server that needs the value is secret-unreadable, others are not"
  )
  func withoutIdentity() async throws {
    let key = try await AgeKey.make()
    let place = try Workplace(servers: Self.servers, head: AgeKey.head(key))
    for (key, value) in Self.values { try await place.set(key, value) }
    #expect(try await place.run("apply").exit == 0)
    #expect(try await place.run("plan", "--detailed-exitcode").exit == 0)
    let refused = try await place.run("export", "--to", "dotenv", "--secrets", "inline")
    #expect(refused.exit == 1)
    #expect(refused.err.components(separatedBy: "error[secret-unreadable]").count == 4, "\(refused.err)")
    #expect(refused.err.contains("MCPAUTH_AGE_KEY"))
    let get = try await place.run("secrets", "get", "own")
    #expect(get.exit == 1 && get.err.contains("error[secret-unreadable]") && get.out.isEmpty)
    let check = try await place.secretsJSON("check")
    #expect(check["opened"].bool == false)
    #expect(check["diagnostics"][0]["message"].string?.hasPrefix("3 secrets were not opened") == true)
    #expect(try await place.secretsJSON("list")["stored"].array.count == 3)
    let export = try await place.run(
      "export", "--to", "dotenv", "--secrets", "inline", environment: key.environment)
    #expect(export.exit == 0, "\(export.err)")
    for value in Self.values.values { #expect(export.out.contains("=\(value)\n")) }
    #expect(try await place.run("secrets", "get", "own", environment: key.environment).out == "value-of-own\n")
    for file in try place.snapshot().values {
      for value in Self.values.values { #expect(file.range(of: Data(value.utf8)) == nil) }
    }
  }
}
