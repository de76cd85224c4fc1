import Foundation
import MCPAuthSandbox
import Testing

/// Step 2: authorization server metadata (Discovery#Authorization-server-metadata). Tests of the binary.
@Suite struct IssuerMetadataTests {
  @Test(
    "Discovery#Authorization-server-metadata: the order of the well-known URLs of an issuer with a path",
    arguments: [
      ("path-issuer", ["GET oauth-metadata"]),
      ("openid", ["GET oauth-metadata", "GET openid-metadata"]),
      ("openid-appended", ["GET oauth-metadata", "GET openid-metadata", "GET openid-appended-metadata"]),
      ("login-page", ["GET oauth-metadata", "GET openid-metadata", "GET openid-appended-metadata"]),
    ])
  func order(kind: String, trail: [String]) async throws {
    let it = try await KindRuns.run(kind)
    #expect(it.run.exit == 0)
    #expect(it.trail == ["POST mcp", "GET resource-metadata"] + trail + ["POST register"])
    // For an issuer with a path, the root document is never requested.
    let roots = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]
    #expect(!it.requests.contains { roots.contains($0.path) })
    #expect(it.entry["issuer"].string == it.issuer)
  }

  @Test("Discovery#Authorization-server-metadata: an issuer without a path has two well-known URLs")
  func rootIssuer() async throws {
    let configuration = SandboxConfiguration.made("rooted") {
      $0.home = .ownOrigin
      $0.issuerMetadataPlaces = []
    }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("rooted")
      #expect(it.code == "authorization-server-metadata-unavailable")
      #expect(
        it.requests.dropFirst(2).map(\.path) == [
          "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration",
        ])
      // With resource metadata, no endpoint is guessed (Registration#Strategies).
      #expect(it.requests.allSatisfy { !$0.isToAnEndpoint })
    }
  }

  @Test("Discovery#Authorization-server-metadata: the message says that a resource lists itself")
  func listsItself() async throws {
    let it = try await KindRuns.run("lists-itself")
    #expect(
      it.requests.dropFirst(2).map(\.path) == [
        "/.well-known/oauth-authorization-server/lists-itself/mcp",
        "/.well-known/openid-configuration/lists-itself/mcp", "/lists-itself/mcp/.well-known/openid-configuration",
      ])
    #expect(it.server["error"]["message"].string?.contains("itself") == true)
    #expect(it.server["error"]["requests"].array.count == 5)
  }

  // MARK: issuer

  struct Issuer: Sendable, CustomTestStringConvertible {
    var value: SandboxJSON
    var code: String?
    var warnings: [String] = []
    var testDescription: String { value.text() }
  }

  static let issuers: [Issuer] = [
    Issuer(value: "{issuer}"), Issuer(value: "{issuer}/", warnings: ["issuer-trailing-slash"]),
    Issuer(value: "{issuer}//", code: "issuer-mismatch"), Issuer(value: "{issuer}/x", code: "issuer-mismatch"),
    Issuer(value: "{origin}", code: "issuer-mismatch"), Issuer(value: "{origin}/as/Issuers", code: "issuer-mismatch"),
    Issuer(value: "{issuer}?", code: "issuer-mismatch"),
    Issuer(value: "https://evil.example.com", code: "issuer-mismatch"),
    Issuer(value: .null, code: "issuer-mismatch"), Issuer(value: "", code: "issuer-mismatch"),
    Issuer(value: 7, code: "issuer-mismatch"), Issuer(value: ["{issuer}"], code: "issuer-mismatch"),
  ]

  @Test(
    "Discovery#Authorization-server-metadata: the issuer of the document must be the requested one; one trailing slash may differ",
    arguments: issuers)
  func issuer(row: Issuer) async throws {
    let configuration = SandboxConfiguration.made("issuers") { $0.issuerMetadataChanges = ["issuer": row.value] }
    let it = try await withServers(configuration) { try await $0.apply("issuers") }
    #expect(it.code == row.code, "\(it.run.out)")
    #expect(it.warnings == row.warnings)
    if row.code == nil {
      let expected = row.value.string?.replacingOccurrences(of: "{issuer}", with: it.issuer)
      #expect(it.entry["issuer"].string == expected, "the document's own string is locked")
      #expect(it.entry["authorization_server"].string == it.issuer, "and the resource metadata's beside it")
    } else {
      #expect(it.requests.allSatisfy { !$0.isToAnEndpoint })
      #expect(it.server["error"]["message"].string?.contains(it.issuer) == true)
    }
  }

  @Test(
    "Discovery#Authorization-server-metadata: a slash at the end of an issuer in the resource metadata is removed only to build the well-known URL"
  )
  func slashInResourceMetadata() async throws {
    let configuration = SandboxConfiguration.made("slashed") {
      $0.metadataChanges = ["authorization_servers": ["{issuer}/"]]
      $0.issuerMetadataChanges = ["issuer": "{issuer}/"]
    }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("slashed")
      #expect(it.run.exit == 0, "\(it.run.out)")
      #expect(it.requests.dropFirst(2).first?.path == "/.well-known/oauth-authorization-server/as/slashed")
      #expect(it.warnings == [])
      #expect(it.entry["issuer"].string == it.issuer + "/")
    }
  }

  @Test(
    "Discovery#Authorization-server-metadata: an issuer in the inventory that is equal to the document's is accepted")
  func inventoryIssuer() async throws {
    try await withServers(SandboxConfiguration(kinds: ["wrong-issuer"])) { sandbox in
      let other = sandbox.origin + "/as/somebody-else"
      let it = try await sandbox.apply("wrong-issuer", oauth2: ["issuer: \"\(other)\""])
      #expect(it.run.exit == 0, "\(it.run.out)")
      #expect(it.entry["issuer"].string == other)
      let slash = try await sandbox.apply("wrong-issuer", oauth2: ["issuer: \"\(other)/\""])
      #expect(slash.code == "issuer-mismatch")
    }
  }

  // MARK: metadata_url

  @Test(
    "Discovery#Authorization-server-metadata: metadata_url names the document: the resource metadata is read, the well-known URLs are not requested"
  )
  func metadataURL() async throws {
    try await withServers(SandboxConfiguration(kinds: ["scoped-metadata"])) { sandbox in
      let document = sandbox.origin + "/documents/as.json"
      let known = "/.well-known/oauth-authorization-server/as/scoped-metadata"
      let text = try await Wire.send("GET", sandbox.origin + known).body
      sandbox.answer("GET", "/documents/as.json", with: .text(200, text, type: "application/json"))
      let it = try await sandbox.apply("scoped-metadata", oauth2: ["metadata_url: \"\(document)\""])
      #expect(it.run.exit == 0, "\(it.run.out)")
      #expect(it.trail == ["POST mcp", "GET resource-metadata", "GET /documents/as.json", "POST register"])
      #expect(try it.body()["scope"] == "read write")

      // The resource metadata must list its issuer.
      sandbox.change("scoped-metadata") { $0.metadataChanges = ["authorization_servers": ["https://other.example"]] }
      let unlisted = try await sandbox.apply("scoped-metadata", oauth2: ["metadata_url: \"\(document)\""])
      #expect(unlisted.code == "issuer-mismatch", "\(unlisted.run.out)")
      #expect(unlisted.requests.allSatisfy { !$0.isToAnEndpoint })
      let named = try await sandbox.apply(
        "scoped-metadata", oauth2: ["metadata_url: \"\(document)\"", "issuer: \"\(it.issuer)\""])
      #expect(named.run.exit == 0, "\(named.run.out)")

      let missing = try await sandbox.apply("scoped-metadata", oauth2: ["metadata_url: \"\(sandbox.origin)/nowhere\""])
      #expect(missing.code == "authorization-server-metadata-unavailable", "\(missing.run.out)")
      #expect(
        !missing.requests.contains { $0.path.hasPrefix("/.well-known/o") && $0.path.contains("authorization-server") })
    }
  }

  // MARK: Members

  struct Member: Sendable, CustomTestStringConvertible {
    var changes: [String: SandboxJSON]
    var code: String?
    var warnings: [String] = []
    var oauth2: [String] = []
    var testDescription: String { SandboxJSON.object(changes).text() + " \(oauth2)" }
  }

  static let members: [Member] = [
    Member(changes: ["token_endpoint": .null], code: "metadata-invalid"),
    Member(changes: ["authorization_endpoint": .null], code: "metadata-invalid"),
    Member(changes: ["token_endpoint": ""], code: "metadata-invalid"),
    Member(changes: ["token_endpoint": 7], code: "metadata-invalid"),
    Member(changes: ["code_challenge_methods_supported": .null], code: "pkce-unsupported"),
    Member(changes: ["code_challenge_methods_supported": []], code: "pkce-unsupported"),
    Member(changes: ["code_challenge_methods_supported": ["plain"]], code: "pkce-unsupported"),
    Member(changes: ["code_challenge_methods_supported": ["s256"]], code: "pkce-unsupported"),
    Member(changes: ["code_challenge_methods_supported": ["plain", "S256"]]),
    Member(
      changes: ["code_challenge_methods_supported": .null], warnings: ["pkce-assumed"], oauth2: ["pkce: assume_s256"]),
    Member(
      changes: ["code_challenge_methods_supported": ["plain"]], code: "pkce-unsupported", oauth2: ["pkce: assume_s256"]),
    Member(changes: ["scopes_supported": .null, "ui_locales_supported": [], "x": ["y": 1], "service_documentation": ""]
    ),
    Member(changes: ["scopes_supported": "read"], warnings: ["metadata-member-ignored"]),
    Member(changes: ["grant_types_supported": "authorization_code"], warnings: ["metadata-member-ignored"]),
    Member(changes: ["client_id_metadata_document_supported": "yes"], warnings: ["metadata-member-ignored"]),
    Member(changes: ["registration_endpoint": ""], code: "registration-unsupported"),
  ]

  @Test(
    "Discovery#Authorization-server-metadata: required members, PKCE, and invalid optional members",
    arguments: members)
  func member(row: Member) async throws {
    let configuration = SandboxConfiguration.made("members") { $0.issuerMetadataChanges = row.changes }
    let it = try await withServers(configuration) { try await $0.apply("members", oauth2: row.oauth2) }
    #expect(it.code == row.code, "\(it.run.out)")
    if row.code == nil {
      #expect(it.warnings == row.warnings, "\(it.run.out)")
      #expect(it.registrations == 1)
    } else {
      #expect(it.requests.allSatisfy { !$0.isToAnEndpoint })
    }
  }

  @Test("Discovery#Authorization-server-metadata: the query of an endpoint is kept unchanged")
  func queries() async throws {
    let configuration = SandboxConfiguration.made("queries") {
      $0.issuerMetadataChanges = [
        "authorization_endpoint": "{issuer}/authorize?tenant=a%2Fb", "token_endpoint": "{issuer}/token?x=1",
        "registration_endpoint": "{issuer}/register?x=%41",
      ]
    }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("queries")
      #expect(it.run.exit == 0, "\(it.run.out)")
      #expect(it.entry["authorization_endpoint"].string == it.issuer + "/authorize?tenant=a%2Fb")
      #expect(it.entry["token_endpoint"].string == it.issuer + "/token?x=1")
      #expect(it.requests.last?.query == "x=%41")
    }
  }

  @Test(
    "Discovery#Authorization-server-metadata: the lock file contains the revocation endpoint and the member of RFC 9207"
  )
  func locked() async throws {
    let it = try await KindRuns.run("challenge")
    #expect(it.entry["revocation_endpoint"].string == it.issuer + "/revoke")
    #expect(it.entry["authorization_response_iss_parameter_supported"].bool == true)
    let odd = try await KindRuns.run("odd-types")
    #expect(odd.entry["revocation_endpoint"].isNull)
    #expect(odd.entry["authorization_response_iss_parameter_supported"].bool == false)
    #expect(odd.warnings == ["metadata-member-ignored", "metadata-member-ignored"])
  }
}
