import MCPAuthCore
import MCPAuthPlan
import Testing

@Suite struct InventoryReaderTests {
  @Test("InventoryReference#Document: the sample is read correctly")
  func sample() throws {
    let sample = try inventory(
      """
      version: 1
      client:
        name: Acme Coder
        redirect_uris:
          - https://coder.acme.dev/mcp/{server}/callback
        uri: https://acme.dev
        metadata_url: https://acme.dev/oauth/client.json
      defaults:
        renew_before: 14d
      secrets:
        store: age
        recipients: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]
      state: {store: file}
      servers:
        linear:
          url: https://mcp.linear.app/mcp
        github:
          url: https://api.githubcopilot.com/mcp/
          oauth2:
            client_id: Iv1.0123456789abcdef
            client_secret: {env: MCP_GITHUB_CLIENT_SECRET}
            authorization_endpoint: https://github.com/login/oauth/authorize
            token_endpoint: https://github.com/login/oauth/access_token
            scopes: [repo, "read:org"]
        docs:
          url: https://docs.example.com/mcp
          auth: none
        search:
          url: https://search.example.com/mcp
          auth: api_key
          api_key: {header: X-API-Key, value: {env: SEARCH_API_KEY}}
        legacy:
          url: https://legacy.example.com/sse
          transport: sse
          auth: custom_headers
          custom_headers: {X-Tenant: acme, Authorization: {file: /run/secrets/legacy}}
      """)
    #expect(sample.servers.map(\.name) == ["linear", "github", "docs", "search", "legacy"])
    #expect(sample.warnings.map(\.code) == [.transportDeprecated])
    #expect(sample.secrets.store == .age && sample.secrets.isNamed)
    #expect(sample.secrets.location?.line == 11)
    #expect(sample.client?.redirectURIs == ["https://coder.acme.dev/mcp/{server}/callback"])

    guard case .discovered(let linear) = sample.servers[0].mode else {
      Issue.record("another shape")
      return
    }
    #expect(linear.renewBefore == 14 * 86_400)
    #expect(linear.client?.redirectURIs == ["https://coder.acme.dev/mcp/linear/callback"])
    #expect(linear.client?.clientName == "Acme Coder")
    #expect(linear.client?.metadataURL == "https://acme.dev/oauth/client.json")
    #expect(linear.scopes == nil)

    guard case .manual(let github) = sample.servers[1].mode else {
      Issue.record("another shape")
      return
    }
    #expect(github.clientID == "Iv1.0123456789abcdef")
    #expect(github.clientSecret == .env("MCP_GITHUB_CLIENT_SECRET"))
    #expect(github.scopes == ["repo", "read:org"])

    #expect(sample.servers[2].mode == .none)
    #expect(sample.servers[3].mode == .apiKey(header: "X-API-Key", value: .env("SEARCH_API_KEY")))
    #expect(sample.servers[4].transport == .sse)
    #expect(
      sample.servers[4].mode
        == .customHeaders([
          ("X-Tenant", .literal("acme")), ("Authorization", .reference(.file("/run/secrets/legacy"))),
        ]))
  }

  @Test("InventoryReference#Document: every mistake is reported in one run, in the order of the lines")
  func allAtOnce() {
    let found = diagnostics(
      """
      version: 1
      client: {nme: Acme, redirect_uris: [https://acme.dev/cb]}
      servers:
        a:
          url: http://a.example.com/mcp
          enabled: yes
          oauth2:
            client_secret: hunter2hunter2
            scopes: [a, "b c"]
        B: {url: https://a.example.com/mcp}
        a: {url: https://a.example.com/mcp}
      """)
    #expect(
      found.map(shown) == [
        "2:10 unknown-key", "5:10 insecure-url", "6:14 invalid-value", "8:7 secret-without-client",
        "8:22 inline-secret", "9:19 invalid-value", "10:3 invalid-value", "11:3 duplicate-key",
      ])
  }

  @Test("InventoryReference#Document: a mistake that several servers share is reported once")
  func sharedMistake() {
    let found = diagnostics(
      """
      version: 1
      x-common: &common {enabled: yes}
      defaults: {scopes: ["a b"]}
      servers:
        a: {<<: *common, url: https://a.example.com/mcp, auth: none}
        b: {<<: *common, url: https://b.example.com/mcp, auth: none}
      """)
    #expect(found.map(shown) == ["2:29 invalid-value", "3:21 invalid-value"])
  }

  @Test("InventoryReference#Document: an unknown key: the message suggests the nearest known key, or the right block")
  func unknownKeys() {
    let found = diagnostics(
      """
      version: 1
      servers:
        a: {url: https://a.example.com/mcp, auth: none, transprot: sse, scopes: [a], xyzzy: 1}
      """)
    #expect(found.map(\.code) == [.unknownKey, .unknownKey, .unknownKey])
    #expect(found[0].help == ["did you mean 'transport'?"])
    #expect(found[1].help == ["'scopes' belongs to the server's oauth2 block"])
    #expect(found[2].help.first?.hasPrefix("known keys are allow_private, api_key, auth") == true)
  }

  @Test(
    "InventoryReference#Mistakes: a server that is not a mapping: the help says what to write",
    arguments: [
      ("  linear:\n  url: https://mcp.linear.app/mcp\n", "indent url below linear", 2),
      ("  linear:\n  url: https://mcp.linear.app/mcp\n  enabled: false\n", "indent enabled below linear", 3),
      (
        "  a:\n    url https://mcp.linear.app/mcp\n", "a ':' and a space are missing after url: write url: …", 1
      ),
      ("  a:\n    url:https://mcp.linear.app/mcp\n", "a ':' and a space are missing after url: write url: …", 1),
      ("  three: mcp.example.com/mcp\n", "write three: {url: https://…}", 1),
      ("  three: some words\n", "write 'key: value'", 1),
    ])
  func notAMapping(_ servers: String, _ help: String, _ count: Int) {
    let found = diagnostics("version: 1\n" + clientBlock + "servers:\n" + servers)
    #expect(found.count == count, "\(found.map(\.message))")
    #expect(found.last?.help == [help])
  }

  @Test("InventoryReference#Mistakes: a server at the indentation of servers", arguments: ["servers:\n", ""])
  func notBelowServers(_ servers: String) {
    let found = diagnostics("version: 1\n" + clientBlock + servers + "linear:\n  url: https://mcp.linear.app/mcp\n")
    let unknown = found.filter { $0.code == .unknownKey }
    #expect(unknown.map(\.help) == [["indent it below servers"]])
  }

  @Test(
    "InventoryReference#Mistakes: keys of other programs",
    arguments: [
      ("version: 1\nservers: {a: {url: https://a.example.com/mcp, auth: none, scope: read}}\n", "'oauth2.scopes'"),
      ("version: 1\nservers: {a: {url: https://a.example.com/mcp, auth: none, type: http}}\n", "'transport'"),
      ("version: 1\nservers: {}\nmcpServers: {a: {url: https://a.example.com/mcp}}\n", "mcpauth import --from"),
      ("", "mcpauth init"), ("# nothing\n", "mcpauth init"),
    ])
  func otherPrograms(_ text: String, _ help: String) {
    let found = diagnostics(text)
    #expect(found.count == 1, "\(found.map(\.message))")
    #expect(found.first?.help.first?.contains(help) == true)
  }

  @Test("InventoryReference#Document: the message about a duplicate key has both places")
  func duplicateKey() {
    let found = diagnostics(
      "version: 1\nservers:\n  a:\n    url: https://a.example.com/mcp\n    auth: none\n    url: https://b.example.com/mcp\n"
    )
    #expect(found.map(shown) == ["6:5 duplicate-key"])
    #expect(found[0].notes == ["first given at servers.yaml:4:5"])
  }

  @Test("InventoryReference#Document: duplicates are found among many keys too")
  func duplicateAmongMany() {
    let servers = (0..<40).map { "  s\($0): {url: \"https://s\($0).example.com/mcp\", auth: none}\n" }.joined()
    let found = diagnostics("version: 1\nservers:\n" + servers + "  s7: {url: https://x.example.com, auth: none}\n")
    #expect(found.map(shown) == ["43:3 duplicate-key"])
    #expect(found.first?.notes == ["first given at servers.yaml:10:3"])
  }

  @Test(
    "InventoryReference#Servers: two servers with the same URL are a warning where two clients are made",
    arguments: ["https://a.example.com/mcp", "https://A.EXAMPLE.com:443/mcp"])
  func duplicateURL(_ second: String) throws {
    func warnings(_ keys: String) throws -> Inventory {
      try inventory(
        "version: 1\n" + clientBlock
          + "servers:\n  a: {url: https://a.example.com/mcp}\n  b: {url: \"\(second)\"\(keys)}\n"
      )
    }
    let both = try warnings("")
    #expect(both.warnings.map(shown) == ["warning 7:12 duplicate-url"])
    #expect(both.warnings.first?.notes == ["'a' has it at servers.yaml:6:12"])
    #expect(both.servers.map(\.url) == ["https://a.example.com/mcp", second])
    let own = "client_id: x, authorization_endpoint: https://a.example/a, token_endpoint: https://a.example/t"
    for keys in [
      ", auth: none", ", enabled: false", ", auth: api_key, api_key: {header: A, value: {env: B}}",
      ", oauth2: {\(own)}",
    ] {
      #expect(try warnings(keys).warnings.isEmpty, "\(keys)")
    }
  }

  @Test(
    "InventoryReference#Document: mistakes in the second block of a duplicate server are reported too, without consequential errors"
  )
  func secondBlock() {
    let found = diagnostics(
      """
      version: 1
      servers:
        a: {url: https://a.example.com/mcp, auth: none}
        a: {url: https://a.example.com/mcp, auth: none, enabled: yes}
      """)
    #expect(found.map(shown) == ["4:3 duplicate-key", "4:60 invalid-value"])
  }

  @Test(
    "InventoryReference#Document: a value that could not be read causes no consequential errors",
    arguments: [
      ("client: 1\n", "", "2:9 invalid-value"), ("client: *x\n", "", "2:9 yaml-syntax"),
      ("client: {name: 1, redirect_uris: [x y]}\n", "", "2:16 invalid-value"),
      (clientBlock, "registration: prereg, client_id: a", "6:62 invalid-value"),
      (clientBlock, "client_id: 1, registration: preregistered", "6:59 invalid-value"),
      (clientBlock, "client_secret: hunter2hunter2, client_id: a, registration: preregistered", "6:63 inline-secret"),
    ])
  func nothingFollows(_ head: String, _ oauth2: String, _ expected: String) {
    let found = diagnostics("version: 1\n\(head)servers:\n  a: {url: https://a.example.com/mcp, oauth2: {\(oauth2)}}\n")
    #expect(found.first.map(shown) == expected)
    #expect(found.count(where: { $0.code != .invalidURL }) == 1)
  }

  @Test("InventoryReference#Redirect-URIs: missing redirect URIs for a registration are reported once, with an example")
  func missingClient() {
    let servers = (1...3).map { "  s\($0): {url: \"https://s\($0).example.com/mcp\"}\n" }.joined()
    let found = diagnostics("version: 1\nservers:\n" + servers)
    #expect(found.map(shown) == ["3:3 missing-key"])
    #expect(
      found.first?.message
        == "client.name and client.redirect_uris are missing: 's1' and 2 others are to be registered")
    #expect(found.first?.help.first?.contains("https://app.example.com/oauth/{server}/callback") == true)
  }

  @Test("InventoryReference#Document: every field has a place; an absent field has that of its block or its server")
  func places() throws {
    let server = try #require(
      try inventory(
        """
        version: 1
        defaults: {pkce: assume_s256, renew: never}
        servers:
          a:
            url: https://a.example.com/mcp
            oauth2:
              registration: preregistered
              client_id: a
              renew: null
          b: {url: https://b.example.com, auth: api_key, api_key: {header: X-A, value: {env: A}}}
        """
      ).servers.first)
    #expect(server.location == SourceLocation(file: "servers.yaml", line: 4, column: 3, endColumn: 4))
    #expect(server.place("url").line == 5)
    #expect(server.place("oauth2.client_id") == SourceLocation(file: "servers.yaml", line: 8, column: 7, endColumn: 16))
    #expect(server.place("oauth2.pkce").line == 2)
    #expect(server.place("oauth2.issuer").line == 6)
    #expect(server.place("oauth2.renew").line == 6)
    #expect(server.place("transport") == server.location)
  }

  @Test("InventoryReference#Document: moved_from names a server that is gone, and each name at most once")
  func movedFrom() {
    let found = diagnostics(
      """
      version: 1
      servers:
        a: {url: https://a.example.com/mcp, auth: none, moved_from: a}
        b: {url: https://b.example.com/mcp, auth: none, moved_from: c}
        c: {url: https://c.example.com/mcp, auth: none, moved_from: old}
        d: {url: https://d.example.com/mcp, auth: none, moved_from: old}
      """)
    #expect(found.map(shown) == ["3:63 invalid-value", "4:63 invalid-value", "6:63 invalid-value"])
    #expect(found.last?.notes == ["the first is at servers.yaml:5:63"])
  }
}
