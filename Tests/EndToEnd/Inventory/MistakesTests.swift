import Foundation
import Testing

/// Frequent mistakes in an inventory, each alone and all in one file. What the program says about them is in `golden`. Set `MCPAUTH_UPDATE_GOLDEN`
/// to write these files again.
@Suite struct MistakesTests {
  /// Servers with one mistake each: the lines below `servers:`.
  static let servers: [(String, String)] = [
    ("a URL without a scheme", "bare:\n  url: linear.app/mcp"),
    ("a URL with http", "plain:\n  url: http://plain.example.com/mcp"),
    ("a bearer token as auth", "bearer:\n  url: https://bearer.example.com/mcp\n  auth: bearer"),
    ("http as transport", "transport:\n  url: https://transport.example.com/mcp\n  transport: http"),
    (
      "a part of a method's name",
      "method:\n  url: https://method.example.com/mcp\n  oauth2: {token_endpoint_auth_method: basic}"
    ),
    (
      "text where a list is due",
      "list:\n  url: https://list.example.com/mcp\n  oauth2:\n    redirect_uris: https://acme.example/{server}/callback"
    ),
    ("a list where text is due", "text:\n  url: https://text.example.com/mcp\n  oauth2: {client_name: [Acme]}"),
    ("no space after a colon", "space:\n  url: https://space.example.com/mcp\n  auth:none"),
    ("no colon", "colon:\n  url https://colon.example.com/mcp\n  auth: none"),
    ("oauth for oauth2", "block:\n  url: https://block.example.com/mcp\n  oauth: {scopes: [read]}"),
    (
      "environment for env",
      "search:\n  url: https://search.example.com/mcp\n  auth: api_key\n"
        + "  api_key: {header: X-API-Key, value: {environment: SEARCH_KEY}}"
    ),
    ("a duration without a unit", "unit:\n  url: https://unit.example.com/mcp\n  oauth2: {renew_before: 14}"),
    ("a comma between scopes", "scopes:\n  url: https://scopes.example.com/mcp\n  oauth2: {scopes: \"read,write\"}"),
    ("a key in a URL", "query:\n  url: https://query.example.com/mcp?api_key=0123456789abcdef\n  auth: none"),
    (
      "a token in a header",
      "header:\n  url: https://header.example.com/mcp\n  auth: custom_headers\n"
        + "  custom_headers: {X-Auth: Bearer 0123456789abcdef}"
    ),
    ("different indentation", "indent:\n    url: https://indent.example.com/mcp\n  auth: none"),
    ("a mapping that is not closed", "open: {url: \"https://open.example.com/mcp\""),
  ]

  /// Other mistakes: everything below `version`.
  static let others: [(String, String)] = [
    (
      "redirect_uri",
      "client:\n  name: Acme\n  redirect_uri: https://acme.example/callback\n"
        + "servers:\n  linear: {url: https://linear.example.com/mcp}"
    ),
    ("servers as a list", client + "\nservers:\n  - name: linear\n    url: https://linear.example.com/mcp"),
  ]

  private static let client = "client: {name: Acme, redirect_uris: [\"https://acme.example/{server}/callback\"]}"

  private static func indented(_ server: String) -> String {
    server.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
  }

  @Test("InventoryReference#Mistakes: each frequent mistake alone")
  func alone() async throws {
    let rows = Self.servers.map { ($0.0, Self.client + "\nservers:\n" + Self.indented($0.1)) } + Self.others
    var text = ""
    for (what, body) in rows {
      let place = try Workplace()
      try place.write("version: 1\n" + body + "\n")
      let run = try await place.run("validate")
      #expect(run.exit == 3 && run.out.isEmpty, "\(what): \(run.all)")
      #expect(run.err.contains("\n1 error in servers.yaml\n"), "\(what): \(run.err)")
      text += "# \(what)\n" + run.err + "\n"
    }
    try expectGolden(text, "alone.txt")
  }

  @Test("InventoryReference#Mistakes: all frequent mistakes in one file are reported in one run")
  func together() async throws {
    let place = try Workplace()
    let head = "version: 1\nclient:\n  name: Acme\n  redirect_uri: https://acme.example/callback\nservers:\n"
    try place.write(head + Self.servers.map { Self.indented($0.1) + "\n" }.joined())
    let run = try await place.run("validate")
    #expect(run.exit == 3 && run.out.isEmpty, "\(run.all)")
    #expect(run.err.contains("\n\(Self.servers.count + 1) errors in servers.yaml\n"), "\(run.err)")
    #expect(!run.all.contains("0123456789abcdef"))
    try expectGolden(run.err, "together.txt")
  }

  @Test("PlanAndApply#JSON: with --format json the mistakes are in the document only, and standard error is empty")
  func json() async throws {
    let place = try Workplace(servers: Self.servers.map(\.1).joined(separator: "\n"))
    for command in ["validate", "plan", "status"] {
      let run = try await place.run(command, "--format", "json")
      #expect(run.exit == 3 && run.err.isEmpty, "\(command): \(run.err)")
      #expect(try run.json()["diagnostics"].array.count == Self.servers.count)
    }
  }

  private func expectGolden(_ text: String, _ name: String, _ location: SourceLocation = #_sourceLocation) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "golden/\(name)")
    if ProcessInfo.processInfo.environment["MCPAUTH_UPDATE_GOLDEN"] != nil {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    let golden = try String(contentsOf: file, encoding: .utf8)
    #expect(text == golden, "\(name) differs: \(text)", sourceLocation: location)
  }
}
