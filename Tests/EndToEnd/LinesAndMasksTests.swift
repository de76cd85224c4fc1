import Foundation
import MCPAuthSandbox
import Testing

/// How errors of the inventory are shown: the line and the caret, without any secret (InventoryReference#Secret-references).
@Suite struct LinesAndMasksTests {
  @Test("InventoryReference#Mistakes: the exact text for a sample")
  func sample() async throws {
    let place = try Workplace(
      """
      # yaml-language-server: $schema=schemas/servers.schema.json
      version: 1

      client:                                   # what we register as: RFC 7591 client metadata
        name: Acme Coder                        # client_name
        redirect_uris:
          - https://coder.acme.dev/mcp/{server}/callback
      servers:
        linear:
          url: https://mcp.linear.app/mcp
        github:
          url: https://api.githubcopilot.com/mcp/
          oauth2:
            client_id: Iv1.0123456789abcdef
      """)
    for command in ["validate", "plan", "apply"] {
      let run = try await place.run(command)
      #expect(run.exit == 3)
      #expect(run.out.isEmpty)
      #expect(
        run.err.hasPrefix(
          """
          servers.yaml:14:7: error[partial-oauth2-config]: 'github' gives client_id but not authorization_endpoint, token_endpoint
             14 |       client_id: Iv1.0123456789abcdef
                |       ^~~~~~~~~
            help: give all three to use your own client, or none of them to discover and register automatically

          """), "\(run.err)")
    }
  }

  @Test("InventoryReference#Mistakes: all errors are reported in one run, in the order of their lines")
  func allAtOnce() async throws {
    let place = try Workplace(
      """
      version: 1
      client: {name: a, redirect_uris: ["https://a.example/{x}"]}
      servers:
        A!: {url: "https://a.example/mcp"}
        b: {url: "http://b.example/mcp", enabled: on}
        c: {url: "https://c.example/mcp", oauth2: {client_secret: {env: X}, scope: [a]}}
        c: {url: "https://d.example/mcp"}
      """)
    let run = try await place.run("validate")
    let places = run.err.split(separator: "\n").filter { $0.hasPrefix("servers.yaml:") }
      .compactMap { $0.split(separator: ":").dropFirst().first.flatMap { Int($0) } }
    #expect(places == places.sorted(), "\(run.err)")
    #expect(Set(places) == [2, 4, 5, 6, 7], "\(run.err)")
    for code in [
      "unresolved-placeholder", "invalid-value", "insecure-url", "secret-without-client", "unknown-key",
      "duplicate-key",
    ] {
      #expect(run.err.contains("error[\(code)]"), "\(code): \(run.err)")
    }
    #expect(run.err.contains("did you mean 'scopes'?"))
    let json = try await place.run("validate", "--format", "json").json()
    #expect(json["diagnostics"].array.map { $0["line"].integer ?? 0 } == places)
  }

  /// Literal secrets in several notations. Each starts with `hunter`, and none may be shown.
  static let inline: [String] = [
    "oauth2: {client_id: a, client_secret: hunter2hunter2}",
    "oauth2: {client_secret: hunter2hunter2, initial_access_token: hunter3hunter3, bogus: 1}",
    "oauth2: {client_secret: 'hunter2 hunter2', software_statement: \"hunter3hunter3\", issuer: \"https://i.example\"}",
    "oauth2: {bogus: 1, password: hunter1hunter1, client_secret: hunter2hunter2}",
    "oauth2: {x-token: hunter1hunter1, client_secret: hunter2hunter2, bogus: 2}",
    "oauth2: {x-password: hunter1hunter1, client_secret: hunter2hunter2, bogus: 2}",
    "oauth2: {x-secret: hunter1hunter1, bogus: 2}",
    "oauth2: {client_secert: hunter2hunter2}",
    "oauth2: {client-secret: hunter2hunter2}",
    "oauth2: {clientSecret: hunter2hunter2}",
    "oauth2: {\"client_secret\":\"hunter2hunter2\",\"bogus\":3,\"initial_access_token\":\"hunter3hunter3\"}",
    "oauth2: {client_secret:\"hunter2hunter2\"}",
    "oauth2: {client_secret:hunter2hunter2}",
    "oauth2: {client_secret=hunter2hunter2}",
    "oauth2: {client_secret: [hunter2hunter2, hunter3hunter3]}",
    "oauth2: {client_secret: {env: A, value: hunter2hunter2}}",
    "oauth2: {client_secret: {file: a, secret: hunter2hunter2}}",
    "oauth2: {client_secret: hunter2hunter2",
    "oauth2: {client_secret: \"hunter2hunter2}",
    "auth: api_key\nAPI: {header: X-A, value: hunter2hunter2}",
    "auth: api_key\napi_key: {header: X-A, value: hunter2hunter2, bogus: 1}",
    "auth: api_key\napi_key: hunter2hunter2",
    "auth: custom_headers\ncustom_headers: {X-Api-Key: hunter2hunter2, Authorization: Bearer hunter3hunter3, X-B: [1]}",
    "auth: custom_headers\ncustom_headers: {X-Tenant: [1], Authorization: Bearer hunter2hunter2}",
    "auth: custom_headers\ncustom_headers:\n  Cookie: session=hunter2hunter2\n  X-Secret: hunter3hunter3\n  X-B: [1]",
    "oauth2:\n  client_secret: |\n    hunter2hunter2\n    hunter3hunter3\n  bogus: 1",
    "oauth2:\n  client_secret: >-\n    hunter2hunter2\n  client_id: a",
    "oauth2:\n  client_secret: \"hunter2\n    hunter3\"\n  bogus: 1",
    "oauth2:\n  client_secret:\n    hunter2hunter2\n  bogus: 1",
    "oauth2:\n  client_secret: !!binary hunter2hunter2\n  bogus: 1",
    "oauth2:\n  client_secret: &anchor hunter2hunter2\n  initial_access_token: *anchor",
    "oauth2:\n  client_secret: hunter2hunter2\n  client_secret: hunter3hunter3",
    "oauth2:\n\tclient_secret: hunter2hunter2",
    "oauth2:\n  client_secret:hunter2hunter2",
    "oauth2:\n  client_secret:hunter2hunter2\n  client_id: a",
    "oauth2:\n  client_secret = hunter2hunter2\n  client_id: a",
    "oauth2:\n  client_id: a\n  client_secret: hunter2: hunter3",
    "oauth2:\n  client_secret: hunter2 # hunter3\n  bogus: 1",
    "oauth2:\n  ? client_secret\n  : hunter2hunter2\n  bogus: 1",
    "oauth2:\n  issuer: https://user:hunter2hunter2@i.example/\n  bogus: 1",
    "oauth2: {issuer: \"https://user:hunter2hunter2@i.example/\", metadata_url: \"https://hunter3hunter3@m.example/\"}",
    "icon_url: \"https://user:hunter2/hunter3@i.example/\"",
  ]

  @Test(
    "InventoryReference#Secret-references: an inline secret is never shown, in any notation and together with any other error",
    arguments: inline)
  func masked(lines: String) async throws {
    for (name, ending) in [("LF", "\n"), ("CRLF", "\r\n")] {
      let block = lines.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }.joined(
        separator: "\n")
      let text =
        "version: 1\nclient: {name: a, redirect_uris: [\"http://127.0.0.1:7777/cb\"]}\nservers:\n  a:\n    url: \"https://a.example/mcp\"\n    urk: 1\n\(block)\n"
      let place = try Workplace(text.replacingOccurrences(of: "\n", with: ending))
      for arguments in [["validate"], ["validate", "--format", "json"], ["apply", "--verbose"]] {
        let run = try await place.run(arguments)
        #expect(run.exit == 3, "\(name) \(run.all)")
        #expect(!run.all.contains("hunter"), "\(name) \(run.all)")
      }
    }
  }

  @Test("InventoryReference#Mistakes: inline secrets are not shown when the inventory is one long line in flow style")
  func maskedInOneLine() async throws {
    let place = try Workplace(
      """
      {"version": 1, "client": {"name": "a", "redirect_uris": ["http://127.0.0.1:7777/cb"]}, "servers": {"a": {"url": "https://u:hunter1hunter1@a.example/mcp", "x-token": "hunter2hunter2", "oauth2": {"client_id": "i", "client_secret": "hunter3hunter3", "initial_access_token":"hunter4hunter4", "bogus": 1}}, "b": {"url": "https://b.example", "auth": "api_key", "api_key": {"header": "X-Key", "value": "hunter5hunter5"}}}}
      """)
    let run = try await place.run("validate")
    #expect(run.exit == 3)
    #expect(!run.all.contains("hunter"), "\(run.all)")
    #expect(run.all.contains("error[inline-secret]"))
    // The line is wider than a terminal: each excerpt is cut around the place of the error.
    #expect(run.err.split(separator: "\n").filter { $0.contains(" | ") }.allSatisfy { $0.count <= 130 })
  }

  @Test(
    "InventoryReference#Mistakes: lines and columns are correct with CR LF, tabs in values, a byte order mark and wide characters"
  )
  func places() async throws {
    let place = try Workplace(
      "\u{FEFF}version: 1\r\nservers:\r\n  a: {url: \"https://a.example/mcp\", auth: none, display_name: \"日本\",\tbogus: 1}\r\n"
    )
    let run = try await place.run("validate")
    #expect(run.exit == 3)
    let lines = run.err.split(separator: "\n")
    let column = "  a: {url: \"https://a.example/mcp\", auth: none, display_name: \"日本\",\t".unicodeScalars.count + 1
    #expect(lines[0].hasPrefix("servers.yaml:3:\(column): error[unknown-key]"), "\(run.err)")
    // The caret is under the key on a terminal: wide characters take two columns, a tab is four spaces.
    let line = String(lines[1])
    let before = try #require(line.range(of: "bogus")).lowerBound
    let width = line[..<before].unicodeScalars.reduce(0) { $0 + ($1.value > 0x2E80 ? 2 : 1) }
    let caret = String(lines[2])
    #expect(caret[..<(try #require(caret.firstIndex(of: "^")))].count == width, "\(run.err)")
    #expect(!run.err.contains("\r"))
    #expect(!run.err.contains("\t"))
  }

  @Test("ThreatModel#Text-of-a-server: escape sequences in an inventory do not reach the terminal")
  func harmless() async throws {
    let place = try Workplace(
      "version: 1\nservers:\n  a: {url: \"https://a.example/mcp\", auth: none, \"bo\\e[2Jgus\": \"\u{202E}x\u{9B}2J\"}\n"
    )
    let run = try await place.run("validate")
    #expect(run.exit == 3)
    #expect(!run.all.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{9B}" || $0 == "\u{202E}" }, "\(run.all)")
  }
}
