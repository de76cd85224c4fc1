import Foundation
import MCPAuthSandbox
import Testing

/// `mcpauth secrets` with a server's record and stored values (PlanAndApply#Commands, SecretStores#Records; SecretStores#Commands).
@Suite struct SecretsCommandTests {
  static let kinds = SandboxConfiguration(kinds: ["managed", "expiring", "challenge"])

  private func place(_ sandbox: Sandbox) async throws -> Workplace {
    let place = try Workplace(
      servers: """
        managed: {url: "\(sandbox.url("managed"))"}
        expiring: {url: "\(sandbox.url("expiring"))"}
        public: {url: "\(sandbox.url("challenge"))"}
        own:
          url: "https://own.example/mcp"
          oauth2:
            client_id: own-client
            client_secret: {stored: own-secret}
            authorization_endpoint: https://own.example/authorize
            token_endpoint: https://own.example/token
        """)
    let run = try await place.run("apply")
    #expect(run.exit == 0, "\(run.all)")
    sandbox.forgetRequests()
    return place
  }

  @Test("SecretStores#Commands: list shows names, versions, use and expiry, but no value; nothing is written")
  func list() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let place = try await place(sandbox)
      try await place.set("own-secret", "value-of-own")
      let before = try place.snapshot()
      let document = try await place.secretsJSON("list")
      #expect(document["store"].string == "directory")
      #expect(document["servers"].array.map { $0["name"].string } == ["expiring", "managed"])
      for server in document["servers"].array {
        let version = try place.entry(server["name"].string ?? "")["secret_version"].string
        #expect(server["in_use"].string == version)
        #expect(server["versions"].strings == [version ?? ""])
      }
      #expect(
        document["servers"][0]["client_secret_expires_at"].string
          == (try place.entry("expiring")["client_secret_expires_at"].string))
      #expect(document["stored"][0]["key"].string == "own-secret")
      #expect(document["stored"][0]["uses"][0]["field"].string == "oauth2.client_secret")
      let text = try await place.run("secrets", "list")
      #expect(text.out.contains("for own (oauth2.client_secret)"), "\(text.out)")
      #expect(text.out.hasPrefix("STATE "), "\(text.out)")
      for name in ["expiring", "managed", "own-secret"] {
        let line = try #require(text.out.split(separator: "\n").first { $0.contains(" \(name) ") }, "\(text.out)")
        #expect(line.hasPrefix("in use "), "\(line)")
      }
      let secret = try #require(try place.record("managed")["client_secret"].string)
      #expect(!text.all.contains(secret) && !text.all.contains("value-of-own"))
      #expect(try place.snapshot() == before)
      #expect(sandbox.requests().isEmpty)
    }
  }

  @Test("SecretStores#Commands: get prints a value and one line end: of a record's field, a reference, a stored value")
  func get() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let place = try await place(sandbox)
      try await place.set("own-secret", "value-of-own")
      let record = try place.record("managed")
      for field in ["client_secret", "client_id", "registration_access_token", "registration_client_uri"] {
        let run = try await place.run("secrets", "get", "managed", "--field", field)
        #expect(run.exit == 0 && run.err.isEmpty, "\(run.err)")
        #expect(run.out == (record[field].string ?? "?") + "\n")
      }
      #expect(try await place.run("secrets", "get", "managed").out == (record["client_secret"].string ?? "?") + "\n")
      #expect(try await place.run("secrets", "get", "own").out == "value-of-own\n")
      #expect(try await place.run("secrets", "get", "--stored", "own-secret").out == "value-of-own\n")
      #expect(
        try await place.run("secrets", "get", "public", "--field", "client_id").out
          == (try place.entry("public")["client_id"].string ?? "?") + "\n")
      let document = try await place.secretsJSON("get", "managed")
      #expect(document["value"].string == record["client_secret"].string)
      #expect(document["field"].string == "client_secret")
      for arguments in [["--stored", "own-secret"], ["own-secret"]] {
        let stored = try await place.run(["secrets", "get"] + arguments + ["--format", "json"])
        #expect(try SchemaCheck("secrets").problems(stored.out) == [])
        #expect(try stored.json()["value"].string == "value-of-own", "\(stored.err)")
        #expect(try stored.json()["stored"].string == "own-secret")
        #expect(stored.err.isEmpty)
      }
      #expect(try await place.run("secrets", "get", "own-secret").out == "value-of-own\n")
      // A server goes before a stored secret of the same name.
      try await place.set("managed", "value-of-stored")
      let both = try await place.run("secrets", "get", "managed")
      #expect(both.exit == 0 && both.out == (record["client_secret"].string ?? "?") + "\n")
      #expect(both.err.contains("help:") && both.err.contains("mcpauth secrets get --stored managed"), "\(both.err)")
      let wrong = try await place.run("secrets", "get", "managed", "--field", "client_id", "--quiet")
      #expect(wrong.exit == 0 && wrong.err.isEmpty, "\(wrong.err)")
    }
  }

  @Test(
    "SecretStores#Commands: get reports wrong usage with the nearest name, missing, mismatch and unreadable; it prints no value"
  )
  func refused() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let place = try await place(sandbox)
      let usage: [([String], String)] = [
        (["manage"], "did you mean 'managed'?"), (["public"], "it is a public client"),
        (["expiring", "--field", "registration_access_token"], "not managed"), ([], "name a server"),
        (["managed", "--stored", "x"], "name a server"), (["managed", "--field", "secret"], "field"),
      ]
      for (arguments, words) in usage {
        let run = try await place.run(["secrets", "get"] + arguments)
        #expect(run.exit == 64 && run.out.isEmpty, "\(arguments) \(run.all)")
        #expect(run.err.contains(words), "\(run.err)")
      }
      #expect(try await place.run("secrets", "get", "--stored", "none").err.contains("mcpauth secrets set none"))
      #expect(try await place.secretsJSON("get", "own", exit: 1)["error"]["code"].string == "secret-missing")
      try await place.set("public-key", "value-of-key")
      let field = try await place.run("secrets", "get", "public-key", "--field", "client_id")
      #expect(field.exit == 64 && field.err.contains("--stored public-key"), "\(field.err)")
      // A record that was copied to another name must not work.
      let (mine, theirs) = (try place.recordPath("managed"), try place.recordPath("expiring"))
      let secret = try #require(try place.record("managed")["client_secret"].string)
      let before = try place.snapshot()
      try place.write(try place.read(mine), to: theirs)
      let mismatch = try await place.run("secrets", "get", "expiring")
      #expect(mismatch.exit == 1 && mismatch.err.contains("error[secret-mismatch]"), "\(mismatch.err)")
      #expect(mismatch.out.isEmpty && !mismatch.all.contains(secret))
      try place.write("nonsense", to: theirs)
      #expect(try await place.run("secrets", "get", "expiring").err.contains("error[secret-unreadable]"))
      try place.remove(theirs)
      #expect(try await place.run("secrets", "get", "expiring").err.contains("error[secret-missing]"))
      try place.restore(theirs, of: before)
      #expect(try await place.run("secrets", "get", "expiring").exit == 0)
    }
  }

  @Test(
    "SecretStores#Commands: in GitHub Actions, a mask is printed before the value, and a value that looks like a command is not executed"
  )
  func masked() async throws {
    let place = try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
    try await place.set("plain", "value-of-plain")
    try await place.set("lines", "first line\n::error::x%")
    let actions = ["GITHUB_ACTIONS": "true"]
    let plain = try await place.run("secrets", "get", "--stored", "plain", environment: actions)
    #expect(plain.out == "value-of-plain\n")
    #expect(plain.err == "::add-mask::value-of-plain\n")
    let lines = try await place.run("secrets", "get", "--stored", "lines", environment: actions)
    #expect(lines.out == "first line\n::error::x%\n")
    let commands = lines.err.split(separator: "\n").map(String.init)
    #expect(commands.contains("::add-mask::first line") && commands.contains("::add-mask::::error::x%25"))
    let stop = try #require(commands.first { $0.hasPrefix("::stop-commands::") })
    #expect(commands.last == "::\(stop.dropFirst("::stop-commands::".count))::")
    #expect(try await place.run("secrets", "get", "--stored", "lines").err.isEmpty)
  }

  @Test(
    "SecretStores#Commands: set reads standard input without its last line end, and refuses invalid values; no secret is in arguments"
  )
  func set() async throws {
    let place = try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
    let values = [
      "value\n": "value", "value\r\n": "value", "two\n\n": "two\n", " sp ace": " sp ace", "tab\tü": "tab\tü",
    ]
    for (input, value) in values {
      #expect(try await place.run(["secrets", "set", "k"], input: input).exit == 0)
      #expect(try await place.run("secrets", "get", "--stored", "k").out == value + "\n")
    }
    #expect(try place.mode(Workplace.secrets + "/stored/k.json") == 0o600)
    let before = try place.snapshot()
    let long = String(repeating: "x", count: 65_537)
    for (input, words) in [
      ("", "it is empty"), ("\n", "it is empty"), ("a\u{1B}[2J", "U+001B"), ("a\u{0}b", "U+0000"),
      (long, "over 65536 bytes"),
    ] {
      let run = try await place.run(["secrets", "set", "k"], input: input)
      #expect(run.exit == 1 && run.err.contains("error[invalid-value]") && run.err.contains(words), "\(run.all)")
    }
    try Data([0xFF, 0xFE, 0x41]).write(to: place.path("binary"))
    let binary = try await place.start(
      ["secrets", "set", "k"], through: ["sh", "-c", "exec \"$@\" < binary", "sh"]
    ).finish()
    #expect(binary.exit == 1 && binary.err.contains("not UTF-8"))
    try place.remove("binary")
    for arguments in [["K"], ["../k"], ["k", "value"], []] {
      #expect(try await place.run(["secrets", "set"] + arguments).exit == 64)
    }
    #expect(try place.snapshot() == before)
    let replaced = try await place.run(["secrets", "set", "k", "--format", "json"], input: "x")
    #expect(try SchemaCheck("secrets").problems(replaced.out) == [])
    #expect(try replaced.json()["replaced"].bool == true)
  }

  @Test("SecretStores#Commands: remove deletes a stored value, warns if it is still used, and refuses a missing one")
  func remove() async throws {
    let place = try Workplace(
      servers: "s: {url: \"https://s.example/mcp\", auth: api_key, api_key: {header: X-Key, value: {stored: k}}}")
    try await place.set("k", "value-of-k")
    let wrong = try await place.run("secrets", "remove", "kk")
    #expect(wrong.exit == 64 && wrong.err.contains("did you mean 'k'?"), "\(wrong.err)")
    let server = try await place.run("secrets", "remove", "s")
    #expect(server.exit == 64 && server.err.contains("state forget s"), "\(server.err)")
    let document = try await place.secretsJSON("remove", "k")
    #expect(document["diagnostics"][0]["code"].string == "still-in-inventory")
    #expect(document["diagnostics"][0]["line"].integer != nil)
    #expect(try await place.run("secrets", "remove", "k").exit == 64)
    #expect(try await place.secretsJSON("list")["stored"].array.isEmpty)
  }

  @Test(
    "SecretStores#Commands: check ends with 0 if all is correct, and with 1 if a record, an entry or a stored value is missing"
  )
  func check() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let place = try await place(sandbox)
      let lacking = try await place.secretsJSON("check", exit: 1)
      #expect(lacking["problems"].array.map { $0["code"].string } == ["secret-missing"])
      #expect(lacking["problems"][0]["help"].string == "put it there: mcpauth secrets set own-secret")
      try await place.set("own-secret", "value-of-own")
      let before = try place.snapshot()
      let clean = try await place.secretsJSON("check")
      #expect(clean["summary"]["records"].integer == 2 && clean["opened"].bool == true)
      let text = try await place.run("secrets", "check")
      #expect(text.out == "secrets: directory: 2 records, 0 of orphans, 1 stored: all correct\n")
      #expect(try place.snapshot() == before)
      let path = try place.recordPath("managed")
      try place.write(try place.read(path), to: Workplace.secrets + "/gone.v1.json")
      try place.remove(path)
      let wrong = try await place.secretsJSON("check", exit: 1)
      #expect(wrong["problems"].array.map { $0["code"].string } == ["secret-missing", "secret-mismatch"])
      #expect(sandbox.requests().isEmpty)
    }
  }

  @Test(
    "Reliability#One-run-at-a-time: while another run holds the lock, commands that change are refused, and commands that read work"
  )
  func locked() async throws {
    let place = try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
    try await place.set("k", "value-of-k")
    let held = try HeldRunLock(place)
    let before = try place.snapshot()
    #expect(try await place.run(["secrets", "set", "k"], input: "x").exit == 4)
    #expect(try await place.run("secrets", "remove", "k").exit == 4)
    #expect(try await place.run("secrets", "move", "--to", "directory", "--path", "other").exit == 4)
    #expect(try place.snapshot().filter { !$0.key.hasPrefix("other") } == before)
    #expect(try await place.run("secrets", "get", "--stored", "k").exit == 0)
    #expect(try await place.run("secrets", "list").exit == 0)
    #expect(try await place.run("secrets", "check").exit == 0)
    held.release()
  }

  @Test("SecretStores#Commands: each subcommand has help with an example, and a schema of its output")
  func help() async throws {
    let place = try Workplace()
    for verb in ["list", "get", "set", "remove", "check", "rekey", "move", "keygen"] {
      let run = try await place.run("secrets", verb, "--help")
      #expect(run.exit == 0 && run.out.contains("example:"), "\(run.out)")
    }
    #expect(try await place.run("schema", "secrets").out.contains("mcpauth secrets"))
  }
}
