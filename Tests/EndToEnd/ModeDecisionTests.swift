import Foundation
import MCPAuthSandbox
import Testing

/// Every row of "Deciding the mode of an oauth2 server" (InventoryReference#Modes). Tests of the binary.
@Suite struct ModeDecisionTests {
  /// The three keys of a manual client, with their text in an inventory.
  static let trio = [
    ("client_id", "client_id: Iv1.0123"),
    ("authorization_endpoint", "authorization_endpoint: https://as.example/authorize"),
    ("token_endpoint", "token_endpoint: https://as.example/token"),
  ]

  static let properSubsets = (1..<7).map { bits in (0..<3).filter { bits & (1 << $0) != 0 } }

  @Test(
    "InventoryReference#Modes: one or two of the three keys are an error, which names the missing keys and both solutions",
    arguments: properSubsets)
  func partial(given: [Int]) async throws {
    let lines = given.map { "    " + Self.trio[$0].1 }.joined(separator: "\n")
    let place = try Workplace(servers: "github:\n  url: https://mcp.example/mcp\n  oauth2:\n\(lines)\n")
    for command in ["validate", "plan", "apply"] {
      let run = try await place.run(command)
      #expect(run.exit == 3, "\(run.all)")
      #expect(run.err.contains("error[partial-oauth2-config]"))
      let missing = (0..<3).filter { !given.contains($0) }.map { Self.trio[$0].0 }
      let said =
        "'github' gives \(given.map { Self.trio[$0].0 }.joined(separator: ", ")) but not "
        + missing.joined(separator: ", ")
      #expect(run.err.contains(said), "\(run.err)")
      #expect(run.err.contains("all three"))
      #expect(run.err.contains("none of them"))
      #expect(run.err.contains("^~~"))
    }
    #expect(place.lockText == nil)
    #expect(!place.exists(".mcpauth"))
  }

  @Test(
    "InventoryReference#Secret-references: all three keys make a manual client, with or without a secret; no request is sent"
  )
  func manual() async throws {
    let trio = Self.trio.map { "    " + $0.1 }.joined(separator: "\n")
    let place = try Workplace(
      servers: """
        public:
          url: https://mcp.example/mcp
          oauth2:
        \(trio)
        confidential:
          url: https://mcp.example/other
          oauth2:
            client_secret: {env: NOT_SET_ANYWHERE}
            scopes: [repo, "read:org"]
        \(trio)
        """)
    let plan = try await place.run("plan")
    #expect(plan.exit == 0, "\(plan.all)")
    let apply = try await place.run("apply")
    #expect(apply.exit == 0, "\(apply.all)")
    let open = try place.entry("public")
    #expect(open["mode"].string == "manual")
    #expect(open["registration"].string == "manual")
    #expect(open["client_id"].string == "Iv1.0123")
    #expect(open["token_endpoint_auth_method"].string == "none")
    #expect(open["secret_version"].isNull)
    let confidential = try place.entry("confidential")
    #expect(confidential["token_endpoint_auth_method"].string == "client_secret_basic")
    #expect(confidential["scopes"].strings == ["repo", "read:org"])
    #expect(confidential["scopes_from"].string == "inventory")
  }

  @Test("InventoryReference#Modes: without any of the three keys, the server is discovered and a client registered")
  func discovered() async throws {
    try await withSandbox { sandbox in
      let place = try Workplace(servers: "linear: {url: \"\(sandbox.url("challenge"))\"}")
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      let entry = try place.entry("linear")
      #expect(entry["mode"].string == "discovered")
      #expect(entry["registration"].string == "dcr")
      #expect(entry["discovered_by"].string == "challenge")
      #expect(entry["issuer"].string == sandbox.issuer("challenge"))
      #expect(entry["redirect_uris"].strings == ["http://127.0.0.1:7777/callback/linear"])
      #expect(entry["application_type"].string == "native")
    }
  }

  @Test("InventoryReference#Secret-references: a client secret alone is an error")
  func secretAlone() async throws {
    let place = try Workplace(
      servers: "a: {url: \"https://mcp.example/mcp\", oauth2: {client_secret: {env: A_SECRET}}}")
    let run = try await place.run("plan")
    #expect(run.exit == 3)
    #expect(run.err.contains("error[secret-without-client]"), "\(run.err)")
  }

  @Test(
    "InventoryReference#Modes: preregistered with a client id: the client is from the inventory, the endpoints are discovered"
  )
  func preregistered() async throws {
    try await withSandbox { sandbox in
      let place = try Workplace(
        servers: """
          a:
            url: "\(sandbox.url("no-registration"))"
            oauth2:
              registration: preregistered
              client_id: my-own
              client_secret: {env: A_SECRET}
          """)
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      let entry = try place.entry("a")
      #expect(entry["mode"].string == "preregistered")
      #expect(entry["registration"].string == "preregistered")
      #expect(entry["client_id"].string == "my-own")
      #expect(entry["issuer"].string == sandbox.issuer("no-registration"))
      #expect(entry["token_endpoint"].string?.hasPrefix(sandbox.origin) == true)
      #expect(sandbox.requests().allSatisfy { $0.endpoint != .register })
    }
  }

  @Test(
    "InventoryReference#Modes: registration: dcr with three endpoints in the inventory: no discovery, only the registration"
  )
  func endpointsGiven() async throws {
    try await withSandbox { sandbox in
      let issuer = sandbox.issuer("challenge")
      let place = try Workplace(
        servers: """
          a:
            url: "\(sandbox.url("challenge"))"
            oauth2:
              registration: dcr
              registration_endpoint: "\(issuer)/register"
              authorization_endpoint: "\(issuer)/authorize"
              token_endpoint: "\(issuer)/token"
              token_endpoint_auth_method: none
          """)
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(sandbox.requests().map(\.method) == ["POST"])
      let entry = try place.entry("a")
      #expect(entry["registration"].string == "dcr")
      #expect(entry["discovered_by"].string == "inventory")
      #expect(entry["registration_endpoint"].string == "\(issuer)/register")
      let again = try await place.run("apply")
      #expect(again.exit == 0, "\(again.all)")
      #expect(sandbox.requests().count == 1)
    }
  }

  @Test("InventoryReference#Modes: api_key, custom_headers and none are locked as they are; no request is sent")
  func others() async throws {
    let place = try Workplace(
      """
      version: 1
      servers:
        docs: {url: "https://docs.example/mcp", auth: none}
        search:
          url: https://search.example/mcp
          auth: api_key
          api_key: {header: X-API-Key, value: {env: NOT_SET_ANYWHERE}}
        legacy:
          url: https://legacy.example/sse
          transport: sse
          auth: custom_headers
          custom_headers: {X-Tenant: acme, Authorization: {file: /nowhere/legacy}}
      """)
    let apply = try await place.run("apply")
    #expect(apply.exit == 0, "\(apply.all)")
    for (name, mode) in [("docs", "none"), ("search", "api_key"), ("legacy", "custom_headers")] {
      let entry = try place.entry(name)
      #expect(entry["mode"].string == mode)
      #expect(entry["registration"].isNull)
      #expect(entry["client_id"].isNull)
    }
    let again = try await place.run("plan", "--detailed-exitcode")
    #expect(again.exit == 0, "\(again.all)")
  }
}

extension Workplace {
  /// A workplace with this text as its inventory.
  convenience init(_ inventory: String) throws {
    try self.init()
    try write(inventory)
  }
}
