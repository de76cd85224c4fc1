import Foundation
import MCPAuthSandbox
import Testing

/// A server must not choose a client id that makes a consumer read a file or a variable of its user (Consumers#Text-that-a-consumer-replaces).
@Suite struct ReplacedTextTests {
  /// Targets, and the text that they replace.
  static let rows: [(target: String, text: String)] = [
    ("librechat", "${HOME}"), ("librechat", "{{LIBRECHAT_USER_EMAIL}}"), ("claude-code", "${HOME}"),
    ("claude-code", "${AWS_KEY:-x}"), ("vscode", "${env:HOME}"), ("vscode", "${command:x}"), ("cursor", "${env:HOME}"),
    ("gemini", "$HOME"), ("gemini", "${HOME}"), ("goose", "$HOME"), ("goose", "${HOME}"), ("opencode", "{env:HOME}"),
    ("opencode", "{file:/etc/passwd}"), ("litellm", "os.environ/HOME"), ("toolhive", "token,target=oauth_secret"),
    ("copilot-cli", "$HOME"), ("copilot-cli", "${HOME}"), ("mcp-json", "$HOME"), ("mcp-json", "${HOME:-x}"),
    // Letters that are part of the same Character as the sign after them.
    ("claude-code", "\u{D4E}${HOME}"), ("goose", "\u{D4E}$HOME"),
  ]

  /// A lock file with a public client of `bad` with this id and scope, and one of `good`, as after an apply.
  private static func place(_ id: String, scope: String = "read", endpoint: String = "https://as.example/token") throws
    -> Workplace
  {
    let place = try Workplace(
      servers: """
        bad: {url: "https://bad.example/mcp"}
        good: {url: "https://good.example/mcp"}
        """)
    func entry(_ name: String, _ id: String, _ scope: String, _ endpoint: String) -> [String: Any] {
      var entry: [String: Any] = [:]
      for member in [
        "revocation_endpoint", "authorization_response_iss_parameter_supported", "client_secret_expires_at",
        "secret_version",
      ] { entry[member] = NSNull() }
      entry.merge([
        "mode": "discovered", "registration": "dcr", "url": "https://\(name).example/mcp",
        "resource": "https://\(name).example/mcp", "issuer": "https://as.example",
        "authorization_server": "https://as.example", "discovered_by": "challenge",
        "authorization_endpoint": "https://as.example/authorize", "token_endpoint": endpoint,
        "registration_endpoint": "https://as.example/register", "client_id": id, "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"], "application_type": "native",
        "redirect_uris": ["http://localhost:3118/callback"], "scopes": [scope], "scopes_from": "challenge",
        "registered_at": "2026-11-23T10:00:00Z", "managed": false, "generation": 0, "protect": false,
        "inputs": [String: Any](),
      ]) { $1 }
      return entry
    }
    let lock: [String: Any] = [
      "lineage": "lineage-1", "version": 1, "orphans": [Any](),
      "servers": [
        "bad": entry("bad", id, scope, endpoint), "good": entry("good", "g-1", "read", "https://as.example/token"),
      ],
    ]
    try JSONSerialization.data(withJSONObject: lock).write(to: place.path(Workplace.lockFile))
    return place
  }

  @Test("Consumers#Text-that-a-consumer-replaces: in a client id, a scope, an endpoint", arguments: rows)
  func left(target: String, text: String) async throws {
    let holdsEndpoints = ["librechat", "gemini", "litellm", "toolhive"].contains(target)
    var places = [try Self.place("id-" + text)]
    if !["vscode", "copilot-cli"].contains(target) { places.append(try Self.place("b-1", scope: text)) }
    if holdsEndpoints { places.append(try Self.place("b-1", endpoint: "https://as.example/token?" + text)) }
    for place in places {
      let run = try await place.run("export", "--to", target)
      #expect(run.exit == 1, "\(run.all)")
      #expect(
        run.err.contains("error[export-unsafe]: 'bad' is left out: \(target) replaces what begins with"), "\(run.err)")
      #expect(!run.out.contains(text) && !run.out.contains("bad.example"), "\(run.out)")
      #expect(run.out.contains("good.example"), "\(run.out)")
    }
  }

  @Test("Consumers#Text-that-a-consumer-replaces: text that is not a variable is written unchanged")
  func harmless() async throws {
    for (target, text) in [("gemini", "a$"), ("opencode", "{e}"), ("codex", "${HOME}"), ("coder-terraform", "a$b")] {
      let run = try await Self.place("id-" + text).run("export", "--to", target)
      #expect(run.exit == 0 && run.out.contains("id-" + text), "\(target): \(run.all)")
    }
    let terraform = try await Self.place("id-${file(1)}-%{if}").run("export", "--to", "coder-terraform")
    #expect(terraform.exit == 0 && terraform.out.contains("\"id-$${file(1)}-%%{if}\""), "\(terraform.all)")
  }

  @Test(
    "Consumers#Text-that-a-consumer-replaces: without any exported server, nothing is written, and an existing file is unchanged"
  )
  func nothingLeft() async throws {
    let place = try Self.place("{file:/etc/passwd}")
    let before = #"{"mcp": {"bad": {"type": "remote", "url": "https://bad.example/mcp"}}}"#
    try place.write(before, to: "opencode.json")
    let run = try await place.run("export", "--to", "opencode", "--only", "bad", "--merge", "opencode.json")
    #expect(run.exit == 1 && run.err.contains("nothing is left to export"), "\(run.all)")
    #expect(try place.read("opencode.json") == before)
  }

  @Test("ThreatModel#Text-of-a-server: a command for pasting is one shell command for any client id")
  func command() async throws {
    let id = "x'; touch pwned; echo '$(touch pwned) `touch pwned` \"&"
    let place = try Self.place(id)
    try place.editEntry("bad", ["token_endpoint_auth_method": "client_secret_basic", "secret_version": "0a1b2c3d"])
    let run = try await place.run("export", "--to", "claude-code")
    let line = try #require(run.err.split(separator: "\n").first { $0.contains("claude mcp add --") }, "\(run.err)")
    let command = line[try #require(line.range(of: "claude mcp add --")).lowerBound...]
    // A shell runs the command, with a function `claude` that prints its arguments.
    let script = "claude() { for word; do printf '%s\\n' \"$word\"; done; }\n\(command)\n"
    try place.write(script, to: "pasted.sh")
    let shell = try await RunningBinary("/bin/sh", ["pasted.sh"], in: place.folder, environment: [:]).finish()
    #expect(shell.out.split(separator: "\n").map(String.init).contains(id), "\(shell.all)")
    #expect(!place.exists("pwned"))
  }
}
