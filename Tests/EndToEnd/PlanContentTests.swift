import Foundation
import MCPAuthSandbox
import Testing

/// A plan has everything that a reviewer needs, in every format (PlanAndApply#Approval). Tests of the binary.
@Suite struct PlanContentTests {
  private static let own = """
    own:
      url: https://own.example/mcp
      oauth2:
        client_id: mine
        client_secret: {env: OWN}
        authorization_endpoint: https://own.example/authorize
        token_endpoint: https://own.example/token
        scopes: [read]
    """

  /// A registered server and a client of our own. Both have a redirect URI with this path, and the one of Claude Code.
  private static func write(_ place: Workplace, _ sandbox: Sandbox, path: String) throws {
    let client = """
      name: a
        redirect_uris: ["http://127.0.0.1:7777/\(path)/{server}"]
        consumers: {claude-code: {callback_port: 33418}}
      """
    try place.write(
      servers: "reg: {url: \"\(sandbox.url("confidential-basic"))\"}\n" + own, client: client,
      head: "secrets: {store: directory}")
  }

  /// The same plan in each format that shows it.
  private static func formats(_ place: Workplace) async throws -> [(format: String, text: String)] {
    var texts: [(format: String, text: String)] = []
    for format in ["text", "markdown", "github", "json", "ndjson"] {
      let run = try await place.run(["plan", "--format", format])
      #expect(run.exit == 0, "\(format): \(run.all)")
      // JSON writes a slash as it is. Markdown marks values as code.
      texts.append((format, run.out.replacingOccurrences(of: "`", with: "")))
    }
    return texts
  }

  @Test("PlanAndApply#Approval: every format shows what a reviewer needs to see of a new client")
  func new() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace()
      try Self.write(place, sandbox, path: "old")
      for (format, text) in try await Self.formats(place) {
        for part in [
          sandbox.url("confidential-basic"), sandbox.issuer("confidential-basic"), "client_secret_basic",
          "http://127.0.0.1:7777/old/reg", "http://localhost:33418/callback", "claude-code", "directory",
          "http://127.0.0.1:7777/old/own", "https://own.example/authorize", "read",
        ] {
          #expect(text.contains(part), "\(format) has no \(part): \(text)")
        }
        let isForPrograms = format.hasSuffix("json")
        let words =
          isForPrograms
          ? ["\"register\"", "\"server\"", "\"manual\"", "add_redirect_uris"]
          : [
            "how: dynamic client registration (RFC 7591)", "how: client of the inventory (manual)",
            "secret: a new one from the authorization server, kept in the directory store",
            "scopes: read (from the inventory)", "sign-in: claude-code",
            "by hand: client mine at the provider of https://own.example/authorize: add the redirect URI",
          ]
        // The rows of text are aligned.
        let flat = text.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        for part in words { #expect(flat.contains(part), "\(format) has no \(part): \(text)") }
      }
      let run = try await place.run("plan", "--format", "json")
      #expect(try SchemaCheck("plan").problems(run.out) == [])
      let client = try run.json()["servers"][0]["client"]
      #expect(client["how"].string == "register" && client["registration"].string == "dcr")
      #expect(client["secret"].string == "server" && client["secret_store"].string == "directory")
      #expect(client["consumers"][0]["name"].string == "claude-code")
    }
  }

  @Test("PlanAndApply#Approval: what stays at the server, and what a person has to do at a provider")
  func changed() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace()
      try Self.write(place, sandbox, path: "old")
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      let clientID = try #require(try place.entry("reg")["client_id"].string)
      try Self.write(place, sandbox, path: "new")
      let stays = "\(clientID) stays at \(sandbox.issuer("confidential-basic")), and will be listed under orphans"
      let task =
        "client mine at the provider of https://own.example/authorize: "
        + "add the redirect URI http://127.0.0.1:7777/new/own; "
        + "remove the redirect URI http://127.0.0.1:7777/old/own"
      for (format, text) in try await Self.formats(place) where !format.hasSuffix("json") {
        let flat = text.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        #expect(flat.contains("old client: \(stays)"), "\(format): \(text)")
        #expect(flat.contains("by hand: \(task)"), "\(format): \(text)")
        #expect(flat.contains("users of 1 server must reconnect"), "\(format): \(text)")
      }
      let run = try await place.run("plan", "--format", "json")
      #expect(try SchemaCheck("plan").problems(run.out) == [])
      let servers = try run.json()["servers"]
      #expect(servers[0]["old_client"]["client_id"].string == clientID)
      #expect(servers[0]["old_client"]["fate"].string == "stays")
      #expect(servers[1]["client"]["by_hand"]["add_redirect_uris"].strings == ["http://127.0.0.1:7777/new/own"])
      #expect(servers[1]["client"]["by_hand"]["remove_redirect_uris"].strings == ["http://127.0.0.1:7777/old/own"])
    }
  }

  // MARK: A server with a new name

  @Test("InventoryReference#Servers: the plan of a renamed server suggests moved_from")
  func suggestion() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let url = sandbox.url("challenge")
      let place = try Workplace(servers: "first-name: {url: \"\(url)\"}")
      #expect(try await place.run("apply").exit == 0)
      try place.write(servers: "second-name: {url: \"\(url)\"}")
      let advice = "write moved_from: first-name to keep its client"
      for (format, text) in try await Self.formats(place) {
        #expect(text.contains(advice), "\(format): \(text)")
      }
      // With it there is nothing to suggest.
      let client = "name: End to end\n  redirect_uris: [\"http://127.0.0.1:7777/callback/first-name\"]"
      try place.write(servers: "second-name: {url: \"\(url)\", moved_from: first-name}", client: client)
      let moved = try await place.run("plan", "--format", "json")
      #expect(try moved.json()["servers"][0]["reasons"].strings == ["moved"], "\(moved.all)")
      #expect(try moved.json()["servers"][0]["help"].isMissing)
    }
  }

  @Test("InventoryReference#Servers: a move that replaces the client because of {server} says how to keep it")
  func kept() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let url = sandbox.url("challenge")
      let place = try Workplace(servers: "first-name: {url: \"\(url)\"}")
      #expect(try await place.run("apply").exit == 0)
      let clientID = try #require(try place.entry("first-name")["client_id"].string)
      try place.write(servers: "second-name: {url: \"\(url)\", moved_from: first-name}")
      let plan = try await place.run("plan", "--format", "json").json()
      #expect(plan["servers"][0]["reasons"].strings == ["moved", "redirect-uris-changed"])
      let help = try #require(plan["servers"][0]["help"].string)
      let line = try #require(help.range(of: "redirect_uris: ["))
      // What it says to write keeps the client.
      try place.write(
        servers: """
          second-name:
            url: "\(url)"
            moved_from: first-name
            oauth2:
              \(help[line.lowerBound...])
          """)
      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try place.entry("second-name")["client_id"].string == clientID)
      #expect(sandbox.clients().count == 1)
    }
  }
}
