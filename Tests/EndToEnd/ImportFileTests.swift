import Foundation
import Testing

/// `mcpauth import --from` (GettingStarted#Import-what-you-have). Tests of the binary.
@Suite struct ImportFileTests {
  static let claude = #"""
    {
      // servers of the project
      "mcpServers": {
        "Linear App": {"type": "http", "url": "https://linear.example/mcp"},
        "github": {"type": "http", "url": "https://github.example/mcp", "headers": {"Authorization": "Bearer ${GITHUB_TOKEN}"}},
        "search": {"type": "http", "url": "https://search.example/mcp", "headers": {"X-API-Key": "${SEARCH_KEY}", "X-Region": "eu$1"}},
        "slack": {"type": "http", "url": "https://slack.example/mcp", "oauth": {"clientId": "1.2", "scopes": "read write"}},
        "literal": {"type": "sse", "url": "https://literal.example/mcp", "headers": {"Authorization": "Bearer hunter2-hunter2"}},
        "tenant": {"type": "http", "url": "https://${TENANT:-acme}.example/mcp"},
        "files": {"command": "npx", "args": ["-y", "files"]},
        "open": {"type": "http", "url": "https://${HOST}/mcp"},
        "query": {"type": "http", "url": "https://query.example/mcp?api_key=hunter3-hunter3"},
        "plain": {"type": "http", "url": "http://plain.example/mcp"},
        "socket": {"type": "ws", "url": "wss://socket.example/mcp"}
      },
    }
    """#

  private func write(_ text: String, to name: String = "source") throws -> Workplace {
    let place = try Workplace()
    try place.write(text, to: name)
    return place
  }

  @Test("GettingStarted#Import-what-you-have: an inventory is made; secrets are stored, and never shown")
  func fresh() async throws {
    let place = try write(Self.claude)
    let run = try await place.run("import", "--from", "claude-code", "source", "--format", "json")
    #expect(run.exit == 0 && run.err.isEmpty, "\(run.all)")
    #expect(!run.all.contains("hunter"), "\(run.all)")
    #expect(try SchemaCheck("import").problems(run.out) == [])
    let document = try run.json()
    #expect(document["written"].bool == true && document["new_inventory"].bool == true)
    let names = document["servers"].array.compactMap { $0["name"].string }
    #expect(names == ["linear-app", "github", "search", "slack", "literal", "tenant"])
    let kinds = document["servers"].array.compactMap { $0["credentials"].string }
    #expect(kinds == ["discovered", "custom_headers", "custom_headers", "client", "custom_headers", "discovered"])
    let leftOut = document["left_out"].array
    #expect(leftOut.compactMap { $0["source"].string } == ["files", "open", "socket", "query", "plain"])
    #expect(leftOut.first?["line"].integer == 10, "\(leftOut)")
    #expect(leftOut.allSatisfy { $0["line"].integer != nil })
    #expect(document["servers"][1]["variables"].strings == ["MCP_GITHUB_AUTHORIZATION"])
    #expect(document["servers"][2]["variables"].strings == ["SEARCH_KEY"])
    // A value that is written as it is goes into git.
    let notes = document["servers"].array.map { ($0["notes"].strings ?? []).joined(separator: "; ") }
    #expect(notes[2].contains("the value of X-Region is in the inventory, and will be in git"), "\(notes)")
    #expect(!notes[4].contains("in git"), "\(notes)")
    #expect(document["servers"][4]["stored"].strings == ["literal-authorization"])
    // The secret of 'query', which is left out, is not stored.
    let steps = document["next"].array.compactMap { $0["text"].string }
    #expect(steps[0].hasSuffix(", or name claude-code under client.consumers, which adds its redirect URIs"))
    #expect(steps[1].hasPrefix("secrets are on this machine only; for CI: mcpauth secrets keygen"), "\(steps)")
    let removal =
      "remove from source the secrets that the secret store has now: literal-authorization. "
      + "No other secret of it was stored"
    #expect(steps.contains(removal), "\(steps)")
    let text = try place.read("servers.yaml")
    #expect(!text.contains("hunter") && text.contains("X-Region: \"eu$$1\"\n"), "\(text)")
    #expect(text.contains("stored: literal-authorization\n") && text.contains("transport: sse\n"), "\(text)")
    let validate = try await place.run("validate")
    #expect(validate.exit == 0, "\(validate.all)")
    let value = try await place.run("secrets", "get", "--stored", "literal-authorization")
    #expect(value.out.contains("Bearer hunter2-hunter2"), "\(value.all)")
  }

  @Test("GettingStarted#Import-what-you-have: run again, nothing is added and no byte changes")
  func again() async throws {
    let place = try write(Self.claude)
    #expect(try await place.run("import", "--from", "claude-code", "source").exit == 0)
    let before = try place.snapshot()
    let run = try await place.run("import", "--from", "claude-code", "source")
    #expect(run.exit == 0 && run.out.contains("import: 0 servers added"), "\(run.all)")
    #expect(try place.snapshot() == before)
  }

  @Test("GettingStarted#Import-what-you-have: --dry-run shows the lines, and writes nothing")
  func dryRun() async throws {
    let place = try write(Self.claude)
    let before = try place.snapshot()
    let run = try await place.run("import", "--from", "claude-code", "source", "--dry-run")
    #expect(run.exit == 0 && run.out.contains("+   linear-app:") && !run.all.contains("hunter"), "\(run.all)")
    #expect(run.out.contains("6 servers would be added to servers.yaml, 1 secret would be stored"), "\(run.out)")
    #expect(try place.snapshot() == before)
  }

  @Test("GettingStarted#Import-what-you-have: what is in the inventory and in the store stays")
  func existing() async throws {
    let text = """
      version: 1
      servers:
        # ours
        docs: {url: "https://docs.example/mcp", auth: none}   # as it was

