import Foundation
import MCPAuthSandbox
import Testing

/// Step 1: protected resource metadata (Discovery#Protected-resource-metadata). Tests of the binary.
@Suite struct ResourceMetadataTests {
  // MARK: The probe

  @Test(
    "Discovery#Probe: the probe stops at the first 401, or 403 with a challenge; otherwise the next request is sent",
    arguments: [
      ("challenge", 1), ("forbidden", 1), ("post-only", 1), ("no-challenge-field", 1), ("list-only", 3),
      ("get-only", 4),
      ("quiet", 4), ("event-stream", 4), ("open", 4), ("broken", 4),
    ])
  func rungs(kind: String, count: Int) async throws {
    let it = try await KindRuns.run(kind)
    let rungs = ["server/discover", "initialize", "tools/list", "GET"]
    #expect(it.requests.compactMap(\.rung) == Array(rungs.prefix(count)))
    // The probes are sent first, to the unchanged URL.
    #expect(it.requests.prefix(count).allSatisfy { $0.endpoint == .mcp && $0.origin + $0.path == it.url })
    let first = try #require(it.requests.first)
    #expect(first.value(of: "MCP-Protocol-Version") == "2026-07-28")
    #expect(first.value(of: "Mcp-Method") == "server/discover")
    if count > 1 {
      #expect(it.requests.dropFirst().first?.json?["params"]?["protocolVersion"] == "2025-11-25")
    }
  }

  // MARK: Places of the metadata

  @Test(
    "Discovery#Candidates: the places of the metadata, and the order of the requests",
    arguments: [
      ("challenge", "challenge", ["GET resource-metadata"]),
      ("well-known", "well-known-path", ["GET resource-metadata"]),
      ("no-challenge-field", "well-known-path", ["GET resource-metadata"]),
      ("quiet", "well-known-path", ["GET resource-metadata"]),
      ("event-stream", "well-known-path", ["GET resource-metadata"]),
      ("root", "well-known-root", ["GET resource-metadata", "GET root-resource-metadata"]),
      ("denied-metadata", "well-known-root", ["GET resource-metadata", "GET root-resource-metadata"]),
      ("list-only", "challenge", ["GET resource-metadata"]),
      ("get-only", "challenge", ["GET resource-metadata"]),
      ("forbidden", "challenge", ["GET resource-metadata"]),
      ("odd-challenge", "challenge", ["GET resource-metadata"]),
      ("two-pointers", "challenge", ["GET /nowhere", "GET resource-metadata"]),
      ("elsewhere", "challenge", ["GET other-resource-metadata"]),
      ("redirected", "challenge", ["GET resource-metadata", "GET other-resource-metadata"]),
      ("flaky", "challenge", ["GET resource-metadata", "GET resource-metadata", "GET resource-metadata"]),
      (
        "legacy-document", "legacy-2025-03-26",
        ["GET resource-metadata", "GET root-resource-metadata"]
      ),
      (
        "legacy-endpoints", "legacy-2025-03-26",
        ["GET resource-metadata", "GET root-resource-metadata"]
      ),
    ])
  func places(kind: String, way: String, trail: [String]) async throws {
    let it = try await KindRuns.run(kind)
    #expect(it.run.exit == 0, "\(it.run.out)")
    #expect(it.entry["discovered_by"].string == way)
    let seen = it.trail.filter { $0.hasPrefix("GET") && !$0.hasSuffix("GET mcp") && !$0.contains("oauth-metadata") }
    #expect(seen.filter { $0 != "GET mcp" } == trail)
  }

  @Test("Discovery#Candidates: with a URL in the challenge, the path form is not requested, although it exists")
  func dangling() async throws {
    let it = try await KindRuns.run("dangling")
    #expect(it.trail == ["POST mcp", "GET /nowhere"])
    #expect(it.server["error"]["requests"].array.map { $0["status"].integer } == [401, 404])
    #expect(it.server["error"]["notes"].strings?.contains { $0.contains("protected resource metadata") } == true)
  }