      x-end: true

      """
    let source = #"""
      {"mcpServers": {
        "docs": {"url": "https://other.example/mcp"},
        "twin": {"url": "https://DOCS.example/mcp"},
        "key": {"url": "https://key.example/mcp", "headers": {"X-Token": "hunter2-hunter2"}}
      }}
      """#
    let place = try write(source)
    try place.write(text)
    for value in ["another-value", "hunter2-hunter2"] {
      try place.write(text)
      try place.write(value, to: "value")
      let set = try await place.start(
        ["secrets", "set", "key-x-token"], through: ["sh", "-c", "exec \"$@\" < value", "sh"]
      ).finish()
      #expect(set.exit == 0, "\(set.all)")
      let run = try await place.run("import", "--from", "cursor", "source", "--format", "json")
      #expect(run.exit == 0, "\(run.all)")
      let key = value == "hunter2-hunter2" ? "key-x-token" : "key-x-token-2"
      #expect(try run.json()["servers"][0]["stored"].strings == [key], "\(run.out)")
      #expect(try run.json()["left_out"].array.count == 2, "\(run.out)")
      let added =
        "  key:\n    url: https://key.example/mcp\n    auth: custom_headers\n    custom_headers:\n      X-Token:\n"
        + "        stored: \(key)\n"
      let expected = text.replacingOccurrences(of: "# as it was\n", with: "# as it was\n" + added)
      #expect(try place.read("servers.yaml") == expected)
    }
  }

  @Test("GettingStarted#Import-what-you-have: a key that another server refers to gets no value from an import")
  func keyInUse() async throws {
    let place = try write(
      #"{"mcpServers": {"key": {"url": "https://key.example/mcp", "headers": {"X-Token": "hunter2-hunter2"}}}}"#)
    try place.write(
      """
      version: 1
      servers:
        docs:
          url: https://docs.example/mcp
          auth: custom_headers
          custom_headers: {X-Token: {stored: key-x-token}}

      """)
    let run = try await place.run("import", "--from", "cursor", "source", "--format", "json")
    #expect(run.exit == 0, "\(run.all)")
    #expect(try run.json()["servers"][0]["stored"].strings == ["key-x-token-2"], "\(run.out)")
    #expect(try await place.run("secrets", "get", "--stored", "key-x-token").exit != 0)
  }

  // MARK: Formats

  struct Format: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    /// Name, kind, and a part of the inventory.
    var servers: [(name: String, kind: String, part: String)]
    var leftOut: [String] = []
    var testDescription: String { name }
  }

  static let formats: [Format] = [
    Format(
      name: "vscode",
      text: #"""
        {"inputs": [{"type": "promptString", "id": "api-key", "password": true}],
         "servers": {
          "a": {"type": "http", "url": "https://a.example/mcp", "oauth": {"clientId": "c"}},
          "b": {"url": "https://b.example/mcp", "headers": {"X-API-Key": "${input:api-key}"}},
          "c": {"type": "stdio", "command": "x"}}}
        """#,
      servers: [("a", "client", "client_id: c\n"), ("b", "custom_headers", "env: API_KEY\n")], leftOut: ["c"]),
    Format(
      name: "cursor",
      text: #"""
        {"mcpServers": {"a": {"url": "https://a.example/mcp",
          "auth": {"CLIENT_ID": "c", "CLIENT_SECRET": "${env:A_SECRET}", "scopes": ["r", "w"]}}}}
        """#,
      servers: [("a", "client", "env: A_SECRET\n")]),
    Format(
      name: "codex",
      text: #"""
        model = "x"
        [mcp_servers.a]
        url = "https://a.example/mcp"
        bearer_token_env_var = "A_TOKEN"
        [mcp_servers.b]
        url = "https://b.example/mcp"
        scopes = ["r"]
        enabled = false
        [mcp_servers.b.oauth]
        client_id = "c"
        client_secret = "hunter2-hunter2"
        [mcp_servers.d]
        url = "https://d.example/mcp"
        env_http_headers = { X-Key = "D_KEY" }
        [mcp_servers.p]
        command = "x"
        """#,
      servers: [
        ("a", "custom_headers", "env: A_AUTHORIZATION\n"), ("b", "client", "stored: b-client-secret\n"),
        ("d", "custom_headers", "env: D_KEY\n"),
      ], leftOut: ["p"]),
    Format(
      name: "librechat",
      text: #"""
        version: 1.2.1
        mcpServers:
          a:
            type: streamable-http
            url: https://a.example/mcp
            oauth:
              authorization_url: https://as.example/authorize
              token_url: https://as.example/token
              client_id: c
              client_secret: "${A_SECRET}"
              token_exchange_method: basic_auth_header
          b: {url: https://b.example/mcp, requiresOAuth: false}
          c: {url: https://c.example/mcp, headers: {X-User: "{{LIBRECHAT_USER_ID}}"}}
        """#,
      servers: [
        ("a", "client", "token_endpoint_auth_method: client_secret_basic\n"), ("b", "none", "auth: none\n"),
      ], leftOut: ["c"]),
    Format(
      name: "coder",
      text: #"""
        [{"slug": "a", "display_name": "A", "url": "https://a.example/mcp", "auth_type": "oauth2", "enabled": true,
          "transport": "streamable_http", "oauth2_client_id": "c", "oauth2_client_secret": "hunter2-hunter2",
          "oauth2_auth_url": "https://as.example/authorize", "oauth2_token_url": "https://as.example/token",
          "oauth2_scopes": "r w", "availability": "default_on"},
         {"slug": "k", "url": "https://k.example/mcp", "auth_type": "api_key", "api_key_header": "X-K"},
         {"slug": "n", "url": "https://n.example/mcp", "auth_type": "none"}, 5]
        """#,
      servers: [
        ("a", "client", "authorization_endpoint: https://as.example/authorize\n"), ("k", "api_key", "env: K_API_KEY\n"),
        ("n", "none", "auth: none\n"),
      ], leftOut: ["number 4"]),
    Format(
      name: "registry",
      text: #"""
        {"servers": [
          {"server": {"name": "com.example/a", "title": "A", "remotes": [
            {"type": "sse", "url": "https://a.example/sse"},
            {"type": "streamable-http", "url": "https://{tenant}.example/mcp", "variables": {"tenant": {"default": "a"}},
             "headers": [{"name": "Authorization", "value": "Bearer {key}", "isSecret": true, "isRequired": true},
                         {"name": "X-Optional", "description": "d"}]}]}},
          {"server": {"name": "com.example/local", "packages": [{"registryType": "npm"}]}}]}
        """#,
      servers: [("com.example-a", "custom_headers", "env: COM_EXAMPLE_A_AUTHORIZATION\n")],
      leftOut: ["com.example/local"]),
  ]

  @Test("GettingStarted#Import-what-you-have: each format", arguments: formats)
  func format(_ format: Format) async throws {
    let place = try write(format.text)
    let run = try await place.run("import", "--from", format.name, "source", "--format", "json")
    #expect(run.exit == 0 && !run.all.contains("hunter"), "\(run.all)")
    #expect(try SchemaCheck("import").problems(run.out) == [])
    let document = try run.json()
    #expect(document["servers"].array.compactMap { $0["name"].string } == format.servers.map { $0.name }, "\(run.out)")
    #expect(document["servers"].array.compactMap { $0["credentials"].string } == format.servers.map { $0.kind })
    #expect(document["left_out"].array.compactMap { $0["source"].string } == format.leftOut, "\(run.out)")
    let text = try place.read("servers.yaml")
    for server in format.servers { #expect(text.contains(server.part), "\(text)") }
    let validate = try await place.run("validate")
    #expect(validate.exit == 0, "\(validate.all)")
  }

  // MARK: Files that cannot be read

  @Test(
    "GettingStarted#Import-what-you-have: a file that is not of the format is an error with its line",
    arguments: [
      ("vscode", "{\"servers\": {\n\n  a}}", "line 3"), ("vscode", "{}", "no 'servers'"), ("vscode", "", "empty"),
      ("cursor", "{\"mcpServers\": []}", "a list"), ("cursor", "{\"mcpServers\": {\"a\": 1, \"a\": 2}}", "twice"),
      ("codex", "[mcp_servers.a\n", "line 1"), ("codex", "a = 1\na = 2\n", "twice"),
      ("librechat", "mcpServers:\n  a: [\n", "cannot be read"), ("librechat", "a: &a [*a]\n", "cannot be read"),
      ("coder", "5", "no servers"), ("registry", "\u{0}", "cannot be read"),
      ("vscode", String(repeating: "{\"a\":", count: 200), "deep"),
      ("coder", "[" + String(repeating: "1,", count: 1001) + "1]", "1000"),
    ])
  func unreadable(format: String, text: String, words: String) async throws {
    let place = try write(text)
    let run = try await place.run("import", "--from", format, "source")
    #expect(run.exit == 1 && run.err.contains("error[import-unreadable]"), "\(run.all)")
    #expect(run.err.contains(words), "\(run.err)")
    #expect(place.names(in: ".") == ["source"])
  }

  @Test("GettingStarted#Import-what-you-have: a file that is not there, a folder, and an inventory with mistakes")
  func wrongFiles() async throws {
    let place = try write(Self.claude)
    for name in ["nothing.json", "."] {
      let run = try await place.run("import", "--from", "claude-code", name)
      #expect(run.exit == 1 && run.err.contains("error[import-unreadable]"), "\(run.all)")
    }
    try place.write("version: 2\n", to: "other.yaml")
    let run = try await place.run("import", "--from", "claude-code", "source", "-f", "other.yaml")
    #expect(run.exit == 3, "\(run.all)")
    #expect(try place.read("other.yaml") == "version: 2\n" && !place.exists("servers.yaml"))
  }

  @Test("GettingStarted#Import-what-you-have: text of the file cannot move the cursor or begin a command")
  func hostileText() async throws {
    let place = try write(
      #"""
      {"mcpServers": {
        "\u001b[31mred\n::error::x": {"url": "https://a.example/\u001b[2J"}, "a": {"type": "\u001b\n::error::y"}
      }}
      """#)
    let run = try await place.run("import", "--from", "cursor", "source")
    #expect(run.exit == 0 && !run.all.contains("\u{1B}") && !run.all.contains("\n::"), "\(run.all)")
  }

  @Test("SecretStores#Durability-in-CI: where a secret would be lost, nothing is written")
  func notDurable() async throws {
    let place = try write(Self.claude)
    let run = try await place.run(
      "import", "--from", "claude-code", "source", environment: ["CI": "true"])
    #expect(run.exit == 1 && run.err.contains("error[store-not-durable]"), "\(run.all)")
    #expect(!place.exists("servers.yaml") && !run.all.contains("hunter"))
  }

  @Test("GettingStarted#Import-what-you-have: on a terminal it asks; only yes is accepted")
  func asks() async throws {
    let place = try write(Self.claude)
    let arguments = ["import", "--from", "claude-code", "source"]
    let question = "only 'yes' is accepted: "
    let no = try await Terminal.run(place, arguments, [.init(wait: question, send: "no\n")])
    #expect(no.exit == 1 && no.shown.contains("nothing was written"), "\(no.shown)")
    #expect(place.names(in: ".") == ["source"])
    let yes = try await Terminal.run(place, arguments, [.init(wait: question, send: "yes\n")])
    #expect(yes.exit == 0 && place.exists("servers.yaml"), "\(yes.shown)")
  }
}