  /// A server at another URL than that of its kind, which also requires authorization.
  private func at(_ suffix: String, _ body: @Sendable (Sandbox) -> Void = { _ in }) async throws -> KindRun {
    try await withServers(SandboxConfiguration(kinds: ["well-known"])) { sandbox in
      let bare = SandboxAnswer(401, fields: [.init("WWW-Authenticate", "Bearer")])
      sandbox.answer("POST", "/well-known/mcp" + suffix, with: bare)
      body(sandbox)
      let place = try Workplace(servers: "well-known: {url: \"\(sandbox.url("well-known"))\(suffix)\"}")
      return try await sandbox.apply("well-known", in: place)
    }
  }

  @Test("Discovery#Candidates: the first candidate has the query, the second does not; the root form is the last")
  func query() async throws {
    let path = "/.well-known/oauth-protected-resource/well-known/mcp"
    let it = try await at("?tenant=a%20b&x") { sandbox in
      sandbox.answer("GET", path + "?tenant=a%20b&x", with: .text(404, "no"))
    }
    #expect(it.run.exit == 0, "\(it.run.out)")
    let asked = it.requests.filter { $0.endpoint == .resourceMetadata }
    #expect(asked.map(\.query) == ["tenant=a%20b&x", nil])
    #expect(it.requests.first?.query == "tenant=a%20b&x")
    #expect(it.entry["url"].string == it.url + "?tenant=a%20b&x")
    #expect(it.entry["resource"].string == it.url)
  }

  @Test("Discovery#Candidates: first the path without a trailing slash, then the path as it is, then the root")
  func trailingSlash() async throws {
    let path = "/.well-known/oauth-protected-resource/well-known/mcp"
    let found = try await at("/")
    #expect(found.run.exit == 0, "\(found.run.out)")
    #expect(found.requests.dropFirst().first?.path == path)
    #expect(found.warnings == [], "one slash of difference is none (Discovery#Resource-check)")

    let none = try await at("/") { $0.answer("GET", path, with: .text(404, "no")) }
    #expect(
      none.requests.dropFirst().prefix(3).map(\.path) == [path, path + "/", "/.well-known/oauth-protected-resource"])
  }

  @Test(
    "Discovery#Protected-resource-metadata: resource_metadata_url replaces the URL of the challenge; the scopes of the challenge are still used"
  )
  func inventoryPointer() async throws {
    try await withServers(SandboxConfiguration(kinds: ["dangling", "scoped"])) { sandbox in
      let it = try await sandbox.apply(
        "dangling", oauth2: ["resource_metadata_url: \"\(sandbox.metadataURL("dangling"))\""])
      #expect(it.run.exit == 0, "\(it.run.out)")
      #expect(it.entry["discovered_by"].string == "inventory")
      #expect(it.trail.prefix(2) == ["POST mcp", "GET resource-metadata"])
      let scoped = try await sandbox.apply(
        "scoped", oauth2: ["resource_metadata_url: \"\(sandbox.metadataURL("scoped"))\""])
      #expect(try scoped.body()["scope"] == "read")
      // No other URL is tried, as with a URL from a challenge.
      let wrong = try await sandbox.apply("scoped", oauth2: ["resource_metadata_url: \"\(sandbox.origin)/nowhere\""])
      #expect(wrong.code == "resource-metadata-unavailable")
      #expect(wrong.trail == ["POST mcp", "GET /nowhere"])
    }
  }

  @Test(
    "Discovery#Protected-resource-metadata: resource_metadata_url none: no probe; the issuer is from the inventory, the resource is the server's URL"
  )
  func noMetadata() async throws {
    try await withServers(SandboxConfiguration(kinds: ["wrong-resource"])) { sandbox in
      let it = try await sandbox.apply(
        "wrong-resource",
        oauth2: ["resource_metadata_url: none", "issuer: \"\(sandbox.issuer("wrong-resource"))\""])
      #expect(it.run.exit == 0, "\(it.run.out)")
      // The whole step is skipped, including the probe.
      #expect(it.trail == ["GET oauth-metadata", "POST register"])
      #expect(it.entry["resource"].string == it.url)
      #expect(it.entry["discovered_by"].string == "inventory")
    }
  }

  // MARK: resource

  struct Resource: Sendable, CustomTestStringConvertible {
    var value: SandboxJSON
    var code: String?
    var warnings: [String] = []
    var testDescription: String { value.text() }
  }

  static let resources: [Resource] = [
    Resource(value: "{resource}"), Resource(value: "{resource}/"),
    Resource(value: "{origin}/", warnings: ["resource-is-broader"]),
    Resource(value: "{origin}", warnings: ["resource-is-broader"]),
    Resource(value: "{origin}/resources", warnings: ["resource-is-broader"]),
    Resource(value: "{origin}/resources/", warnings: ["resource-is-broader"]),
    Resource(value: "{origin}/resou", code: "resource-mismatch"),
    Resource(value: "{origin}/Resources/mcp", code: "resource-mismatch"),
    Resource(value: "{resource}/sub", code: "resource-mismatch"),
    Resource(value: "{resource}-other", code: "resource-mismatch"),
    Resource(value: "{resource}?x=1", code: "resource-mismatch"),
    Resource(value: "{resource}#x", code: "resource-mismatch"),
    Resource(value: "https://127.0.0.1/resources/mcp", code: "resource-mismatch"),
    Resource(value: "http://localhost/resources/mcp", code: "resource-mismatch"),
    Resource(value: "", code: "resource-mismatch"), Resource(value: 7, code: "resource-mismatch"),
    Resource(value: ["{resource}"], code: "resource-mismatch"), Resource(value: .null, code: "resource-mismatch"),
  ]

  @Test(
    "Discovery#Resource-check: the resource must be the server's URL or a prefix of whole segments; otherwise the run stops",
    arguments: resources)
  func resource(row: Resource) async throws {
    let configuration = SandboxConfiguration.made("resources") { $0.metadataChanges = ["resource": row.value] }
    let it = try await withServers(configuration) { try await $0.apply("resources") }
    #expect(it.code == row.code, "\(it.run.out)")
    #expect(it.warnings == row.warnings)
    #expect(it.registrations == (row.code == nil ? 1 : 0))
    if row.code != nil { #expect(it.trail == ["POST mcp", "GET resource-metadata"]) }
    if row.code == nil, let value = row.value.string {
      let expected = value.replacingOccurrences(of: "{resource}", with: it.url)
        .replacingOccurrences(of: "{origin}", with: it.origin)
      #expect(it.entry["resource"].string == expected, "kept byte for byte")
    }
  }

  @Test("Discovery#Resource-check: the resource of the inventory is used unchanged, with any metadata")
  func inventoryResource() async throws {
    try await withServers(SandboxConfiguration(kinds: ["wrong-resource"])) { sandbox in
      let it = try await sandbox.apply("wrong-resource", oauth2: ["resource: \"https://Any.example/thing\""])
      #expect(it.run.exit == 0, "\(it.run.out)")
      #expect(it.entry["resource"].string == "https://Any.example/thing")
    }
  }

  // MARK: authorization_servers

  /// A server with this list. Two authorization servers exist.
  private func listing(
    _ list: [SandboxJSON], oauth2: [String] = [],
    change: @Sendable (Sandbox) -> Void = { _ in }
  ) async throws -> (KindRun, one: String, two: String) {
    try await withServers(SandboxConfiguration(kinds: ["challenge", "openid", "scoped"])) { sandbox in
      let one = sandbox.issuer("openid")
      let two = sandbox.issuer("scoped")
      sandbox.change("challenge") {
        $0.metadataChanges = [
          "authorization_servers": .array(
            list.map { $0 == "one" ? .string(one) : $0 == "two" ? .string(two) : $0 })
        ]
      }
      change(sandbox)
      let lines = oauth2.map { $0.replacingOccurrences(of: "{two}", with: two) }
      return (try await sandbox.apply("challenge", oauth2: lines), one, two)
    }
  }

  @Test(
    "Discovery#Choice-of-authorization-server: the first usable one of several is used, and no request goes to the others"
  )
  func firstOfSeveral() async throws {
    let (it, one, _) = try await listing(["one", "two"])
    #expect(it.run.exit == 0, "\(it.run.out)")
    #expect(it.entry["authorization_server"].string == one)
    #expect(it.entry["issuer"].string == one)
    #expect(it.requests.allSatisfy { !$0.path.contains("/as/scoped") })
  }

  @Test(
    "Discovery#Choice-of-authorization-server: one with an absent, denied or invalid document is skipped with a warning",
    arguments: [404, 401, 403, 200])
  func passedOver(status: Int) async throws {
    let (it, one, two) = try await listing(["one", "two"]) { sandbox in
      sandbox.change("openid") {
        if status == 200 {
          $0.issuerMetadataChanges = ["issuer": "https://other.example"]
        } else {
          $0.faults[.openIDMetadata] = SandboxFault(.text(status, "x"))
        }
      }
    }
    #expect(it.run.exit == 0, "\(it.run.out)")
    #expect(it.entry["issuer"].string == two)
    #expect(it.warnings == ["authorization-server-passed-over"])
    #expect(it.server["warnings"][0]["message"].string?.contains(one) == true)
    #expect(it.requests.allSatisfy { !$0.isToAnEndpoint || !$0.path.contains("/as/openid") })
  }

  @Test(
    "Discovery#Choice-of-authorization-server: a transient failure stops; the next one is not requested",
    arguments: [500, 503, 429])
  func transientStops(status: Int) async throws {
    let (it, _, _) = try await listing(["one", "two"]) { sandbox in
      sandbox.change("openid") {
        $0.faults[.openIDMetadata] = SandboxFault(.text(status, "x", fields: [.init("Retry-After", "0")]))
      }
    }
    #expect(it.run.exit == 1)
    #expect(["unreachable", "rate-limited"].contains(it.code ?? ""), "\(it.run.out)")
    #expect(it.requests.allSatisfy { !$0.path.contains("/as/scoped") })
  }

  @Test("Discovery#Choice-of-authorization-server: if none is usable, the error of the first one is reported")
  func noneUsable() async throws {
    let (it, _, _) = try await listing(["one", "two"]) { sandbox in
      sandbox.change("openid") { $0.issuerMetadataChanges = ["issuer": "https://other.example"] }
      sandbox.change("scoped") { $0.issuerMetadataPlaces = [] }
    }
    #expect(it.code == "issuer-mismatch", "\(it.run.out)")
    #expect(it.registrations == 0)
  }

  @Test("Discovery#Choice-of-authorization-server: an issuer in the inventory selects one of several by its exact text")
  func pinned() async throws {
    let (it, _, two) = try await listing(["one", "two"], oauth2: ["issuer: \"{two}\""])
    #expect(it.run.exit == 0, "\(it.run.out)")
    #expect(it.entry["issuer"].string == two)
    #expect(it.requests.allSatisfy { !$0.isToAnEndpoint || $0.path.contains("/as/scoped") })

    let (slash, _, _) = try await listing(["one", "two"], oauth2: ["issuer: \"{two}/\""])
    #expect(slash.code == "issuer-mismatch", "no slash is forgiven here: \(slash.run.out)")
    #expect(slash.registrations == 0)
  }

  @Test(
    "Discovery#Choice-of-authorization-server: an issuer in the inventory without any document is authorization-server-metadata-unavailable"
  )
  func pinnedNothing() async throws {
    let (it, _, _) = try await listing(["one", "two"], oauth2: ["issuer: \"{two}\""]) { sandbox in
      for kind in ["openid", "scoped"] { sandbox.change(kind) { $0.issuerMetadataPlaces = [] } }
    }
    #expect(it.code == "authorization-server-metadata-unavailable", "\(it.run.out)")
  }

  @Test(
    "Discovery#Choice-of-authorization-server: an empty, missing or invalid list",
    arguments: [[] as SandboxJSON, .null, "", [""], [7], 7])
  func noneListed(value: SandboxJSON) async throws {
    let configuration = SandboxConfiguration.made("unlisted") { $0.metadataChanges = ["authorization_servers": value] }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("unlisted")
      #expect(it.code == "no-authorization-server", "\(it.run.out)")
      #expect(it.trail == ["POST mcp", "GET resource-metadata"])
    }
  }

  @Test(
    "Discovery#Choice-of-authorization-server: the authorization server is kept while it is listed, also if others are before it"
  )
  func kept() async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge", "openid"])) { sandbox in
      let first = try await sandbox.apply("challenge")
      let files = try first.place.snapshot()
      sandbox.change("challenge") {
        $0.metadataChanges = ["authorization_servers": [.string(sandbox.issuer("openid")), "{issuer}"]]
      }
      let it = try await sandbox.apply("challenge", in: first.place, options: ["--refresh"])
      #expect(it.server["action"].string == "unchanged", "\(it.run.out)")
      #expect(it.requests.allSatisfy { !$0.path.contains("/as/openid") })
      #expect(try first.place.snapshot() == files)
    }
  }

  // MARK: No metadata at all

  @Test(
    "Discovery#Servers-without-metadata: a server that requires no authorization needs no client, and the help says what to write"
  )
  func open() async throws {
    let it = try await KindRuns.run("open")
    #expect(it.code == "no-auth-required")
    #expect(it.server["error"]["help"].string?.contains("auth: none") == true)
    // The legacy URLs are not requested, because the server never required authorization.
    #expect(it.requests.allSatisfy { !$0.isToAnAuthorizationServer && !$0.path.contains("authorization-server") })
    try await withServers(SandboxConfiguration(kinds: ["open"])) { sandbox in
      let place = try Workplace(servers: "open: {url: \"\(sandbox.url("open"))\", auth: none}")
      let run = try await place.run("apply")
      #expect(run.exit == 0, "\(run.all)")
      #expect(sandbox.requests().isEmpty)
    }
  }

  @Test(
    "Discovery#Servers-without-metadata: the issuer of the legacy document must be the origin or the issuer of the inventory"
  )
  func legacyIssuer() async throws {
    try await withServers(SandboxConfiguration(kinds: ["legacy-document"])) { sandbox in
      sandbox.change("legacy-document") { $0.issuerMetadataChanges = ["issuer": "https://other.example"] }
      let it = try await sandbox.apply("legacy-document")
      #expect(it.code == "issuer-mismatch", "\(it.run.out)")
      #expect(it.requests.allSatisfy { !$0.isToAnEndpoint })
      let named = try await sandbox.apply("legacy-document", oauth2: ["issuer: https://other.example"])
      #expect(named.run.exit == 0, "\(named.run.out)")
      #expect(named.entry["issuer"].string == "https://other.example")
    }
  }

  @Test(
    "Discovery#Servers-without-metadata: guessed endpoints are used only after a Bearer challenge",
    arguments: [
      ["Basic realm=\"x\""], ["Negotiate"], [],
    ])
  func notBearer(challenge: [String]) async throws {
    try await withServers(SandboxConfiguration(kinds: ["legacy-endpoints"])) { sandbox in
      sandbox.change("legacy-endpoints") { $0.challenge = challenge }
      let it = try await sandbox.apply("legacy-endpoints")
      #expect(it.run.exit == 1, "\(it.run.out)")
      #expect(it.requests.allSatisfy { !$0.isToAnEndpoint })
    }
  }

  @Test("Discovery#Servers-without-metadata: an HTML page from the guessed endpoint is not a registered client")
  func html() async throws {
    let it = try await KindRuns.run("html")
    #expect(it.code == "registration-unsupported")
    #expect(it.lock["orphans"].array.isEmpty)
    #expect(it.bodies.count == 1)
  }
}
